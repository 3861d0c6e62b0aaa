"""The engine of an embedded archive: exact search in this process while it is small, an index once it is large.

Above INDEX_ABOVE passages that are in no index, the folder is copied to the next generation. A child process builds the
index of the copy; meanwhile every write goes to the current generation and, by a journal, to the next one as well. Then
the manifest names the next one (the commit point), whose child answers from then on, and the old folder is deleted.
Killed at any moment, the archive is what it was: the next start deletes the copy and builds again.
"""

import asyncio
import json
import logging
import shutil
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from qdrant_client import models

from indexing.archive.copy_files import copy_folder, sync
from indexing.archive.edge import EdgeEngine, Write, disk_bytes
from indexing.archive.engine import Point, Reading
from indexing.archive.filters import passages_where
from indexing.archive.manifest import Manifest, write_manifest
from indexing.archive.shard import need_free_disk
from indexing.archive.write_journal import WriteJournal
from indexing.errors import ArchiveError

T = TypeVar("T")

INDEX_ABOVE = 50_000
"""Passages that exact search takes 15 ms for (two cores, 384 dimensions); as many again before the next index."""
INDEX_FILE = "index.json"
"""In the folder of a large archive: how many passages are in its index, 0 while there is none yet."""
LAST_WRITES = 20
"""As many may be left of the journal when all writes are held up to finish it: 0.2 s."""
RETRY_SECONDS = 600.0

log = logging.getLogger("citewell.archive")


class GrowingEngine:
    """Engine over the current generation; `keep_indexed` has it build the next one whenever that is due."""

    name = EdgeEngine.name

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        engine: EdgeEngine,
        indexed: int,
        passages: int,
        index_above: int,
    ) -> None:
        """For the archive in `folder`, whose manifest names the generation of `engine`; use `open`."""
        self.place = engine.place
        self.manifest = manifest
        self.indexed = indexed
        """Passages in the index, some of which may be deleted since."""
        self._folder = folder
        self._engine = engine
        self._fresh = passages - indexed
        self._index_above = index_above
        self._writing = asyncio.Lock()
        self._journal: WriteJournal | None = None
        self._due = asyncio.Event()
        self._building: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, folder: Path, manifest: Manifest, index_above: int = INDEX_ABOVE) -> "GrowingEngine":
        """Open the generation that the manifest names, a large one in a child process; raises ArchiveError."""
        data = folder / manifest.data
        indexed = read_indexed(data)
        engine = EdgeEngine.load(data) if indexed is None else EdgeEngine.load_in_child(data)
        try:
            passages = await engine.count(passages_where())
        except BaseException:
            await engine.close()
            raise
        return cls(folder, manifest, engine, indexed or 0, passages, index_above)

    def keep_indexed(self) -> None:
        """From here on until the end build an index whenever one is due; for a process that stays."""
        if self._building is None:
            self._building = asyncio.create_task(self._keep_indexed())
            self._look()

    async def upsert(self, points: Sequence[Point]) -> None:
        """Store points in operations of bounded size."""
        for write in Write.upserts(points):
            await self._write(write)
        self._fresh += sum(point.dense is not None for point in points)
        self._look()

    async def delete(self, ids: Sequence[str]) -> None:
        """Delete points by id."""
        if ids:
            await self._write(Write.delete(ids))

    async def delete_where(self, where: models.Filter) -> None:
        """Delete every point that matches."""
        await self._write(Write.delete_where(where))

    async def set_meta(self, where: models.Filter, values: dict[str, Any]) -> None:
        """Set keys under `meta` of every point that matches."""
        await self._write(Write.set_meta(where, values))

    async def retrieve(self, ids: Sequence[str], fields: Sequence[str] | None = None) -> list[Point]:
        """Points by id, without vectors."""
        return await self._engine.retrieve(ids, fields)

    async def scroll(
        self,
        where: models.Filter,
        limit: int,
        cursor: str | None = None,
        *,
        vectors: bool = False,
        fields: Sequence[str] | None = None,
    ) -> tuple[list[Point], str | None]:
        """A page of points in the order of their ids."""
        return await self._engine.scroll(where, limit, cursor, vectors=vectors, fields=fields)

    async def read(self, reading: Reading[T]) -> T:
        """Take the steps of a reading, with no write between them."""
        return await self._engine.read(reading)

    async def count(self, where: models.Filter) -> int:
        """How many points match."""
        return await self._engine.count(where)

    async def facet(self, key: str, where: models.Filter) -> dict[str, int]:
        """Number of points per value."""
        return await self._engine.facet(key, where)

    async def size(self) -> int:
        """Bytes on disk of the current generation."""
        return await self._engine.size()

    async def flush(self) -> None:
        """Bring everything to disk."""
        await self._engine.flush()

    @asynccontextmanager
    async def at_rest(self) -> AsyncIterator[Path]:
        """The folder of the current generation with everything in it; writes wait until the block ends."""
        async with self._writing, self._engine.at_rest() as folder:
            yield folder

    async def close(self) -> None:
        """Give up what is being built, flush and release the current generation."""
        if self._building is not None:
            self._building.cancel()
            await asyncio.gather(self._building, return_exceptions=True)
        await self._engine.close()

    async def _write(self, write: Write) -> None:
        async with self._writing:
            journal = self._journal
            try:
                await self._engine.write(write)
                if journal is not None:
                    journal.append(write)
            except OSError:  # of the journal: the archive has the write, but the copy will not
                self._give_up(journal)
            except BaseException:  # nobody knows whether the archive has it
                self._give_up(journal)
                raise

    def _look(self) -> None:
        """See whether an index is due, and note that the archive is large by now: the next start opens it so."""
        if self._fresh > self._index_above:
            if not (self._engine.folder / INDEX_FILE).exists():
                with suppress(OSError):  # a full disk: at the next write
                    write_indexed(self._engine.folder, 0)
            self._due.set()

    async def _keep_indexed(self) -> None:
        while True:
            await self._due.wait()
            try:
                await self._build(self._folder / f"points-{self.manifest.generation + 1}")
                self._due.clear()
                self._look()
            except (ArchiveError, OSError) as error:
                log.warning(
                    "no index could be built, so search goes through every passage for now; next try in %d minutes: %s",
                    RETRY_SECONDS / 60,
                    error,
                )
                await asyncio.sleep(RETRY_SECONDS)

    def _give_up(self, journal: WriteJournal | None) -> None:
        if journal is not None:
            journal.close()
            self._journal = None

    async def _build(self, following: Path) -> None:
        """Make the next generation and go on with it; raises ArchiveError or OSError, and then all is as before."""
        child: EdgeEngine | None = None
        stop = threading.Event()
        copying: asyncio.Task[None] | None = None
        fresh = self._fresh
        try:
            async with self._writing, self._engine.at_rest(flushed=False) as data:
                need_free_disk(self._folder, disk_bytes(data))
                copying = asyncio.create_task(asyncio.to_thread(copy_folder, data, following, stop))
                await asyncio.shield(copying)
                journal = self._journal = WriteJournal(self._folder)
                self._fresh = 0
            child = EdgeEngine.load_in_child(following)
            await child.optimize(self.manifest.dimension, fresh)
            passages = await child.count(passages_where())
            await asyncio.to_thread(sync, following)
            while journal.waiting > LAST_WRITES:
                await self._repeat(journal, child)
            async with self._writing:
                await self._repeat(journal, child)
                await child.flush()
                write_indexed(following, passages)
                manifest = replace(self.manifest, data=following.name)
                write_manifest(self._folder, manifest)
                old, self._engine, self.manifest = self._engine, child, manifest
                self.place, self.indexed, child = child.place, passages, None
            await old.close()
            await asyncio.to_thread(shutil.rmtree, old.folder, ignore_errors=True)
        finally:
            stop.set()
            if copying is not None:  # its thread goes on until it sees that
                await asyncio.gather(copying, return_exceptions=True)
            self._give_up(self._journal)
            if child is not None:
                child.abandon()
            if self.manifest.data != following.name:
                self._fresh += fresh
                # And what was being written anew in parts.
                for path in (following, *self._folder.glob(f"{following.name}.*")):
                    await asyncio.to_thread(shutil.rmtree, path, ignore_errors=True)

    async def _repeat(self, journal: WriteJournal, child: EdgeEngine) -> None:
        """Repeat the writes that wait; raises ArchiveError when one could not be kept."""
        if journal is not self._journal:
            raise ArchiveError("a write failed meanwhile, so the copy of the archive is no longer the same")
        for write in journal.read():
            await child.write(write)


def read_indexed(data: Path) -> int | None:
    """How many passages are in the index of a generation; None: it is small."""
    try:
        return int(json.loads((data / INDEX_FILE).read_bytes())["passages"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):  # a disk that was full: it is large in any case
        return 0


def write_indexed(data: Path, passages: int) -> None:
    """Note that a generation is large, and how many of its passages are in its index."""
    (data / INDEX_FILE).write_text(json.dumps({"passages": passages}) + "\n", "utf-8")
