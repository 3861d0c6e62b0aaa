"""The archive opened in this process, behind the calls of the command line."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import click

from indexing.add_articles import Added, Reading, add_articles, store_articles
from indexing.archive.backup import copy_archive
from indexing.archive.records import Rating
from indexing.encode_in_processes import EncodeInProcesses
from indexing.encode_plans import EncodeHere
from indexing.ray_cluster import connected_ray
from indexing.ray_make import RayWork, make_on_ray
from service.answering.events import Answered, Considered, Delta, Event, Status
from service.answering.question import Question
from service.connection import PAGE, AnswerEvent
from service.open_local import Local, encoder_opener, open_local, overruled
from service.settings import Settings


@asynccontextmanager
async def connect_locally(settings: Settings) -> AsyncIterator["LocalConnection"]:
    """Open the archive of the settings and close it again."""
    if said := overruled(settings):
        click.echo(f"citewell: {said}", err=True)
    async with open_local(settings) as local:
        yield LocalConnection(local, settings)


class LocalConnection:
    """The archive opened in this process."""

    def __init__(self, local: Local, settings: Settings) -> None:
        """Use what `open_local` opened with these settings."""
        self._local = local
        self._settings = settings

    def add(self, readings: Iterable[Reading]) -> AsyncIterator[Added]:
        """Add articles."""
        return add_articles(
            readings,
            self._local.archive,
            self._local.encoder,
            max_characters=self._settings.max_article_characters,
        )

    async def add_by_processes(self, readings: Iterable[Reading], count: int) -> AsyncGenerator[Added]:
        """Add articles that `count` processes encode; one result per reading, in order."""
        local, limit = self._local, self._settings.max_article_characters
        async with (
            EncodeInProcesses(encoder_opener(self._settings), count) as encode,
            aclosing(
                add_articles(readings, local.archive, local.encoder, max_characters=limit, encode=encode)
            ) as results,
        ):
            async for added in results:
                yield added

    async def add_on_ray(self, paths: Sequence[str], stdin: BinaryIO, address: str) -> AsyncGenerator[Added]:
        """Add what is below `paths`, read and encoded by the workers of a Ray; one result per article, in order."""
        local, limit = self._local, self._settings.max_article_characters
        work = RayWork.of(encoder_opener(self._settings), local.encoder, limit)
        with connected_ray(address) as ray:
            made = make_on_ray(ray, work, paths, local.archive, stdin=stdin)
            async with aclosing(store_articles(made, local.archive, EncodeHere(local.encoder))) as results:
                async for added in results:
                    yield added

    async def ask(self, question: Question) -> dict[str, Any]:
        """Answer in this process."""
        return (await self._local.answering.ask(question)).to_dict()

    async def stream(self, question: Question) -> AsyncGenerator[AnswerEvent]:
        """Answer in this process and tell what happens."""
        async with aclosing(self._local.answering.stream(question)) as events:
            async for event in events:
                yield _named(event)

    async def article(self, article_id: str, version: str | None = None) -> dict[str, Any] | None:
        """One article of the archive."""
        stored = await self._local.archive.article(article_id, version)
        if stored is None:
            return None
        versions = {"version": stored.version, "current_version": stored.current_version}
        return stored.article.metadata() | versions | {"text": stored.article.text}

    async def status(self) -> dict[str, Any]:
        """Status of the archive."""
        return await self._local.archive.status()

    async def remove(self, article_id: str) -> bool:
        """Remove one article."""
        return await self._local.archive.remove(article_id)

    async def backup(self, folder: Path) -> None:
        """Copy the archive."""
        await copy_archive(self._local.archive, folder)

    async def export(self) -> AsyncIterator[dict[str, Any]]:
        """Every article."""
        async for article in self._local.archive.every_article():
            yield article.metadata() | {"text": article.text}

    async def feedback(self, limit: int, rating: Rating | None = None) -> AsyncIterator[dict[str, Any]]:
        """Page by page, no more than is wanted."""
        cursor: str | None = None
        while limit > 0:
            page = await self._local.archive.feedback(min(limit, PAGE), cursor, rating)
            for one in page.feedback:
                # Lists as JSON has them, so that it is the same object as a service gives.
                yield asdict(one) | {"citations": [asdict(place) for place in one.citations]}
            limit -= len(page.feedback)
            cursor = page.cursor
            if cursor is None:
                return


def _named(event: Event) -> AnswerEvent:
    match event:
        case Status():
            return AnswerEvent("status", {"step": event.step, **event.figures})
        case Considered():
            return AnswerEvent("passages", {"passages": [asdict(passage) for passage in event.passages]})
        case Delta():
            return AnswerEvent("delta", {"text": event.text})
        case Answered():
            return AnswerEvent("answer", event.answer.to_dict())
