"""Of all who ask for one event exactly one is told that it is the first, in one process and over several."""

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest
from qdrant_client import models

from indexing.archive.connect_server import connect_client
from indexing.archive.open_server_archive import open_server_archive
from indexing.archive.seen_events import (
    CLEAR_SECONDS,
    KEPT_SECONDS,
    MARK,
    RememberedEvents,
    SeenEvents,
    StoredEvents,
)
from indexing.archive.server_address import Layout, Server
from tests.indexing.archive.synthetic import MANIFEST
from tests.qdrant_stub.running_stub import RunningStub, running_stub

COLLECTION = "articles-slack-events"


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStub]:
    with running_stub(tmp_path_factory.mktemp("stub")) as running:
        yield running


class Clock:
    """Stands until a test moves it."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


async def firsts(*asked: tuple[SeenEvents, str]) -> list[bool]:
    return list(await asyncio.gather(*(seen.first(event) for seen, event in asked)))


async def test_one_process_remembers() -> None:
    seen = RememberedEvents()
    assert await firsts(*[(seen, "Ev1")] * 3, (seen, "Ev2")) == [True, False, False, True]


async def test_memory_ends_with_time_and_with_number() -> None:
    clock = Clock()
    seen = RememberedEvents(seconds=60, events=3, clock=clock)
    assert await seen.first("Ev1")
    clock.now += 59
    assert not await seen.first("Ev1")
    clock.now += 1
    assert await seen.first("Ev1")
    for event in ("Ev2", "Ev3", "Ev4"):
        assert await seen.first(event)
    assert len(seen) == 3
    assert not await seen.first("Ev2")
    assert await seen.first("Ev1"), "the oldest has made room"


async def test_several_services_of_one_server_see_an_event_once(stub: RunningStub) -> None:
    archives = [await open_server_archive(Server(stub.url), MANIFEST) for _ in range(3)]
    events = [f"Ev{number}" for number in range(20)]
    asked = [(archive.seen, event) for event in events for archive in archives]
    told = await firsts(*asked)
    by_event = [sum(told[place : place + 3]) for place in range(0, len(told), 3)]
    assert by_event == [1] * len(events)
    assert not any(await firsts(*asked))
    for archive in archives:
        await archive.close()
    again = await open_server_archive(Server(stub.url), MANIFEST)
    assert not await again.seen.first("Ev0"), "another start of the service"
    assert await again.article_count() == 0, "nothing of it is in the archive itself"
    await again.close()


async def test_the_collection_is_small_and_laid_out_as_the_archive_is(stub: RunningStub) -> None:
    server = Server(stub.url, "laid-out", layout=Layout(shards=6, replicas=3, write_consistency=2))
    client = connect_client(server)
    assert await StoredEvents(client, server).first("Ev1")
    info = await client.get_collection("laid-out-slack-events")
    params = info.config.params
    assert (params.shard_number, params.replication_factor, params.write_consistency_factor) == (1, 3, 2)
    assert not params.vectors
    assert info.config.metadata == {MARK: {"format": 1}}
    await client.close()


async def test_old_events_are_deleted(stub: RunningStub) -> None:
    server, clock = Server(stub.url, "old"), Clock()
    client = connect_client(server)
    seen = StoredEvents(client, server, clock)
    assert await firsts((seen, "Ev1"), (seen, "Ev2")) == [True, True]
    clock.now += KEPT_SECONDS
    assert await seen.first("Ev3")
    clock.now += CLEAR_SECONDS
    assert await seen.first("Ev4")
    left = await client.count("old-slack-events", exact=True)
    assert left.count == 2
    await client.close()


@pytest.mark.parametrize("fault", ["drop_after", "status_after"])
async def test_a_lost_reply_does_not_make_it_second(stub: RunningStub, fault: str) -> None:
    server = Server(stub.url, f"lost-{fault}".replace("_", "-"))
    client = connect_client(server)
    seen, other = StoredEvents(client, server), StoredEvents(client, server)
    assert await seen.first("Ev0")
    stub.fail({"do": fault, "method": "PUT", "path": ".*/points"})
    assert await seen.first("Ev1")
    assert not await other.first("Ev1")
    await client.close()


async def test_while_the_server_is_silent_each_goes_by_its_own_memory(
    stub: RunningStub, caplog: pytest.LogCaptureFixture
) -> None:
    server = replace(Server(stub.url, "silent"), attempts=1)
    client = connect_client(server)
    seen = StoredEvents(client, server)
    stub.fail({"do": "status", "times": 1_000})
    with caplog.at_level(logging.WARNING):
        assert await firsts((seen, "Ev1"), (seen, "Ev1"), (seen, "Ev2")) == [True, False, True]
    assert "handled here: the Qdrant server at" in caplog.text and "Ev1" not in caplog.text
    stub.fail()
    assert await seen.first("Ev3")
    assert not await seen.first("Ev1")
    await client.close()


async def test_a_collection_of_another_program_is_left_alone(
    stub: RunningStub, caplog: pytest.LogCaptureFixture
) -> None:
    server = Server(stub.url, "foreign")
    client = connect_client(server)
    await client.create_collection(
        "foreign-slack-events",
        vectors_config=models.VectorParams(size=2, distance=models.Distance.DOT),
    )
    with caplog.at_level(logging.WARNING):
        assert await StoredEvents(client, server).first("Ev1")
    assert "was not made by Citewell" in caplog.text
    assert (await client.count("foreign-slack-events", exact=True)).count == 0
    await client.close()
