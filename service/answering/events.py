"""What happens while a question is answered: the steps tell it, and whoever asked hears it as it happens.

`tell` inside a step, `heard_by` around all of them; what is told where nobody listens is dropped.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal

from service.answering.answer import Answer, ConsideredPassage

StepName = Literal["waiting", "understanding", "searching", "reading", "checking", "writing"]


@dataclass(frozen=True, slots=True)
class Status:
    """The step that begins, with its real figures: articles searched, passages read, quotes checked."""

    step: StepName
    figures: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Considered:
    """The passages that were read, best first."""

    passages: tuple[ConsideredPassage, ...]


@dataclass(frozen=True, slots=True)
class Delta:
    """The next part of the answer's text, verified; all of them joined are `Answer.answer`."""

    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The whole answer; nothing comes after it."""

    answer: Answer


Event = Status | Considered | Delta | Answered

_listener: ContextVar[Callable[[Event], None] | None] = ContextVar("answering_listener", default=None)


@contextmanager
def heard_by(listener: Callable[[Event], None]) -> Iterator[None]:
    """Hand `listener` everything that is told inside, tasks and threads included: it may be called from a thread."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def is_heard() -> bool:
    """Whether anybody listens: for figures that cost something to find."""
    return _listener.get() is not None


def tell(event: Event) -> None:
    """Tell whoever listens."""
    listener = _listener.get()
    if listener is not None:
        listener(event)
