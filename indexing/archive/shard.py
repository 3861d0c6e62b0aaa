"""One Qdrant Edge shard in a folder: blocking calls, plain values in and out, whatever goes wrong as an ArchiveError.

Plain, so that the calls go through a pipe as they are, and this file loads in a moment (the child process of
`shard_process.py` imports nothing else). Edge holds Python's lock in everything but queries.
"""

import json
import math
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypedDict

import qdrant_edge as edge

from indexing.archive.engine import DATETIME_FIELDS, DENSE, FACET_LIMIT, KEYWORD_FIELDS, SPARSE
from indexing.archive.read_ahead import read_ahead
from indexing.errors import ArchiveError, ArchiveFull, ArchiveLocked

# Edge writes through memory maps of sparse files: on a full disk the process dies of SIGBUS without a word,
# even when it only opens a shard. The write-ahead log takes segments of 32 MB, an empty shard 70 MB.
FREE_BYTES_NEEDED = 128 << 20
FULL = ("No space left", "File too large", "Disk quota", "os error 27", "os error 28", "os error 122")

DATATYPE = "float16"
KIND, BRANCH = "meta.kind", "meta.branch"
# Measured at 190,690 passages, each real one with 65 near-identical ones, which is harder than an archive is: recall@10
# against exact search .998 in 1.4 ms of processor time, .993 within one language; with 384 in view .986 and .959. At
# 100,000 passages 16 links and 100 looked at gave .960 where 32 and 200 gave .997, for 76 s of building instead of 99.
GRAPH = 32, 200  # links of a passage, and how many are looked at to choose them
LOOKED_AT = 768  # passages that a search of the graph keeps in view
# In the search of one language among segments of which none holds more than such a share of all: of the ten nearest of
# a million .996 are among what two segments find so, where one gave .983 with three times as many in view.
LOOKED_AT_EACH, EVEN = 256, 0.6
# Through all languages at once, which lie one after the other with few links between them: .998 of the ten nearest of a
# million in 5 ms, where 768 gave .958 in 2.
LOOKED_AT_ALL = 3_072
RESCORED = 50  # candidates by vectors of 8 bits, at least, of which whole vectors choose
# Of vectors that a filter leaves, up to which all are compared: some 20,000 points of a segment, counted as if those
# without a vector had a mean one. With 85,000 a question among a million took 19 ms instead of 14.
SCANNED_KB = 7_000
# A filter beside the language cuts through the graph: .955; looking beyond what it leaves out .986, in 6 ms.
LOOK_BEYOND = edge.AcornSearchParams(enable=True, max_selectivity=0.4)

# Passages of a segment. The searches of one question among a million took 15 ms in one segment, 10 in two.
SEGMENT = 600_000
PAGE = 1_000  # points that are written anew at a time

PlainTerms = tuple[list[int], list[float]]
PlainPoint = tuple[str, dict[str, Any], list[float] | None, PlainTerms | None]
PlainHit = tuple[str, float, dict[str, Any]]
PlainCondition = Any
"""("ids", list), ("is", key, value), ("any", key, values), ("span", key, bounds as RFC 3339), or a PlainFilter."""


class PlainFilter(TypedDict, total=False):
    """A filter over points, as Qdrant's, with conditions that pickle quickly."""

    must: list[PlainCondition]
    should: list[PlainCondition]
    must_not: list[PlainCondition]


@dataclass(frozen=True, slots=True)
class PlainQuery:
    """One nearest-neighbour query; see `engine.Query`."""

    limit: int
    where: PlainFilter
    dense: list[float] | None
    terms: PlainTerms | None
    idf_corpus: PlainFilter | None
    exact: bool


class Shard:
    """A shard that this process has open; it has one owner at a time."""

    def __init__(self, shard: edge.EdgeShard, folder: Path) -> None:
        """Own `shard` from here on; `folder` is where it lies."""
        self._shard = shard
        self._folder = folder
        self._share = _largest_share(folder)

    @staticmethod
    def create(folder: Path, dimension: int) -> None:
        """Make an empty shard in `folder` (which must not exist) with its payload indexes, and close it."""
        need_free_disk(folder.parent)
        with explained(folder, "created"):
            folder.mkdir(mode=0o700)
            shard = edge.EdgeShard.create(str(folder), _config(dimension))
            for field, index in _indexes():
                shard.update(edge.UpdateOperation.create_field_index(field, index))
            shard.flush()
            shard.close()

    @classmethod
    def load(cls, folder: Path) -> "Shard":
        """Open an existing shard; raises ArchiveLocked when another process or handle holds it."""
        need_free_disk(folder)
        read_ahead(folder)
        with explained(folder, "opened"):
            return cls(edge.EdgeShard.load(str(folder)), folder)

    def call(self, method: str, *arguments: Any) -> Any:
        """What one of the methods below returns or raises."""
        return getattr(self, method)(*arguments)

    def upsert(self, points: Sequence[PlainPoint]) -> None:
        """Store points, all or none."""
        self._shard.update(edge.UpdateOperation.upsert_points([_to_edge(point) for point in points]))

    def delete(self, ids: Sequence[str]) -> None:
        """Delete points by id."""
        self._shard.update(edge.UpdateOperation.delete_points(list(ids)))

    def delete_where(self, where: PlainFilter) -> None:
        """Delete every point that matches."""
        self._shard.update(edge.UpdateOperation.delete_points_by_filter(_filter(where)))

    def set_meta(self, where: PlainFilter, values: dict[str, Any]) -> None:
        """Set keys under `meta` of every point that matches."""
        self._shard.update(edge.UpdateOperation.set_payload_by_filter(_filter(where), values, "meta"))

    def retrieve(self, ids: Sequence[str], fields: Sequence[str] | None) -> list[PlainPoint]:
        """Points by id, without vectors."""
        wanted = True if fields is None else list(fields)
        return [_from_edge(record) for record in self._shard.retrieve(list(ids), wanted, False)]

    def scroll(
        self, where: PlainFilter, limit: int, cursor: str | None, vectors: bool, fields: Sequence[str] | None
    ) -> tuple[list[PlainPoint], str | None]:
        """A page of points in the order of their ids, and the cursor of the next."""
        request = edge.ScrollRequest(
            offset=cursor,
            limit=limit,
            filter=_filter(where),
            with_payload=True if fields is None else list(fields),
            with_vector=vectors,
        )
        records, following = self._shard.scroll(request)
        return [_from_edge(record) for record in records], None if following is None else str(following)

    def nearest(self, queries: Sequence[PlainQuery], fields: Sequence[str]) -> list[list[PlainHit]]:
        """A list of hits per query, best first."""
        if not queries:
            return []
        # One batch: Edge takes searches of one segment in turn, so a second thread gains nothing (measured).
        batch = edge.QueryBatchRequest([_to_request(query, fields, self._share) for query in queries])
        answers = self._shard.query_batch(batch)
        return [[(str(hit.id), hit.score, hit.payload or {}) for hit in hits] for hits in answers]

    def count(self, where: PlainFilter) -> int:
        """How many points match."""
        return self._shard.count(edge.CountRequest(exact=True, filter=_filter(where)))

    def facet(self, key: str, where: PlainFilter) -> dict[str, int]:
        """Number of points per value of a keyword field."""
        request = edge.FacetRequest(key, limit=FACET_LIMIT, exact=True, filter=_filter(where))
        return {str(hit.value): hit.count for hit in self._shard.facet(request).hits}

    def optimize(self, dimension: int, fresh: int) -> None:
        """Build the index of the `fresh` passages that are in none; takes minutes, in which nothing else is done here.

        Segments are searched side by side, each by a thread of its own, so more than one segment's passages are
        written anew in parts first; so are those of an archive that began with vectors of 32 bits.
        """
        if fresh <= SEGMENT and _datatype(self._folder) == DATATYPE:
            self._index(dimension)
            return
        parted, old = (self._folder.with_name(f"{self._folder.name}.{name}") for name in ("parted", "old"))
        Shard.create(parted, dimension)
        shard = Shard.load(parted)
        try:
            for part in self._parts(math.ceil(fresh / SEGMENT)):
                for points in part:
                    shard.upsert(points)
                shard._index(dimension)
        finally:
            shard.close()
        self._shard.close()
        self._folder.rename(old)
        parted.rename(self._folder)
        self._shard = edge.EdgeShard.load(str(self._folder))
        self._share = _largest_share(self._folder)
        shutil.rmtree(old, ignore_errors=True)

    def _parts(self, parts: int) -> Iterator[Iterator[list[PlainPoint]]]:
        """Every point, in parts of about the same size; ids are hashes, so each is a fair sample."""
        pages = self._pages()
        each = self.count({}) // (parts * PAGE) + 1
        for part in range(parts):
            yield islice(pages, each if part < parts - 1 else None)

    def _pages(self) -> Iterator[list[PlainPoint]]:
        cursor: str | None = None
        while True:
            points, cursor = self.scroll({}, PAGE, cursor, True, None)
            yield points
            if cursor is None:
                return

    def _index(self, dimension: int) -> None:
        self._shard.close()
        self._shard = edge.EdgeShard.load(str(self._folder), _config(dimension, indexed=True))
        # Links among the passages of each language, since retrieval searches language by language.
        self._delete_index(BRANCH)
        # And its passages side by side on disk, without the points between them that have no vector: of the pages of
        # a million passages that 600 questions touch, half as many.
        self._create_index(BRANCH, edge.KeywordIndexParams(enable_hnsw=True, is_tenant=True))
        rest = [(field, index) for field, index in _indexes(edge.Memory.Cold) if field not in (BRANCH, KIND)]
        for field, _ in rest:
            self._delete_index(field)
        self._shard.optimize()
        for field, index in rest:
            self._create_index(field, index)
        self._share = _largest_share(self._folder)

    def _create_index(self, field: str, index: Any) -> None:
        self._shard.update(edge.UpdateOperation.create_field_index(field, index))

    def _delete_index(self, field: str) -> None:
        self._shard.update(edge.UpdateOperation.delete_field_index(field))

    def flush(self) -> None:
        """Bring everything to disk."""
        self._shard.flush()

    def close(self) -> None:
        """Release the folder; further calls fail."""
        self._shard.close()


def _largest_share(folder: Path) -> float:
    """The share that the largest segment with an index has of all vectors in one; 1 where there is no other."""
    vectors = folder.glob(f"segments/*/vector_storage-{DENSE}/quantized.data")
    sizes = [path.stat().st_size for path in vectors]
    return max(sizes) / sum(sizes) if sizes else 1.0


def _datatype(folder: Path) -> str:
    """How the vectors of a shard lie; it cannot be changed in place."""
    config = json.loads((folder / "edge_config.json").read_bytes())
    return str(config["vectors"][DENSE].get("datatype", "float32"))


def need_free_disk(folder: Path, size: int = 0) -> None:
    """Raise ArchiveFull unless the disk of `folder` has room for `size` bytes and the write-ahead log."""
    free = shutil.disk_usage(folder).free
    needed = FREE_BYTES_NEEDED + 3 * size
    if free < needed:
        raise ArchiveFull(_full_message(folder, f"{free >> 20} MB free, {needed >> 20} MB needed"))


@contextmanager
def explained(folder: Path, done: str) -> Iterator[None]:
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


def _config(dimension: int, *, indexed: bool = False) -> edge.EdgeConfig:
    """How vectors lie, and how an index of them is built; kept with the shard."""
    kilobytes = SEGMENT * dimension * 2 >> 10
    # Cold: what a search touches is mapped, and only then; `read_ahead` has it in the system's page cache by then.
    half = edge.ScalarQuantizationConfig(type=edge.ScalarType.Int8, quantile=0.99, memory=edge.Memory.Cold)
    return edge.EdgeConfig(
        vectors={
            DENSE: edge.EdgeVectorParams(
                # Of 16 bits: 700 questions find the same first passage among 100,000 as with 32, in half the memory,
                # and comparing with 50,000 takes three quarters of the time.
                size=dimension,
                distance=edge.Distance.Cosine,
                datatype=edge.VectorStorageDatatype.Float16,
                memory=edge.Memory.Cold if indexed else None,
            )
        },
        sparse_vectors={
            SPARSE: edge.EdgeSparseVectorParams(
                modifier=edge.Modifier.Idf, memory=edge.Memory.Cold if indexed else None
            )
        },
        hnsw_config=edge.HnswIndexConfig(*GRAPH, full_scan_threshold=SCANNED_KB) if indexed else None,
        quantization_config=half if indexed else None,
        # A later index takes the passages of the smallest one along, as long as it does not become larger than this.
        optimizers=edge.EdgeOptimizersConfig(max_segment_size=kilobytes) if indexed else None,
    )


def _indexes(memory: edge.Memory | None = None) -> Iterator[tuple[str, Any]]:
    """Indexes of payload fields: read into memory when a shard is opened, or left where the system keeps them.

    With all but KIND and BRANCH left there a million passages are opened in 2.5 s instead of 17.8; these two
    stand in every search, which would take a fifth longer.
    """
    # enable_hnsw would build graph links per value: never needed without HNSW, ruinous for ids.
    for field in KEYWORD_FIELDS:
        yield field, edge.KeywordIndexParams(enable_hnsw=False, memory=memory)
    for field in DATETIME_FIELDS:
        yield field, edge.DatetimeIndexParams(enable_hnsw=False, memory=memory)


def _to_edge(point: PlainPoint) -> edge.Point:
    id, payload, dense, terms = point
    vectors: dict[str, Any] = {}
    if dense is not None:
        vectors[DENSE] = dense
    if terms is not None and terms[0]:
        vectors[SPARSE] = edge.SparseVector(*terms)
    return edge.Point(id, vectors, payload)


def _from_edge(record: edge.Record) -> PlainPoint:
    vectors = record.vector if isinstance(record.vector, dict) else {}
    dense: Any = vectors.get(DENSE)
    sparse: Any = vectors.get(SPARSE)
    terms = None if sparse is None else (list(sparse.indices), list(sparse.values))
    return str(record.id), record.payload or {}, dense, terms


def _to_request(query: PlainQuery, fields: Sequence[str], share: float) -> edge.QueryRequest:
    if query.terms is not None:
        nearest = edge.Query.Nearest(edge.SparseVector(*query.terms), SPARSE)
        params = None
        if query.idf_corpus is not None:
            params = edge.SearchParams(idf=edge.IdfParams(corpus=_filter(query.idf_corpus)))
    else:
        nearest = edge.Query.Nearest(query.dense or [], DENSE)
        # What is in no index is compared with everything there is, whatever this says.
        params = edge.SearchParams(
            exact=query.exact,
            hnsw_ef=max(_looked_at(query.where, share), query.limit),
            acorn=LOOK_BEYOND if len(query.where.get("must", ())) > 1 else None,
            quantization=edge.QuantizationSearchParams(
                rescore=True, oversampling=max(1.0, RESCORED / max(1, query.limit))
            ),
        )
    return edge.QueryRequest(
        limit=query.limit,
        query=nearest,
        filter=_filter(query.where),
        params=params,
        with_payload=list(fields) or False,
    )


def _looked_at(where: PlainFilter, share: float) -> int:
    """How many passages a search of one segment keeps in view; a language has links of its own there."""
    match where:
        case {"must": [("is", field, _)]} if field == BRANCH and len(where) == 1 and share <= EVEN:
            return LOOKED_AT_EACH
        case {"must": [("is", field, _)]} if field == KIND and len(where) == 1:
            return LOOKED_AT_ALL
    return LOOKED_AT


def _filter(where: PlainFilter) -> edge.Filter:
    parts: dict[str, Any] = {
        name: [_condition(one) for one in conditions] or None
        for name, conditions in where.items()
        if isinstance(conditions, list)
    }
    return edge.Filter(**parts)


def _condition(condition: PlainCondition) -> Any:
    match condition:
        case Mapping():
            return _filter(condition)  # type: ignore[arg-type]
        case "ids", ids:
            return edge.HasIdCondition(set(ids))
        case "is", key, value:
            return edge.FieldCondition(key, match=edge.MatchValue(value))
        case "any", key, values:
            return edge.FieldCondition(key, match=edge.MatchAny(values))
        case "span", key, bounds:
            return edge.FieldCondition(key, range=edge.RangeDateTime(**bounds))
    raise AssertionError(f"{condition!r} is no condition")
