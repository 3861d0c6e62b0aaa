"""One process at a time writes to an archive on a server: a lease, held by a point that only its holder renews.

Making it, renewing it and taking it over are conditional writes, which the server decides one after the other.
Clocks are not compared: who waits counts its own seconds in which the point does not change, a few at most from one
look to the next, so that a clock that jumps, here or there, takes the lease from nobody who is alive.
"""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from qdrant_client import AsyncQdrantClient, models

from indexing.archive.article import NAMESPACE
from indexing.archive.filters import equals
from indexing.archive.server_faults import explained
from indexing.errors import ArchiveError, ArchiveLocked

ID = str(uuid.uuid5(NAMESPACE, "lease\nwriting"))
SECONDS = 30.0  # without a sign of life, after which another may take over
RENEWALS = 6  # in that time
POLL_SECONDS = 0.05
LONGEST_STEP = 2.0  # that count of the time between two looks; a machine that slept did not look meanwhile
PATIENCE_SECONDS = 600.0


class WriteLease(asyncio.Lock):
    """A lock for every process that writes to the collection; entering and leaving may raise ArchiveError."""

    def __init__(
        self,
        client: AsyncQdrantClient,
        collection: str,
        url: str,
        *,
        seconds: float = SECONDS,
        patience: float = PATIENCE_SECONDS,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`client` belongs to somebody else. `seconds` without renewal end it, after `patience` waiting ends."""
        super().__init__()
        self._client, self._collection, self._url = client, collection, url
        self._seconds, self._patience = seconds, patience
        self._sleep, self._clock = sleep, clock
        self._holder = str(uuid.uuid4())
        self._lost = False
        self._renewing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        """Wait for the lease; raises ArchiveLocked when another process writes on and on."""
        await self.acquire()
        try:
            await self._take()
        except BaseException:
            self.release()
            raise
        self._lost = False
        self._renewing = asyncio.create_task(self._renew())

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Give it back; raises ArchiveError when it had been lost meanwhile."""
        try:
            assert self._renewing is not None, "entered before"
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)
            with suppress(ArchiveError):  # a lease that cannot be given back ends by itself
                await self._give_back()
        finally:
            self.release()
        if self._lost and kind is None:
            raise ArchiveError(
                f"another process took over writing to {self._url}, since this one gave no sign for "
                f"{self._seconds:.0f} s; add again what was added last"
            )

    async def _take(self) -> None:
        waited = silent = 0.0
        last = self._clock()
        before = await self._seen()
        if before is None:
            await self._put(update_mode=models.UpdateMode.INSERT_ONLY)
        while (seen := await self._seen()) is None or seen[0] != self._holder:
            now = self._clock()
            step = min(max(now - last, 0.0), LONGEST_STEP)
            last, waited, silent = now, waited + step, silent + step
            if waited > self._patience:
                raise ArchiveLocked(
                    f"another process has been writing to {self._url} for {self._patience:.0f} s; try again later"
                )
            if seen is None:
                await self._put(update_mode=models.UpdateMode.INSERT_ONLY)
                continue
            if seen != before:
                before, silent = seen, 0.0
            elif silent > self._seconds:  # its holder is gone
                await self._put(update_filter=models.Filter(must=[equals("version", seen[1])]))
                continue
            await self._sleep(POLL_SECONDS)

    async def _renew(self) -> None:
        mine = models.Filter(must=[equals("article_id", self._holder)])
        while not self._lost:
            await self._sleep(self._seconds / RENEWALS)
            with suppress(ArchiveError):  # tried again in time
                await self._put(update_filter=mine, update_mode=models.UpdateMode.UPDATE_ONLY)
                seen = await self._seen()
                self._lost = seen is None or seen[0] != self._holder

    async def _seen(self) -> tuple[str, str] | None:
        """Holder and turn, as they stand there."""
        with explained(self._url):
            found = await self._client.retrieve(
                self._collection, [ID], consistency=models.ReadConsistencyType.MAJORITY
            )
        if not found or found[0].payload is None:
            return None
        meta = found[0].payload["meta"]
        return meta["article_id"], meta["version"]

    async def _put(self, **condition: Any) -> None:
        # Under names that have a payload index: a server may refuse filters on others.
        meta = {"kind": "lease", "article_id": self._holder, "version": str(uuid.uuid4())}
        point = models.PointStruct(id=ID, vector={}, payload={"id": ID, "content": None, "meta": meta})
        with explained(self._url):
            await self._client.upsert(
                self._collection, [point], wait=True, ordering=models.WriteOrdering.MEDIUM, **condition
            )

    async def _give_back(self) -> None:
        mine = models.Filter(must=[equals("kind", "lease"), equals("article_id", self._holder)])
        with explained(self._url):
            await self._client.delete(
                self._collection,
                models.FilterSelector(filter=mine),
                wait=True,
                ordering=models.WriteOrdering.MEDIUM,
            )
