"""Articles of a set in, a real archive of them in a temporary folder out, with the ids it knows them by."""

import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.errors import EvaluationError
from evaluation.evaluation_sets import SourceArticle
from evaluation.metrics import Counted, share_of
from indexing.add_articles import Added, Reading, add_articles, article_input
from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from indexing.archive.open_archive import manifest_for, open_archive


@dataclass(frozen=True, slots=True)
class Pool:
    """An archive of one set; `homes` maps an id of the set to the article that holds its text."""

    name: str
    archive: Archive
    homes: dict[str, str]
    stories: dict[str, tuple[str, ...]]
    """Story to the articles that tell it, one a language."""
    articles: int
    passages: int
    detected: Counted
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """What the pool holds, as JSON."""
        return {
            "pool": self.name,
            "articles": self.articles,
            "passages": self.passages,
            "article_language_right": self.detected.to_dict(),
            "seconds": round(self.seconds, 1),
        }


@asynccontextmanager
async def open_pool(
    name: str, articles: Sequence[SourceArticle], encoder: Encoder, folder: Path, max_characters: int
) -> AsyncIterator[Pool]:
    """Add the articles to a new archive under `folder` as `citewell add` would, and close it in the end."""
    archive = await open_archive(folder / name, manifest_for(encoder, encoder.terms))
    try:
        started = time.perf_counter()
        added = [
            one
            async for one in add_articles(readings(articles), archive, encoder, max_characters=max_characters)
        ]
        yield await _pool(name, archive, articles, added, time.perf_counter() - started)
    finally:
        await archive.close()


def readings(articles: Sequence[SourceArticle]) -> Iterator[Reading]:
    """The articles as lines of a file would be read."""
    for article in articles:
        yield Reading(place=article.id, item=article_input(article.to_item()), default_id=None, error=None)


async def _pool(
    name: str, archive: Archive, articles: Sequence[SourceArticle], added: Sequence[Added], seconds: float
) -> Pool:
    homes = await _homes(archive, added)
    records = await archive.records(list(homes.values()))
    stories: dict[str, tuple[str, ...]] = {}
    for article in articles:
        stories[article.story] = (*stories.get(article.story, ()), homes[article.id])
    status = await archive.status()
    return Pool(
        name=name,
        archive=archive,
        homes=homes,
        stories=stories,
        articles=status["articles"],
        passages=status["passages"],
        detected=share_of(
            records[homes[article.id]].metadata["language"].split("-")[0] == article.language
            for article in articles
        ),
        seconds=seconds,
    )


async def _homes(archive: Archive, added: Sequence[Added]) -> dict[str, str]:
    """Id of the set to the id of the article that is searched: a copy is found as its first."""
    failed = [one for one in added if one.id is None]
    if failed:
        raise EvaluationError(f"{failed[0].place} of the evaluation sets was refused: {failed[0].error}")
    ids = {one.place: one.id for one in added if one.id is not None}
    records = await archive.records(list(ids.values()))
    return {place: records[id].of or id for place, id in ids.items()}
