"""The server engine beyond the shared contract: what it says when there is no server, and its pieces."""

import warnings

import pytest
from qdrant_client import AsyncQdrantClient

from indexing.archive.engine import OPERATION_POINTS
from indexing.archive.records import text_point
from indexing.archive.server import ServerEngine
from indexing.archive.server_address import Server
from indexing.archive.server_collection import prepare_collection
from indexing.errors import ArchiveUnreachable
from tests.indexing.archive.synthetic import EVERYTHING, MANIFEST


async def test_server_that_is_not_there_is_named() -> None:
    client = AsyncQdrantClient(url="http://127.0.0.1:9", check_compatibility=False, trust_env=False)
    engine = ServerEngine(client, "articles", "http://127.0.0.1:9")
    with pytest.raises(
        ArchiveUnreachable, match=r"http://127\.0\.0\.1:9 cannot be reached .*start it, or correct QDRANT_URL"
    ) as caught:
        await engine.count(EVERYTHING)
    assert "\n" not in str(caught.value)
    await engine.close()


async def test_large_write_is_sent_in_pieces() -> None:
    client = AsyncQdrantClient(":memory:")
    engine = ServerEngine(client, "articles", "memory")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Payload indexes have no effect in the local Qdrant")
        await prepare_collection(client, Server("memory"), MANIFEST)
    points = [text_point(f"{number:016}", "x") for number in range(OPERATION_POINTS + 1)]
    await engine.upsert(points)
    assert await engine.count(EVERYTHING) == len(points)
    await engine.delete([])
    await engine.delete([point.id for point in points])
    assert await engine.count(EVERYTHING) == 0
    assert await engine.size() is None
    await engine.close()
