"""The server engine: the same points on a Qdrant server or cluster, by qdrant-client's async methods."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from qdrant_client import AsyncQdrantClient, models

from indexing.archive.engine import (
    DENSE,
    FACET_LIMIT,
    SPARSE,
    Hit,
    Nearest,
    Point,
    Query,
    Reading,
)
from indexing.archive.server_faults import explained
from indexing.archive.terms import SparseTerms
from indexing.archive.write_operations import write_operations

T = TypeVar("T")

OVERSAMPLING = 2.0  # candidates by quantized vectors for each that is returned


class ServerEngine:
    """Engine over one collection; `client` may also be qdrant-client's local mode (tests)."""

    name = "Qdrant server"

    def __init__(
        self,
        client: AsyncQdrantClient,
        collection: str,
        place: str,
        *,
        replicated: bool = False,
        quantized: bool = False,
    ) -> None:
        """Own `client` from here on; `place` is its address, for messages.

        `replicated`: reads that a write follows from ask most replicas. `quantized`: search looks at more
        candidates than it returns and orders them by their whole vectors.
        """
        self._client = client
        self._collection = collection
        self._quantized = quantized
        # Of a replica that has missed a write one would read an old version, and write on from that.
        self._consistency = models.ReadConsistencyType.MAJORITY if replicated else None
        self.place = place

    async def upsert(self, points: Sequence[Point]) -> None:
        """Store points in requests of bounded size, waiting until each is applied."""
        with self._explained():
            for chunk, _ in write_operations(points):
                await self._client.upsert(self._collection, [_to_server(point) for point in chunk], wait=True)

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
            records = await self._client.retrieve(
                self._collection, list(ids), with_payload=wanted, consistency=self._consistency
            )
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
                consistency=self._consistency,
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
                self._collection,
                key,
                facet_filter=where,
                limit=FACET_LIMIT,
                exact=True,
                consistency=self._consistency,
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
        requests = [_to_request(query, step.fields, self._quantized) for query in step.queries]
        with self._explained():
            answers = await self._client.query_batch_points(self._collection, requests)
        return [[Hit(str(p.id), p.score, p.payload or {}) for p in answer.points] for answer in answers]

    def _explained(self) -> AbstractContextManager[None]:
        return explained(self.place)


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


def _to_request(query: Query, fields: Sequence[str], quantized: bool) -> models.QueryRequest:
    params = None
    if query.terms is not None:
        nearest: Any = models.SparseVector(indices=query.terms.indices, values=query.terms.values)
        if query.idf_corpus is not None:
            params = models.SearchParams(idf=models.IdfCorpusParams(corpus=query.idf_corpus))
    else:
        nearest = list(query.dense or ())
        if quantized:
            quantization = models.QuantizationSearchParams(rescore=True, oversampling=OVERSAMPLING)
            params = models.SearchParams(quantization=quantization)
    return models.QueryRequest(
        query=nearest,
        using=SPARSE if query.terms is not None else DENSE,
        filter=query.where,
        limit=query.limit,
        with_payload=list(fields) or False,
        params=params,
    )
