"""The archive: articles, their versions and passages in Qdrant, for whoever writes or asks."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qdrant_client import models

from indexing.archive.article import Article, Passage
from indexing.archive.engine import Engine
from indexing.archive.filters import Filters, equals
from indexing.archive.language_samples import LanguageSample, LanguageSamples
from indexing.archive.manifest import Manifest
from indexing.archive.records import Record, brief, read_record, record_point, text_id
from indexing.archive.search_passages import PassageHit, PassageQuery, PassageSearch
from indexing.archive.versions import Encoded, Plan, VersionWriter, passage_points

SAMPLE_TAG = "sample"
FLUSH_AFTER_PASSAGES = 5_000  # a flush holds Python's lock: 0.15 s at 20,000 passages
PAGE = 500


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """One version of an article, and where it stands among the others."""

    article: Article
    version: str
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


class Archive:
    """Articles and passages behind one engine. Open one with `open_archive`; close it when done."""

    def __init__(
        self, engine: Engine, manifest: Manifest, release: Callable[[], None] = lambda: None
    ) -> None:
        """Own `engine` from here on; `release` runs after it is closed."""
        self.place = engine.place
        self.manifest = manifest
        self.writing = asyncio.Lock()
        """Held by whoever compares and stores: one batch at a time."""
        self._engine = engine
        self._release = release
        self._writer = VersionWriter(engine)
        self._search = PassageSearch(engine)
        self._samples = LanguageSamples(engine)
        self._unflushed = 0

    async def article(self, article_id: str, version: str | None = None) -> StoredArticle | None:
        """An article or copy by id, in its current or the given version; None when there is none."""
        record = (await self._writer.records([article_id])).get(article_id)
        if record is None:
            return None
        wanted = version or record.version
        text = await self._text(record, wanted)
        if text is None:
            return None
        copies = await self._writer.copies(record.of or record.id)
        return StoredArticle(
            article=record.article(text),
            version=wanted,
            current_version=record.version,
            versions=tuple(dict.fromkeys([v for v, _ in record.versions] + [record.version])),
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
        return [brief(copy) for copy in await self._writer.copies(article_id)]

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

    async def every_article(self) -> AsyncIterator[Article]:
        """Every article and copy in its current version."""
        cursor: str | None = None
        where = models.Filter(must=[equals("kind", "article", "copy")])
        while True:
            points, cursor = await self._engine.scroll(where, PAGE, cursor)
            for record in map(read_record, points):
                text = await self._text(record, record.version)
                if text is not None:
                    yield record.article(text)
            if cursor is None:
                return

    async def current(self) -> AsyncIterator[tuple[Article, Record, list[Record]]]:
        """Every article (copies apart) with its record and copies: what an index is built from."""
        cursor: str | None = None
        where = models.Filter(must=[equals("kind", "article")])
        while True:
            points, cursor = await self._engine.scroll(where, PAGE, cursor)
            for record in map(read_record, points):
                text = await self._text(record, record.version)
                if text is not None:
                    yield record.article(text), record, await self._writer.copies(record.id)
            if cursor is None:
                return

    async def copy_records(self, other: "Archive") -> None:
        """Store every article, copy and text of `other` here as they are, without passages."""
        cursor: str | None = None
        where = models.Filter(must=[equals("kind", "article", "copy", "text")])
        while True:
            points, cursor = await other._engine.scroll(where, PAGE, cursor)
            await self._engine.upsert(points)
            if cursor is None:
                return

    async def put_passages(self, encoded: Encoded, copies: Sequence[Record]) -> None:
        """Store the passages of an article whose record is here already, and how many they are."""
        record = encoded.plan.record
        assert record is not None, "the article's record comes first"
        await self._engine.upsert(passage_points(encoded, copies))
        await self._engine.upsert([record_point(replace(record, passages=len(encoded.passages)), copies)])

    async def plan(self, articles: Sequence[Article]) -> list[Plan]:
        """What storing these would do; call under `writing`, with distinct ids and texts."""
        return await self._writer.plan(articles)

    async def commit(self, batch: Sequence[Encoded]) -> None:
        """Store a planned and encoded batch; call under `writing`."""
        await self._writer.commit(batch)
        self._unflushed += sum(len(encoded.passages) for encoded in batch)
        if self._unflushed >= FLUSH_AFTER_PASSAGES:
            await self.flush()

    async def remove(self, article_id: str) -> bool:
        """Remove an article with all its versions; False when the id is unknown."""
        async with self.writing:
            return await self._writer.remove(article_id)

    async def sample_ids(self) -> list[str]:
        """Ids of the sample articles that came with the program."""
        where = models.Filter(must=[equals("kind", "article", "copy"), equals("tags", SAMPLE_TAG)])
        points, _ = await self._engine.scroll(where, 100_000, fields=["meta.article_id"])
        return [point.payload["meta"]["article_id"] for point in points]

    async def search(self, queries: Sequence[PassageQuery], filters: Filters) -> list[list[PassageHit]]:
        """One list of hits per query, best first, of current versions only."""
        return await self._search.search(queries, filters)

    async def passages(self, ids: Sequence[str]) -> list[Passage]:
        """Passages by id, in that order."""
        return await self._search.passages(ids)

    async def vectors(self, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Stored vectors of passages by id."""
        return await self._search.vectors(ids)

    async def language_samples(self) -> Sequence[tuple[str, LanguageSample]]:
        """Every base language that has passages, with what a few of them are like; empty when nothing is stored."""
        return await self._samples.samples()

    async def article_count(self) -> int:
        """How many articles there are; copies do not count."""
        return await self._engine.count(models.Filter(must=[equals("kind", "article")]))

    async def status(self) -> dict[str, Any]:
        """Counts, languages, sources, dates and models: the body of `GET /v1/status`."""
        articles = models.Filter(must=[equals("kind", "article")])
        days = await self._engine.facet("meta.day", articles)
        manifest = asdict(self.manifest)
        return {
            "engine": self._engine.name,
            "archive": self.place,
            "format": manifest["format"],
            "articles": await self.article_count(),
            "copies": await self._engine.count(models.Filter(must=[equals("kind", "copy")])),
            "passages": await self._engine.count(models.Filter(must=[equals("kind", "passage")])),
            "samples": len(await self.sample_ids()),
            "languages": await self._engine.facet("meta.languages", articles),
            "sources": await self._engine.facet("meta.sources", articles),
            "published": {"from": min(days, default=None), "to": max(days, default=None)},
            "bytes": await self._engine.size(),
            "models": {
                "encoder": manifest["encoder"],
                "encoder_fingerprint": manifest["encoder_fingerprint"],
                "dimension": manifest["dimension"],
                "terms": manifest["terms"],
            },
        }

    async def repair(self) -> int:
        """Finish what a crash interrupted; returns how many articles were concerned."""
        async with self.writing:
            return await self._writer.repair()

    async def flush(self) -> None:
        """Bring everything to disk."""
        self._unflushed = 0
        await self._engine.flush()

    async def close(self) -> None:
        """Flush and release the engine."""
        await self._engine.close()
        self._release()

    async def _text(self, record: Record, version: str) -> str | None:
        places = [text_id(record.id, version)]
        if record.of is not None and version == record.version:
            places = [text_id(record.of, version)]
        points = await self._engine.retrieve(places)
        return points[0].payload["content"] if points else None


def _listed(record: Record) -> dict[str, Any]:
    return {
        **record.metadata,
        "version": record.version,
        "passages": record.passages,
        "added": record.added,
        "updated": record.updated,
    }
