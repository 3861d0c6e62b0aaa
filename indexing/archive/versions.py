"""Writes articles so that a reader sees the old version or the new one, never both and never none.

Every write goes the same way: a pending mark that names all it concerns; texts and passages, not yet visible,
since search believes a passage only when it is of its article's current version; the records, an article's in
one operation (the commit point); then what the old state left is cleared away, and the mark with it. So after
a crash it is enough to clear away again what a mark names: what was not committed goes, the rest stays.
"""

from collections.abc import Collection, Iterable, Sequence
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
    read_pending,
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
    """What storing one article will do; `embed` says that its passages must be encoded first.

    `record` is what is stored under its id, `first` the article that it is or becomes a copy of. `passages`
    is set when the text is stored already: they are encoded anew as they were cut, each replacing itself.
    """

    article: Article
    status: Status
    embed: bool
    record: Record | None
    first: Record | None = None
    passages: tuple[Passage, ...] = ()

    @property
    def related(self) -> set[str]:
        """Ids of other articles that this write changes or depends on."""
        ids = [self.first.id if self.first else None, self.record.of if self.record else None]
        return {id for id in ids if id is not None}

    @property
    def new_text(self) -> bool:
        """Whether the id has another text than before, or is new."""
        return self.record is None or self.record.version != self.article.version


@dataclass(frozen=True, slots=True)
class Encoded:
    """A plan with its passages: `vectors` is (passages, dimension) float32, one `terms` a passage."""

    plan: Plan
    passages: Sequence[Passage] = ()
    vectors: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0), np.float32))
    terms: Sequence[SparseTerms] = ()


@dataclass(slots=True)
class _Change:
    """One article's part of a write: `contents` first, then `records` in one operation, then the clearing.

    `articles` and `versions` are all it concerns, `refresh` the articles whose metadata or copies change.
    """

    articles: set[str]
    versions: set[str] = field(default_factory=set)
    contents: list[Point] = field(default_factory=list)
    records: list[Point] = field(default_factory=list)
    refresh: set[str] = field(default_factory=set)
    leaves_nothing: bool = False


class VersionWriter:
    """All writing of articles over one engine; callers see to it that one write runs at a time."""

    def __init__(self, engine: Engine) -> None:
        """Write through `engine`."""
        self._engine = engine
        self._interrupted = False

    async def plan(self, articles: Sequence[Article]) -> list[Plan]:
        """Compare articles (distinct ids, distinct texts) with what is stored."""
        await self._finish_interrupted()
        records = await self.records(article.id for article in articles)
        firsts = await self._firsts(article.version for article in articles)
        plans = [_plan(article, records.get(article.id), firsts.get(article.version)) for article in articles]
        return [
            replace(plan, passages=await self._passages(plan.article))
            if plan.embed and not plan.new_text
            else plan
            for plan in plans
        ]

    async def commit(self, batch: Sequence[Encoded]) -> None:
        """Store a planned and encoded batch of unrelated articles; acknowledged when it returns."""
        await self._write([await self._change(one) for one in batch if one.plan.status != "unchanged"])

    async def remove(self, article_id: str) -> bool:
        """Remove an id with all its versions; the next copy takes its place. False when it is unknown."""
        await self._finish_interrupted()
        record = (await self.records([article_id])).get(article_id)
        if record is None:
            return False
        change = await self._leave(record)
        change.records.append(record_point(replace(record, kind="removed")))
        change.versions.update(version for version, _ in record.versions)
        await self._write([change])
        return True

    async def repair(self) -> int:
        """Finish or undo every write that a pending mark names; returns how many marks there were."""
        self._interrupted = True
        marks = [
            read_pending(point) for point in await self._all(models.Filter(must=[equals("kind", "pending")]))
        ]
        for mark in marks:
            await self._clear(mark.articles, mark.articles, mark.versions)
            await self._engine.delete([mark.id])
        self._interrupted = False
        return len(marks)

    async def records(self, article_ids: Iterable[str]) -> dict[str, Record]:
        """The records of these ids, articles and copies; unknown ids are left out."""
        stored = await self._stored(article_ids)
        firsts = await self._firsts(record.version for record in stored.values() if record.kind == "copy")
        return {
            id: replace(record, of=firsts[record.version].id) if record.kind == "copy" else record
            for id, record in stored.items()
            if record.kind == "article" or (record.kind == "copy" and record.version in firsts)
        }

    async def copies(self, article: Record) -> list[Record]:
        """The other ids with the current text of an article, in the order in which they take its place."""
        where = models.Filter(must=[equals("kind", "copy"), equals("version", article.version)])
        copies = [replace(read_record(point), of=article.id) for point in await self._all(where)]
        return sorted(copies, key=lambda copy: (copy.since, copy.id))

    async def _stored(self, article_ids: Iterable[str]) -> dict[str, Record]:
        points = await self._engine.retrieve([record_id(id) for id in dict.fromkeys(article_ids)])
        return {record.id: record for record in map(read_record, points)}

    async def _firsts(self, versions: Iterable[str]) -> dict[str, Record]:
        """The one article, all others being its copies, of each text."""
        wanted = list(dict.fromkeys(versions))
        if not wanted:
            return {}
        where = models.Filter(must=[equals("kind", "article"), equals("version", *wanted)])
        return {record.version: record for record in map(read_record, await self._all(where))}

    async def _passages(self, article: Article) -> tuple[Passage, ...]:
        points = await self._all(_passages_of(article.id))
        return tuple(sorted(map(read_passage, points), key=lambda passage: passage.start))

    async def _change(self, encoded: Encoded) -> _Change:
        plan = encoded.plan
        record = _new_record(encoded)
        copies: list[Record] = []
        if plan.record is not None and plan.new_text:
            change = await self._leave(plan.record)
        else:
            change = _Change({record.id}, leaves_nothing=plan.record is None and plan.first is None)
            if plan.record is not None and record.kind == "article":
                copies = await self.copies(record)
                change.refresh.add(record.id)
        change.records.append(record_point(record, copies))
        change.contents.extend(passage_points(encoded, copies))
        if plan.first is not None:
            change.articles.add(plan.first.id)
            change.refresh.add(plan.first.id)
        elif plan.new_text:
            change.versions.add(record.version)
            change.contents.append(text_point(record.version, plan.article.text))
        return change

    async def _leave(self, record: Record) -> _Change:
        """`record` gives up its text; if it was the text's first, the next copy takes its place."""
        change = _Change({record.id})
        if record.of is not None:
            change.articles.add(record.of)
            change.refresh.add(record.of)
            return change
        copies = await self.copies(record)
        if copies:
            heir, others = copies[0], copies[1:]
            passages = await self._inherited(heir, others, record)
            change.contents.extend(passages)
            change.records.append(record_point(replace(heir, kind="article", passages=len(passages)), others))
            change.articles.add(heir.id)
        return change

    async def _inherited(self, heir: Record, others: Sequence[Record], former: Record) -> list[Point]:
        """The passages of the article that `heir` was a copy of, with their vectors, as its own."""
        fields = filter_fields(heir.metadata, others)
        return [
            passage_point(replace(read_passage(point), article_id=heir.id), fields, point.dense, point.terms)
            for point in await self._all(_passages_of(former.id), vectors=True)
        ]

    async def _write(self, changes: Sequence[_Change]) -> None:
        if not changes:
            return
        self._interrupted = True
        mark = pending_point(
            {id for change in changes for id in change.articles},
            {version for change in changes for version in change.versions},
        )
        await self._engine.upsert([mark])
        await self._engine.upsert([point for change in changes for point in change.contents])
        for change in changes:
            await self._engine.upsert(change.records)
        for change in changes:
            if not change.leaves_nothing:
                await self._clear(change.articles, change.refresh, change.versions)
        await self._engine.delete([mark.id])
        self._interrupted = False

    async def _clear(
        self, articles: Collection[str], refresh: Collection[str], versions: Collection[str]
    ) -> None:
        """Delete passages that are of no current version, removed records and texts that no record names."""
        stored = await self._stored(articles)
        for id in articles:
            record = stored.get(id)
            current = record if record is not None and record.kind == "article" else None
            stale = _passages_of(id)
            if current is not None:
                stale.must_not = [equals("version", current.version)]
            await self._engine.delete_where(stale)
            if record is not None and record.kind == "removed":
                await self._engine.delete([record_id(id)])
            if current is not None and id in refresh:
                await self._refresh(current)
        for version in versions:
            named = models.Filter(must=[equals("kind", "article", "copy"), equals("versions", version)])
            if not await self._engine.count(named):
                await self._engine.delete([text_id(version)])

    async def _refresh(self, article: Record) -> None:
        """Bring the filter fields of an article and its passages up to date with its metadata and copies."""
        copies = await self.copies(article)
        await self._engine.upsert([record_point(article, copies)])
        await self._engine.set_meta(_passages_of(article.id), filter_fields(article.metadata, copies))

    async def _finish_interrupted(self) -> None:
        """A write that failed half way (a full disk, a lost server) is cleared up before the next one."""
        if self._interrupted:
            await self.repair()

    async def _all(self, where: models.Filter, *, vectors: bool = False) -> list[Point]:
        points, cursor = await self._engine.scroll(where, PAGE, vectors=vectors)
        while cursor is not None:
            more, cursor = await self._engine.scroll(where, PAGE, cursor, vectors=vectors)
            points += more
        return points


def passage_points(encoded: Encoded, copies: Sequence[Record]) -> list[Point]:
    """The passages of one encoded article as points."""
    fields = filter_fields(encoded.plan.article.metadata(), copies)
    return [
        passage_point(passage, fields, vector.tolist(), terms)
        for passage, vector, terms in zip(encoded.passages, encoded.vectors, encoded.terms, strict=True)
    ]


def _plan(article: Article, record: Record | None, same_text: Record | None) -> Plan:
    first = same_text if same_text is not None and same_text.id != article.id else None
    if record is None:
        return Plan(article, "duplicate" if first else "added", first is None, None, first)
    if record.version != article.version:
        return Plan(article, "duplicate" if first else "updated", first is None, record, first)
    if record.metadata == article.metadata():
        return Plan(article, "unchanged", False, record, first)
    retitled = record.metadata["title"] != article.title
    return Plan(article, "updated", first is None and retitled, record, first)


def _new_record(encoded: Encoded) -> Record:
    plan = encoded.plan
    now = datetime.now(UTC)
    second = now.isoformat(timespec="seconds").replace("+00:00", "Z")
    versions = plan.record.versions if plan.record else ()
    if plan.new_text:
        earlier = (one for one in versions if one[0] != plan.article.version)
        versions = (*earlier, (plan.article.version, now.isoformat(timespec="microseconds")))
    kept = plan.record.passages if plan.record and plan.first is None else 0
    return Record(
        id=plan.article.id,
        kind="copy" if plan.first else "article",
        versions=versions,
        metadata=plan.article.metadata(),
        passages=len(encoded.passages) if plan.embed else kept,
        added=plan.record.added if plan.record else second,
        updated=second,
        of=plan.first.id if plan.first else None,
    )


def _passages_of(article_id: str) -> models.Filter:
    return models.Filter(must=[equals("kind", "passage"), equals("article_id", article_id)])
