"""A shard in a child process: the same calls, and what happens when one of the two processes goes away."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from indexing.archive.edge import EdgeEngine
from indexing.archive.engine import Point
from indexing.archive.records import record_id
from indexing.archive.shard_process import CODE, ShardProcess
from indexing.errors import ArchiveError, ArchiveLocked
from tests.indexing.archive.synthetic import (
    DIMENSION,
    EVERYTHING,
    Expected,
    all_points,
    archive_over,
    article,
    check,
    long_text,
    put,
)

HOLDER = """
import sys, time
from pathlib import Path
from indexing.archive.shard_process import ShardProcess
process = ShardProcess(Path(sys.argv[1]))
process.call("upsert", [("00000000-0000-0000-0000-000000000001", {"meta": {"kind": "text"}}, None, None)])
print(process.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[EdgeEngine]:
    EdgeEngine.create(tmp_path / "points", DIMENSION)
    opened = EdgeEngine.load_in_child(tmp_path / "points")
    yield opened
    await opened.close()


def child_of(engine: EdgeEngine) -> int:
    shard = engine._shard
    assert isinstance(shard, ShardProcess) and shard.pid is not None
    return shard.pid


def runs(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def gone(pid: int) -> None:
    for _ in range(600):
        if not runs(pid):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"process {pid} is still there")


async def test_articles_go_in_and_out_as_in_one_process(engine: EdgeEngine) -> None:
    archive, expected = archive_over(engine), Expected()
    for one in (
        article("one", long_text("the river"), source="Echo", tags=("x",), published="2021-07-05"),
        article("two", long_text("the river")),
        article("three", long_text("the bridge")),
        article("three", long_text("the harbour")),
    ):
        assert await put(archive, one) == [expected.put(one)]
    assert await archive.remove("one") and expected.remove("one")
    await check(archive, expected)


async def test_killed_child_is_said_once_and_nothing_acknowledged_is_lost(engine: EdgeEngine) -> None:
    archive, expected = archive_over(engine), Expected()
    first, second = article("one", long_text("the river")), article("two", long_text("the bridge"))
    await put(archive, first)
    expected.put(first)
    os.kill(child_of(engine), signal.SIGKILL)
    with pytest.raises(ArchiveError, match=r"ended with code -9; .* try once more"):
        await put(archive, second)
    await check(archive, expected)
    assert await put(archive, second) == [expected.put(second)]
    await check(archive, expected)


async def test_child_hears_no_signal_that_is_for_the_service(engine: EdgeEngine) -> None:
    await engine.count(EVERYTHING)
    before = child_of(engine)
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(before, number)
    assert await engine.count(EVERYTHING) == 0
    assert child_of(engine) == before


async def test_error_of_the_child_is_the_error_here(engine: EdgeEngine, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="cannot be opened"):
        await EdgeEngine.load_in_child(tmp_path).count(EVERYTHING)
    with pytest.raises(ArchiveError, match="expected dim: 8, got 3"):
        await engine.upsert([Point(record_id("x"), {}, dense=[1.0, 0.0, 0.0])])
    assert await engine.count(EVERYTHING) == 0


async def test_start_waits_for_the_child_of_a_killed_process(tmp_path: Path) -> None:
    folder = tmp_path / "points"
    EdgeEngine.create(folder, DIMENSION)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdout=subprocess.PIPE, text=True, cwd=CODE
    )
    assert holder.stdout is not None
    with holder.stdout as said:
        child = int(said.readline())
        with pytest.raises(ArchiveLocked):
            EdgeEngine.load(folder)
        holder.kill()
        holder.wait()
    engine = EdgeEngine.load_in_child(folder)
    assert len(await all_points(engine)) == 1  # what was acknowledged
    await engine.close()
    await gone(child)


async def test_closed_says_so_and_leaves_no_child(tmp_path: Path) -> None:
    EdgeEngine.create(tmp_path / "points", DIMENSION)
    engine = EdgeEngine.load_in_child(tmp_path / "points")
    await engine.count(EVERYTHING)
    child = child_of(engine)
    await engine.close()
    assert not runs(child)
    with pytest.raises((ArchiveError, RuntimeError)):
        await engine.count(EVERYTHING)
    await (again := EdgeEngine.load_in_child(tmp_path / "points")).count(EVERYTHING)
    child = child_of(again)
    again.abandon()
    assert not runs(child)
