"""An archive in, the same archive out, whose searches wait until the test lets them go on."""

import asyncio
from typing import Any

from indexing.archive.archive import Archive, StoredArticle
from indexing.archive.search_passages import Candidate, CandidateSearch


class HeldArchive(Archive):
    """Every search waits for a release of `go`; `begun` and `cancelled` are released as it happens."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive._engine, archive.manifest, archive.place)
        self.go = asyncio.Semaphore(0)
        self.begun = asyncio.Semaphore(0)
        self.cancelled = asyncio.Semaphore(0)
        self.order: list[tuple[str, ...]] = []
        """The `article_id` filter of each search that began."""
        self.checked = 0
        """How often a quote was checked: the step after everything that waits here."""

    def let_all_go(self) -> None:
        for _ in range(1_000):
            self.go.release()

    async def candidates(self, search: CandidateSearch, *others: Any) -> list[Candidate]:
        self.order.append(tuple(search.filters.article_id))
        self.begun.release()
        try:
            await self.go.acquire()
        except asyncio.CancelledError:
            self.cancelled.release()
            raise
        return await super().candidates(search, *others)

    async def article(self, article_id: str, version: str | None = None) -> StoredArticle | None:
        self.checked += 1
        return await super().article(article_id, version)
