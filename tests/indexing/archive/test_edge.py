"""The embedded engine at its limits: full disks, damaged files, large writes."""

import asyncio
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from qdrant_client import models

from indexing.archive.edge import EdgeEngine, Write
from indexing.archive.engine import OPERATION_POINTS, Point
from indexing.archive.filters import equals
from indexing.archive.open_archive import open_archive
from indexing.archive.records import record_id, text_point
from indexing.archive.write_operations import OPERATION_BYTES
from indexing.errors import ArchiveError, ArchiveLocked
from tests.indexing.archive.open_elsewhere import fill, in_child, look
from tests.indexing.archive.synthetic import (
    DIMENSION,
    EVERYTHING,
    MANIFEST,
    Expected,
    all_points,
    article,
    check,
    put,
)

MB = 1 << 20


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator["CountingEngine"]:
    EdgeEngine.create(tmp_path / "points", DIMENSION)
    opened = CountingEngine.load(tmp_path / "points")
    assert isinstance(opened, CountingEngine)
    opened.sizes = []
    yield opened
    await opened.close()


class CountingEngine(EdgeEngine):
    """The real engine, which remembers how large its operations were."""

    sizes: list[int]

    async def write(self, write: Write) -> None:
        self.sizes.append(write.size)
        await super().write(write)


class Disk:
    """A small file system of its own."""

    def __init__(self, place: Path, megabytes: int) -> None:
        self.place = place
        self._mount(f"size={megabytes}m")

    def grow(self, megabytes: int) -> None:
        self._mount(f"remount,size={megabytes}m")

    def fill_up(self) -> Path:
        filler = self.place / "filler"
        with filler.open("wb", buffering=0) as stream:
            try:
                while stream.write(bytes(MB)):
                    pass
            except OSError:
                return filler
        raise AssertionError("the disk has no end")

    def _mount(self, options: str) -> None:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.place)], check=True, capture_output=True
        )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Disk]:
    place = tmp_path / "disk"
    place.mkdir()
    try:
        disk = Disk(place, 1)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no file system can be mounted here: {error}")
    yield disk
    subprocess.run(["umount", str(place)], check=True)


def test_disk_of_one_megabyte_is_one_line_and_works_once_it_has_grown(small_disk: Disk) -> None:
    folder = small_disk.place / "archive"
    answer, code = in_child(look, folder)
    assert (answer.split(":")[0], code) == ("ArchiveFull", 0)
    assert f"the disk of {folder} is full (1 MB free, 128 MB needed)" in answer
    assert "free some space, or set CITEWELL_ARCHIVE" in answer
    small_disk.grow(250)
    assert in_child(look, folder) == ("0", 0)


async def test_disk_that_fills_up_loses_nothing(small_disk: Disk) -> None:
    small_disk.grow(225)
    folder = small_disk.place / "archive"
    answer, code = in_child(fill, folder, 0, 1000)
    acknowledged, _, reason = answer.partition(" ")
    assert code == 0 and int(acknowledged) > 5
    assert reason.startswith(f"ArchiveFull: the disk of {folder / 'points-1'} is full")

    filler = small_disk.fill_up()
    answer, code = in_child(look, folder)
    assert code == 0, f"opening on a full disk died with {code}"
    assert answer.startswith("ArchiveFull") and "0 MB free" in answer
    filler.unlink()

    small_disk.grow(600)
    archive = await open_archive(folder, MANIFEST)
    assert await archive.article_count() == int(acknowledged)
    for number in range(int(acknowledged)):
        stored = await archive.article(f"a{number}")
        assert stored is not None and len(stored.article.text) > 400_000
    kinds = [point.payload["meta"]["kind"] for point in await all_points(archive._engine)]
    assert kinds.count("article") == kinds.count("text") == int(acknowledged)
    assert "pending" not in kinds
    assert await put(archive, article("one more", "There is room again.")) == ["added"]
    await archive.close()


async def test_largest_file_that_is_allowed_is_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    for largest in (MB, 20 * MB):
        answer, code = in_child(fill, folder, 0, 1, largest)
        assert (code, answer[:26]) == (0, "0 ArchiveFull: the disk of")
        assert "File too large" in answer
    assert in_child(fill, folder, 0, 3) == ("3 not full", 0)
    answer, code = in_child(fill, folder, 3, 40, 20 * MB)
    assert code == 0
    acknowledged = int(answer.split()[0])
    assert in_child(look, folder) == (str(3 + acknowledged), 0)


async def test_large_write_is_cut_into_operations(engine: CountingEngine) -> None:
    points = [text_point(f"{number:016}", "x") for number in range(2 * OPERATION_POINTS + 1)]
    await engine.upsert(points)
    assert len(engine.sizes) == 3
    large = [text_point(f"large {number}", "y" * (3 * MB)) for number in range(7)]
    await engine.upsert(large)
    assert len(engine.sizes) == 3 + 4
    assert max(engine.sizes) <= OPERATION_BYTES
    await engine.upsert([])
    assert len(engine.sizes) == 3 + 4
    assert await engine.count(EVERYTHING) == len(points) + len(large)


async def test_longest_text_is_stored_in_every_script(tmp_path: Path) -> None:
    archive = await open_archive(tmp_path / "archive", MANIFEST)
    expected = Expected()
    for id, letter in (("emoji", "😀"), ("chinese", "字")):
        text = letter * 2_000_000
        await archive._engine.upsert([text_point(id, text)])
        [stored] = await archive._engine.retrieve([text_point(id, text).id])
        assert stored.payload["content"] == text
        await archive._engine.delete([stored.id])
    await check(archive, expected)
    await archive.close()


async def test_large_metadata_still_commits_in_one_operation(tmp_path: Path) -> None:
    EdgeEngine.create(tmp_path / "points", DIMENSION)
    engine = CountingEngine.load(tmp_path / "points")
    assert isinstance(engine, CountingEngine)
    meta = {"notes": "字" * 90_000}
    records = [
        Point(record_id(id), {"id": id, "content": None, "meta": {"kind": "copy", "article": meta}})
        for id in "ab"
    ]
    engine.sizes = []
    await engine.upsert(records)
    assert len(engine.sizes) == 1
    await engine.close()


async def test_shard_has_one_owner(tmp_path: Path, engine: CountingEngine) -> None:
    with pytest.raises(ArchiveLocked, match="open in another process; stop it first"):
        EdgeEngine.load(tmp_path / "points")


async def test_closed_engine_says_so(tmp_path: Path) -> None:
    EdgeEngine.create(tmp_path / "points", DIMENSION)
    engine = EdgeEngine.load(tmp_path / "points")
    await engine.close()
    with pytest.raises((ArchiveError, RuntimeError)):
        await engine.count(EVERYTHING)


async def test_wrong_dimension_is_an_archive_error(engine: CountingEngine) -> None:
    with pytest.raises(ArchiveError, match="expected dim: 8, got 3"):
        await engine.upsert([Point(record_id("x"), {}, dense=[1.0, 0.0, 0.0])])


async def test_unknown_condition_is_refused(engine: CountingEngine) -> None:
    where = models.Filter(must=[models.IsEmptyCondition(is_empty=models.PayloadField(key="meta.day"))])
    with pytest.raises(ArchiveError, match="no translation for the condition"):
        await engine.count(where)


async def test_nested_and_negated_filters_are_translated(engine: CountingEngine) -> None:
    for id, kind in (("a", "x"), ("b", "x"), ("c", "y")):
        await engine.upsert([Point(record_id(id), {"meta": {"kind": kind, "article_id": id}})])
    both = models.Filter(must=[equals("kind", "x"), equals("article_id", "a")])
    assert await engine.count(models.Filter(must_not=[both])) == 2
    assert await engine.count(models.Filter(should=[both, equals("kind", "y")])) == 2
    assert await engine.count(models.Filter(must=models.HasIdCondition(has_id=[record_id("b")]))) == 1
    assert (
        await engine.count(
            models.Filter(must=[equals("kind", "x", "y")], must_not=[equals("article_id", "c")])
        )
        == 2
    )


async def test_size_is_what_the_disk_holds(tmp_path: Path, engine: CountingEngine) -> None:
    await engine.upsert([text_point("x" * 16, "y" * MB)])
    await engine.flush()
    apparent = sum(path.stat().st_size for path in (tmp_path / "points").rglob("*") if path.is_file())
    assert MB < await engine.size() < apparent


async def test_folder_is_at_rest_once_a_write_whose_caller_has_gone_is_over(
    engine: CountingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    call = engine._shard.call

    def slowly(method: str, *arguments: Any) -> Any:
        begun.set()
        go_on.wait()
        return call(method, *arguments)

    async def rest() -> None:
        async with engine.at_rest(flushed=False):
            assert go_on.is_set()

    monkeypatch.setattr(engine._shard, "call", slowly)
    writing = asyncio.create_task(engine.upsert([text_point("x" * 16, "y")]))
    await asyncio.to_thread(begun.wait)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    resting = asyncio.create_task(rest())
    for _ in range(10):
        await asyncio.sleep(0.01)
    go_on.set()
    await resting
    assert await engine.count(EVERYTHING) == 1


async def test_others_run_while_it_searches_and_writes(engine: CountingEngine) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    ticking = asyncio.create_task(tick())
    await engine.upsert([text_point(f"{number:016}", "x") for number in range(600)])
    await engine.count(EVERYTHING)
    ticking.cancel()
    assert ticks > 5
