"""Dense and term queries in, hits of current versions out; passages and their vectors by id."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from qdrant_client import models

from indexing.archive.article import Passage
from indexing.archive.engine import Engine, Hit, Lookup, Nearest, Point, Query, Reading
from indexing.archive.filters import Filters, equals, passages_where
from indexing.archive.records import CURRENT_FIELDS, PASSAGE_FIELDS, read_passage, record_id
from indexing.archive.terms import SparseTerms

ATTEMPTS = 10

Version = tuple[str, str]
"""An article id and a version of it."""


@dataclass(frozen=True, slots=True)
class PassageQuery:
    """One branch of a search: a vector (dimension,) or terms, in one base language or all, or among `ids`."""

    limit: int
    vector: NDArray[np.float32] | None = None
    terms: SparseTerms | None = None
    language: str | None = None
    ids: tuple[str, ...] | None = None
    weighed: bool = False
    """The terms have their weights already: no inverse document frequency is multiplied in."""


@dataclass(frozen=True, slots=True)
class PassageHit:
    """A passage of a current version; `score` is a cosine or a BM25 score."""

    id: str
    score: float
    article_id: str
    version: str
    language: str


class Candidate(NamedTuple):
    """A passage that a search found, with its cosine and its BM25 score within its base language."""

    id: str
    language: str
    cosine: float
    weight: float


@dataclass(frozen=True, slots=True)
class CandidateSearch:
    """A question's vector (dimension,) and terms, and how many passages a language either may bring in."""

    vector: NDArray[np.float32]
    terms: SparseTerms
    languages: Sequence[str]
    filters: Filters
    by_vector: int
    by_terms: int
    rare: Mapping[str, SparseTerms] | None = None
    """Of a large archive, by language: the terms that are searched for, with weights (see `PassageQuery`)."""
    weighed: Mapping[str, SparseTerms] | None = None
    """And all of them with their weights, by which what was found is then scored."""


class PassageSearch:
    """Search over one engine."""

    def __init__(self, engine: Engine) -> None:
        """Search through `engine`."""
        self._engine = engine

    async def search(self, queries: Sequence[PassageQuery], filters: Filters) -> list[list[PassageHit]]:
        """One list of hits per query, best first, all from the same state of every article.

        While an article is written, passages of a version that is not yet or no longer current lie beside the
        current ones. The search is done again without such versions, so that they displace nothing.
        """
        return await self._engine.read(_search(queries, filters))

    async def candidates(self, search: CandidateSearch, without: Collection[Version] = ()) -> list[Candidate]:
        """Passages with both their scores, the best of each language; `current_passages` tells which are current."""
        return await self._engine.read(_candidates(search, without))

    async def current_passages(
        self, ids: Sequence[str], without: Collection[Version] = ()
    ) -> tuple[list[Passage], set[Version]]:
        """Those of current versions, in the order of `ids`, and which versions among them are not current.

        Of the versions that the search was `without`, those that are still not current are named again: one that
        was being written may be current by now, and leaving it out then would lose its article.
        """
        return await self._engine.read(_current_passages(ids, without))

    async def most_alike(self, passage_id: str, groups: Sequence[Sequence[str]]) -> list[tuple[str, float]]:
        """Of each group of passage ids the one nearest to a passage, with its cosine; empty when that is gone."""
        vector = (await self.vectors([passage_id])).get(passage_id)
        if vector is None:
            return []
        asked = [_request(PassageQuery(1, vector=vector, ids=tuple(ids)), Filters(), ()) for ids in groups]
        answers = await self._engine.read(_nearest(asked))
        return [(hit.id, hit.score) for hits in answers for hit in hits]

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


def _nearest(asked: Sequence[Query]) -> Reading[list[list[Hit]]]:
    answers: list[list[Hit]] = yield Nearest(asked, ())
    return answers


def _candidates(search: CandidateSearch, without: Collection[Version]) -> Reading[list[Candidate]]:
    queries = [
        PassageQuery(search.by_vector, vector=search.vector, language=name) for name in search.languages
    ]
    if search.terms.indices:
        queries += [
            PassageQuery(
                search.by_terms,
                terms=search.terms if search.rare is None else search.rare[name],
                language=name,
                weighed=search.rare is not None,
            )
            for name in search.languages
        ]
    answers = yield from _nearest([_request(query, search.filters, without) for query in queries])
    languages: dict[str, str] = {}
    cosines: dict[str, float] = {}
    weights: dict[str, float] = {}
    for query, hits in zip(queries, answers, strict=True):
        (cosines if query.terms is None else weights).update({hit.id: hit.score for hit in hits})
        languages |= {hit.id: query.language or "" for hit in hits}
    # What one search found gets its score in the other, too.
    missing = []
    ids = tuple(id for id in weights if id not in cosines)
    missing.append(PassageQuery(len(ids), vector=search.vector, ids=ids))
    if search.weighed is not None:
        weights.clear()
    for name in search.languages if search.terms.indices else ():
        ids = tuple(id for id in languages if languages[id] == name and id not in weights)
        terms = search.terms if search.weighed is None else search.weighed[name]
        missing.append(PassageQuery(len(ids), None, terms, name, ids, weighed=search.weighed is not None))
    asked = [query for query in missing if query.limit]
    answers = yield from _nearest([_request(query, search.filters, without) for query in asked])
    for query, hits in zip(asked, answers, strict=True):
        (cosines if query.terms is None else weights).update({hit.id: hit.score for hit in hits})
    return [Candidate(id, languages[id], cosine, weights.get(id, 0.0)) for id, cosine in cosines.items()]


def _current_passages(
    ids: Sequence[str], without: Collection[Version]
) -> Reading[tuple[list[Passage], set[Version]]]:
    points: list[Point] = yield Lookup(ids, None)
    found = {point.id: read_passage(point) for point in points}
    versions = {(passage.article_id, passage.version) for passage in found.values()} | set(without)
    current = yield from _current_versions({article for article, _ in versions})
    kept = [found[id] for id in ids if id in found and (found[id].article_id, found[id].version) in current]
    return kept, versions - current


def _search(queries: Sequence[PassageQuery], filters: Filters) -> Reading[list[list[PassageHit]]]:
    others: set[Version] = set()
    for _ in range(ATTEMPTS):
        asked = [_request(query, filters, others) for query in queries if _can_find(query)]
        answers: list[list[Hit]] = yield Nearest(asked, PASSAGE_FIELDS)
        found = {_version(hit) for hits in answers for hit in hits}
        current = yield from _current_versions({article for article, _ in found | others})
        superseded = found - current
        if not superseded and not others & current:
            break
        others = (others | superseded) - current
    kept = iter([[_hit(hit) for hit in hits if _version(hit) in current] for hits in answers])
    return [next(kept) if _can_find(query) else [] for query in queries]


def _current_versions(articles: Iterable[str]) -> Reading[set[Version]]:
    records: list[Point] = yield Lookup([record_id(article) for article in articles], CURRENT_FIELDS)
    metas = [point.payload["meta"] for point in records]
    return {(meta["article_id"], meta["version"]) for meta in metas if meta["kind"] == "article"}


def _can_find(query: PassageQuery) -> bool:
    """A question of punctuation alone has no terms, and finds nothing by them."""
    return query.limit > 0 and (query.terms is None or bool(query.terms.indices))


def _request(query: PassageQuery, filters: Filters, without: Collection[Version]) -> Query:
    where = passages_where(filters, query.language)
    if query.ids is not None:
        where = models.Filter(must=[models.HasIdCondition(has_id=list(query.ids))])
    if without:
        where.must_not = [
            models.Filter(must=[equals("article_id", article), equals("version", version)])
            for article, version in sorted(without)
        ]
    if query.terms is not None:
        if query.weighed:  # in a corpus of no passages every frequency is 0
            terms = SparseTerms(query.terms.indices, [value / math.log(2) for value in query.terms.values])
            return Query(query.limit, where, terms=terms, idf_corpus=models.Filter(must=[equals("kind", "")]))
        corpus = passages_where(language=query.language)
        return Query(query.limit, where, terms=query.terms, idf_corpus=corpus)
    assert query.vector is not None, "a passage query has a vector or terms"
    return Query(query.limit, where, dense=query.vector.tolist())


def _version(hit: Hit) -> Version:
    meta = hit.payload["meta"]
    return meta["article_id"], meta["version"]


def _hit(hit: Hit) -> PassageHit:
    meta = hit.payload["meta"]
    return PassageHit(hit.id, hit.score, meta["article_id"], meta["version"], meta["languages"][-1])
