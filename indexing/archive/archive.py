"""The archive: articles, their versions and passages in Qdrant, for whoever writes or asks."""

import asyncio
import copy
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from qdrant_client import models

from indexing.archive.article import Article, Passage
from indexing.archive.engine import Engine
from indexing.archive.filters import Filters, equals
from indexing.archive.kept_feedback import FeedbackPage, KeptFeedback
from indexing.archive.language_samples import LanguageSample, LanguageSamples
from indexing.archive.manifest import Manifest
from indexing.archive.records import (
    Feedback,
    Rating,
    Record,
    brief,
    languages_of,
    read_record,
    record_point,
    text_id,
)
from indexing.archive.search_passages import (
    Candidate,
    CandidateSearch,
    PassageHit,
    PassageQuery,
    PassageSearch,
    Version,
)
from indexing.archive.seen_events import RememberedEvents, SeenEvents
from indexing.archive.versions import Encoded, Plan, VersionWriter, passage_points
from indexing.errors import ArchiveError

T = TypeVar("T")

SAMPLE_TAG, SAMPLE_MARK = "sample", "citewell_sample"
FLUSH_AFTER_PASSAGES = 5_000  # a flush holds Python's lock: 0.15 s at 20,000 passages
PAGE = 500
TEXTS_PAGE = 20  # a text may have 20 MB
FEEDBACK_PAGE = 50  # one may hold an answer of 80 KB


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """One version of an article, and where it stands among the others; `since` is when this version came."""

    article: Article
    version: str
    since: str
    current_version: str
    versions: tuple[str, ...]
    passages: int
    added: str
    updated: str
    also_in: tuple[dict[str, Any], ...] = ()
    copy_of: str | None = None


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """A page of article metadata; `cursor` is None on the last one."""

    articles: list[dict[str, Any]]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Contents:
    """How much an archive holds, and a digest of every article's id, versions and number of passages."""

    articles: int
    copies: int
    texts: int
    passages: int
    feedback: int
    digest: str


@runtime_checkable
class _Restful(Protocol):
    """An engine whose data lie in a folder."""

    def at_rest(self) -> AbstractAsyncContextManager[Path]:
        """The folder; writes wait until the block ends."""


@runtime_checkable
class _Growing(Protocol):
    """An engine that has an index built beside it when it is large."""

    indexed: int

    def keep_indexed(self) -> None:
        """Build one whenever it is due."""


class Archive:
    """Articles and passages behind one engine. Open one with `open_archive`; close it when done."""

    def __init__(
        self, engine: Engine, manifest: Manifest, place: str, release: Callable[[], None] = lambda: None
    ) -> None:
        """Own `engine` from here on; `place` is the folder or address, `release` runs after closing."""
        self.place = place
        self.manifest = manifest
        self.writing = asyncio.Lock()
        """Held by whoever compares and stores: one batch at a time."""
        self.seen: SeenEvents = RememberedEvents()
        """Which events from outside were seen already, by whatever service of this archive."""
        self.changes = 0
        """How often this process has changed what can be found, so that others see when what they remember is old."""
        self._engine = engine
        self._release = release
        self._writer = VersionWriter(engine)
        self._search = PassageSearch(engine)
        self._samples = LanguageSamples(engine)
        self._feedback = KeptFeedback(engine)
        self._unflushed = 0
        self._counted: tuple[int, int | None] = (0, None)
        self._said: tuple[int, dict[str, Any] | None] = (0, None)

    @property
    def points(self) -> Engine:
        """What everything lies in, for whoever copies it as it is; articles are written by `commit` alone."""
        return self._engine

    async def article(self, article_id: str, version: str | None = None) -> StoredArticle | None:
        """An article or copy by id, in its current or the given version; None when there is none."""
        record = (await self._writer.records([article_id])).get(article_id)
        if record is None:
            return None
        wanted = version or record.version
        versions = tuple(version for version, _ in record.versions)
        text = await self._text(wanted) if wanted in versions else None
        if text is None:
            return None
        copies = await self._writer.copies(record)
        return StoredArticle(
            article=record.article(text),
            version=wanted,
            since=dict(record.versions)[wanted],
            current_version=record.version,
            versions=versions,
            passages=record.passages,
            added=record.added,
            updated=record.updated,
            also_in=tuple(brief(copy) for copy in copies if copy.id != record.id),
            copy_of=record.of,
        )

    async def records(self, article_ids: Sequence[str]) -> dict[str, Record]:
        """Metadata and current version by id, without texts."""
        return await self._writer.records(article_ids)

    async def copies(self, article_id: str) -> list[dict[str, Any]]:
        """The same text under other ids: id, title, source, url and date of each."""
        record = (await self._writer.records([article_id])).get(article_id)
        copies = await self._writer.copies(record) if record is not None else []
        return [brief(copy) for copy in copies if copy.id != article_id]

    async def articles(
        self, limit: int, cursor: str | None = None, language: str | None = None, source: str | None = None
    ) -> ArticlePage:
        """A page of article metadata in a fixed order; the filters match copies' sources too."""
        must: list[models.Condition] = [equals("kind", "article")]
        if language:
            must.append(equals("languages", language))
        if source:
            must.append(equals("sources", source))
        points, following = await self._engine.scroll(models.Filter(must=must), limit, cursor)
        records = [read_record(point) for point in points]
        return ArticlePage([_listed(record) for record in records], following)

    async def newest(self, limit: int) -> list[dict[str, Any]]:
        """Metadata of the articles that were published last, newest first; those without a date after all others."""
        articles = equals("kind", "article")
        days = await self._engine.facet("meta.day", models.Filter(must=[articles]))
        last: list[str] = []
        for day in sorted(days, reverse=True):
            if sum(days[one] for one in last) >= limit:
                break
            last.append(day)
        found: list[dict[str, Any]] = []
        if last:
            where = models.Filter(must=[articles, equals("day", *last)])
            found = [_listed(record) async for record in self._records_where(where)]
        if len(found) < limit:
            found += [one for one in (await self.articles(limit)).articles if not one["published"]]
        return sorted(found, key=lambda one: one["published"] or "", reverse=True)[:limit]

    async def every_article(self) -> AsyncIterator[Article]:
        """Every article and copy in its current version."""
        async for record in self._each("article", "copy"):
            text = await self._text(record.version)
            if text is not None:  # else it was removed meanwhile
                yield record.article(text)

    async def current(self) -> AsyncIterator[tuple[Article, Record]]:
        """Every article (copies apart) with its record: what an index is built from."""
        async for record in self._each("article"):
            text = await self._text(record.version)
            if text is not None:
                yield record.article(text), record

    async def copy_records(self, other: "Archive") -> None:
        """Store every article, copy, text and feedback of `other` here as they are, without passages."""
        kinds = (("article", PAGE), ("copy", PAGE), ("text", TEXTS_PAGE), ("feedback", FEEDBACK_PAGE))
        for kind, page in kinds:
            where = models.Filter(must=[equals("kind", kind)])
            points, cursor = await other._engine.scroll(where, page)
            await self._engine.upsert(points)
            while cursor is not None:
                points, cursor = await other._engine.scroll(where, page, cursor)
                await self._engine.upsert(points)

    async def put_passages(self, batch: Sequence[Encoded]) -> None:
        """Store the passages of articles whose records are here already, and how many they are."""
        for encoded in batch:
            record = encoded.plan.record
            assert record is not None, "the article's record comes first"
            copies = await self._writer.copies(record)
            await self._engine.upsert(passage_points(encoded, copies))
            await self._engine.upsert([record_point(replace(record, passages=len(encoded.passages)), copies)])

    async def plan(self, articles: Sequence[Article]) -> list[Plan]:
        """What storing these would do; call under `writing`, with distinct ids and texts."""
        return await self._writer.plan(articles)

    async def commit(self, batch: Sequence[Encoded]) -> None:
        """Store a planned and encoded batch; call under `writing`."""
        try:
            await _to_the_end(self._writer.commit(batch))
        finally:
            self.changes += 1
        languages = {languages_of(encoded.plan.article.language)[-1] for encoded in batch}
        self._samples.written(sum(len(encoded.passages) for encoded in batch), languages)
        self._unflushed += sum(len(encoded.passages) for encoded in batch)
        if self._unflushed >= FLUSH_AFTER_PASSAGES:
            await self.flush()

    async def remove(self, article_id: str) -> bool:
        """Remove an article with all its versions; False when the id is unknown."""
        async with self.writing:
            self._samples.forget()
            try:
                return await _to_the_end(self._writer.remove(article_id))
            finally:
                self.changes += 1

    async def sample_ids(self) -> list[str]:
        """Ids of the samples that came with the program, copies first so that none is promoted in vain."""
        where = models.Filter(must=[equals("kind", "copy", "article"), equals("tags", SAMPLE_TAG)])
        records = [record async for record in self._records_where(where)]
        # An article's filter tags include those of its copies, so its own are looked at.
        samples = [
            record for record in records if is_sample(record.metadata["tags"], record.metadata["meta"])
        ]
        return [record.id for record in sorted(samples, key=lambda record: record.kind == "article")]

    async def search(self, queries: Sequence[PassageQuery], filters: Filters) -> list[list[PassageHit]]:
        """One list of hits per query, best first, of current versions only."""
        return await self._search.search(queries, filters)

    async def candidates(self, search: CandidateSearch, without: Collection[Version] = ()) -> list[Candidate]:
        """Passages that may answer, with both their scores; not yet sure to be current."""
        return await self._search.candidates(search, without)

    async def current_passages(
        self, ids: Sequence[str], without: Collection[Version] = ()
    ) -> tuple[list[Passage], set[Version]]:
        """Passages of current versions by id, in that order, and which other versions are not current."""
        return await self._search.current_passages(ids, without)

    async def most_alike(self, passage_id: str, groups: Sequence[Sequence[str]]) -> list[tuple[str, float]]:
        """Of each group of passage ids the one nearest to a passage, with its cosine."""
        return await self._search.most_alike(passage_id, groups)

    async def passages(self, ids: Sequence[str]) -> list[Passage]:
        """Passages by id, in that order."""
        return await self._search.passages(ids)

    async def vectors(self, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Stored vectors of passages by id."""
        return await self._search.vectors(ids)

    async def language_samples(self) -> Sequence[tuple[str, LanguageSample]]:
        """Every base language that has passages, with what a few of them are like; empty: nothing stored."""
        return await self._samples.samples()

    async def put_feedback(self, feedback: Feedback) -> None:
        """Keep what a reader thought of an answer, in the place of what stood under its id."""
        await self._feedback.put(feedback)

    async def feedback(
        self, limit: int, cursor: str | None = None, rating: Rating | None = None
    ) -> FeedbackPage:
        """A page of feedback, newest first, whatever became of the articles; ValueError for a broken cursor."""
        return await self._feedback.page(limit, cursor, rating)

    async def article_count(self) -> int:
        """How many articles there are; copies do not count."""
        changes, count = self._counted
        if count is None or not self._counts_last(changes):
            changes = self.changes
            count = await self._engine.count(models.Filter(must=[equals("kind", "article")]))
            self._counted = changes, count
        return count

    async def status(self) -> dict[str, Any]:
        """Counts, languages, sources, dates and models: the body of `GET /v1/status`."""
        changes, said = self._said
        if said is None or not self._counts_last(changes):
            changes, said = self.changes, await self._describe()
            self._said = changes, said
        indexed = self._engine.indexed if isinstance(self._engine, _Growing) else None
        return {**copy.deepcopy(said), "indexed": indexed, "bytes": await self._engine.size()}

    def _counts_last(self, changes: int) -> bool:
        """Whether what was counted after so many changes still holds: nobody else writes to a growing archive.

        Counting a million passages in all ways takes a second, in which no question is searched for.
        """
        return changes == self.changes and isinstance(self._engine, _Growing)

    async def _describe(self) -> dict[str, Any]:
        articles = models.Filter(must=[equals("kind", "article")])
        days = await self._engine.facet("meta.day", articles)
        languages = await self._engine.facet("meta.languages", articles)
        for tag, count in languages.items():
            if "-" in tag:  # counted under its base language, too
                languages[tag.split("-")[0]] -= count
        manifest = asdict(self.manifest)
        return {
            "engine": self._engine.name,
            "archive": self.place,
            "format": manifest["format"],
            "articles": await self.article_count(),
            "copies": await self._engine.count(models.Filter(must=[equals("kind", "copy")])),
            "passages": await self._engine.count(models.Filter(must=[equals("kind", "passage")])),
            "indexed": None,
            "samples": len(await self.sample_ids()),
            "languages": {tag: count for tag, count in languages.items() if count},
            "sources": await self._engine.facet("meta.sources", articles),
            "published": {"from": min(days, default=None), "to": max(days, default=None)},
            "bytes": None,
            "models": {
                "encoder": manifest["encoder"],
                "encoder_fingerprint": manifest["encoder_fingerprint"],
                "dimension": manifest["dimension"],
                "terms": manifest["terms"],
            },
        }

    async def contents(self) -> Contents:
        """What a copy of this archive must hold."""

        async def count(kind: str) -> int:
            return await self._engine.count(models.Filter(must=[equals("kind", kind)]))

        digest = hashlib.sha256()
        lines = [
            json.dumps([record.kind, record.id, record.versions, record.passages])
            async for record in self._each("article", "copy")
        ]
        for line in sorted(lines):
            digest.update(line.encode())
        return Contents(
            articles=len([line for line in lines if line.startswith('["article"')]),
            copies=len([line for line in lines if line.startswith('["copy"')]),
            texts=await count("text"),
            passages=await count("passage"),
            feedback=await count("feedback"),
            digest=digest.hexdigest(),
        )

    @asynccontextmanager
    async def at_rest(self) -> AsyncIterator[Path]:
        """The folder of the data, between two additions, with everything in it; writes wait until the block ends.

        Raises ArchiveError for an archive that lies in no folder.
        """
        engine = self._restful()
        async with self.writing, engine.at_rest() as folder:
            yield folder

    def own_folder(self) -> Path:
        """The folder of an embedded archive; raises ArchiveError for one that lies in none."""
        self._restful()
        return Path(self.place)

    def _restful(self) -> _Restful:
        if isinstance(self._engine, _Restful):
            return self._engine
        raise ArchiveError(
            f"the archive {self.place} is on a server, which makes its own copies (Qdrant's snapshots); "
            "only an embedded archive is copied here"
        )

    def keep_indexed(self) -> None:
        """From here on build the index of a large embedded archive whenever one is due: for a process that stays."""
        if isinstance(self._engine, _Growing):
            self._engine.keep_indexed()

    async def repair(self) -> int:
        """Finish or undo what a crash interrupted; returns how many writes that were."""
        async with self.writing:
            return await _to_the_end(self._writer.repair())

    async def flush(self) -> None:
        """Bring everything to disk."""
        self._unflushed = 0
        await self._engine.flush()

    async def close(self) -> None:
        """Flush and release the engine."""
        try:
            await self._engine.close()
        finally:
            self._release()

    async def _each(self, *kinds: str) -> AsyncIterator[Record]:
        async for record in self._records_where(models.Filter(must=[equals("kind", *kinds)])):
            yield record

    async def _records_where(self, where: models.Filter) -> AsyncIterator[Record]:
        points, cursor = await self._engine.scroll(where, PAGE)
        while True:
            for point in points:
                yield read_record(point)
            if cursor is None:
                return
            points, cursor = await self._engine.scroll(where, PAGE, cursor)

    async def _text(self, version: str) -> str | None:
        points = await self._engine.retrieve([text_id(version)])
        return points[0].payload["content"] if points else None


def is_sample(tags: Sequence[str], meta: Mapping[str, Any]) -> bool:
    """Whether an article is one of those that came with the program; the tag alone may be anybody's."""
    return SAMPLE_TAG in tags and meta.get(SAMPLE_MARK) is True


async def _to_the_end(write: Awaitable[T]) -> T:
    """Finish a write even when its caller is cancelled (a client has gone), then pass that on."""
    task = asyncio.ensure_future(write)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        task.exception()
        raise cancelled
    return task.result()


def _listed(record: Record) -> dict[str, Any]:
    return {
        **record.metadata,
        "version": record.version,
        "passages": record.passages,
        "added": record.added,
        "updated": record.updated,
    }
