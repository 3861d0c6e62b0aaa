"""The name of an event in, whether nobody has seen it before out: within this process, or over all that share a server.

An archive in a folder is held by one process, which remembers by itself. On a server several services may be told of
the same event: who inserts its point first has seen it first. An insertion says nothing of its outcome, so each writes
a mark of its own, and reads whose mark stands there.
"""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from indexing.archive.article import NAMESPACE
from indexing.archive.server_address import Server, checked_collection
from indexing.archive.server_faults import explained
from indexing.errors import ArchiveError, ArchiveIncompatible

logger = logging.getLogger("citewell.seen_events")

MARK = "citewell_slack_events"  # the key in the collection's metadata that says whose it is
FORMAT = 1
SEEN = "seen"  # Unix seconds
# Slack sends an event again at once, after a minute and after five (docs.slack.dev/apis/events-api, Retries).
MEMORY_SECONDS = 30 * 60.0
MEMORY_EVENTS = 50_000  # Slack sends a workspace's app at most 30,000 an hour
# The clocks of several machines decide when a point goes: a day, so that one which is hours ahead harms nobody.
KEPT_SECONDS = 24 * 3600
CLEAR_SECONDS = 600.0
CONFLICT = 409


class SeenEvents(Protocol):
    """Remembers events for some time."""

    async def first(self, event: str) -> bool:
        """True for exactly one caller of the same event, over all services of an archive."""


class RememberedEvents:
    """Remembers in this process the newest events, for half an hour."""

    def __init__(
        self,
        seconds: float = MEMORY_SECONDS,
        events: int = MEMORY_EVENTS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` (monotonic seconds) is given by tests."""
        self._seconds, self._events, self._clock = seconds, events, clock
        self._seen: dict[str, float] = {}  # in the order in which they came

    async def first(self, event: str) -> bool:
        """Whether nobody in this process has asked for it before."""
        now = self._clock()
        while self._seen and self._oldest()[1] <= now - self._seconds:
            del self._seen[self._oldest()[0]]
        if event in self._seen:
            return False
        if len(self._seen) == self._events:
            del self._seen[self._oldest()[0]]
        self._seen[event] = now
        return True

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._seen)

    def _oldest(self) -> tuple[str, float]:
        return next(iter(self._seen.items()))


class StoredEvents:
    """Remembers in a small collection beside the archive's, made when it is first needed."""

    def __init__(
        self, client: AsyncQdrantClient, server: Server, clock: Callable[[], float] = time.time
    ) -> None:
        """`client` belongs to somebody else; `clock` gives Unix seconds."""
        self._client, self._server, self._clock = client, server, clock
        self._collection = checked_collection(f"{server.collection}-slack-events")
        self._remembered = RememberedEvents()
        self._preparing = asyncio.Lock()
        self._prepared = False
        self._clear_at = 0.0

    async def first(self, event: str) -> bool:
        """Whether no service has asked for it before.

        While the server cannot say, this process goes by what it has seen itself: an event that is answered twice is
        less bad than one that is not answered.
        """
        if not await self._remembered.first(event):
            return False
        try:
            with explained(self._server.url):
                await self._prepare()
                first = await self._insert(event)
                await self._clear()
        except ArchiveError as error:
            logger.warning(
                "whether another service has seen an event of Slack cannot be told, it is handled here: %s",
                error,
            )
            return True
        return first

    async def _insert(self, event: str) -> bool:
        id, owner = str(uuid.uuid5(NAMESPACE, f"event\n{event}")), str(uuid.uuid4())
        point = models.PointStruct(id=id, vector={}, payload={"owner": owner, SEEN: int(self._clock())})
        await self._client.upsert(
            self._collection,
            [point],
            wait=True,
            ordering=models.WriteOrdering.MEDIUM,
            update_mode=models.UpdateMode.INSERT_ONLY,
        )
        found = await self._client.retrieve(
            self._collection, [id], consistency=models.ReadConsistencyType.MAJORITY
        )
        return bool(found) and (found[0].payload or {}).get("owner") == owner

    async def _prepare(self) -> None:
        async with self._preparing:
            if self._prepared:
                return
            if not await self._client.collection_exists(self._collection):
                await self._create()
            info = await self._client.get_collection(self._collection)
            if MARK not in (info.config.metadata or {}):
                raise ArchiveIncompatible(
                    f"the collection {self._collection} on {self._server.url} was not made by Citewell (it has no mark "
                    f"{MARK!r} in its metadata) and is left alone; delete it, or set CITEWELL_COLLECTION to another "
                    "name"
                )
            if SEEN not in info.payload_schema:
                await self._client.create_payload_index(
                    self._collection, SEEN, models.PayloadSchemaType.INTEGER, wait=True
                )
            self._prepared = True

    async def _create(self) -> None:
        layout = self._server.layout
        try:
            await self._client.create_collection(
                self._collection,
                vectors_config={},
                shard_number=1,
                replication_factor=layout.replicas,
                write_consistency_factor=layout.write_consistency,
                metadata={MARK: {"format": FORMAT}},
            )
        except UnexpectedResponse as error:
            if error.status_code != CONFLICT:  # another of our processes was faster
                raise

    async def _clear(self) -> None:
        """Now and then delete what is old; if that fails, it is done the next time."""
        now = self._clock()
        if now < self._clear_at:
            return
        self._clear_at = now + CLEAR_SECONDS
        old = models.Filter(
            must=[models.FieldCondition(key=SEEN, range=models.Range(lt=int(now) - KEPT_SECONDS))]
        )
        with suppress(ArchiveError), explained(self._server.url):
            await self._client.delete(self._collection, models.FilterSelector(filter=old), wait=False)
