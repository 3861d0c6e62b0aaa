"""The server engine: the same points on a Qdrant server or cluster, by qdrant-client's async methods."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import ApiException

from indexing.archive.engine import (
    DATETIME_FIELDS,
    DENSE,
    FACET_LIMIT,
    KEYWORD_FIELDS,
    OPERATION_POINTS,
    SPARSE,
    Hit,
    Nearest,
    Point,
    Query,
    Reading,
)
from indexing.archive.terms import SparseTerms
from indexing.errors import ArchiveError

T = TypeVar("T")


class ServerEngine:
    """Engine over one collection; `client` may also be qdrant-client's local mode (tests)."""

    name = "Qdrant server"

    def __init__(self, client: AsyncQdrantClient, collection: str, place: str) -> None:
        """Own `client` from here on; `place` is its address, for messages."""
        self._client = client
        self._collection = collection
        self.place = place

    async def create(self, dimension: int) -> None:
        """Make the collection and its payload indexes as far as they are not there."""
        with self._explained():
            if not await self._client.collection_exists(self._collection):
                await self._client.create_collection(
                    self._collection,
                    vectors_config={
                        DENSE: models.VectorParams(size=dimension, distance=models.Distance.COSINE)
                    },
                    sparse_vectors_config={SPARSE: models.SparseVectorParams(modifier=models.Modifier.IDF)},
                )
            there = (await self._client.get_collection(self._collection)).payload_schema
            wanted = dict.fromkeys(KEYWORD_FIELDS, models.PayloadSchemaType.KEYWORD)
            wanted |= dict.fromkeys(DATETIME_FIELDS, models.PayloadSchemaType.DATETIME)
            for field, schema in wanted.items():
                if field not in there:
                    await self._client.create_payload_index(self._collection, field, schema, wait=True)

    async def upsert(self, points: Sequence[Point]) -> None:
        """Store points, waiting until they are applied."""
        with self._explained():
            for start in range(0, len(points), OPERATION_POINTS):
                chunk = [_to_server(point) for point in points[start : start + OPERATION_POINTS]]
                await self._client.upsert(self._collection, chunk, wait=True)

    async def delete(self, ids: Sequence[str]) -> None:
        """Delete points by id."""
        if ids:
            selector = models.PointIdsList(points=list(ids))
            with self._explained():
                await self._client.delete(self._collection, points_selector=selector, wait=True)

    async def delete_where(self, where: models.Filter) -> None:
        """Delete every point that matches."""
        selector = models.FilterSelector(filter=where)
        with self._explained():
            await self._client.delete(self._collection, points_selector=selector, wait=True)

    async def set_meta(self, where: models.Filter, values: dict[str, Any]) -> None:
        """Set keys under `meta` of every point that matches."""
        selector = models.FilterSelector(filter=where)
        with self._explained():
            await self._client.set_payload(self._collection, values, points=selector, key="meta", wait=True)

    async def retrieve(self, ids: Sequence[str], fields: Sequence[str] | None = None) -> list[Point]:
        """Points by id, without vectors."""
        wanted = True if fields is None else list(fields)
        with self._explained():
            records = await self._client.retrieve(self._collection, list(ids), with_payload=wanted)
        return [_from_server(record) for record in records]

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
        with self._explained():
            records, following = await self._client.scroll(
                self._collection,
                scroll_filter=where,
                limit=limit,
                offset=cursor,
                with_payload=True if fields is None else list(fields),
                with_vectors=vectors,
            )
        return [_from_server(record) for record in records], None if following is None else str(following)

    async def read(self, reading: Reading[T]) -> T:
        """Take the steps one request after the other; a write may come between."""
        result: Any = None
        while True:
            try:
                step = reading.send(result)
            except StopIteration as end:
                found: T = end.value
                return found
            if isinstance(step, Nearest):
                result = await self._nearest(step)
            else:
                result = await self.retrieve(step.ids, step.fields)

    async def count(self, where: models.Filter) -> int:
        """How many points match."""
        with self._explained():
            return (await self._client.count(self._collection, count_filter=where, exact=True)).count

    async def facet(self, key: str, where: models.Filter) -> dict[str, int]:
        """Number of points per value."""
        with self._explained():
            response = await self._client.facet(
                self._collection, key, facet_filter=where, limit=FACET_LIMIT, exact=True
            )
        return {str(hit.value): hit.count for hit in response.hits}

    async def size(self) -> None:
        """Not known: the server's disk is its own."""

    async def flush(self) -> None:
        """Nothing to do: a server flushes by itself."""

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _nearest(self, step: Nearest) -> list[list[Hit]]:
        requests = [_to_request(query, step.fields) for query in step.queries]
        with self._explained():
            answers = await self._client.query_batch_points(self._collection, requests)
        return [[Hit(str(p.id), p.score, p.payload or {}) for p in answer.points] for answer in answers]

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except ApiException as error:
            reason = str(error).splitlines()[0]
            raise ArchiveError(
                f"the Qdrant server at {self.place} failed: {reason}; "
                "check that it runs, QDRANT_URL and QDRANT_API_KEY"
            ) from error


def _to_server(point: Point) -> models.PointStruct:
    vectors: dict[str, Any] = {}
    if point.dense is not None:
        vectors[DENSE] = list(point.dense)
    if point.terms is not None and point.terms.indices:
        vectors[SPARSE] = models.SparseVector(indices=point.terms.indices, values=point.terms.values)
    return models.PointStruct(id=point.id, vector=vectors, payload=point.payload)


def _from_server(record: Any) -> Point:
    vectors = record.vector if isinstance(record.vector, dict) else {}
    sparse = vectors.get(SPARSE)
    terms = None if sparse is None else SparseTerms(list(sparse.indices), list(sparse.values))
    return Point(str(record.id), record.payload or {}, vectors.get(DENSE), terms)


def _to_request(query: Query, fields: Sequence[str]) -> models.QueryRequest:
    params = None
    if query.terms is not None:
        nearest: Any = models.SparseVector(indices=query.terms.indices, values=query.terms.values)
        if query.idf_corpus is not None:
            params = models.SearchParams(idf=models.IdfCorpusParams(corpus=query.idf_corpus))
    else:
        nearest = list(query.dense or ())
    return models.QueryRequest(
        query=nearest,
        using=SPARSE if query.terms is not None else DENSE,
        filter=query.where,
        limit=query.limit,
        with_payload=list(fields) or False,
        params=params,
    )
