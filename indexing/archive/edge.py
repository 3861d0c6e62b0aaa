"""The embedded engine: a Qdrant Edge shard in a folder, in this process or a child, every call on one executor thread.

One thread also gives each reading a consistent view between two writes.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from qdrant_client import models

from indexing.archive.engine import Hit, Nearest, Point, Query, Reading
from indexing.archive.shard import (
    PlainCondition,
    PlainFilter,
    PlainPoint,
    PlainQuery,
    Shard,
    explained,
    need_free_disk,
)
from indexing.archive.shard_process import ShardProcess
from indexing.archive.terms import SparseTerms
from indexing.archive.write_operations import write_operations
from indexing.errors import ArchiveError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Write:
    """One writing operation: a method of the shard, its arguments, and about how many bytes it needs."""

    method: str
    arguments: tuple[Any, ...]
    size: int = 0

    @classmethod
    def upserts(cls, points: Sequence[Point]) -> Iterator["Write"]:
        """Store points, in operations of bounded size."""
        for chunk, size in write_operations(points):
            yield cls("upsert", ([_plain(one) for one in chunk],), size)

    @classmethod
    def delete(cls, ids: Sequence[str]) -> "Write":
        """Delete points by id."""
        return cls("delete", (list(ids),))

    @classmethod
    def delete_where(cls, where: models.Filter) -> "Write":
        """Delete every point that matches."""
        return cls("delete_where", (plain_filter(where),))

    @classmethod
    def set_meta(cls, where: models.Filter, values: dict[str, Any]) -> "Write":
        """Set keys under `meta` of every point that matches."""
        return cls("set_meta", (plain_filter(where), values))


class EdgeEngine:
    """Engine over one shard. Use `create` and `load`; both block for up to a second, at a million passages for some."""

    name = "Qdrant Edge"

    def __init__(self, shard: Shard | ShardProcess, folder: Path) -> None:
        """Own `shard` from here on; `folder` is where it lies."""
        self.place = str(folder)
        self.folder = folder
        self._shard = shard
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="archive")
        self._writing = asyncio.Lock()

    create = staticmethod(Shard.create)

    @classmethod
    def load(cls, folder: Path) -> "EdgeEngine":
        """Open an existing shard in this process; raises ArchiveLocked when another process or handle holds it."""
        return cls(Shard.load(folder), folder)

    @classmethod
    def load_in_child(cls, folder: Path) -> "EdgeEngine":
        """The same in a child process, whose calls hold up nobody here; the first call opens it, and may raise."""
        return cls(ShardProcess(folder), folder)

    async def upsert(self, points: Sequence[Point]) -> None:
        """Store points in operations of bounded size."""
        for write in Write.upserts(points):
            await self.write(write)

    async def delete(self, ids: Sequence[str]) -> None:
        """Delete points by id."""
        if ids:
            await self.write(Write.delete(ids))

    async def delete_where(self, where: models.Filter) -> None:
        """Delete every point that matches."""
        await self.write(Write.delete_where(where))

    async def set_meta(self, where: models.Filter, values: dict[str, Any]) -> None:
        """Set keys under `meta` of every point that matches."""
        await self.write(Write.set_meta(where, values))

    async def write(self, write: Write) -> None:
        """Do one writing operation."""
        async with self._writing:
            need_free_disk(self.folder, write.size)
            await self._call(write.method, *write.arguments)

    async def retrieve(self, ids: Sequence[str], fields: Sequence[str] | None = None) -> list[Point]:
        """Points by id, without vectors."""
        return await self._run(lambda: self._retrieve(ids, fields))

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
        points, following = await self._call(
            "scroll", plain_filter(where), limit, cursor, vectors, None if fields is None else list(fields)
        )
        return [_from_plain(point) for point in points], following

    async def read(self, reading: Reading[T]) -> T:
        """Take all steps in one go on the archive's thread."""
        return await self._run(lambda: self._read(reading))

    async def count(self, where: models.Filter) -> int:
        """How many points match."""
        count: int = await self._call("count", plain_filter(where))
        return count

    async def facet(self, key: str, where: models.Filter) -> dict[str, int]:
        """Number of points per value."""
        counts: dict[str, int] = await self._call("facet", key, plain_filter(where))
        return counts

    async def size(self) -> int:
        """Bytes that the folder takes on disk (blocks, since its files are sparse)."""
        return await asyncio.to_thread(lambda: disk_bytes(self.folder))

    async def flush(self) -> None:
        """Bring everything to disk."""
        await self._call("flush")

    async def optimize(self, dimension: int, fresh: int) -> None:
        """Build the index of `fresh` passages that are in none; nothing else is done meanwhile: for one in a child."""
        await self._call("optimize", dimension, fresh)

    @asynccontextmanager
    async def at_rest(self, *, flushed: bool = True) -> AsyncIterator[Path]:
        """The folder, whose files stay as they are until the block ends: writes wait.

        Everything is in them when it is flushed first, and else after opening them, as after a hard kill.
        """
        async with self._writing:
            if flushed:
                await self._call("flush")
            else:
                await self._run(lambda: None)  # after a write under way, whose caller may have gone
            yield self.folder

    async def close(self) -> None:
        """Flush, close the shard and end its thread, whatever happens."""
        try:
            await self._call("flush")
        finally:
            await self._run(self._shard.close)
            self._thread.shutdown()

    def abandon(self) -> None:
        """End the child at once, in the middle of whatever it does; the shard in its folder is not to be used."""
        assert isinstance(self._shard, ShardProcess), "only a child can be left alone"
        self._shard.kill()
        self._thread.shutdown(wait=False)

    def _retrieve(self, ids: Sequence[str], fields: Sequence[str] | None) -> list[Point]:
        points = self._shard.call("retrieve", list(ids), None if fields is None else list(fields))
        return [_from_plain(point) for point in points]

    def _nearest(self, step: Nearest) -> list[list[Hit]]:
        if not step.queries:
            return []
        queries = [_plain_query(query) for query in step.queries]
        answers = self._shard.call("nearest", queries, list(step.fields))
        return [[Hit(*hit) for hit in hits] for hits in answers]

    def _read(self, reading: Reading[T]) -> T:
        result: Any = None
        while True:
            try:
                step = reading.send(result)
            except StopIteration as end:
                found: T = end.value
                return found
            result = (
                self._nearest(step) if isinstance(step, Nearest) else self._retrieve(step.ids, step.fields)
            )

    async def _call(self, method: str, *arguments: Any) -> Any:
        return await self._run(lambda: self._shard.call(method, *arguments))

    async def _run(self, work: Callable[[], T]) -> T:
        with explained(self.folder, "used"):
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def disk_bytes(folder: Path) -> int:
    """Bytes of blocks that the files in a folder take, which is less than their sizes where they have holes."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # Edge replaces files while it works
                total += os.stat(os.path.join(place, name)).st_blocks * 512
    return total


def _plain(point: Point) -> PlainPoint:
    dense = None if point.dense is None else list(point.dense)
    terms = None if point.terms is None else (point.terms.indices, point.terms.values)
    return point.id, point.payload, dense, terms


def _from_plain(point: PlainPoint) -> Point:
    id, payload, dense, terms = point
    return Point(id, payload, dense, None if terms is None else SparseTerms(*terms))


def _plain_query(query: Query) -> PlainQuery:
    return PlainQuery(
        limit=query.limit,
        where=plain_filter(query.where),
        dense=None if query.dense is None else list(query.dense),
        terms=None if query.terms is None else (query.terms.indices, query.terms.values),
        idf_corpus=None if query.idf_corpus is None else plain_filter(query.idf_corpus),
        exact=query.exact,
    )


def plain_filter(where: models.Filter) -> PlainFilter:
    """The same filter for a shard; raises ArchiveError for a condition that it does not know."""
    plain: PlainFilter = {}
    for name in ("must", "should", "must_not"):
        conditions = getattr(where, name)
        if conditions is not None:
            listed = conditions if isinstance(conditions, list) else [conditions]
            plain[name] = [_plain_condition(condition) for condition in listed]
    return plain


def _plain_condition(condition: Any) -> PlainCondition:
    match condition:
        case models.Filter():
            return plain_filter(condition)
        case models.HasIdCondition():
            return "ids", [str(id) for id in condition.has_id]
        case models.FieldCondition(match=models.MatchValue() as match):
            return "is", condition.key, match.value
        case models.FieldCondition(match=models.MatchAny() as match):
            return "any", condition.key, [str(one) for one in match.any]
        case models.FieldCondition(range=models.DatetimeRange() as span):
            bounds = {name: value.isoformat() for name, value in span if value is not None}
            return "span", condition.key, bounds
    raise ArchiveError(f"the embedded engine has no translation for the condition {condition!r}")
