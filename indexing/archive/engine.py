"""The small interface behind which both Qdrant engines stand: points in, points and scores out.

Filters are `qdrant_client.models.Filter`, the field's own vocabulary; each engine translates if it must. Every
write is acknowledged when its coroutine returns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from qdrant_client import models

from indexing.archive.terms import SparseTerms

DENSE = "text-dense"  # the names that qdrant-haystack's QdrantDocumentStore reads
SPARSE = "text-sparse"

KEYWORD_FIELDS = (
    "meta.kind",
    "meta.article_id",
    "meta.version",
    "meta.of",
    "meta.ids",
    "meta.languages",
    "meta.sources",
    "meta.tags",
    "meta.day",
)
DATETIME_FIELDS = ("meta.published",)


@dataclass(frozen=True, slots=True)
class Point:
    """One stored point; records (articles, texts) have no vectors."""

    id: str
    payload: dict[str, Any]
    dense: Sequence[float] | None = None
    terms: SparseTerms | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A point id with its score, and the payload fields that were asked for."""

    id: str
    score: float
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Query:
    """One nearest-neighbour query, by a dense vector or by terms (BM25, IDF within `idf_corpus`)."""

    limit: int
    where: models.Filter
    dense: Sequence[float] | None = None
    terms: SparseTerms | None = None
    idf_corpus: models.Filter | None = None


class Engine(Protocol):
    """What the archive asks of Qdrant."""

    place: str
    name: str

    async def upsert(self, points: Sequence[Point]) -> None:
        """Store points; a whole call is one operation on the embedded engine (all or nothing after a crash)."""

    async def delete(self, ids: Sequence[str]) -> None:
        """Delete points by id; unknown ids are ignored."""

    async def delete_where(self, where: models.Filter) -> None:
        """Delete every point that matches."""

    async def set_meta(self, where: models.Filter, values: dict[str, Any]) -> None:
        """Set keys under `meta` of every point that matches."""

    async def retrieve(self, ids: Sequence[str], fields: Sequence[str] | None = None) -> list[Point]:
        """Points by id, in any order, unknown ones left out, without vectors; `fields` limits the payload."""

    async def scroll(
        self,
        where: models.Filter,
        limit: int,
        cursor: str | None = None,
        *,
        vectors: bool = False,
        fields: Sequence[str] | None = None,
    ) -> tuple[list[Point], str | None]:
        """A page of points in the order of their ids, and the cursor of the next page."""

    async def query(self, queries: Sequence[Query], fields: Sequence[str]) -> list[list[Hit]]:
        """One list of hits per query, best first."""

    async def count(self, where: models.Filter) -> int:
        """How many points match, exactly."""

    async def facet(self, key: str, where: models.Filter) -> dict[str, int]:
        """Number of points per value of a keyword field."""

    async def size(self) -> int | None:
        """Bytes on disk, None when that is not known here."""

    async def flush(self) -> None:
        """Bring everything to disk (power loss); a killed process loses nothing without it."""

    async def close(self) -> None:
        """Release the engine; further calls fail."""
