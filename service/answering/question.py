"""What every face hands in: one question with its filters, checked once."""

from dataclasses import dataclass, field
from typing import Literal

from indexing.archive.filters import Filters

__all__ = ["Filters", "Mode", "Question", "Turn"]

QUESTION_LIMIT = 2_000
HISTORY_LIMIT = 40
TURN_LIMIT = 8_000
TOP_K_LIMIT = 50

Mode = Literal["extractive", "generative"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of the conversation so far."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question as asked; faces have checked lengths against the limits of this file."""

    text: str
    history: tuple[Turn, ...] = ()
    filters: Filters = field(default_factory=Filters)
    top_k: int = 8
    answer_language: str | None = None
    mode: Mode | None = None
