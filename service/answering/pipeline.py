"""The only file that connects the steps: understand (and follow-ups), embed, retrieve, read, compose, verify.

With a language model three more stand around them: rewrite before, write and translate after. They wait for another
machine, so they are asked for outside the queue's turns, which are for the processors of this one.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any

from haystack import Pipeline
from haystack.core.errors import PipelineRuntimeError

from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from indexing.errors import IndexingError
from service.answering.answer import (
    Answer,
    Refusal,
    RefusalReason,
    new_answer_id,
)
from service.answering.common_words import common_words
from service.answering.compose import Compose
from service.answering.confidence import Confidence
from service.answering.embed_question import EmbedQuestion
from service.answering.events import Answered, Delta, Event, Status, heard_by, tell
from service.answering.fair_queue import FairQueue
from service.answering.make_standalone import MakeStandalone
from service.answering.observe import observed
from service.answering.question import Question
from service.answering.read_closely import ReadClosely
from service.answering.read_passages import ReadPassage, ReadPassages, considered
from service.answering.reader import Reader
from service.answering.refusals import Refusals
from service.answering.retrieve import Retrieve
from service.answering.timings import collected, timed
from service.answering.understand_question import UnderstandQuestion, Understood
from service.answering.verify import Draft, Verify
from service.answering.word_answer import answer_parts, short_answer
from service.answering.written.align_words import AlignWords
from service.answering.written.check_statement import CheckStatement
from service.answering.written.language_model import LanguageModel
from service.answering.written.prompts import Prompts
from service.answering.written.rewrite_question import RewriteQuestion
from service.answering.written.translate_quotes import TranslateQuotes
from service.answering.written.write_answer import Write, answer_language
from service.errors import ModeUnavailable, ServiceError

AT_ONCE = 2  # answers worked on at the same time: one a core
SECONDS_AN_ANSWER = 0.3
ATTEMPTS = 2
UNWRITTEN: tuple[RefusalReason, ...] = ("archive_empty", "nothing_relevant")  # there is nothing to write from


class Answering:
    """Answers questions from one archive; at most `queue` wait or run at once, then Busy."""

    def __init__(
        self,
        archive: Archive,
        encoder: Encoder,
        reader: Reader,
        confidence: Confidence,
        queue: int = 64,
        threshold: float | None = None,
        model: LanguageModel | None = None,
        align: AlignWords | None = None,
    ) -> None:
        """Build the pipeline over `archive`, which was written with `encoder`.

        `threshold` takes the place of the calibration's own: the confidence below which an answer is refused. `model`
        writes the answers and whoever made it closes it; None: they are extracted. `align` finds names across languages
        in what it writes. Raises SettingsError when a prompt file cannot be used.
        """
        self._archive = archive
        self._refusals = Refusals()
        is_common = common_words(encoder.tokenizer)
        compose = Compose(archive, confidence, is_common, threshold)
        self._pipeline = _connected(archive, encoder, reader, compose)
        self._writing = None
        if model is not None:
            prompts, check = Prompts(), CheckStatement(is_common, align)
            self._writing = _Writing(
                RewriteQuestion(model, prompts, is_common),
                Write(archive, reader, model, prompts, is_common, check),
                TranslateQuotes(model, prompts, check),
                model.seconds,
            )
        self._queue = FairQueue(queue, AT_ONCE, SECONDS_AN_ANSWER)

    @property
    def can_write(self) -> bool:
        """Whether a language model is configured."""
        return self._writing is not None

    @property
    def queue_length(self) -> int:
        """How many questions wait or are worked on."""
        return len(self._queue)

    def warm_up(self) -> None:
        """Load what the first question would otherwise wait for."""
        self._pipeline.warm_up()

    async def ask(self, question: Question, caller: str = "") -> Answer:
        """Answer or refuse; raises Busy when the queue is full, ModeUnavailable for a mode that is not there.

        Callers take turns in the queue, whoever they are: a name of any kind that is the same each time.
        """
        with observed(question.mode or ("generative" if self.can_write else "extractive")) as observation:
            if question.mode == "generative" and not self.can_write:
                raise ModeUnavailable(
                    "mode 'generative' needs a language model and none is configured; set CITEWELL_LLM_BASE_URL, "
                    "or ask with mode 'extractive'"
                )
            answer, _ = await self.ask_with_signals(question, caller)
            observation.answered(answer)
        return answer

    async def stream(self, question: Question, caller: str = "") -> AsyncGenerator[Event]:
        """The same as `ask`, told as it happens: an `Answered` comes last.

        Whoever stops listening closes it, which stops the work before its next step.
        """
        events: asyncio.Queue[Event | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def hear(event: Event | None) -> None:
            loop.call_soon_threadsafe(events.put_nowait, event)

        async def answered() -> None:
            try:
                with heard_by(hear):
                    hear(Answered(await self.ask(question, caller)))
            finally:
                hear(None)

        work = asyncio.create_task(answered())
        try:
            while (event := await events.get()) is not None:
                yield event
            await work
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    async def ask_with_signals(
        self, question: Question, caller: str = ""
    ) -> tuple[Answer, Mapping[str, float]]:
        """The same, with the signals that the confidence was told from; empty where nothing was read."""
        with collected() as timings:
            self._queue.require_room()  # before anything is told: a full queue is a refusal, not the middle of a reply
            tell(Status("waiting", {"ahead": len(self._queue)}))
            answer, signals = await self._answered(question, caller)
        return replace(answer, timings_ms=timings | answer.timings_ms), signals

    async def _answered(self, question: Question, caller: str) -> tuple[Answer, Mapping[str, float]]:
        writing = self._writing if question.mode != "extractive" else None
        rewritten = None
        with self._queue.elsewhere():
            if not await self._archive.language_samples():
                return await self._refusal(question, None, Draft(refusal="archive_empty"), ()), {}
            if writing is not None:
                rewritten = await writing.rewrite.rewritten(question)
        async with AsyncExitStack() as stack:
            with timed("queued"):
                ahead = await stack.enter_async_context(self._queue.place(caller))
            results = await self._found(question, rewritten)
        draft: Draft = results["verify"]["verified"]
        if writing is not None and draft.refusal not in UNWRITTEN:
            with self._queue.elsewhere():
                draft = await _written(writing, results)
        answer = await self._worded(question, results, draft)
        return replace(answer, timings_ms={"queue_length": float(ahead)}), draft.signals

    async def _found(self, question: Question, rewritten: str | None) -> dict[str, Any]:
        """What the steps put out, the extracted answer or refusal among it, checked."""
        for _ in range(ATTEMPTS):
            results = await self._run(question, rewritten)
            if results["verify"]["verified"].statements or not results["verify"]["dropped"]:
                break  # else an article changed between search and check: its new version may answer
        return results

    async def _worded(self, question: Question, results: Mapping[str, Any], draft: Draft) -> Answer:
        """The answer or refusal that a checked draft is; what a language model wrote was told already."""
        understood: Understood = results["standalone"]["understood"]
        passages: list[ReadPassage] = results["read"]["passages"]
        if not draft.statements:
            return await self._refusal(question, understood, draft, passages)
        parts = answer_parts(draft)
        if draft.written_in is None:
            for part in parts:
                tell(Delta(part))
        return Answer(
            id=new_answer_id(),
            question=question.text,
            standalone_question=understood.standalone,
            language=draft.written_in or understood.language,
            answered=True,
            answer="".join(parts),
            short_answer=short_answer(draft),
            confidence=draft.confidence,
            mode="extractive" if draft.written_in is None else "generative",
            statements=draft.statements,
            citations=draft.citations,
            passages=considered(passages),
        )

    async def _run(self, question: Question, rewritten: str | None) -> dict[str, Any]:
        """The outputs by component; what a component raised comes out as it was, not wrapped."""
        try:
            return await self._pipeline.run_async(
                {"understand": {"question": question}, "standalone": {"rewritten": rewritten}},
                include_outputs_from={"standalone", "read", "read_closely"},
            )
        except PipelineRuntimeError as error:
            if isinstance(error.__cause__, IndexingError | ServiceError):
                raise error.__cause__ from None
            raise

    async def _refusal(
        self,
        question: Question,
        understood: Understood | None,
        draft: Draft,
        passages: Sequence[ReadPassage],
    ) -> Answer:
        understood = understood or UnderstandQuestion().run(question)["understood"]
        reason: RefusalReason = draft.refusal or "unverified"
        language = question.answer_language or understood.language
        text = self._refusals.say(reason, language, await self._archive.article_count(), draft.missing)
        tell(Delta(text))
        return Answer(
            id=new_answer_id(),
            question=question.text,
            standalone_question=understood.standalone,
            language=understood.language,
            answered=False,
            answer=text,
            passages=considered(passages),
            refusal=Refusal(reason, text, draft.nearest),
        )


@dataclass(frozen=True, slots=True)
class _Writing:
    """The steps that a language model does."""

    rewrite: RewriteQuestion
    write: Write
    translate: TranslateQuotes
    seconds: float
    """For writing and translating together."""


async def _written(writing: _Writing, results: Mapping[str, Any]) -> Draft:
    """The written draft, or the extracted one; with translations either way, unless the model fails."""
    understood: Understood = results["standalone"]["understood"]
    passages: list[ReadPassage] = results["read"]["passages"]
    until = asyncio.get_running_loop().time() + writing.seconds
    written = await writing.write.run_async(
        understood,
        [one.found for one in passages],
        results["read_closely"]["readings"],
        results["verify"]["verified"],
    )
    draft: Draft = written["draft"]
    if written["usable"]:
        draft = await writing.translate.translated(draft, answer_language(understood), until)
    return draft


def _connected(archive: Archive, encoder: Encoder, reader: Reader, compose: Compose) -> Pipeline:
    pipeline = Pipeline()
    retrieve = Retrieve(archive, encoder.terms)
    pipeline.add_component("understand", UnderstandQuestion())
    pipeline.add_component("standalone", MakeStandalone(encoder, retrieve))
    pipeline.add_component("embed", EmbedQuestion(encoder))
    pipeline.add_component("retrieve", retrieve)
    pipeline.add_component("read", ReadPassages(reader))
    pipeline.add_component("read_closely", ReadClosely(reader))
    pipeline.add_component("compose", compose)
    pipeline.add_component("verify", Verify(archive))
    pipeline.connect("understand.understood", "standalone.understood")
    for reads_it in ("embed", "retrieve", "read", "read_closely", "compose"):
        pipeline.connect("standalone.understood", f"{reads_it}.understood")
    pipeline.connect("embed.vector", "retrieve.vector")
    pipeline.connect("retrieve.found", "read.found")
    pipeline.connect("retrieve.relevant", "compose.relevant")
    pipeline.connect("read.readings", "read_closely.readings")
    pipeline.connect("read_closely.readings", "compose.readings")
    pipeline.connect("compose.draft", "verify.draft")
    return pipeline
