"""Several processes on one server write one after the other, whatever becomes of them and their clocks."""

import asyncio
import itertools
from collections.abc import Iterator

import pytest
from qdrant_client import AsyncQdrantClient

from indexing.archive.connect_server import connect_client
from indexing.archive.open_server_archive import open_server_archive
from indexing.archive.server_address import Server
from indexing.archive.write_lease import WriteLease
from indexing.errors import ArchiveError, ArchiveLocked
from tests.indexing.archive.synthetic import MANIFEST, Expected, all_points, article, check, long_text, put
from tests.qdrant_stub.running_stub import RunningStub, running_stub


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStub]:
    with running_stub(tmp_path_factory.mktemp("stub")) as running:
        yield running


@pytest.fixture
async def client(stub: RunningStub) -> AsyncQdrantClient:
    """Connected to a collection `articles` there."""
    await (await open_server_archive(Server(stub.url), MANIFEST)).close()
    return connect_client(Server(stub.url))


def lease(
    client: AsyncQdrantClient, stub: RunningStub, seconds: float = 60.0, **options: float
) -> WriteLease:
    return WriteLease(client, "articles", stub.url, seconds=seconds, **options)


async def test_one_after_the_other(client: AsyncQdrantClient, stub: RunningStub) -> None:
    inside: list[int] = []
    most = 0

    async def work(number: int, own: WriteLease) -> None:
        nonlocal most
        for _ in range(3):
            async with own:
                inside.append(number)
                most = max(most, len(inside))
                await asyncio.sleep(0.01)
                inside.remove(number)

    leases = [lease(client, stub) for _ in range(3)]
    await asyncio.gather(*(work(number, own) for number, own in enumerate([*leases, leases[0]])))
    assert most == 1
    assert await leases[0]._seen() is None
    await client.close()


async def test_lease_of_the_dead_is_taken_over_and_they_are_told(
    client: AsyncQdrantClient, stub: RunningStub
) -> None:
    other = lease(client, stub, seconds=0.3)
    silent = lease(client, stub)  # renews every ten seconds, which the other takes for death
    with pytest.raises(
        ArchiveError, match=r"another process took over writing .*add again what was added last"
    ):
        async with silent, other:
            assert await other._seen() is not None
            silent._seconds = 0.1
            assert silent._renewing is not None
            silent._renewing.cancel()
            silent._renewing = asyncio.create_task(silent._renew())
            while not silent._lost:
                await asyncio.sleep(0.05)
    assert await other._seen() is None
    await client.close()


async def test_holder_that_is_alive_keeps_it(client: AsyncQdrantClient, stub: RunningStub) -> None:
    held, waiting = lease(client, stub, seconds=2.0), lease(client, stub, seconds=2.0, patience=5.0)
    async with held:
        with pytest.raises(
            ArchiveLocked, match=r"another process has been writing .* for 5 s; try again later"
        ):
            async with waiting:
                pass
        assert not waiting.locked()
    async with waiting:
        pass
    await client.close()


@pytest.mark.parametrize("jumps", [(61.0, 500.0), (-1e9, -61.0), (61.0, -61.0)])
async def test_clock_that_jumps_takes_it_from_nobody(
    client: AsyncQdrantClient, stub: RunningStub, jumps: tuple[float, float]
) -> None:
    """Wall clocks are not asked; one that leaps, as over a sleep of the machine, counts as two seconds at most."""
    held = lease(
        client, stub
    )  # renews every ten seconds: meanwhile all that is seen of it is one and the same
    times = [0.0, *itertools.accumulate(jumps)]
    looks = 0

    def clock() -> float:
        nonlocal looks
        looks += 1
        return times[min(looks, len(times)) - 1]

    waiting = WriteLease(client, "articles", stub.url, seconds=60.0, clock=clock)
    async with held:
        entering = asyncio.create_task(waiting.__aenter__())
        while looks < 6 and not entering.done():
            await asyncio.sleep(0.01)
        assert not entering.done()
        entering.cancel()
        await asyncio.gather(entering, return_exceptions=True)
        assert not held._lost
    await client.close()


async def test_lost_replies_do_no_harm(client: AsyncQdrantClient, stub: RunningStub) -> None:
    stub.fail({"do": "drop_after", "path": ".*/points(/delete)?", "times": 4})
    own = lease(client, stub)
    async with own:
        assert await own._seen() is not None
    stub.fail()
    assert await own._seen() is None
    await client.close()


async def test_two_processes_add_at_once_and_both_are_whole(stub: RunningStub) -> None:
    server = Server(stub.url, "both")
    archives = [await open_server_archive(server, MANIFEST) for _ in range(2)]
    expected = Expected()
    articles = [article(f"article {n}", long_text(f"the river {n}", 3)) for n in range(8)]

    async def add(number: int) -> None:
        for one in articles[number::2]:
            assert await put(archives[number], one) == ["added"]

    await asyncio.gather(add(0), add(1))
    for one in articles:
        expected.put(one)
    for archive in archives:
        await check(archive, expected)
    kinds = {point.payload["meta"]["kind"] for point in await all_points(archives[0]._engine)}
    assert kinds == {"article", "passage", "text"}
    # One that opens while another writes waits, and so clears away nothing of what the other is writing.
    async with archives[0].writing:
        opening = asyncio.create_task(open_server_archive(server, MANIFEST))
        stub.forget()
        while len([one for one in stub.requests() if one["path"] == "/collections/both/points"]) < 2:
            await asyncio.sleep(0.05)
        assert not opening.done()
    await (await opening).close()
    for archive in archives:
        await archive.close()
