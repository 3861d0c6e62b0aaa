"""Articles in, one result each out: made canonical, compared, cut, encoded, stored.

The steps overlap: while a batch is written, others are encoded, and the next one is read. Each step has a bound on
how far it may be ahead, so memory does not grow with the number of articles. Batches are written one at a time, in
their order, and only while the caller waits for a result: whoever stops listening has stored what was reported.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from indexing.archive.archive import Archive, is_sample
from indexing.archive.article import Article
from indexing.archive.versions import Encoded
from indexing.article_input import article_input
from indexing.encode_plans import EncodeHere, EncodePlans, encode_plans, still_fits
from indexing.errors import ArticleRefused
from indexing.make_article import make_article, stored_id
from indexing.read_files import Reading, read_paths
from indexing.side_by_side import side_by_side

if TYPE_CHECKING:  # an encoder takes a while to import, and reading files for a running service needs none
    from indexing.archive.encoder import Encoder

__all__ = [
    "Added",
    "Reading",
    "add_articles",
    "article_input",
    "encode_plans",
    "read_paths",
    "store_articles",
    "stored_id",
]

BATCH_ARTICLES = 32
BATCH_CHARACTERS = (
    60_000  # some 130 passages: about three seconds on two cores, so progress and others get a turn
)
READ_AHEAD = 1  # batches


@dataclass(frozen=True, slots=True)
class Added:
    """What became of one article; `error` is one line when it failed."""

    place: str
    status: Literal["added", "updated", "unchanged", "duplicate", "failed"]
    id: str | None = None
    version: str | None = None
    passages: int = 0
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What a reading became: an article, or why there is none; `encoded` if its passages were encoded already."""

    place: str
    made: Article | str
    encoded: Encoded | None = None


async def add_articles(
    readings: Iterable[Reading] | AsyncIterable[Reading],
    archive: Archive,
    encoder: "Encoder",
    *,
    max_characters: int,
    encode: EncodePlans | None = None,
) -> AsyncGenerator[Added, None]:
    """Store every article and yield its result, in the order of `readings`.

    A refused one never stops the others. The first article of one's own removes the samples. `encode` does what
    `encoder` would do on threads of this process. Raises ArchiveError when the archive cannot be written.
    """
    made = _make_each(readings, max_characters)
    async with aclosing(store_articles(made, archive, encode or EncodeHere(encoder))) as results:
        async for added in results:
            yield added


async def store_articles(
    made: AsyncGenerator[Made, None], archive: Archive, encode: EncodePlans
) -> AsyncGenerator[Added, None]:
    """Store articles that were made, wherever that was, and yield the result of each, in order."""
    store = _Store(archive, encode, await archive.sample_ids())
    read = side_by_side(_batches(made), _as_it_is, READ_AHEAD)
    async with aclosing(side_by_side(read, store.encode, encode.side_by_side)) as encoded:
        async for batch in encoded:
            for added in await store.write(batch):
                yield added


class _Batch:
    """Articles that are stored together: distinct ids and distinct texts, bounded in size."""

    def __init__(self) -> None:
        self.entries: list[Made] = []
        self.encoded: dict[str, Encoded] = {}
        """What was encoded so far, by article id."""
        self._seen: set[str] = set()
        self._characters = 0

    def takes(self, one: Made) -> bool:
        return not isinstance(one.made, Article) or not {one.made.id, one.made.version} & self._seen

    def append(self, one: Made) -> None:
        self.entries.append(one)
        if isinstance(one.made, Article):
            self._seen |= {one.made.id, one.made.version}
            self._characters += len(one.made.text)
            if one.encoded is not None:
                self.encoded[one.made.id] = one.encoded

    @property
    def articles(self) -> list[Article]:
        return [one.made for one in self.entries if isinstance(one.made, Article)]

    @property
    def full(self) -> bool:
        return len(self.entries) >= BATCH_ARTICLES or self._characters >= BATCH_CHARACTERS


async def _batches(made: AsyncGenerator[Made, None]) -> AsyncGenerator[_Batch, None]:
    batch = _Batch()
    async with aclosing(made):
        async for one in made:
            if not batch.takes(one):
                yield batch
                batch = _Batch()
            batch.append(one)
            if batch.full:
                yield batch
                batch = _Batch()
    if batch.entries:
        yield batch


async def _as_it_is(batch: _Batch) -> _Batch:
    return batch


def make_reading(reading: Reading, max_characters: int) -> Made:
    """The article of a reading, or why there is none."""
    if reading.item is None:
        return Made(reading.place, reading.error or "nothing could be read")
    try:
        article = make_article(reading.item, max_characters=max_characters, default_id=reading.default_id)
    except ArticleRefused as error:
        return Made(reading.place, str(error))
    return Made(reading.place, article)


async def _make_each(
    readings: Iterable[Reading] | AsyncIterable[Reading], max_characters: int
) -> AsyncGenerator[Made, None]:
    """One at a time, on a thread: a slow disk, or a file that is hard to read, stops nobody else."""
    if isinstance(readings, AsyncIterable):
        async for reading in readings:
            yield await asyncio.to_thread(make_reading, reading, max_characters)
        return
    iterator = iter(readings)

    def following() -> Made | None:
        reading = next(iterator, None)
        return None if reading is None else make_reading(reading, max_characters)

    while (one := await asyncio.to_thread(following)) is not None:
        yield one


class _Store:
    """Encodes and writes batches; `samples` are removed once an article of one's own is in."""

    def __init__(self, archive: Archive, encode: EncodePlans, samples: Sequence[str]) -> None:
        self._archive = archive
        self._encode = encode
        self._samples = samples
        self._unwritten: Counter[str] = Counter()

    async def encode(self, batch: _Batch) -> _Batch:
        """Encode what must be, as far as that can be known before the batches before it are written."""
        articles = batch.articles
        # A text that is on its way already will be found unchanged or a duplicate, so it is not encoded twice.
        coming = {article.version for article in articles if self._unwritten[article.version]}
        self._unwritten.update(article.version for article in articles)
        async with self._archive.writing:
            plans = await self._archive.plan(articles)
        # Encoded while others may write (a long article takes minutes); what they changed is planned anew.
        missing = [
            plan
            for plan in plans
            if plan.article.version not in coming
            and still_fits(batch.encoded.get(plan.article.id), plan) is None
        ]
        if missing:
            batch.encoded |= {one.plan.article.id: one for one in await self._encode(missing)}
        return batch

    async def write(self, batch: _Batch) -> list[Added]:
        articles = batch.articles
        async with self._archive.writing:
            stored = await self._write(articles, batch.encoded)
        self._unwritten.subtract(article.version for article in articles)
        if any(not is_sample(article.tags, article.meta) for article in articles):
            for sample in self._samples:
                await self._archive.remove(sample)
            self._samples = ()
        return [
            _added(one.place, stored[one.made.id] if isinstance(one.made, Article) else one.made)
            for one in batch.entries
        ]

    async def _write(self, articles: Sequence[Article], ready: dict[str, Encoded]) -> dict[str, Encoded]:
        """Commit what is `ready` and still holds, else encode anew; related articles one by one, in order."""
        plans = await self._archive.plan(articles)
        ids = {article.id for article in articles}
        if any(plan.related & ids for plan in plans):
            stored: dict[str, Encoded] = {}
            for article in articles:
                stored |= await self._write([article], ready)
            return stored
        fitting = {plan.article.id: still_fits(ready.get(plan.article.id), plan) for plan in plans}
        missing = [plan for plan in plans if fitting[plan.article.id] is None]
        if missing:
            fitting |= {one.plan.article.id: one for one in await self._encode(missing)}
        encoded = {id: one for id, one in fitting.items() if one is not None}
        await self._archive.commit([encoded[plan.article.id] for plan in plans])
        return encoded


def _added(place: str, made: Encoded | str) -> Added:
    if isinstance(made, str):
        return Added(place, "failed", error=made)
    plan = made.plan
    kept = plan.record.passages if plan.record is not None and plan.first is None else 0
    passages = len(made.passages) if plan.embed else kept
    return Added(place, plan.status, plan.article.id, plan.article.version, passages)
