"""The only file that connects the steps: question, understand, embed, retrieve, compose, verify, answer."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from haystack import Pipeline
from haystack.core.errors import PipelineRuntimeError

from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from indexing.archive.terms import Terms
from indexing.errors import IndexingError
from service.answering.answer import (
    Answer,
    Citation,
    ConsideredPassage,
    Refusal,
    RefusalReason,
    Statement,
    new_answer_id,
)
from service.answering.compose import Compose
from service.answering.embed_question import EmbedQuestion
from service.answering.question import Question
from service.answering.refusals import Refusals
from service.answering.retrieve import Found, Retrieve
from service.answering.timings import collected
from service.answering.understand_question import UnderstandQuestion, Understood
from service.answering.verify import Draft, Verify
from service.errors import Busy, ModeUnavailable, ServiceError

AT_ONCE = 2  # answers worked on at the same time: one a core
SECONDS_AN_ANSWER = 0.3
ATTEMPTS = 2


class Answering:
    """Answers questions from one archive; at most `queue` wait or run at once, then Busy."""

    def __init__(self, archive: Archive, encoder: Encoder, terms: Terms, queue: int = 64) -> None:
        """Build the pipeline over `archive`, which was written with `encoder` and `terms`."""
        self._archive = archive
        self._refusals = Refusals()
        self._pipeline = _connected(archive, encoder, terms)
        self._queue = queue
        self._waiting = 0
        self._turn = asyncio.Semaphore(AT_ONCE)

    def warm_up(self) -> None:
        """Load what the first question would otherwise wait for."""
        self._pipeline.warm_up()

    async def ask(self, question: Question) -> Answer:
        """Answer or refuse; raises Busy when the queue is full, ModeUnavailable for a mode that is not there."""
        if question.mode == "generative":
            raise ModeUnavailable(
                "mode 'generative' needs a language model and none is configured; set CITEWELL_LLM_BASE_URL, "
                "or ask with mode 'extractive'"
            )
        async with self._place_in_queue():
            with collected() as timings:
                answer = await self._answered(question)
            return replace(answer, timings_ms=timings)

    async def _answered(self, question: Question) -> Answer:
        if not await self._archive.language_samples():
            return await self._refusal(question, None, "archive_empty")
        for _ in range(ATTEMPTS):
            results = await self._run(question)
            verified: Draft = results["verify"]["verified"]
            if verified.statements or not results["verify"]["dropped"]:
                break  # else an article changed between search and check: its new version may answer
        understood: Understood = results["understand"]["understood"]
        found: list[Found] = results["retrieve"]["found"]
        if not verified.statements:
            return await self._refusal(question, understood, "nothing_relevant", verified.nearest, found)
        return Answer(
            id=new_answer_id(),
            question=question.text,
            standalone_question=understood.standalone,
            language=understood.language,
            answered=True,
            answer=" ".join(f"{s.text} {_marks(s)}" for s in verified.statements),
            statements=verified.statements,
            citations=verified.citations,
            passages=_considered(found),
        )

    async def _run(self, question: Question) -> dict[str, Any]:
        """The outputs by component; what a component raised comes out as it was, not wrapped."""
        try:
            return await self._pipeline.run_async(
                {"understand": {"question": question}}, include_outputs_from={"understand", "retrieve"}
            )
        except PipelineRuntimeError as error:
            if isinstance(error.__cause__, IndexingError | ServiceError):
                raise error.__cause__ from None
            raise

    async def _refusal(
        self,
        question: Question,
        understood: Understood | None,
        reason: RefusalReason,
        nearest: tuple[Citation, ...] = (),
        found: Sequence[Found] = (),
    ) -> Answer:
        understood = understood or UnderstandQuestion().run(question)["understood"]
        language = question.answer_language or understood.language
        text = self._refusals.say(reason, language, await self._archive.article_count())
        return Answer(
            id=new_answer_id(),
            question=question.text,
            standalone_question=understood.standalone,
            language=understood.language,
            answered=False,
            answer=text,
            passages=_considered(found),
            refusal=Refusal(reason, text, nearest),
        )

    @asynccontextmanager
    async def _place_in_queue(self) -> AsyncIterator[None]:
        if self._waiting >= self._queue:
            raise Busy(retry_after=max(1, round(self._waiting * SECONDS_AN_ANSWER / AT_ONCE)))
        self._waiting += 1
        try:
            async with self._turn:
                yield
        finally:
            self._waiting -= 1


def _connected(archive: Archive, encoder: Encoder, terms: Terms) -> Pipeline:
    pipeline = Pipeline()
    pipeline.add_component("understand", UnderstandQuestion())
    pipeline.add_component("embed", EmbedQuestion(encoder))
    pipeline.add_component("retrieve", Retrieve(archive, terms))
    pipeline.add_component("compose", Compose(archive, encoder))
    pipeline.add_component("verify", Verify(archive))
    pipeline.connect("understand.understood", "embed.understood")
    pipeline.connect("understand.understood", "retrieve.understood")
    pipeline.connect("embed.vector", "retrieve.vector")
    pipeline.connect("embed.vector", "compose.vector")
    pipeline.connect("retrieve.found", "compose.found")
    pipeline.connect("retrieve.coverage", "compose.coverage")
    pipeline.connect("retrieve.relevant", "compose.relevant")
    pipeline.connect("compose.draft", "verify.draft")
    return pipeline


def _marks(statement: Statement) -> str:
    return "".join(f"[{number}]" for number in statement.citations)


def _considered(found: Sequence[Found]) -> tuple[ConsideredPassage, ...]:
    return tuple(
        ConsideredPassage(
            one.passage.id,
            one.passage.article_id,
            one.passage.start,
            one.passage.end,
            one.passage.text,
            one.score,
        )
        for one in found
    )
