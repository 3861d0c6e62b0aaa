"""Writes articles so that a reader sees the old version or the new one, never both and never none.

Order of one batch: mark the articles as pending, store texts and passages (not yet visible: search believes only a
passage whose version is its article's), then the article records in one operation (the commit point), then clear
away what the old versions left. After a crash `repair` finishes or undoes whatever a pending mark names.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from qdrant_client import models

from indexing.archive.article import Article, Passage
from indexing.archive.engine import Engine, Point
from indexing.archive.filters import equals
from indexing.archive.records import (
    Record,
    filter_fields,
    passage_point,
    pending_point,
    read_passage,
    read_record,
    record_id,
    record_point,
    text_id,
    text_point,
)
from indexing.archive.terms import SparseTerms

Status = Literal["added", "updated", "unchanged", "duplicate"]
PAGE = 500


@dataclass(frozen=True, slots=True)
class Plan:
    """What storing one article will do; `embed` says that its passages must be encoded first."""

    article: Article
    status: Status
    embed: bool
    record: Record | None
    first: Record | None = None


@dataclass(frozen=True, slots=True)
class Encoded:
    """A plan with its passages: `vectors` is (passages, dimension) float32, one `terms` a passage."""

    plan: Plan
    passages: Sequence[Passage] = ()
    vectors: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0), np.float32))
    terms: Sequence[SparseTerms] = ()


class VersionWriter:
    """All writing of articles over one engine; callers see to it that one write runs at a time."""

    def __init__(self, engine: Engine) -> None:
        """Write through `engine`."""
        self._engine = engine

    async def plan(self, articles: Sequence[Article]) -> list[Plan]:
        """Compare articles (distinct ids, distinct texts) with what is stored; nothing is written."""
        records = await self.records([article.id for article in articles])
        firsts = await self._by_version([article.version for article in articles])
        return [_plan(article, records.get(article.id), firsts.get(article.version)) for article in articles]

    async def commit(self, batch: Sequence[Encoded]) -> None:
        """Store a planned and encoded batch; acknowledged when it returns."""
        batch = [encoded for encoded in batch if encoded.plan.status != "unchanged"]
        if not batch:
            return
        touched = [encoded.plan.article.id for encoded in batch]
        await self._engine.upsert([pending_point(id) for id in touched])
        for encoded in batch:
            record = encoded.plan.record
            if record and record.kind == "article" and record.version != encoded.plan.article.version:
                await self._release_copies(record.id, keep=None)
        for encoded in batch:
            await self._engine.upsert([*await self._left_text(encoded.plan), *await self._content_points(encoded)])
        await self._engine.upsert([await self._record_point(encoded) for encoded in batch])
        for encoded in batch:
            await self._clear_after(encoded.plan)
        await self._engine.delete([pending_point(id).id for id in touched])

    async def remove(self, article_id: str) -> bool:
        """Remove an article or copy with all its versions; its first copy takes its place. False when unknown."""
        record = (await self.records([article_id])).get(article_id)
        if record is None:
            return False
        await self._engine.upsert([pending_point(article_id)])
        await self._release_copies(article_id, keep=None)
        await self._engine.delete([record_id(article_id)])
        if record.of is not None:
            await self._refresh(record.of)
        await self._tidy(article_id)
        await self._engine.delete([pending_point(article_id).id])
        return True

    async def repair(self) -> int:
        """Finish or undo every write that a pending mark names; returns how many there were."""
        where = models.Filter(must=[equals("kind", "pending")])
        marks, _ = await self._engine.scroll(where, limit=100_000)
        for mark in marks:
            article_id = mark.payload["meta"]["article_id"]
            record = (await self.records([article_id])).get(article_id)
            await self._release_copies(article_id, keep=record.version if record and record.of is None else None)
            await self._tidy(article_id)
            if record is not None:
                await self._refresh(record.of or record.id)
            await self._engine.delete([mark.id])
        return len(marks)

    async def records(self, article_ids: Sequence[str]) -> dict[str, Record]:
        """The records of these ids, articles and copies; unknown ids are left out."""
        points = await self._engine.retrieve([record_id(id) for id in dict.fromkeys(article_ids)])
        return {record.id: record for record in map(read_record, points)}

    async def copies(self, article_id: str) -> list[Record]:
        """The copies of an article, oldest first."""
        where = models.Filter(must=[equals("kind", "copy"), equals("of", article_id)])
        copies = [read_record(point) for point in await self._all(where)]
        return sorted(copies, key=lambda copy: (copy.added, copy.id))

    async def _by_version(self, versions: Sequence[str], kind: str = "article") -> dict[str, Record]:
        where = models.Filter(must=[equals("kind", kind), equals("version", *versions)])
        found = sorted(map(read_record, await self._all(where)), key=lambda record: (record.added, record.id))
        return {record.version: record for record in reversed(found)}

    async def _content_points(self, encoded: Encoded) -> list[Point]:
        """Passages, and the text where this version is new; a copy's text is that of its first."""
        plan = encoded.plan
        if plan.first is not None:
            return []
        points = passage_points(encoded, await self._kept_copies(plan))
        if plan.record is None or plan.record.of is not None or plan.record.version != plan.article.version:
            points.append(text_point(plan.article.id, plan.article.version, plan.article.text))
        return points

    async def _left_text(self, plan: Plan) -> list[Point]:
        """The text that a copy shared with its first and now leaves: old citations of the copy must still open."""
        record = plan.record
        if record is None or record.of is None or record.version == plan.article.version:
            return []
        texts = await self._engine.retrieve([text_id(record.of, record.version)])
        return [text_point(record.id, record.version, text.payload["content"]) for text in texts]

    async def _kept_copies(self, plan: Plan) -> list[Record]:
        same = plan.record is not None and plan.record.of is None and plan.record.version == plan.article.version
        return await self.copies(plan.article.id) if same else []

    async def _record_point(self, encoded: Encoded) -> Point:
        plan = encoded.plan
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        record = plan.record
        versions = record.versions if record else ()
        if record and record.of is not None and record.version != plan.article.version:
            versions = (*versions, (record.version, record.added))
        if plan.first is None and (not versions or versions[-1][0] != plan.article.version):
            versions = (*(v for v in versions if v[0] != plan.article.version), (plan.article.version, now))
        stored = Record(
            id=plan.article.id,
            kind="copy" if plan.first else "article",
            version=plan.article.version,
            versions=versions,
            metadata=plan.article.metadata(),
            passages=len(encoded.passages) if plan.embed else record.passages if record else 0,
            added=record.added if record else now,
            updated=now,
            of=plan.first.id if plan.first else None,
        )
        return record_point(stored, await self._kept_copies(plan))

    async def _clear_after(self, plan: Plan) -> None:
        if plan.record is not None:
            await self._tidy(plan.article.id)
            if plan.record.of is not None:
                await self._refresh(plan.record.of)
            if plan.first is None:
                await self._refresh(plan.article.id)
        if plan.first is not None:
            await self._refresh(plan.first.id)

    async def _tidy(self, article_id: str) -> None:
        """Delete the passages that are not of the current version, and texts that no record names."""
        record = (await self.records([article_id])).get(article_id)
        own = equals("article_id", article_id)
        current = [equals("version", record.version)] if record and record.of is None else []
        await self._engine.delete_where(models.Filter(must=[equals("kind", "passage"), own], must_not=current))
        kept = [equals("version", *(version for version, _ in record.versions))] if record and record.versions else []
        await self._engine.delete_where(models.Filter(must=[equals("kind", "text"), own], must_not=kept))

    async def _refresh(self, article_id: str) -> None:
        """Bring the filter fields of an article and its passages up to date with its metadata and copies."""
        record = (await self.records([article_id])).get(article_id)
        if record is None or record.of is not None:
            return
        copies = await self.copies(article_id)
        await self._engine.upsert([record_point(record, copies)])
        fields = filter_fields(record.metadata, [copy.metadata for copy in copies])
        fields.pop("day")
        where = models.Filter(must=[equals("kind", "passage"), equals("article_id", article_id)])
        await self._engine.set_meta(where, fields)

    async def _release_copies(self, article_id: str, keep: str | None) -> None:
        """Find a new home for the copies whose text this article has (or will have) no longer."""
        copies = [copy for copy in await self.copies(article_id) if copy.version != keep]
        for copy in copies:
            where = models.Filter(must=[equals("kind", "article"), equals("version", copy.version)])
            homes = [record for record in map(read_record, await self._all(where)) if record.id != article_id]
            if homes:
                moved = replace(copy, of=homes[0].id)
                await self._engine.upsert([record_point(moved)])
                await self._refresh(homes[0].id)
            else:
                await self._promote(copy, article_id)

    async def _promote(self, copy: Record, former: str) -> None:
        """Make a copy an article of its own with the passages and vectors of the article it was a copy of."""
        texts = await self._engine.retrieve([text_id(former, copy.version)])
        if not texts:
            return
        await self._engine.upsert([pending_point(copy.id)])
        where = models.Filter(
            must=[equals("kind", "passage"), equals("article_id", former), equals("version", copy.version)]
        )
        fields = filter_fields(copy.metadata, [])
        points = [
            passage_point(replace(read_passage(point), article_id=copy.id), fields, point.dense, point.terms)
            for point in await self._all(where, vectors=True)
        ]
        text = text_point(copy.id, copy.version, texts[0].payload["content"])
        await self._engine.upsert([*points, text])
        versions = (*(v for v in copy.versions if v[0] != copy.version), (copy.version, copy.added))
        promoted = replace(copy, kind="article", of=None, passages=len(points), versions=versions)
        await self._engine.upsert([record_point(promoted)])
        await self._engine.delete([pending_point(copy.id).id])

    async def _all(self, where: models.Filter, *, vectors: bool = False) -> list[Point]:
        points, cursor = await self._engine.scroll(where, PAGE, vectors=vectors)
        while cursor is not None:
            more, cursor = await self._engine.scroll(where, PAGE, cursor, vectors=vectors)
            points += more
        return points


def passage_points(encoded: Encoded, copies: Sequence[Record]) -> list[Point]:
    """The passages of one encoded article as points."""
    fields = filter_fields(encoded.plan.article.metadata(), [copy.metadata for copy in copies])
    return [
        passage_point(passage, fields, vector.tolist(), terms)
        for passage, vector, terms in zip(encoded.passages, encoded.vectors, encoded.terms, strict=True)
    ]


def _plan(article: Article, record: Record | None, same_text: Record | None) -> Plan:
    first = same_text if same_text is not None and same_text.id != article.id else None
    if record is None:
        status: Status = "duplicate" if first else "added"
        return Plan(article, status, embed=first is None, record=None, first=first)
    if record.version != article.version:
        return Plan(article, "duplicate" if first else "updated", embed=first is None, record=record, first=first)
    if record.metadata == article.metadata():
        return Plan(article, "unchanged", embed=False, record=record)
    if record.of is not None:
        return Plan(article, "updated", embed=False, record=record, first=first)
    return Plan(article, "updated", embed=record.metadata["title"] != article.title, record=record)
