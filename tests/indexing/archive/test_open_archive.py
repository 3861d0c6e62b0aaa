"""Opening: made when missing, one process at a time, and for all that can be wrong one line that says what to do."""

import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from indexing.archive.manifest import Manifest, read_manifest, write_manifest
from indexing.archive.open_archive import (
    lock_archive,
    next_generation,
    open_any_archive,
    open_archive,
    switch_generation,
)
from indexing.archive.records import pending_point
from indexing.errors import ArchiveError, ArchiveIncompatible, ArchiveLocked
from tests.indexing.archive.open_elsewhere import NOBODY, in_child, look, read_files
from tests.indexing.archive.synthetic import DIMENSION, MANIFEST, Expected, article, check, long_text, put

ONE = article("one", long_text("the river"))
OTHER = Manifest("other", "other-2", DIMENSION, "letters 1")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A temporary folder that every user may enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


async def filled(folder: Path) -> Path:
    archive = await open_archive(folder, MANIFEST)
    await put(archive, ONE)
    await archive.close()
    return folder


async def holds_one(folder: Path) -> bool:
    archive = await open_archive(folder, MANIFEST)
    expected = Expected()
    expected.put(ONE)
    await check(archive, expected)
    await archive.close()
    return True


async def refusal(folder: Path, manifest: Manifest = MANIFEST) -> str:
    with pytest.raises(ArchiveError) as caught:
        await open_archive(folder, manifest)
    assert "\n" not in str(caught.value)
    return f"{type(caught.value).__name__}: {caught.value}"


async def test_made_when_missing_and_found_again(tmp_path: Path) -> None:
    folder = await filled(tmp_path / "deep" / "archive")
    assert read_manifest(folder) == MANIFEST
    archive = await open_archive(folder, MANIFEST)
    assert archive.place == str(folder)
    assert (await archive.status())["archive"] == str(folder)
    assert (await archive.status())["bytes"] > 0
    await archive.close()
    assert await holds_one(folder)


async def test_place_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    archive = await open_archive(Path("archive"), MANIFEST)
    assert archive.place == str(tmp_path / "archive")
    await archive.close()


async def test_folder_is_its_owners_alone(tmp_path: Path) -> None:
    existing = tmp_path / "empty"
    existing.mkdir(mode=0o755)
    for folder in (tmp_path / "new", existing):
        await filled(folder)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@as_root
async def test_no_other_user_reads_a_file_of_it(open_folder: Path) -> None:
    folder = await filled(open_folder / "archive")
    assert in_child(read_files, folder, 0)[0]
    assert in_child(read_files, folder, NOBODY) == ("", 0)


@as_root
async def test_folder_without_permission_is_named(open_folder: Path) -> None:
    folder = await filled(open_folder / "archive")
    answer, code = in_child(look, folder, NOBODY)
    assert code == 0
    assert answer == (
        f"ArchiveError: the archive folder {folder} cannot be used (Permission denied); check its permissions, or set "
        "CITEWELL_ARCHIVE to another folder"
    )
    answer, _ = in_child(look, open_folder / "new" / "archive", NOBODY)
    assert "Permission denied" in answer and "CITEWELL_ARCHIVE" in answer
    assert await holds_one(folder)


async def test_second_process_is_told_who_may_have_it(tmp_path: Path) -> None:
    archive = await open_archive(tmp_path / "archive", MANIFEST)
    await put(archive, ONE)
    answer, _ = in_child(look, tmp_path / "archive")
    assert answer.startswith(
        f"ArchiveLocked: the archive {tmp_path / 'archive'} is in use by another process"
    )
    assert "citewell serve" in answer and "--service" in answer
    await archive.close()
    assert in_child(look, tmp_path / "archive") == ("1", 0)


async def test_second_opening_in_one_process_is_refused(tmp_path: Path) -> None:
    archive = await open_archive(tmp_path / "archive", MANIFEST)
    with pytest.raises(ArchiveLocked, match="is in use"):
        await open_archive(tmp_path / "archive", MANIFEST)
    await put(archive, ONE)
    await archive.close()
    assert await holds_one(tmp_path / "archive")


async def test_failed_opening_lets_go_of_the_lock(tmp_path: Path) -> None:
    folder = await filled(tmp_path / "archive")
    assert "citewell reindex" in await refusal(folder, OTHER)
    assert await holds_one(folder)


async def test_other_encoder_names_both_and_the_command(tmp_path: Path) -> None:
    said = await refusal(await filled(tmp_path / "archive"), OTHER)
    assert said.startswith("ArchiveIncompatible")
    assert "tiny (tiny-1)" in said and "other (other-2)" in said
    assert "`citewell reindex`" in said and "CITEWELL_EMBEDDING_MODEL back to tiny" in said


async def test_other_terms_name_the_command(tmp_path: Path) -> None:
    said = await refusal(await filled(tmp_path / "archive"), replace(MANIFEST, terms="letters 2"))
    assert "'letters 1'" in said and "'letters 2'" in said and "`citewell reindex`" in said


async def test_texts_can_be_read_with_another_encoder(tmp_path: Path) -> None:
    archive = await open_any_archive(await filled(tmp_path / "archive"), OTHER)
    assert [one async for one in archive.every_article()] == [ONE]
    await archive.close()


async def test_newer_format_is_left_alone(tmp_path: Path) -> None:
    folder = await filled(tmp_path / "archive")
    write_manifest(folder, replace(MANIFEST, format=2))
    said = await refusal(folder)
    assert "format 2" in said and "reads up to 1" in said and "update Citewell" in said
    write_manifest(folder, MANIFEST)
    assert await holds_one(folder)


async def test_broken_manifest_is_named_and_nothing_is_lost(tmp_path: Path) -> None:
    folder = await filled(tmp_path / "archive")
    (folder / "archive.json").write_text('{"format": 1, "enc', "utf-8")
    said = await refusal(folder)
    assert str(folder / "archive.json") in said and "restore it from a backup" in said
    (folder / "archive.json").unlink()
    said = await refusal(folder)
    assert "holds data but no archive.json" in said and "backup" in said
    write_manifest(folder, MANIFEST)
    assert await holds_one(folder)


async def test_missing_data_is_named(tmp_path: Path) -> None:
    folder = await filled(tmp_path / "archive")
    (folder / "points-1").rename(tmp_path / "elsewhere")
    assert "has archive.json but no points-1" in await refusal(folder)
    (tmp_path / "elsewhere").rename(folder / "points-1")
    assert await holds_one(folder)


@pytest.mark.parametrize("file", ["edge_config.json", "wal/first-index", "segments/*/segment.json"])
async def test_damaged_data_is_one_line(file: str, tmp_path: Path) -> None:
    folder = await filled(tmp_path / "archive")
    [damaged] = (folder / "points-1").glob(file)
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[: len(whole) // 2])
    said = await refusal(folder)
    assert said.startswith(f"ArchiveError: the archive data in {folder / 'points-1'} cannot be opened: ")
    assert "backup" in said
    damaged.write_bytes(whole)
    assert await holds_one(folder)


async def test_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "archive").write_text("hello")
    assert "which is a file; name a folder" in await refusal(tmp_path / "archive")
    assert "cannot be used (Not a directory)" in await refusal(tmp_path / "archive" / "inside")
    assert (tmp_path / "archive").read_text() == "hello"


async def test_folder_of_other_files_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir(mode=0o755)
    (tmp_path / "letters" / "to-mother.txt").write_text("hello")
    said = await refusal(tmp_path / "letters")
    assert "holds other files (to-mother.txt) and no archive" in said and "name a new or empty folder" in said
    assert [path.name for path in (tmp_path / "letters").iterdir()] == ["to-mother.txt"]
    assert stat.S_IMODE((tmp_path / "letters").stat().st_mode) == 0o755


async def test_creation_interrupted_anywhere_is_finished(tmp_path: Path) -> None:
    whole = await filled(tmp_path / "whole")

    partial = tmp_path / "partial"  # while the data folder was made
    (partial / "points-1.new" / "segments").mkdir(parents=True)
    (partial / ".lock").touch()
    assert await holds_one(await filled(partial))

    unnamed = tmp_path / "unnamed"  # after it was made, while archive.json was written
    shutil.copytree(whole / "points-1", unnamed / "points-1.new")
    (unnamed / "archive.json.new").write_text('{"form')
    assert await holds_one(await filled(unnamed))

    unmoved = tmp_path / "unmoved"  # after archive.json, before the data folder got its name
    shutil.copytree(whole, unmoved)
    (unmoved / "points-1").rename(unmoved / "points-1.new")
    assert await holds_one(unmoved)


async def test_traces_of_an_interrupted_reindex_are_deleted(tmp_path: Path) -> None:
    folder = await filled(tmp_path / "archive")
    next_generation(folder, MANIFEST, OTHER)
    shutil.copytree(folder / "points-2", folder / "points-3.new")
    (folder / "points-of-view.txt").write_text("mine")
    assert await holds_one(folder)
    assert sorted(path.name for path in folder.glob("points-*")) == ["points-1", "points-of-view.txt"]


async def test_next_generation_counts_once_it_is_switched_to(tmp_path: Path) -> None:
    folder = await filled(tmp_path / "archive")
    following = next_generation(folder, MANIFEST, OTHER)
    assert read_manifest(folder) == MANIFEST
    switch_generation(folder, following)
    assert read_manifest(folder) == replace(OTHER, data="points-2")
    archive = await open_archive(folder, OTHER)
    assert await archive.article_count() == 0
    await archive.close()
    assert not (folder / "points-1").exists()


async def test_opening_repairs_what_a_crash_left(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    archive = await open_archive(folder, MANIFEST)
    await put(archive, ONE)
    await archive._engine.upsert([pending_point({"one", "never-stored"}, {ONE.version, "0" * 16})])
    await archive.close()
    assert await holds_one(folder)


async def test_lock_is_free_again_after_release(tmp_path: Path) -> None:
    lock_archive(tmp_path / "archive")()
    release = lock_archive(tmp_path / "archive")
    with pytest.raises(ArchiveLocked):
        lock_archive(tmp_path / "archive")
    release()


def test_manifest_is_what_the_outside_may_read(tmp_path: Path) -> None:
    write_manifest(tmp_path, MANIFEST)
    assert json.loads((tmp_path / "archive.json").read_text("utf-8")) == {
        "encoder": "tiny",
        "encoder_fingerprint": "tiny-1",
        "dimension": DIMENSION,
        "terms": "letters 1",
        "data": "points-1",
        "format": 1,
    }


def test_incompatible_is_an_archive_error() -> None:
    assert issubclass(ArchiveIncompatible, ArchiveError)
