"""An embedded archive is on the server as it was, whatever came between; until then nobody else opens it there."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from indexing.archive.archive import Archive
from indexing.archive.engine import Point
from indexing.archive.kept_feedback import given_now
from indexing.archive.migrate import Migrated, migrate_archive
from indexing.archive.open_archive import open_archive
from indexing.archive.open_server_archive import open_server_archive
from indexing.archive.records import CitedPlace, Feedback, feedback_id, pending_point, text_point
from indexing.archive.server_address import Server
from indexing.errors import (
    ArchiveError,
    ArchiveForbidden,
    ArchiveFull,
    ArchiveIncompatible,
    ArchiveLocked,
    ArchiveUnreachable,
)
from tests.indexing.archive.synthetic import (
    MANIFEST,
    Expected,
    all_points,
    article,
    check,
    check_ids,
    long_text,
    put,
)
from tests.qdrant_stub.running_stub import RunningStub, running_stub

PLACES = iter(range(1_000))
WRITES = [
    article("first", long_text("the river"), source="Echo", tags=("x",), meta={"n": 2**70, "e": []}),
    article("copy", long_text("the river"), source="Bote", language="fr"),
    article("moved", long_text("the bridge")),
    article("moved", long_text("the harbour", 3)),
    article("empty of words", "!!! ???"),
]
MANY = [article(f"a{number}", long_text(f"place {number}", 2)) for number in range(20)]


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStub]:
    with running_stub(tmp_path_factory.mktemp("stub"), api_key="right") as running:
        yield running


@pytest.fixture
def server(stub: RunningStub) -> Server:
    """A collection of its own there, for the stub as it is when it does nothing wrong."""
    stub.fail()
    stub.forget()
    return Server(stub.url, f"archive-{next(PLACES)}", "right", seconds=20.0, attempts=1)


@pytest.fixture
async def filled(tmp_path: Path) -> AsyncIterator[tuple[Path, Expected]]:
    """An archive with copies, earlier versions and feedback, which nobody has open."""
    folder, expected = tmp_path / "archive", Expected()
    archive = await open_archive(folder, MANIFEST)
    for one in WRITES:
        await put(archive, one)
    await put(archive, *MANY)
    for one in (*WRITES, *MANY):
        expected.put(one)
    await archive.close()
    yield folder, expected


async def rate(folder: Path) -> None:
    """Three readers thought well of an answer."""
    archive = await open_archive(folder, MANIFEST)
    cited = (CitedPlace("first", WRITES[0].version, 0, 9),)
    for number in range(3):
        id = feedback_id(f"ans_{number}", "anybody")
        given = Feedback(
            id, f"ans_{number}", "up", "Ça va 😀", "What rose?", "The river [1]", cited, given_now()
        )
        await archive.put_feedback(given)
    await archive.close()


async def migrate(folder: Path, server: Server) -> Migrated:
    return await migrate_archive(folder, server, lambda seen, total: None)


async def points_of(archive: Archive) -> dict[str, Point]:
    return {point.id: point for point in await all_points(archive.points, vectors=True)}


async def points_in(folder: Path) -> dict[str, Point]:
    archive = await open_archive(folder, MANIFEST)
    found = await points_of(archive)
    await archive.close()
    return found


async def points_on(server: Server) -> dict[str, Point]:
    archive = await open_server_archive(server, MANIFEST)
    found = await points_of(archive)
    await archive.close()
    return found


def assert_same(here: dict[str, Point], there: dict[str, Point]) -> None:
    assert here.keys() == there.keys()
    for id, point in here.items():
        other = there[id]
        assert (other.payload, other.terms) == (point.payload, point.terms)
        assert (other.dense is None) == (point.dense is None)
        if point.dense is not None:
            assert np.allclose(point.dense, other.dense or [], atol=1e-3)  # made length 1 there


def written(stub: RunningStub) -> list[int]:
    """Status of every request that wrote points, since `server` was asked for."""
    return [
        one["status"] for one in stub.requests() if one["method"] == "PUT" and one["path"].endswith("/points")
    ]


def asked(stub: RunningStub, method: str, path: str, body: object = None) -> Any:
    headers = {"api-key": "right"}
    reply = httpx.request(method, stub.url + path, json=body, headers=headers, trust_env=False, timeout=30)
    return reply.raise_for_status().json()["result"]


async def test_archive_is_there_as_it_was_here(
    filled: tuple[Path, Expected], server: Server, stub: RunningStub
) -> None:
    folder, expected = filled
    before = await points_in(folder)
    heard: list[tuple[int, int]] = []
    done = await migrate_archive(folder, server, lambda seen, total: heard.append((seen, total)))
    assert done.copied == len(before) == heard[-1][0] == heard[-1][1]
    assert (done.contents.articles, done.contents.copies, done.contents.feedback) == (23, 1, 0)
    assert done.compared == {"passage": done.contents.passages, "text": done.contents.texts}
    assert_same(before, await points_on(server))
    assert_same(before, await points_in(folder))
    opened = await open_server_archive(server, MANIFEST)
    await check(opened, expected)
    await check_ids(opened, expected, ["first", "copy", "moved", "a7"])
    # It goes on as any archive does.
    one = article("first", "A new text.")
    assert await put(opened, one) == [expected.put(one)]
    assert await opened.remove("moved") and expected.remove("moved")
    await check(opened, expected)
    await opened.close()
    with pytest.raises(ArchiveError, match=r"holds another archive, or this one as it was changed since"):
        await migrate(folder, server)
    assert [one for one in stub.requests() if one["status"] != 200] == []


async def test_second_run_compares_and_writes_nothing(
    filled: tuple[Path, Expected], server: Server, stub: RunningStub
) -> None:
    await rate(filled[0])
    first = await migrate(filled[0], server)
    assert first.contents.feedback == 3
    assert_same(await points_in(filled[0]), await points_on(server))
    stub.forget()
    again = await migrate(filled[0], server)
    assert again == replace(first, copied=0)
    assert not [one for one in stub.requests() if one["method"] in ("PUT", "PATCH", "DELETE")]


async def test_interrupted_run_is_closed_to_others_and_gone_on_with(
    filled: tuple[Path, Expected], server: Server, stub: RunningStub
) -> None:
    folder, _ = filled
    here = await points_in(folder)
    copied = 0
    for skipped in (0, 1, 2):  # one write more each time
        stub.fail({"do": "drop", "method": "PUT", "path": ".*/points", "skip": skipped, "times": 99})
        with pytest.raises(ArchiveUnreachable):
            await migrate(folder, server)
        with pytest.raises(ArchiveIncompatible) as caught:
            await open_server_archive(server, MANIFEST)
        assert (
            f"is still being filled from the archive {folder}; finish `citewell migrate --to {stub.url}`"
            in str(caught.value)
        )
    stub.fail()
    copied = asked(stub, "POST", f"/collections/{server.collection}/points/count", {"exact": True})["count"]
    assert 0 < copied < len(here)
    done = await migrate(folder, server)
    assert done.copied == len(here) - copied
    assert_same(here, await points_on(server))


@pytest.mark.parametrize(
    ("path", "do"), [("[^/]*", "drop_after"), (".*/index", "drop"), (".*/scroll", "drop")]
)
async def test_lost_at_any_request_it_is_gone_on_with(
    filled: tuple[Path, Expected], server: Server, stub: RunningStub, path: str, do: str
) -> None:
    stub.fail({"do": do, "path": f"/collections/{path}", "method": "PUT|PATCH|POST", "skip": 1})
    with pytest.raises(ArchiveUnreachable):
        await migrate(filled[0], server)
    await migrate(filled[0], server)
    assert_same(await points_in(filled[0]), await points_on(server))


async def test_archive_that_was_changed_between_two_runs_is_there_as_it_is_now(
    filled: tuple[Path, Expected], server: Server, stub: RunningStub
) -> None:
    folder, expected = filled
    stub.fail({"do": "drop", "method": "PATCH"})
    with pytest.raises(ArchiveUnreachable):
        await migrate(folder, server)  # everything is there but for the last word
    archive = await open_archive(folder, MANIFEST)
    for one in (
        article("first", "A new text."),  # its copy takes over its passages
        replace(MANY[-1], title="Another title"),
        article("a3", long_text("elsewhere", 9)),
        article("z", "New."),
    ):
        assert await put(archive, one) == [expected.put(one)]
    await archive.close()
    await migrate(folder, server)
    assert_same(await points_in(folder), await points_on(server))
    opened = await open_server_archive(server, MANIFEST)
    await check(opened, expected)
    await opened.close()


async def test_what_is_there_only_is_never_deleted(
    filled: tuple[Path, Expected], server: Server, stub: RunningStub
) -> None:
    """Removed here between two runs, or written there by a service that had the collection open: nobody knows."""
    folder, _ = filled
    stub.fail({"do": "drop", "method": "PATCH"})
    with pytest.raises(ArchiveUnreachable):
        await migrate(folder, server)
    archive = await open_archive(folder, MANIFEST)
    assert await archive.remove("a3")
    await archive.close()
    count = asked(stub, "POST", f"/collections/{server.collection}/points/count", {"exact": True})
    with pytest.raises(
        ArchiveError, match=r"holds 1 of the kind 'article' that the archive .* does not.*nothing was"
    ):
        await migrate(folder, server)
    assert asked(stub, "POST", f"/collections/{server.collection}/points/count", {"exact": True}) == count


@pytest.mark.parametrize("kind", ["passage", "text"])
async def test_point_that_differs_is_found_at_the_end(
    filled: tuple[Path, Expected], server: Server, stub: RunningStub, kind: str
) -> None:
    folder, _ = filled
    await migrate(folder, server)
    there = await points_on(server)
    id, point = next((id, one) for id, one in there.items() if one.payload["meta"]["kind"] == kind)
    if kind == "passage":
        vector = {"text-dense": [1.0] + [0.0] * (MANIFEST.dimension - 1)}
        changed: dict[str, Any] = {"id": id, "vector": vector, "payload": point.payload}
    else:
        changed = {"id": id, "vector": {}, "payload": point.payload | {"content": "Something else."}}
    asked(stub, "PUT", f"/collections/{server.collection}/points?wait=true", {"points": [changed]})
    with pytest.raises(ArchiveError, match=rf"is not yet what the archive is \(the {kind} {id} differs\)"):
        await migrate(folder, server)


async def test_empty_collection_of_ours_is_filled_and_empty_archive_too(
    filled: tuple[Path, Expected], server: Server, stub: RunningStub, tmp_path: Path
) -> None:
    """As a service makes it that was started on the server first."""
    await (await open_server_archive(server, MANIFEST)).close()
    await (await open_archive(tmp_path / "nothing", MANIFEST)).close()
    assert (await migrate(tmp_path / "nothing", server)).copied == 0
    stub.fail({"do": "drop", "method": "PUT", "path": ".*/points"})
    with pytest.raises(ArchiveUnreachable):
        await migrate(filled[0], server)
    with pytest.raises(ArchiveIncompatible, match="still being filled"):
        await open_server_archive(server, MANIFEST)
    with pytest.raises(
        ArchiveIncompatible, match=r"being filled from another archive, .*/archive; finish that"
    ):
        await migrate(tmp_path / "nothing", server)
    await migrate(filled[0], server)
    assert_same(await points_in(filled[0]), await points_on(server))


async def test_what_a_crash_left_here_is_cleared_up_there(
    filled: tuple[Path, Expected], server: Server
) -> None:
    folder, expected = filled
    archive = await open_archive(folder, MANIFEST)
    lost = article("lost", "Never committed.")
    mark = pending_point({lost.id}, {lost.version})
    await archive.points.upsert([mark, text_point(lost.version, lost.text)])
    await archive.close()
    await migrate(folder, server)
    opened = await open_server_archive(server, MANIFEST)
    await check(opened, expected)
    await opened.close()


async def test_archive_in_use_is_left_alone(
    filled: tuple[Path, Expected], server: Server, stub: RunningStub
) -> None:
    archive = await open_archive(filled[0], MANIFEST)
    with pytest.raises(ArchiveLocked, match="in use by another process"):
        await migrate(filled[0], server)
    await archive.close()
    assert stub.requests() == []


async def test_folder_without_an_archive_stays_so(server: Server, stub: RunningStub, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"there is no archive in .*/none; set CITEWELL_ARCHIVE"):
        await migrate(tmp_path / "none", server)
    assert not (tmp_path / "none").exists()
    assert stub.requests() == []


async def test_target_that_cannot_take_it_is_left_as_it_is(
    filled: tuple[Path, Expected], server: Server, stub: RunningStub
) -> None:
    folder, _ = filled
    with pytest.raises(ArchiveForbidden, match="set QDRANT_API_KEY to one that may read and write"):
        await migrate(folder, replace(server, api_key="wrong"))
    with pytest.raises(
        ArchiveUnreachable, match=r"cannot be reached .*start it, or correct its address .*--to"
    ):
        await migrate(folder, replace(server, url="http://127.0.0.1:9"))
    larger = replace(MANIFEST, encoder="large", encoder_fingerprint="large-1")
    await (await open_server_archive(server, larger)).close()
    with pytest.raises(
        ArchiveIncompatible, match=r"made for an archive of large .* is one of tiny .*delete that"
    ):
        await migrate(folder, server)
    body = {
        "vectors": {"text-dense": {"size": 8, "distance": "Cosine"}},
        "sparse_vectors": {"text-sparse": {}},
    }
    asked(stub, "PUT", f"/collections/{server.collection}-other", body)
    with pytest.raises(ArchiveIncompatible, match="was not made by Citewell"):
        await migrate(folder, replace(server, collection=f"{server.collection}-other"))
    own = replace(server, collection=f"{server.collection}-own")
    opened = await open_server_archive(own, MANIFEST)
    await put(opened, article("own", "An article of theirs."))
    await opened.close()
    with pytest.raises(
        ArchiveError, match=r"holds another archive, .*\(1 articles in 1 passages; here 23 in"
    ):
        await migrate(folder, own)
    assert {p.payload["meta"]["kind"] for p in (await points_on(own)).values()} == {
        "article",
        "passage",
        "text",
    }


async def test_full_server_is_named_and_gone_on_with_later(
    filled: tuple[Path, Expected], server: Server, stub: RunningStub
) -> None:
    full = json.dumps({"status": {"error": "Service internal error: No space left on device"}})
    stub.fail(
        {
            "do": "status",
            "status": 500,
            "body": full,
            "method": "PUT",
            "path": ".*/points",
            "skip": 2,
            "times": 9,
        }
    )
    with pytest.raises(ArchiveFull, match=r"disk of the Qdrant server .* is full .*then try again"):
        await migrate(filled[0], server)
    stub.fail()
    await migrate(filled[0], server)
    assert_same(await points_in(filled[0]), await points_on(server))


async def test_cancelled_run_lets_go_of_both(
    filled: tuple[Path, Expected], server: Server, stub: RunningStub
) -> None:
    stub.fail({"do": "slow", "method": "PUT", "path": ".*/points", "seconds": 1.0})
    running = asyncio.create_task(migrate(filled[0], server))
    while not [one for one in stub.requests() if one["path"].endswith("/index")]:
        await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await migrate(filled[0], server)
    assert_same(await points_in(filled[0]), await points_on(server))
