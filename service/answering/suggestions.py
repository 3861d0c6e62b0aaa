"""The questions of `prompts/suggestions` in, those of a language that the archive answers out."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from indexing.archive.archive import Archive
from indexing.errors import IndexingError
from service.answering.pipeline import Answering
from service.answering.question import Question
from service.errors import ServiceError

CALLER = "suggestions"
# A reader waits for the reply with these in it, so what is not known by then is left for the next reader.
WAIT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Suggested:
    """Questions in one language (the name of their file), none of which the archive refuses; may be empty."""

    language: str
    questions: tuple[str, ...]


class Suggestions:
    """Asks each question once for every state of the archive, in the queue as a caller of its own."""

    def __init__(
        self,
        questions: Mapping[str, tuple[str, ...]],
        archive: Archive,
        answering: Answering,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        """`questions` by language; `wait_seconds` is how long one call may ask for."""
        self._questions = questions
        self._archive = archive
        self._answering = answering
        self._wait_seconds = wait_seconds
        self._state: tuple[int, int] | None = None
        self._answered: dict[str, bool] = {}
        self._asking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def for_language(self, tag: str) -> Suggested | None:
        """The answered ones in this language (BCP 47), as far as known in time; None where no file is in it.

        When the queue is full or a question fails they are fewer, or none, until the next call. Raises ArchiveError.
        """
        language = self._named(tag)
        if language is None:
            return None
        questions = self._questions[language]
        await self._forget_the_old()
        try:
            async with asyncio.timeout(self._wait_seconds):
                await self._ask(language, questions)
        except (TimeoutError, IndexingError, ServiceError):
            pass  # each answer so far is remembered: the next call goes on from there
        return self._remembered(language)

    async def known(self, tag: str) -> Suggested | None:
        """The same without asking: what is remembered of the archive as it is. Raises ArchiveError."""
        language = self._named(tag)
        if language is None:
            return None
        await self._forget_the_old()
        return self._remembered(language)

    def _named(self, tag: str) -> str | None:
        return next((name for name in (tag, tag.split("-")[0].lower()) if name in self._questions), None)

    def _remembered(self, language: str) -> Suggested:
        answered = tuple(one for one in self._questions[language] if self._answered.get(one))
        return Suggested(language, answered)

    async def _ask(self, language: str, questions: tuple[str, ...]) -> None:
        # Those who come meanwhile wait here and then find everything remembered. One who leaves hands over.
        async with self._asking[language]:
            for question in questions:
                if question not in self._answered:
                    answered = self._answered
                    answer = await self._answering.ask(Question(question, mode="extractive"), CALLER)
                    # Into what is remembered of the archive as it was: it may have changed, and all be forgotten.
                    answered[question] = answer.answered

    async def _forget_the_old(self) -> None:
        # The count tells of changes by other processes.
        state = (self._archive.changes, await self._archive.article_count())
        if state != self._state:
            self._state, self._answered = state, {}
