"""The way of an article into the archive: make it canonical, compare, cut, encode, store; one result per article."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from indexing.archive.archive import SAMPLE_TAG, Archive
from indexing.archive.article import Article
from indexing.archive.terms import Terms
from indexing.archive.versions import Encoded, Plan
from indexing.article_input import article_input
from indexing.errors import ArticleRefused
from indexing.make_article import make_article
from indexing.read_files import Reading, read_paths
from indexing.split_passages import embedding_text, split_passages

if TYPE_CHECKING:  # torch takes seconds to import, and reading files for a running service needs none of it
    from indexing.archive.encoder import Encoder

__all__ = ["Added", "Reading", "add_articles", "article_input", "read_paths"]

BATCH_ARTICLES = 32
BATCH_CHARACTERS = 60_000  # some 130 passages: about three seconds on two cores, so progress and others get a turn


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
    """Store every article and yield its result, in the order of `readings`; a refused one never stops the others.

    The first article of one's own removes the samples. Raises ArchiveError when the archive cannot be written.
    """
    terms = Terms(encoder.tokenizer)
    samples = await archive.sample_ids()
    batch = _Batch()
    async for reading in _in_thread(readings):
        made = await asyncio.to_thread(_make, reading, max_characters)
        if isinstance(made, Article):
            if samples and SAMPLE_TAG not in made.tags:
                for sample in samples:
                    await archive.remove(sample)
                samples = []
            if not batch.takes(made):
                async for added in _store(batch, archive, encoder, terms):
                    yield added
                batch = _Batch()
        batch.append(reading.place, made)
        if batch.full:
            async for added in _store(batch, archive, encoder, terms):
                yield added
            batch = _Batch()
    async for added in _store(batch, archive, encoder, terms):
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


async def _store(batch: _Batch, archive: Archive, encoder: "Encoder", terms: Terms) -> AsyncIterator[Added]:
    articles = [made for _, made in batch.entries if isinstance(made, Article)]
    async with archive.writing:
        stored = await _write(articles, archive, encoder, terms)
    for place, made in batch.entries:
        if isinstance(made, Article):
            encoded = stored[made.id]
            count = len(encoded.passages) if encoded.plan.embed else _stored_passages(encoded.plan)
            yield Added(place, encoded.plan.status, made.id, made.version, count)
        else:
            yield Added(place, "failed", error=made)


async def _write(
    articles: Sequence[Article], archive: Archive, encoder: "Encoder", terms: Terms
) -> dict[str, Encoded]:
    """Plan, encode and commit; articles that bear on one another are done one by one, so that each sees the last."""
    plans = await archive.plan(articles)
    ids = {article.id for article in articles}
    if len(articles) > 1 and any(_home(plan) in ids for plan in plans):
        stored: dict[str, Encoded] = {}
        for article in articles:
            stored |= await _write([article], archive, encoder, terms)
        return stored
    encoded = await asyncio.to_thread(encode_plans, plans, encoder, terms)
    await archive.commit(encoded)
    return {one.plan.article.id: one for one in encoded}


def _home(plan: Plan) -> str | None:
    """The other article that this one is or becomes a copy of."""
    if plan.first is not None:
        return plan.first.id
    return plan.record.of if plan.record is not None else None


def _stored_passages(plan: Plan) -> int:
    return plan.record.passages if plan.record is not None and plan.first is None else 0


def encode_plans(plans: Sequence[Plan], encoder: "Encoder", terms: Terms) -> list[Encoded]:
    """Cut what needs it and encode all passages of the batch together, so that batches can be sorted by length."""
    cut = [
        split_passages(
            plan.article.text,
            plan.article.language,
            article_id=plan.article.id,
            version=plan.article.version,
            tokenizer=encoder.tokenizer,
            title=plan.article.title,
        )
        if plan.embed
        else []
        for plan in plans
    ]
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
