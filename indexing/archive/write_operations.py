"""Points in, operations of bounded size out: what one call of an engine writes, all of it or nothing."""

import json
from collections.abc import Iterator, Sequence

from indexing.archive.engine import OPERATION_POINTS, Point

OPERATION_BYTES = 8 << 20
NUMBER_BYTES = 24  # of a vector, as JSON writes it


def write_operations(points: Sequence[Point]) -> Iterator[tuple[list[Point], int]]:
    """Operations with their sizes: at most OPERATION_POINTS and OPERATION_BYTES, but one point at least."""
    chunk: list[Point] = []
    size = 0
    for point in points:
        more = _point_size(point)
        if chunk and (len(chunk) == OPERATION_POINTS or size + more > OPERATION_BYTES):
            yield chunk, size
            chunk, size = [], 0
        chunk.append(point)
        size += more
    if chunk:
        yield chunk, size


def _point_size(point: Point) -> int:
    """At least the bytes that the point takes in an operation, in memory or as JSON."""
    vector = len(point.dense) if point.dense is not None else 0
    terms = 2 * len(point.terms.indices) if point.terms is not None else 0
    return NUMBER_BYTES * (vector + terms) + len(json.dumps(point.payload)) + 512
