"""An archive that becomes large: its index is built beside it, nothing written meanwhile is lost, whatever happens."""

import asyncio
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from indexing.archive.archive import Archive
from indexing.archive.backup import appearing, copy_archive, restore, seal
from indexing.archive.engine import Point
from indexing.archive.growing import INDEX_FILE
from indexing.archive.manifest import read_manifest
from indexing.archive.open_archive import open_archive
from indexing.archive.records import record_id
from indexing.archive.shard_process import CODE, ShardProcess
from indexing.errors import ArchiveError
from tests.indexing.archive.grow_elsewhere import INDEX_ABOVE, TOPICS, fill, growing, under_way
from tests.indexing.archive.synthetic import (
    MANIFEST,
    Expected,
    article,
    check,
    check_ids,
    long_text,
    nearest,
    passages_of,
    put,
)


async def opened(folder: Path) -> Archive:
    return await open_archive(folder, MANIFEST, INDEX_ABOVE)


def filled() -> Expected:
    expected = Expected()
    for number, topic in enumerate(TOPICS):
        expected.put(article(f"a{number}", long_text(topic), source="Echo"))
    return expected


def in_child(archive: Archive) -> bool:
    return isinstance(growing(archive)._engine._shard, ShardProcess)


def generation(folder: Path) -> str:
    manifest = read_manifest(folder)
    assert manifest is not None
    return manifest.data


async def built(archive: Archive) -> None:
    """Wait for the switch, and for the old folder to go."""
    while not growing(archive).indexed or len(list(Path(archive.place).glob("points-*"))) > 1:
        await asyncio.sleep(0.01)


async def test_what_is_written_while_the_index_is_built_is_in_it(tmp_path: Path) -> None:
    archive, expected = await opened(tmp_path), filled()
    await fill(archive)
    assert not in_child(archive) and (await archive.status())["indexed"] == 0
    await under_way(archive)
    changes = [
        article("late", long_text("the bridge")),
        article("a0", long_text("the harbour")),  # another text
        article("a1", long_text(TOPICS[1]), source="Courier"),  # other metadata
        article("copy", long_text(TOPICS[2])),
    ]
    for one in changes:
        assert await put(archive, one) == [expected.put(one)]
    assert await archive.remove("a3") and expected.remove("a3")
    assert generation(tmp_path) == "points-1"
    await check(archive, expected)
    await built(archive)
    assert in_child(archive) and generation(tmp_path) == "points-2"
    assert (await archive.status())["indexed"] > INDEX_ABOVE
    await check(archive, expected)
    await check_ids(archive, expected, [*expected.articles, "a3"])
    for one in (changes[0], article("a4", long_text(TOPICS[4]))):
        for passage in passages_of(one):
            assert (await nearest(archive, passage, one.title))[0] == one.id
    await archive.close()
    again = await opened(tmp_path)
    assert in_child(again)
    await check(again, expected)
    later = article("later", long_text("the hills"))
    assert await put(again, later) == [expected.put(later)]
    await check(again, expected)
    await again.close()


@pytest.mark.parametrize("seconds", [0.0, 0.1, 0.3])  # the child starts, opens the copy, builds
async def test_killed_while_the_index_is_built_it_is_what_it_was(tmp_path: Path, seconds: float) -> None:
    elsewhere = subprocess.Popen(
        [sys.executable, "-m", "tests.indexing.archive.grow_elsewhere", str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=CODE,
    )
    assert elsewhere.stdout is not None
    with elsewhere.stdout as said:
        assert said.readline() == "building\n"
        await asyncio.sleep(seconds)
        elsewhere.kill()
        elsewhere.wait()
    assert (tmp_path / "points-2").is_dir()
    expected = filled()
    expected.put(article("late", long_text("the bridge")))
    archive = await opened(tmp_path)
    assert sorted(path.name for path in tmp_path.glob("points-*")) == ["points-1"]
    await check(archive, expected)
    archive.keep_indexed()
    await built(archive)
    await check(archive, expected)
    await archive.close()


async def test_closed_while_the_folder_is_copied_leaves_nothing_of_it(tmp_path: Path) -> None:
    archive = await opened(tmp_path)
    await fill(archive)
    archive.keep_indexed()
    while not (tmp_path / "points-2").exists():
        await asyncio.sleep(0)
    await archive.close()
    assert sorted(path.name for path in tmp_path.glob("points-*")) == ["points-1"]


@pytest.mark.parametrize(
    "seconds", [0.0, 0.005, 0.1, 0.3]
)  # the child is made, starts, opens the copy, builds
async def test_closed_while_the_index_is_built_leaves_nothing_of_it(tmp_path: Path, seconds: float) -> None:
    archive, expected = await opened(tmp_path), filled()
    await fill(archive)
    await under_way(archive)
    await asyncio.sleep(seconds)
    await archive.close()
    assert sorted(path.name for path in tmp_path.glob("points-*")) == ["points-1"]
    archive = await opened(tmp_path)
    assert in_child(archive)  # it is known to be large
    await check(archive, expected)
    await archive.close()


async def test_backup_while_the_index_is_built_is_whole(tmp_path: Path) -> None:
    archive, expected = await opened(tmp_path / "archive"), filled()
    await fill(archive)
    await under_way(archive)
    with appearing(tmp_path / "first") as folder:
        await copy_archive(archive, folder)
        await seal(folder)
    await built(archive)
    with appearing(tmp_path / "second") as folder:
        await copy_archive(archive, folder)
        await seal(folder)
    await archive.close()
    for name in ("first", "second"):
        await restore(tmp_path / name, tmp_path / f"restored-{name}")
        restored = await opened(tmp_path / f"restored-{name}")
        await check(restored, expected)
        await restored.close()


async def test_failed_build_is_said_once_and_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    archive, expected = await opened(tmp_path), filled()
    await fill(archive)
    (tmp_path / "points-2").write_text("in the way")
    with caplog.at_level(logging.WARNING, "citewell.archive"):
        archive.keep_indexed()
        while not caplog.records:
            await asyncio.sleep(0.01)
    assert "no index could be built" in caplog.text and "File exists" in caplog.text
    assert generation(tmp_path) == "points-1"
    later = article("later", long_text("the hills"))
    assert await put(archive, later) == [expected.put(later)]
    await check(archive, expected)
    await archive.close()


async def test_write_that_fails_while_the_index_is_built_ends_the_build(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    archive, expected = await opened(tmp_path), filled()
    await fill(archive)
    await under_way(archive)
    with pytest.raises(ArchiveError, match="expected dim"):
        await archive.points.upsert([Point(record_id("x"), {}, dense=[1.0, 0.0, 0.0])])
    with caplog.at_level(logging.WARNING, "citewell.archive"):
        while not caplog.records:
            await asyncio.sleep(0.01)
    assert "a write failed meanwhile" in caplog.text
    assert generation(tmp_path) == "points-1" and not (tmp_path / "points-2").exists()
    await check(archive, expected)
    await archive.close()


async def test_small_archive_is_left_as_it_is(tmp_path: Path) -> None:
    archive = await opened(tmp_path)
    archive.keep_indexed()
    await put(archive, article("one", long_text("the river")))
    await asyncio.sleep(0)
    assert not in_child(archive) and growing(archive)._journal is None
    assert not (tmp_path / "points-1" / INDEX_FILE).exists()
    await archive.close()
