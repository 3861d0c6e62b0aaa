"""Several processes encode, one writes: the same archive, whatever becomes of a process."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from indexing.add_articles import Added, add_articles
from indexing.archive.archive import Archive
from indexing.encode_in_processes import EncodeInProcesses
from indexing.encode_plans import unplanned
from indexing.errors import ModelsMissing, WorkerLost
from tests.indexing.archive.synthetic import ENCODER, Expected, article, check, long_text, open_edge
from tests.indexing.failing_encoder import open_failing, open_none, open_tiny
from tests.indexing.test_add_articles import readings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Archive]:
    opened = open_edge(tmp_path / "points")
    yield opened
    await opened.close()


async def add(archive: Archive, encode: Any, *items: dict[str, Any]) -> list[Added]:
    results = add_articles(readings(*items), archive, ENCODER, max_characters=100_000, encode=encode)
    return [added async for added in results]


def items(count: int) -> list[dict[str, Any]]:
    return [{"id": f"a{n}", "text": long_text(f"place {n}", 1 + n % 5)} for n in range(count)]


async def test_articles_go_in_in_order_whichever_process_encodes_them(archive: Archive) -> None:
    given = items(100)
    given[40] = {"id": "empty", "text": " "}
    async with EncodeInProcesses(open_tiny, 2) as encode:
        results = await add(archive, encode, *given)
        assert [added.status for added in results] == ["added"] * 40 + ["failed"] + ["added"] * 59
        assert [added.id for added in results if added.id] == [
            item["id"] for item in given if item["text"] != " "
        ]
        again = await add(archive, encode, *given)
    assert {added.status for added in again} == {"unchanged", "failed"}
    await check(archive, await Expected.of(archive))


async def test_a_process_that_ends_is_replaced_and_its_batch_tried_again(
    archive: Archive, tmp_path: Path
) -> None:
    dead = tmp_path / "dead"
    dead.mkdir()
    async with EncodeInProcesses(partial(open_failing, dead, 1), 1) as encode:
        results = await add(archive, encode, *items(70))
    assert [added.status for added in results] == ["added"] * 70
    assert len(list(dead.iterdir())) == 1
    await check(archive, await Expected.of(archive))


async def test_a_batch_over_which_two_processes_end_is_an_error_and_what_was_before_stays(
    archive: Archive, tmp_path: Path
) -> None:
    dead = tmp_path / "dead"
    dead.mkdir()
    async with EncodeInProcesses(partial(open_failing, dead, 2), 1) as encode:
        with pytest.raises(WorkerLost, match=r"2 processes ended .* 32 articles .* smaller --processes"):
            await add(archive, encode, *items(70))
        # A third one is well: the next call is not refused for what became of the others.
        assert [added.status for added in await add(archive, encode, *items(3))] == ["added"] * 3
    await check(archive, await Expected.of(archive))


async def test_what_the_encoder_of_a_process_says_is_passed_on() -> None:
    async with EncodeInProcesses(open_none, 1) as encode:
        with pytest.raises(ModelsMissing, match="run make setup"):
            await encode([unplanned(article("a", "Text."))])


async def test_an_error_of_the_encoder_is_no_lost_process(tmp_path: Path) -> None:
    async with EncodeInProcesses(partial(open_failing, tmp_path, 0), 1) as encode:
        with pytest.raises(OSError, match="a file of the model cannot be read"):
            await encode([unplanned(article("a", "unreadable"))])
        [one] = await encode([unplanned(article("b", "Text."))])
    assert one.plan.article.id == "b" and len(one.passages) == len(one.vectors) == 1


async def test_a_cancelled_batch_is_not_taken_for_the_next_one() -> None:
    async with EncodeInProcesses(open_tiny, 1) as encode:
        await encode([unplanned(article("a", "Text."))])
        long = asyncio.create_task(encode([unplanned(article("b", long_text("b", 3_000)))]))
        await asyncio.sleep(0.05)
        long.cancel()
        [one] = await encode([unplanned(article("c", "Text."))])
    assert one.plan.article.id == "c"


PARENT = """
import asyncio, os
from indexing.encode_in_processes import EncodeInProcesses
from indexing.encode_plans import unplanned
from tests.indexing.archive.synthetic import article
from tests.indexing.failing_encoder import open_tiny

async def main():
    async with EncodeInProcesses(open_tiny, 1) as encode:
        await encode([unplanned(article("a", "Text."))])
        print(*[worker._process.pid for worker in encode._workers], flush=True)
        for _ in range(6_000):  # asyncio hears a Ctrl-C that comes just before it waits at its next turn only
            await asyncio.sleep(0.1)

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT])
def test_processes_end_with_their_parent(tmp_path: Path, by: signal.Signals) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    with subprocess.Popen(
        [sys.executable, script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as parent:
        assert parent.stdout is not None and parent.stderr is not None
        worker = int(parent.stdout.readline())
        if by == signal.SIGINT:  # as a terminal does: to the whole group
            os.killpg(parent.pid, by)
        else:
            parent.kill()
        parent.wait()
        said = parent.stderr.read()
    if by == signal.SIGINT:
        assert said.count("Traceback") <= 2 and "_work" not in said, "only the parent speaks"
    while Path(f"/proc/{worker}").exists():
        time.sleep(0.05)
