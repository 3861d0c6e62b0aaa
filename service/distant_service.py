"""A connection to a running service in; the little that the Slack bot wants of an archive and its answering out."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import get_args

from pydantic import TypeAdapter

from indexing.archive.language_samples import LanguageSample
from indexing.archive.records import Feedback
from service.answering.answer import Answer
from service.answering.events import Answered, Event, Status, StepName
from service.answering.question import Question
from service.answering.suggestions import Suggested
from service.connection import ServiceConnection

STEPS: dict[str, StepName] = {step: step for step in get_args(StepName)}
_ANSWER = TypeAdapter(Answer)


class DistantAnswering:
    """Asks the service; all who ask in Slack take one turn among those who ask there."""

    can_write = False
    """Its answers are shown whole: here it is not known whether a language model writes them."""

    def __init__(self, connection: ServiceConnection) -> None:
        """`connection` belongs to somebody else."""
        self._connection = connection

    async def stream(self, question: Question, caller: str = "") -> AsyncGenerator[Event]:
        """What the service tells of its steps, and its answer; raises ServiceError."""
        async with aclosing(self._connection.stream(question)) as events:
            async for event in events:
                if event.name == "answer":
                    yield Answered(_ANSWER.validate_python(event.data))
                elif event.name == "status" and (step := STEPS.get(str(event.data.get("step")))):
                    figures = {key: value for key, value in event.data.items() if isinstance(value, int)}
                    yield Status(step, figures)


class DistantArchive:
    """Keeps ratings at the service."""

    def __init__(self, connection: ServiceConnection) -> None:
        """`connection` belongs to somebody else."""
        self._connection = connection

    async def put_feedback(self, feedback: Feedback) -> None:
        """Send it there; raises ServiceError."""
        await self._connection.rate(feedback)

    async def language_samples(self) -> Sequence[tuple[str, LanguageSample]]:
        """Not told over HTTP."""
        return ()


class NoSuggestions:
    """Which questions the archive answers is not told over HTTP but to widgets."""

    async def for_language(self, tag: str) -> Suggested | None:
        """None."""
        return None
