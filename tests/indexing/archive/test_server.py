"""The server engine beyond the shared contract: what it says when there is no server, and its pieces."""

import warnings

import pytest
from qdrant_client import AsyncQdrantClient

from indexing.archive.engine import OPERATION_POINTS
from indexing.archive.records import text_point
from indexing.archive.server import ServerEngine
from indexing.errors import ArchiveError
from tests.indexing.archive.synthetic import DIMENSION, EVERYTHING


async def test_server_that_is_not_there_is_named() -> None:
    client = AsyncQdrantClient(url="http://127.0.0.1:9", check_compatibility=False, trust_env=False)
    engine = ServerEngine(client, "articles", "http://127.0.0.1:9")
    with pytest.raises(
        ArchiveError, match=r"http://127\.0\.0\.1:9 failed: .*QDRANT_URL and QDRANT_API_KEY"
    ) as caught:
        await engine.count(EVERYTHING)
    assert "\n" not in str(caught.value)
    with pytest.raises(ArchiveError, match="check that it runs"):
        await engine.create(DIMENSION)
    await engine.close()


async def test_large_write_is_sent_in_pieces() -> None:
    engine = ServerEngine(AsyncQdrantClient(":memory:"), "articles", "memory")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Payload indexes have no effect in the local Qdrant")
        await engine.create(DIMENSION)
    points = [text_point(f"{number:016}", "x") for number in range(OPERATION_POINTS + 1)]
    await engine.upsert(points)
    assert await engine.count(EVERYTHING) == len(points)
    await engine.delete([])
    await engine.delete([point.id for point in points])
    assert await engine.count(EVERYTHING) == 0
    assert await engine.size() is None
    await engine.close()
