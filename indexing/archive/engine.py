"""The small interface behind which both Qdrant engines stand: points in, points and scores out.

Filters are `qdrant_client.models.Filter`, the field's own vocabulary; each engine translates if it must.
A write is acknowledged when its coroutine returns. Every method may raise ArchiveError.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:  # not for the child process that holds a large archive: they take a second to import
    from qdrant_client import models

    from indexing.archive.terms import SparseTerms

OPERATION_POINTS = (
    200  # 6 ms under Python's lock on Edge; more would be seen as a stall by every other thread
)
DENSE = "text-dense"  # the names that qdrant-haystack's QdrantDocumentStore reads
SPARSE = "text-sparse"

KEYWORD_FIELDS = (
    "meta.kind",
    "meta.article_id",
    "meta.version",
    "meta.versions",
    "meta.ids",
    "meta.languages",
    "meta.branch",
    "meta.sources",
    "meta.tags",
    "meta.day",
)
DATETIME_FIELDS = ("meta.published",)
FACET_LIMIT = 100_000  # values of one field that are counted

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Point:
    """One stored point; records (articles, texts) have no vectors."""

    id: str
    payload: dict[str, Any]
    dense: Sequence[float] | None = None
    terms: "SparseTerms | None" = None


class Hit(NamedTuple):
    """A point id with its score, and the payload fields that were asked for. A search makes hundreds: a plain tuple."""

    id: str
    score: float
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Query:
    """One nearest-neighbour query, by a dense vector or by terms (BM25, IDF within `idf_corpus`)."""

    limit: int
    where: "models.Filter"
    dense: Sequence[float] | None = None
    terms: "SparseTerms | None" = None
    idf_corpus: "models.Filter | None" = None
    exact: bool = False
    """Compare with every passage, also where there is an index; a server decides for itself."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """A step of a reading: all queries at once; its result is a list of hits per query, best first."""

    queries: Sequence[Query]
    fields: Sequence[str]


@dataclass(frozen=True, slots=True)
class Lookup:
    """A step of a reading: points by id; its result is a list of points without vectors."""

    ids: Sequence[str]
    fields: Sequence[str] | None


Reading = Generator[Nearest | Lookup, Any, T]
"""Yields steps, is sent their results, returns what was found: the same for blocking and awaiting engines."""


class Engine(Protocol):
    """What the archive asks of Qdrant."""

    place: str
    name: str

    async def upsert(self, points: Sequence[Point]) -> None:
        """Store points in order; up to OPERATION_POINTS of them are all there or none, even after a crash."""

    async def delete(self, ids: Sequence[str]) -> None:
        """Delete points by id; unknown ids are ignored."""

    async def delete_where(self, where: "models.Filter") -> None:
        """Delete every point that matches."""

    async def set_meta(self, where: "models.Filter", values: dict[str, Any]) -> None:
        """Set keys under `meta` of every point that matches."""

    async def retrieve(self, ids: Sequence[str], fields: Sequence[str] | None = None) -> list[Point]:
        """Points by id, in any order, unknown ones left out, without vectors; `fields` limits the payload."""

    async def scroll(
        self,
        where: "models.Filter",
        limit: int,
        cursor: str | None = None,
        *,
        vectors: bool = False,
        fields: Sequence[str] | None = None,
    ) -> tuple[list[Point], str | None]:
        """A page of points in the order of their ids, and the cursor of the next page."""

    async def read(self, reading: Reading[T]) -> T:
        """Take the steps of a reading; on the embedded engine no write comes between them."""

    async def count(self, where: "models.Filter") -> int:
        """How many points match, exactly."""

    async def facet(self, key: str, where: "models.Filter") -> dict[str, int]:
        """Number of points per value of a keyword field."""

    async def size(self) -> int | None:
        """Bytes on disk, None when that is not known here."""

    async def flush(self) -> None:
        """Bring everything to disk (power loss); a killed process loses nothing without it."""

    async def close(self) -> None:
        """Release the engine; further calls fail."""
