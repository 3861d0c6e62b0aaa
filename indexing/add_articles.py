"""Articles in, one result each out: made canonical, compared, cut, encoded, stored."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from indexing.archive.archive import Archive, is_sample
from indexing.archive.article import Article, Passage
from indexing.archive.terms import Terms
from indexing.archive.versions import Encoded, Plan
from indexing.article_input import article_input
from indexing.errors import ArticleRefused
from indexing.make_article import make_article, stored_id
from indexing.read_files import Reading, read_paths
from indexing.split_passages import ENCODER_LIMIT, embedding_text, split_passages

if TYPE_CHECKING:  # torch takes seconds to import, and reading files for a running service needs none of it
    from indexing.archive.encoder import Encoder

__all__ = ["Added", "Reading", "add_articles", "article_input", "read_paths", "stored_id"]

BATCH_ARTICLES = 32
BATCH_CHARACTERS = (
    60_000  # some 130 passages: about three seconds on two cores, so progress and others get a turn
)


@dataclass(frozen=True, slots=True)
class Added:
    """What became of one article; `error` is one line when it failed."""

    place: str
    status: Literal["added", "updated", "unchanged", "duplicate", "failed"]
    id: str | None = None
    version: str | None = None
    passages: int = 0
    error: str | None = None


async def add_articles(
    readings: Iterable[Reading] | AsyncIterable[Reading],
    archive: Archive,
    encoder: "Encoder",
    *,
    max_characters: int,
) -> AsyncIterator[Added]:
    """Store every article and yield its result, in the order of `readings`.

    A refused one never stops the others. The first article of one's own removes the samples.
    Raises ArchiveError when the archive cannot be written.
    """
    store = _Store(archive, encoder, await archive.sample_ids())
    batch = _Batch()
    async for reading in _in_thread(readings):
        made = await asyncio.to_thread(_make, reading, max_characters)
        if isinstance(made, Article) and not batch.takes(made):
            for added in await store.add(batch):
                yield added
            batch = _Batch()
        batch.append(reading.place, made)
        if batch.full:
            for added in await store.add(batch):
                yield added
            batch = _Batch()
    for added in await store.add(batch):
        yield added


class _Batch:
    """Articles that are stored together: distinct ids and distinct texts, bounded in size."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, Article | str]] = []
        self._seen: set[str] = set()
        self._characters = 0

    def takes(self, article: Article) -> bool:
        return article.id not in self._seen and article.version not in self._seen

    def append(self, place: str, made: Article | str) -> None:
        self.entries.append((place, made))
        if isinstance(made, Article):
            self._seen |= {made.id, made.version}
            self._characters += len(made.text)

    @property
    def full(self) -> bool:
        return len(self.entries) >= BATCH_ARTICLES or self._characters >= BATCH_CHARACTERS


def _make(reading: Reading, max_characters: int) -> Article | str:
    """The article of a reading, or why there is none."""
    if reading.item is None:
        return reading.error or "nothing could be read"
    try:
        return make_article(reading.item, max_characters=max_characters, default_id=reading.default_id)
    except ArticleRefused as error:
        return str(error)


class _Store:
    """Writes batches; `samples` are removed once an article of one's own is in."""

    def __init__(self, archive: Archive, encoder: "Encoder", samples: Sequence[str]) -> None:
        self._archive = archive
        self._encoder = encoder
        self._terms = encoder.terms
        self._samples = samples

    async def add(self, batch: _Batch) -> list[Added]:
        articles = [made for _, made in batch.entries if isinstance(made, Article)]
        async with self._archive.writing:
            plans = await self._archive.plan(articles)
        # Encoded while others may write (a long article takes minutes); what they changed is planned anew.
        ready = await asyncio.to_thread(encode_plans, plans, self._encoder, self._terms)
        async with self._archive.writing:
            stored = await self._write(articles, ready)
        if any(not is_sample(article.tags, article.meta) for article in articles):
            for sample in self._samples:
                await self._archive.remove(sample)
            self._samples = ()
        return [
            _added(place, stored[made.id] if isinstance(made, Article) else made)
            for place, made in batch.entries
        ]

    async def _write(self, articles: Sequence[Article], ready: Sequence[Encoded]) -> dict[str, Encoded]:
        """Commit what is `ready` and still holds, else encode anew; related articles one by one, in order."""
        plans = await self._archive.plan(articles)
        ids = {article.id for article in articles}
        if any(plan.related & ids for plan in plans):
            stored: dict[str, Encoded] = {}
            for article in articles:
                stored |= await self._write([article], [])
            return stored
        encoded = list(ready)
        if [one.plan for one in ready] != plans:
            encoded = await asyncio.to_thread(encode_plans, plans, self._encoder, self._terms)
        await self._archive.commit(encoded)
        return {one.plan.article.id: one for one in encoded}


def _added(place: str, made: Encoded | str) -> Added:
    if isinstance(made, str):
        return Added(place, "failed", error=made)
    plan = made.plan
    kept = plan.record.passages if plan.record is not None and plan.first is None else 0
    passages = len(made.passages) if plan.embed else kept
    return Added(place, plan.status, plan.article.id, plan.article.version, passages)


def encode_plans(plans: Sequence[Plan], encoder: "Encoder", terms: Terms) -> list[Encoded]:
    """Cut what needs it and encode all passages together, so that the encoder can sort them by length."""
    cut = [_passages(plan, encoder) if plan.embed else () for plan in plans]
    texts = [
        embedding_text(plan.article.title, passage)
        for plan, passages in zip(plans, cut, strict=True)
        for passage in passages
    ]
    vectors = encoder.encode_passages(texts)
    # The title helps the vector; in the terms it would count for every passage of an article alike.
    found = [terms.document(passage.text) for passages in cut for passage in passages]
    encoded: list[Encoded] = []
    start = 0
    for plan, passages in zip(plans, cut, strict=True):
        end = start + len(passages)
        encoded.append(Encoded(plan, passages, vectors[start:end], found[start:end]))
        start = end
    return encoded


def _passages(plan: Plan, encoder: "Encoder") -> Sequence[Passage]:
    """As they are stored when only the title is new, else cut."""
    return plan.passages or split_passages(
        plan.article.text,
        plan.article.language,
        article_id=plan.article.id,
        version=plan.article.version,
        tokenizer=encoder.tokenizer,
        title=plan.article.title,
        encoder_limit=min(encoder.max_tokens, ENCODER_LIMIT),
    )


async def _in_thread(readings: Iterable[Reading] | AsyncIterable[Reading]) -> AsyncIterator[Reading]:
    """Readings one at a time; files are read on a thread, so that a slow disk stops nobody else."""
    if isinstance(readings, AsyncIterable):
        async for one in readings:
            yield one
        return
    iterator = iter(readings)

    def following() -> Reading | None:
        return next(iterator, None)

    while (reading := await asyncio.to_thread(following)) is not None:
        yield reading
