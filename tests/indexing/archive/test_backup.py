"""A backup holds what the archive held at one moment, is checked by opening it, and restores to the same answers."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import pytest

from indexing.add_articles import add_articles, read_paths
from indexing.archive.archive import Archive
from indexing.archive.backup import appearing, copy_archive, restore, seal, staged
from indexing.archive.copy_files import copy_sparse
from indexing.archive.encoder import Encoder
from indexing.archive.engine import Engine
from indexing.archive.open_archive import manifest_for, open_archive
from indexing.errors import ArchiveError

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
Backed = Callable[[str], Awaitable[Path]]


LIMIT = 100_000


async def fill(archive: Archive, encoder: Encoder, name: str) -> None:
    readings = read_paths([str(SAMPLES / f"{name}.jsonl")], max_characters=LIMIT)
    async for added in add_articles(readings, archive, encoder, max_characters=LIMIT):
        assert added.error is None


@pytest.fixture
def backed(archive: Archive, tmp_path: Path) -> Backed:
    async def make(name: str) -> Path:
        with appearing(tmp_path / name) as folder:
            await copy_archive(archive, folder)
            await seal(folder)
        return tmp_path / name

    return make


async def texts(folder: Path, encoder: Encoder) -> dict[str, str]:
    archive = await open_archive(folder, manifest_for(encoder, encoder.terms))
    try:
        return {article.id: article.text async for article in archive.every_article()}
    finally:
        await archive.close()


async def test_backup_restores_to_the_same_archive(
    archive: Archive, encoder: Encoder, backed: Backed, tmp_path: Path
) -> None:
    await fill(archive, encoder, "fr")
    before = await archive.contents()
    kept = {article.id: article.text async for article in archive.every_article()}
    folder = await backed("backup")
    await fill(archive, encoder, "de")  # what comes later is not in it
    made = await restore(folder, tmp_path / "new" / "archive")
    assert made.contents == before != await archive.contents()
    assert (tmp_path / "new" / "archive").stat().st_mode & 0o777 == 0o700
    assert await texts(tmp_path / "new" / "archive", encoder) == kept


async def test_backup_while_articles_come_in_is_one_moment_of_it(
    archive: Archive, encoder: Encoder, backed: Backed, tmp_path: Path
) -> None:
    await fill(archive, encoder, "fr")
    adding = asyncio.ensure_future(fill(archive, encoder, "en"))
    folders = [await backed(f"backup-{number}") for number in range(3)]
    await adding
    whole = {article.id: article.text async for article in archive.every_article()}
    for number, folder in enumerate(folders):
        await restore(folder, tmp_path / f"restored-{number}")
        found = await texts(tmp_path / f"restored-{number}", encoder)
        assert found.items() <= whole.items()


async def test_questions_go_on_and_writes_wait_while_the_folder_is_at_rest(
    archive: Archive, encoder: Encoder
) -> None:
    await fill(archive, encoder, "fr")
    count = await archive.article_count()
    async with archive.at_rest():
        adding = asyncio.ensure_future(fill(archive, encoder, "de"))
        removing = asyncio.ensure_future(archive._engine.delete(["00000000-0000-0000-0000-000000000000"]))
        for _ in range(20):
            assert await archive.article_count() == count
            await asyncio.sleep(0.01)
        assert not adding.done() and not removing.done()
    await asyncio.gather(adding, removing)
    assert await archive.article_count() > count


async def test_nothing_is_overwritten(archive: Archive, backed: Backed, tmp_path: Path) -> None:
    folder = await backed("backup")
    with pytest.raises(ArchiveError, match="nothing is overwritten"):
        await backed("backup")
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine").write_text("mine")
    with pytest.raises(ArchiveError, match="nothing is overwritten"):
        await restore(folder, other)
    assert [path.name for path in other.iterdir()] == ["mine"]
    (other / "mine").unlink()
    await restore(folder, other)  # an empty folder is nobody's
    assert (other / "archive.json").exists()


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), appearing(tmp_path / "backup") as folder:
        (folder / "half").write_text("half")
        raise RuntimeError
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("damage", ["flip", "cut", "lose", "lose manifest"])
async def test_a_damaged_backup_is_refused(
    archive: Archive, encoder: Encoder, backed: Backed, tmp_path: Path, damage: str
) -> None:
    await fill(archive, encoder, "fr")
    folder = await backed("backup")
    largest = max((path for path in folder.rglob("page_0.dat")), key=lambda path: path.stat().st_blocks)
    if damage == "flip":
        with largest.open("r+b") as stream:
            stream.seek(1000)
            stream.write(b"\xff\x00\xff")
    elif damage == "cut":
        with largest.open("r+b") as stream:
            stream.truncate(1000)
    else:
        (folder / "archive.json" if damage == "lose manifest" else largest).unlink()
    with pytest.raises(ArchiveError, match="is not as it was when the backup was made"):
        await restore(folder, tmp_path / "restored")
    assert not (tmp_path / "restored").exists()
    assert not list(tmp_path.glob(".restored*"))


async def test_a_copy_that_lacks_something_is_not_sealed(
    archive: Archive, encoder: Encoder, tmp_path: Path
) -> None:
    await fill(archive, encoder, "fr")
    count = await archive.article_count()
    said_so = f"articles {count} instead of {count + 1}"
    with pytest.raises(ArchiveError, match=said_so), appearing(tmp_path / "b") as folder:
        await copy_archive(archive, folder)
        said = json.loads((folder / "backup.json").read_text())
        said["contents"]["articles"] += 1
        (folder / "backup.json").write_text(json.dumps(said))
        await seal(folder)
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "is no backup"),
        ("{", "cannot be read"),
        ('{"format": 2}', "has format 2"),
        ('{"format": 1, "made": "", "contents": {}, "files": {}}', "cannot be read"),
    ],
)
async def test_what_is_no_backup_is_refused(tmp_path: Path, content: str | None, said: str) -> None:
    folder = tmp_path / "backup"
    folder.mkdir()
    if content is not None:
        (folder / "backup.json").write_text(content)
    with pytest.raises(ArchiveError, match=said):
        await restore(folder, tmp_path / "restored")


async def test_a_backup_may_not_reach_outside(archive: Archive, backed: Backed, tmp_path: Path) -> None:
    folder = await backed("backup")
    said = json.loads((folder / "backup.json").read_text())
    said["files"]["../outside"] = [0, ""]
    (folder / "backup.json").write_text(json.dumps(said))
    with pytest.raises(ArchiveError, match="outside the folder"):
        await restore(folder, tmp_path / "restored")


async def test_a_killed_copy_is_cleared_at_the_next_start(encoder: Encoder, tmp_path: Path) -> None:
    wanted = manifest_for(encoder, encoder.terms)
    archive = await open_archive(tmp_path / "own", wanted)
    with staged(archive) as folder:
        assert folder.parent == tmp_path / "own"
    assert not folder.exists()
    await archive.close()
    folder.mkdir()
    (folder / "half").write_text("half")
    await (await open_archive(tmp_path / "own", wanted)).close()
    assert not folder.exists()


def test_holes_stay_holes(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    with source.open("wb") as stream:
        stream.write(b"head")
        stream.truncate(64 << 20)
        stream.seek(32 << 20)
        stream.write(b"middle")
    copy_sparse(source, target)
    assert target.read_bytes() == source.read_bytes()
    assert target.stat().st_blocks <= source.stat().st_blocks


async def test_an_archive_in_no_folder_is_not_copied(archive: Archive, tmp_path: Path) -> None:
    class OnServer:
        """Has none of what an embedded engine has."""

    elsewhere = Archive(cast(Engine, OnServer()), archive.manifest, "http://qdrant:6333/articles")
    with pytest.raises(ArchiveError, match="Qdrant's snapshots"):
        await copy_archive(elsewhere, tmp_path)
    with pytest.raises(ArchiveError, match="Qdrant's snapshots"), staged(elsewhere):
        pass
