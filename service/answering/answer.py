"""What every face gets back: a cited answer or a refusal, the same object for HTTP, pages and terminal."""

import secrets
import time
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

RefusalReason = Literal["archive_empty", "nothing_relevant", "not_stated", "unverified"]

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class CitedArticle:
    """The article a citation points into, as it was when the answer was given."""

    id: str
    version: str
    title: str
    source: str | None
    url: str | None
    language: str
    published: str | None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """A verbatim quote: `canonical text of (article, version)[start:end] == quote`, checked before it leaves."""

    number: int
    quote: str
    start: int
    end: int
    passage_id: str
    article: CitedArticle
    answer_start: int | None = None
    answer_end: int | None = None
    also_in: tuple[dict[str, Any], ...] = ()
    translation: str | None = None
    stance: Literal["supports", "differs"] = "supports"
    newer_version: str | None = None
    link: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """One proving sentence (extractive: verbatim, with its offsets in the first citation's article)."""

    text: str
    citations: tuple[int, ...]
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class ConsideredPassage:
    """A passage that was considered; its score, of reader and retrieval, is comparable within one answer only."""

    passage_id: str
    article_id: str
    start: int
    end: int
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no answer, and the nearest passages as citations."""

    reason: RefusalReason
    detail: str
    nearest: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole answer object of the contract; `refusal` is None exactly when `answered`."""

    id: str
    question: str
    standalone_question: str
    language: str
    answered: bool
    answer: str
    statements: tuple[Statement, ...] = ()
    citations: tuple[Citation, ...] = ()
    passages: tuple[ConsideredPassage, ...] = ()
    refusal: Refusal | None = None
    short_answer: str | None = None
    confidence: float | None = None
    mode: Literal["extractive", "generative"] = "extractive"
    timings_ms: dict[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of `POST /v1/answers` and `citewell ask --json`."""
        return asdict(self)


def new_answer_id() -> str:
    """`ans_` and a ULID: sortable by time, unguessable (https://github.com/ulid/spec)."""
    number = (int(time.time() * 1000) << 80) | secrets.randbits(80)
    return "ans_" + "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))
