"""The server engine beyond the shared contract, against a stub that fails as it is told to."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from haystack.utils import Secret
from haystack_integrations.document_stores.qdrant import QdrantDocumentStore
from qdrant_client import models

from indexing.archive.archive import Archive
from indexing.archive.connect_server import connect_client
from indexing.archive.engine import OPERATION_POINTS
from indexing.archive.open_server_archive import open_server_archive
from indexing.archive.records import text_id, text_point
from indexing.archive.server import ServerEngine
from indexing.archive.server_address import Server
from indexing.errors import ArchiveError, ArchiveForbidden, ArchiveFull, ArchiveUnreachable
from tests.indexing.archive.synthetic import (
    DIMENSION,
    EVERYTHING,
    MANIFEST,
    Expected,
    article,
    check,
    long_text,
    passages_of,
    put,
)
from tests.qdrant_stub.running_stub import RunningStub, running_stub

PLACES = iter(range(1_000))
MB = 1 << 20
WRITES = ".*/points(/delete|/payload)?"


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStub]:
    with running_stub(tmp_path_factory.mktemp("stub")) as running:
        yield running


@pytest.fixture
async def archive(stub: RunningStub) -> AsyncIterator[Archive]:
    """An empty archive on the stub, which does nothing wrong until it is told to."""
    stub.fail()
    opened = await open_server_archive(server_on(stub), MANIFEST)
    stub.forget()
    yield opened
    stub.fail()
    await opened.close()


@pytest.fixture
async def patient(stub: RunningStub) -> AsyncIterator[Archive]:
    """The same for large requests, over which a stub in Python takes seconds."""
    stub.fail()
    opened = await open_server_archive(server_on(stub, seconds=120.0), MANIFEST)
    stub.forget()
    yield opened
    await opened.close()


@pytest.fixture
async def hasty(archive: Archive, stub: RunningStub) -> AsyncIterator[ServerEngine]:
    """The collection of `archive` for somebody who waits some seconds only."""
    server = Server(stub.url, collection_of(archive), seconds=4.0, attempts=3)
    engine = ServerEngine(connect_client(server), server.collection, server.url)
    yield engine
    await engine.close()


def server_on(stub: RunningStub, **options: Any) -> Server:
    """A collection of its own there; on a busy disk a request may take seconds."""
    return Server(stub.url, f"archive-{next(PLACES)}", **{"attempts": 3, **options})


def collection_of(archive: Archive) -> str:
    """Its name on the stub."""
    return archive.place.rpartition("/")[2]


def sent(stub: RunningStub, path: str) -> list[int]:
    """Status of every request to this path, in order; 0 for those without a reply."""
    return [one["status"] for one in stub.requests() if one["path"].endswith(path)]


async def test_server_that_is_not_there_is_named() -> None:
    server = Server("http://127.0.0.1:9", attempts=1)
    engine = ServerEngine(connect_client(server), "articles", server.url)
    with pytest.raises(
        ArchiveUnreachable,
        match=r"http://127\.0\.0\.1:9 cannot be reached .*start it, or correct its address",
    ) as caught:
        await engine.count(EVERYTHING)
    assert "\n" not in str(caught.value)
    await engine.close()


async def test_large_write_is_sent_in_pieces(patient: Archive, stub: RunningStub) -> None:
    points = [text_point(f"{number:016}", "x") for number in range(OPERATION_POINTS + 1)]
    await patient._engine.upsert(points)
    assert sent(stub, "/points") == [200, 200]
    await patient._engine.upsert([text_point(f"large {number}", "y" * (3 * MB)) for number in range(5)])
    assert sent(stub, "/points") == [200] * 5
    assert await patient._engine.count(EVERYTHING) == len(points) + 5
    await patient._engine.delete([])
    await patient._engine.delete([point.id for point in points])
    assert await patient._engine.count(EVERYTHING) == 5
    assert await patient._engine.size() is None


@pytest.mark.parametrize("character", ["a", "語", "𝒜", '"'])
async def test_longest_text_is_within_what_a_server_takes(patient: Archive, character: str) -> None:
    text = character * 5_000_000
    await patient._engine.upsert([text_point("longest", text)])
    [stored] = await patient._engine.retrieve([text_id("longest")])
    assert stored.payload["content"] == text


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "status", "status": 503},
        {"do": "status", "status": 429, "headers": {"Retry-After": "0"}},
        {"do": "drop"},
        {"do": "drop_after"},
        {"do": "cut"},
        {"do": "status_after", "status": 502},
    ],
    ids=lambda fault: f"{fault['do']} {fault.get('status', '')}",
)
async def test_passing_fault_is_not_seen(archive: Archive, stub: RunningStub, fault: dict[str, Any]) -> None:
    """Every kind of request fails twice, and all is stored once."""
    paths = ["/points", "/points/delete", "/points/payload", "/scroll", "/count", "/facet", "/query/batch"]
    stub.fail(*({**fault, "path": f".*{path}", "times": 2} for path in paths))
    expected = Expected()
    for text in (long_text("the river"), long_text("the bridge")):
        one = article("one", text, source="Echo")
        assert await put(archive, one) == [expected.put(one)]
    await check(archive, expected)
    assert await archive.remove("one")
    assert await archive.article_count() == 0
    assert len([one for one in stub.requests() if one["status"] != 200 or fault["do"] != "status"]) > 2


async def test_retry_after_is_kept(archive: Archive, stub: RunningStub) -> None:
    stub.fail({"do": "status", "status": 429, "headers": {"Retry-After": "60"}, "times": 9})
    with pytest.raises(ArchiveUnreachable, match=r"takes no more requests for 60 s .*try again then"):
        await archive.article_count()
    assert sent(stub, "/count") == [429], "60 s are longer than anybody waits here, so nothing was sent again"


@pytest.mark.parametrize(
    ("fault", "error", "message"),
    [
        ({"status": 503}, ArchiveUnreachable, "busy or not ready .503: told to answer 503.; try again"),
        ({"status": 429}, ArchiveUnreachable, "busy or not ready .429"),
        ({"do": "drop"}, ArchiveUnreachable, "the connection to .* broke .*look at its log"),
        ({"do": "cut"}, ArchiveUnreachable, "the connection to .* broke"),
    ],
    ids=str,
)
async def test_lasting_fault_ends_after_some_attempts(
    archive: Archive, stub: RunningStub, fault: dict[str, Any], error: type[Exception], message: str
) -> None:
    stub.fail({"do": "status", "times": 99, **fault})
    with pytest.raises(error, match=message) as caught:
        await archive.article_count()
    assert "\n" not in str(caught.value)
    assert stub.url in str(caught.value)
    stub.fail()
    assert await archive.article_count() == 0


@pytest.mark.parametrize(
    ("fault", "error", "message"),
    [
        ({"status": 401}, ArchiveForbidden, "refuses the key .401.*set QDRANT_API_KEY"),
        ({"status": 403}, ArchiveForbidden, "refuses the key .403.*set QDRANT_API_KEY"),
        ({"status": 404}, ArchiveError, "knows no such thing"),
        ({"status": 400}, ArchiveError, "failed .400"),
        ({"status": 500}, ArchiveError, "failed .500"),
        ({"status": 504}, ArchiveUnreachable, "busy or not ready .504"),
        (
            {
                "status": 500,
                "body": '{"status": {"error": "Service internal error: No space left on device"}}',
            },
            ArchiveFull,
            "disk of the Qdrant server .* is full .*free some space there",
        ),
    ],
    ids=str,
)
async def test_what_must_not_be_repeated_is_sent_once(
    archive: Archive, stub: RunningStub, fault: dict[str, Any], error: type[Exception], message: str
) -> None:
    stub.fail({"do": "status", "path": ".*/points", "method": "PUT", "times": 99, **fault})
    with pytest.raises(error, match=message) as caught:
        await archive._engine.upsert([text_point("one", "x")])
    assert "\n" not in str(caught.value)
    assert len(sent(stub, "/points")) == 1


async def test_answer_that_does_not_come_is_not_waited_for(
    archive: Archive, hasty: ServerEngine, stub: RunningStub
) -> None:
    stub.fail({"do": "slow", "times": 99, "seconds": 600.0})
    with pytest.raises(
        ArchiveUnreachable, match=r"did not answer in time .*CITEWELL_QDRANT_TIMEOUT"
    ) as caught:
        await hasty.count(EVERYTHING)
    assert "\n" not in str(caught.value) and stub.url in str(caught.value)
    stub.fail()
    assert await archive.article_count() == 0


async def test_write_that_is_not_answered_in_time_is_sent_once(
    hasty: ServerEngine, stub: RunningStub
) -> None:
    stub.fail({"do": "slow", "path": ".*/points", "method": "PUT", "times": 99, "seconds": 6.0})
    with pytest.raises(ArchiveUnreachable, match="may be stored, adding it again is safe") as caught:
        await hasty.upsert([text_point("one", "x")])
    assert "\n" not in str(caught.value)
    while not sent(stub, "/points"):  # it is still being worked on
        await asyncio.sleep(0.05)
    assert len(sent(stub, "/points")) == 1


@pytest.mark.parametrize("body", ["<html>hello</html>", "[]", "", '{"result": {"count": "many"}}'])
async def test_another_program_is_not_taken_for_qdrant(
    archive: Archive, stub: RunningStub, body: str
) -> None:
    stub.fail({"do": "status", "status": 200, "body": body})
    with pytest.raises(ArchiveError, match=r"does not speak as Qdrant does .*REST port is usually 6333"):
        await archive.article_count()


async def test_node_that_is_lost_in_mid_write_comes_back_with_all_that_was_acknowledged(
    tmp_path: Path,
) -> None:
    """Killed before each write in turn: the archive opens again as it was before that article, or after it."""
    with running_stub(tmp_path) as stub:
        server = server_on(stub, attempts=1)
        opened = await open_server_archive(server, MANIFEST)
        expected = Expected()
        one = article("one", long_text("the river"))
        assert await put(opened, one) == [expected.put(one)]
        for skipped in range(0, 6, 2):
            changed = article("one", long_text(f"the bridge {skipped}"))
            stub.fail({"do": "drop", "path": WRITES, "method": "PUT|POST", "skip": skipped, "times": 999})
            with pytest.raises(ArchiveUnreachable):
                await put(opened, changed)
            stub.kill()
            stub.restart()
            await opened.close()
            opened = await open_server_archive(server, MANIFEST)
            stored = await opened.article("one")
            assert stored is not None
            if stored.article.text == changed.text:
                expected.put(changed)
            await check(opened, expected)
        await opened.close()


async def test_haystacks_store_reads_what_is_on_a_server(archive: Archive, stub: RunningStub) -> None:
    one = article("one", long_text("the river"), source="Echo")
    await put(archive, one)
    store = QdrantDocumentStore(
        url=stub.url,
        api_key=Secret.from_token("not asked for"),
        https=False,
        index=collection_of(archive),
        embedding_dim=DIMENSION,
        use_sparse_embeddings=True,
        sparse_idf=True,
        progress_bar=False,
        client_kwargs={"trust_env": False, "check_compatibility": False},
    )
    with pytest.warns(UserWarning, match="insecure connection"):
        documents = await store.filter_documents_async(
            {"field": "meta.kind", "operator": "==", "value": "passage"}
        )
    assert sorted(document.content or "" for document in documents) == sorted(
        p.text for p in passages_of(one)
    )
    for document in documents:
        assert one.text[document.meta["start"] : document.meta["end"]] == document.content


async def test_reads_ask_most_replicas_and_search_compares_whole_vectors(stub: RunningStub) -> None:
    stub.fail()
    server = server_on(stub)
    client = connect_client(server)
    await client.create_collection(server.collection, {}, metadata={})
    stub.forget()
    engine = ServerEngine(client, server.collection, server.url, replicated=True, quantized=True)
    await engine.retrieve([text_id("x")])
    await engine.scroll(models.Filter(must=[]), 1)
    assert [one["query"] for one in stub.requests()] == [{"consistency": "majority"}] * 2
    await engine.close()
