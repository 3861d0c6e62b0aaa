"""Searches passages: dense and term queries in, hits of current versions out, with what language-aware ranking needs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from qdrant_client import models

from indexing.archive.article import Passage
from indexing.archive.engine import Engine, Hit, Query
from indexing.archive.filters import Filters, passages_where
from indexing.archive.records import PASSAGE_FIELDS, read_passage, record_id
from indexing.archive.terms import SparseTerms

ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class PassageQuery:
    """One branch of a search: a vector (dimension,) or terms, in one base language or in all, or among `ids` only."""

    limit: int
    vector: NDArray[np.float32] | None = None
    terms: SparseTerms | None = None
    language: str | None = None
    ids: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class PassageHit:
    """A passage of a current version; `score` is a cosine or a BM25 score."""

    id: str
    score: float
    article_id: str
    version: str
    language: str


class PassageSearch:
    """Search over one engine."""

    def __init__(self, engine: Engine) -> None:
        """Search through `engine`."""
        self._engine = engine

    async def search(self, queries: Sequence[PassageQuery], filters: Filters) -> list[list[PassageHit]]:
        """One list of hits per query, best first, all from the same state of every article.

        When a version was replaced between the search and the look at its record, the search is done again.
        """
        requests = [_request(query, filters) for query in queries]
        for _ in range(ATTEMPTS):
            answers = await self._engine.query(requests, PASSAGE_FIELDS)
            current = await self._current_versions(answers)
            hits = [[hit for hit in map(_hit, answer) if current.get(hit.article_id) == hit.version] for answer in answers]
            superseded = any(len(kept) < len(found) for kept, found in zip(hits, answers, strict=True))
            if not superseded:
                break
        return hits

    async def passages(self, ids: Sequence[str]) -> list[Passage]:
        """Passages by id, in the order of `ids`; those that are gone are left out."""
        points = await self._engine.retrieve(ids)
        found = {point.id: read_passage(point) for point in points}
        return [found[id] for id in ids if id in found]

    async def vectors(self, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Stored vectors of passages by id, each (dimension,)."""
        if not ids:
            return {}
        where = models.Filter(must=[models.HasIdCondition(has_id=list(ids))])
        points, _ = await self._engine.scroll(where, len(ids), vectors=True, fields=PASSAGE_FIELDS)
        return {point.id: np.asarray(point.dense, np.float32) for point in points}

    async def _current_versions(self, answers: Sequence[Sequence[Hit]]) -> dict[str, str]:
        articles = {hit.payload["meta"]["article_id"] for hits in answers for hit in hits}
        records = await self._engine.retrieve(
            [record_id(article) for article in articles], ["meta.article_id", "meta.version"]
        )
        return {point.payload["meta"]["article_id"]: point.payload["meta"]["version"] for point in records}


def _request(query: PassageQuery, filters: Filters) -> Query:
    where = passages_where(filters, query.language)
    if query.ids is not None:
        where = models.Filter(must=[models.HasIdCondition(has_id=list(query.ids))])
    if query.terms is not None:
        corpus = passages_where(language=query.language)
        return Query(query.limit, where, terms=query.terms, idf_corpus=corpus)
    assert query.vector is not None, "a passage query has a vector or terms"
    return Query(query.limit, where, dense=query.vector.tolist())


def _hit(hit: Hit) -> PassageHit:
    meta = hit.payload["meta"]
    return PassageHit(hit.id, hit.score, meta["article_id"], meta["version"], meta["languages"][-1])


