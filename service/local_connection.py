"""The archive opened in this process, behind the calls of the command line."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from indexing.add_articles import Added, Reading, add_articles
from service.answering.question import Question
from service.open_local import Local, open_local
from service.settings import Settings


@asynccontextmanager
async def connect_locally(settings: Settings) -> AsyncIterator["LocalConnection"]:
    """Open the archive of the settings and close it again."""
    async with open_local(settings) as local:
        yield LocalConnection(local, settings.max_article_characters)


class LocalConnection:
    """The archive opened in this process."""

    def __init__(self, local: Local, max_characters: int) -> None:
        """Use what `open_local` opened."""
        self._local = local
        self._max_characters = max_characters

    def add(self, readings: Iterable[Reading]) -> AsyncIterator[Added]:
        """Add articles."""
        return add_articles(
            readings, self._local.archive, self._local.encoder, max_characters=self._max_characters
        )

    async def ask(self, question: Question) -> dict[str, Any]:
        """Answer in this process."""
        return (await self._local.answering.ask(question)).to_dict()

    async def status(self) -> dict[str, Any]:
        """Status of the archive."""
        return await self._local.archive.status()

    async def remove(self, article_id: str) -> bool:
        """Remove one article."""
        return await self._local.archive.remove(article_id)

    async def export(self) -> AsyncIterator[dict[str, Any]]:
        """Every article."""
        async for article in self._local.archive.every_article():
            yield article.metadata() | {"text": article.text}
