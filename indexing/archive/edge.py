"""The embedded engine: Qdrant Edge in a folder, one process, every call on one executor thread.

Edge holds Python's lock in everything but queries, so writes come in small operations; it never optimises in
the serving process (exact search). One thread also gives each reading a consistent view between two writes.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import qdrant_edge as edge
from qdrant_client import models

from indexing.archive.engine import (
    DATETIME_FIELDS,
    DENSE,
    FACET_LIMIT,
    KEYWORD_FIELDS,
    SPARSE,
    Hit,
    Nearest,
    Point,
    Query,
    Reading,
)
from indexing.archive.terms import SparseTerms
from indexing.archive.write_operations import write_operations
from indexing.errors import ArchiveError, ArchiveFull, ArchiveLocked

T = TypeVar("T")

# Edge writes through memory maps of sparse files: on a full disk the process dies of SIGBUS without a word,
# even when it only opens a shard. The write-ahead log takes segments of 32 MB, an empty shard 70 MB.
FREE_BYTES_NEEDED = 128 << 20
FULL = ("No space left", "File too large", "Disk quota", "os error 27", "os error 28", "os error 122")


class EdgeEngine:
    """Engine over one Edge shard folder. Use `create` and `load`; both block for up to a second."""

    name = "Qdrant Edge"

    def __init__(self, shard: edge.EdgeShard, folder: Path) -> None:
        """Own `shard` from here on; `folder` is where it lies."""
        self.place = str(folder)
        self._shard = shard
        self._folder = folder
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="archive")
        self._writing = asyncio.Lock()

    @staticmethod
    def create(folder: Path, dimension: int) -> None:
        """Make an empty shard in `folder` (which must not exist) with its payload indexes, and close it."""
        need_free_disk(folder.parent)
        with _explained(folder, "created"):
            folder.mkdir(mode=0o700)
            shard = edge.EdgeShard.create(
                str(folder),
                edge.EdgeConfig(
                    vectors={DENSE: edge.EdgeVectorParams(size=dimension, distance=edge.Distance.Cosine)},
                    sparse_vectors={SPARSE: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)},
                ),
            )
            for field, index in _indexes():
                shard.update(edge.UpdateOperation.create_field_index(field, index))
            shard.flush()
            shard.close()

    @classmethod
    def load(cls, folder: Path) -> "EdgeEngine":
        """Open an existing shard; raises ArchiveLocked when another process or handle holds it."""
        need_free_disk(folder)
        with _explained(folder, "opened"):
            return cls(edge.EdgeShard.load(str(folder)), folder)

    async def upsert(self, points: Sequence[Point]) -> None:
        """Store points in operations of bounded size."""
        for chunk, size in write_operations(points):
            await self._write(edge.UpdateOperation.upsert_points([_to_edge(point) for point in chunk]), size)

    async def delete(self, ids: Sequence[str]) -> None:
        """Delete points by id."""
        if ids:
            await self._write(edge.UpdateOperation.delete_points(list(ids)))

    async def delete_where(self, where: models.Filter) -> None:
        """Delete every point that matches."""
        await self._write(edge.UpdateOperation.delete_points_by_filter(_filter(where)))

    async def set_meta(self, where: models.Filter, values: dict[str, Any]) -> None:
        """Set keys under `meta` of every point that matches."""
        await self._write(edge.UpdateOperation.set_payload_by_filter(_filter(where), values, "meta"))

    async def retrieve(self, ids: Sequence[str], fields: Sequence[str] | None = None) -> list[Point]:
        """Points by id, without vectors."""
        return await self._call(lambda: self._retrieve(ids, fields))

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
        request = edge.ScrollRequest(
            offset=cursor,
            limit=limit,
            filter=_filter(where),
            with_payload=True if fields is None else list(fields),
            with_vector=vectors,
        )
        records, following = await self._call(lambda: self._shard.scroll(request))
        return [_from_edge(record) for record in records], None if following is None else str(following)

    async def read(self, reading: Reading[T]) -> T:
        """Take all steps in one go on the archive's thread."""
        return await self._call(lambda: self._read(reading))

    async def count(self, where: models.Filter) -> int:
        """How many points match."""
        return await self._call(
            lambda: self._shard.count(edge.CountRequest(exact=True, filter=_filter(where)))
        )

    async def facet(self, key: str, where: models.Filter) -> dict[str, int]:
        """Number of points per value."""
        request = edge.FacetRequest(key, limit=FACET_LIMIT, exact=True, filter=_filter(where))
        response = await self._call(lambda: self._shard.facet(request))
        return {str(hit.value): hit.count for hit in response.hits}

    async def size(self) -> int:
        """Bytes that the folder takes on disk (blocks, since its files are sparse)."""
        return await asyncio.to_thread(lambda: sum(_blocks(path) for path in self._folder.rglob("*")))

    async def flush(self) -> None:
        """Bring everything to disk."""
        await self._call(self._shard.flush)

    @asynccontextmanager
    async def at_rest(self) -> AsyncIterator[Path]:
        """The folder with everything in it, whose files stay as they are until the block ends: writes wait."""
        async with self._writing:
            await self._call(self._shard.flush)
            yield self._folder

    async def close(self) -> None:
        """Flush, close the shard and end its thread, whatever happens."""
        try:
            await self._call(self._shard.flush)
        finally:
            await self._call(self._shard.close)
            self._thread.shutdown()

    def _retrieve(self, ids: Sequence[str], fields: Sequence[str] | None) -> list[Point]:
        wanted = True if fields is None else list(fields)
        return [_from_edge(record) for record in self._shard.retrieve(list(ids), wanted, False)]

    def _nearest(self, step: Nearest) -> list[list[Hit]]:
        # One batch: Edge takes searches of one segment in turn, so a second thread gains nothing (measured).
        batch = edge.QueryBatchRequest([_to_request(query, step.fields) for query in step.queries])
        answers = self._shard.query_batch(batch) if step.queries else []
        return [[Hit(str(hit.id), hit.score, hit.payload or {}) for hit in hits] for hits in answers]

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

    async def _write(self, operation: edge.UpdateOperation, size: int = 0) -> None:
        async with self._writing:
            need_free_disk(self._folder, size)
            await self._call(lambda: self._shard.update(operation))

    async def _call(self, work: Callable[[], T]) -> T:
        with _explained(self._folder, "used"):
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def need_free_disk(folder: Path, size: int = 0) -> None:
    """Raise ArchiveFull unless the disk of `folder` has room for `size` bytes and the write-ahead log."""
    free = shutil.disk_usage(folder).free
    needed = FREE_BYTES_NEEDED + 3 * size
    if free < needed:
        raise ArchiveFull(_full_message(folder, f"{free >> 20} MB free, {needed >> 20} MB needed"))


@contextmanager
def _explained(folder: Path, done: str) -> Iterator[None]:
    """Turn whatever Edge or the system says about `folder` into an ArchiveError of one line."""
    try:
        yield
    except BaseException as error:
        # Edge raises bare Exceptions, and panics that are no Exception at all; all else is not its own.
        if not (
            type(error) is Exception or type(error).__name__ == "PanicException" or isinstance(error, OSError)
        ):
            raise
        said = str(error)
        if "WouldBlock" in said:
            raise ArchiveLocked(
                f"the archive data in {folder} is open in another process; stop it first"
            ) from error
        reason = said.splitlines()[0] if said else type(error).__name__
        if any(sign in said for sign in FULL):
            raise ArchiveFull(_full_message(folder, reason)) from error
        raise ArchiveError(
            f"the archive data in {folder} cannot be {done}: {reason}; "
            "check the disk, or restore the folder from a backup"
        ) from error


def _full_message(folder: Path, detail: str) -> str:
    return (
        f"the disk of {folder} is full ({detail}); free some space, "
        "or set CITEWELL_ARCHIVE to a folder on another disk"
    )


def _indexes() -> Iterator[tuple[str, Any]]:
    # enable_hnsw would build graph links per value: never needed without HNSW, ruinous for ids.
    for field in KEYWORD_FIELDS:
        yield field, edge.KeywordIndexParams(enable_hnsw=False)
    for field in DATETIME_FIELDS:
        yield field, edge.DatetimeIndexParams(enable_hnsw=False)


def _blocks(path: Path) -> int:
    with suppress(FileNotFoundError):  # Edge replaces files while it works
        return path.stat().st_blocks * 512
    return 0


def _to_edge(point: Point) -> edge.Point:
    vectors: dict[str, Any] = {}
    if point.dense is not None:
        vectors[DENSE] = list(point.dense)
    if point.terms is not None and point.terms.indices:
        vectors[SPARSE] = edge.SparseVector(point.terms.indices, point.terms.values)
    return edge.Point(point.id, vectors, point.payload)


def _from_edge(record: edge.Record) -> Point:
    vectors = record.vector if isinstance(record.vector, dict) else {}
    dense: Any = vectors.get(DENSE)
    sparse: Any = vectors.get(SPARSE)
    terms = None if sparse is None else SparseTerms(list(sparse.indices), list(sparse.values))
    return Point(str(record.id), record.payload or {}, dense, terms)


def _to_request(query: Query, fields: Sequence[str]) -> edge.QueryRequest:
    if query.terms is not None:
        nearest = edge.Query.Nearest(edge.SparseVector(query.terms.indices, query.terms.values), SPARSE)
        corpus = query.idf_corpus and edge.IdfParams(corpus=_filter(query.idf_corpus))
        params = edge.SearchParams(idf=corpus) if corpus else None
    else:
        nearest = edge.Query.Nearest(list(query.dense or ()), DENSE)
        params = edge.SearchParams(exact=True)
    return edge.QueryRequest(
        limit=query.limit,
        query=nearest,
        filter=_filter(query.where),
        params=params,
        with_payload=list(fields) or False,
    )


def _filter(where: models.Filter) -> edge.Filter:
    return edge.Filter(
        must=_conditions(where.must), should=_conditions(where.should), must_not=_conditions(where.must_not)
    )


def _conditions(conditions: Any) -> list[Any] | None:
    if conditions is None:
        return None
    listed = conditions if isinstance(conditions, list) else [conditions]
    return [_condition(condition) for condition in listed] or None


def _condition(condition: Any) -> Any:
    match condition:
        case models.Filter():
            return _filter(condition)
        case models.HasIdCondition():
            return edge.HasIdCondition(set(condition.has_id))
        case models.FieldCondition(match=models.MatchValue() as match):
            return edge.FieldCondition(condition.key, match=edge.MatchValue(match.value))
        case models.FieldCondition(match=models.MatchAny() as match):
            return edge.FieldCondition(condition.key, match=edge.MatchAny([str(one) for one in match.any]))
        case models.FieldCondition(range=models.DatetimeRange() as span):
            bounds = {name: value.isoformat() for name, value in span if value is not None}
            return edge.FieldCondition(condition.key, range=edge.RangeDateTime(**bounds))
    raise ArchiveError(f"the embedded engine has no translation for the condition {condition!r}")
