"""What became of each question, told to whoever watches: outcome, times by step, what the check dropped; no text."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal, get_args

from service.answering.answer import Answer, RefusalReason
from service.errors import Busy, ModelTrouble, ModeUnavailable

Outcome = Literal["answered", "refused", "busy", "cancelled", "failed", "mode_unavailable"]
Fault = Literal[
    "version_gone",
    "quote_differs",
    "answer_outside_quote",
    "sentence_differs",
    # of written statements: what is wrong with the quote,
    "not_found",
    "stitched",
    "wrong_article",
    "unknown_passage",
    "instruction",
    # and what of the statement no quote proves
    "number",
    "percent",
    "date",
    "name",
    "polarity",
    "attribution",
    "support",
    "no_quote",
    "other_language",
    "not_asked",
    "contradicted",
]
OUTCOMES: tuple[Outcome, ...] = ("answered", "refused", "busy", "cancelled", "failed", "mode_unavailable")
FAULTS: tuple[Fault, ...] = get_args(Fault)
TROUBLES: tuple[ModelTrouble, ...] = get_args(ModelTrouble)


@dataclass(slots=True)
class Observation:
    """One question that was dealt with; steps in milliseconds, `total` among them, empty where it got no answer."""

    mode: str
    outcome: Outcome = "failed"
    refusal: RefusalReason | None = None
    steps: Mapping[str, float] = field(default_factory=dict)
    faults: Counter[Fault] = field(default_factory=Counter)
    troubles: Counter[ModelTrouble] = field(default_factory=Counter)

    def answered(self, answer: Answer) -> None:
        """Note how it ended."""
        self.mode = answer.mode
        self.outcome = "answered" if answer.answered else "refused"
        self.refusal = answer.refusal.reason if answer.refusal else None
        self.steps = {name: value for name, value in answer.timings_ms.items() if name != "queue_length"}


Watcher = Callable[[Observation], None]

_watcher: ContextVar[Watcher | None] = ContextVar("answering_watcher", default=None)
_observation: ContextVar[Observation | None] = ContextVar("answering_observation", default=None)


@contextmanager
def watched_by(watcher: Watcher) -> Iterator[None]:
    """Tell `watcher` of every question that is dealt with inside, tasks and threads included."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


@contextmanager
def observed(mode: str) -> Iterator[Observation]:
    """Observe one question; whoever watches is told when the block ends, however it ends."""
    observation = Observation(mode)
    token = _observation.set(observation)
    try:
        yield observation
    except Busy:
        observation.outcome = "busy"
        raise
    except ModeUnavailable:
        observation.outcome = "mode_unavailable"
        raise
    except asyncio.CancelledError:
        observation.outcome = "cancelled"
        raise
    finally:
        _observation.reset(token)
        watch = _watcher.get()
        if watch is not None:
            watch(observation)


def note_fault(fault: Fault) -> None:
    """Count something that the check dropped; does nothing where nobody observes."""
    observation = _observation.get()
    if observation is not None:
        observation.faults[fault] += 1


def note_trouble(trouble: ModelTrouble) -> None:
    """Count a failure of the language model; does nothing where nobody observes."""
    observation = _observation.get()
    if observation is not None:
        observation.troubles[trouble] += 1
