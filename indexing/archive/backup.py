"""An archive in, a folder that holds the same out, checked by opening it; and such a folder in, an archive out.

A backup is the archive's folder as it was at one moment, and `backup.json`: what must be in it, and what each file is.
"""

import asyncio
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from indexing.archive.archive import Archive, Contents
from indexing.archive.copy_files import OWNER_ONLY, copy_folder, copy_sparse, sync, sync_entry
from indexing.archive.edge import EdgeEngine
from indexing.archive.manifest import FILE, read_manifest, write_manifest
from indexing.archive.open_archive import STAGING, usable
from indexing.archive.shard import need_free_disk
from indexing.errors import ArchiveError

BACKUP_FILE = "backup.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Backup:
    """What `backup.json` says; `files` by path within the folder, each with its bytes and SHA-256."""

    made: str
    contents: Contents
    files: dict[str, tuple[int, str]]


async def copy_archive(archive: Archive, folder: Path) -> None:
    """Copy an embedded archive that is open into an empty `folder`; questions go on, writes wait meanwhile."""
    async with archive.at_rest() as data:
        with usable(folder):
            need_free_disk(folder, (await archive.status())["bytes"] // 3)
            contents = await archive.contents()
            await asyncio.to_thread(copy_folder, data, folder / data.name)
            write_manifest(folder, replace(archive.manifest, data=data.name))
            _write(folder, Backup(datetime.now(UTC).isoformat(timespec="seconds"), contents, {}))


@contextmanager
def staged(archive: Archive) -> Iterator[Path]:
    """An empty folder on the archive's own disk, deleted afterwards; a killed process leaves it to the next start."""
    own = archive.own_folder()
    with usable(own):
        folder = Path(tempfile.mkdtemp(prefix=STAGING, dir=own))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def appearing(destination: Path) -> Iterator[Path]:
    """A folder to fill that appears at `destination` when the block ends without an error, and else not at all.

    Raises ArchiveError when something is there already.
    """
    destination = destination.resolve()
    refuse_to_overwrite(destination)
    with usable(destination):
        destination.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(
            tempfile.mkdtemp(prefix=f".{destination.name}-", suffix=".part", dir=destination.parent)
        )
        folder.chmod(OWNER_ONLY)
    try:
        yield folder
        with usable(destination):
            sync(folder)
            refuse_to_overwrite(destination)
            folder.rename(destination)
            sync_entry(destination.parent)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def refuse_to_overwrite(destination: Path) -> None:
    """Raise ArchiveError unless nothing, or an empty folder, is at `destination`."""
    with usable(destination):
        if not destination.exists() or (destination.is_dir() and not any(destination.iterdir())):
            return
    raise ArchiveError(
        f"{destination} is there already and nothing is overwritten; name another folder or move that one away"
    )


async def seal(folder: Path) -> Backup:
    """Open what was copied, compare it with what must be in it, and note what each file is.

    Raises ArchiveError when anything is missing or different.
    """
    backup = _read(folder)
    await _require_contents(folder, backup.contents)
    with usable(folder):
        sealed = Backup(backup.made, backup.contents, await asyncio.to_thread(_digests, folder))
        _write(folder, sealed)
    return sealed


async def restore(source: Path, destination: Path) -> Backup:
    """Make the archive of a backup at `destination`; it appears whole or not at all. Raises ArchiveError."""
    source = source.resolve()
    backup = _read(source)
    if not backup.files:
        raise ArchiveError(
            f"the backup {source} was never finished: {BACKUP_FILE} lists no files; take another"
        )
    with appearing(destination) as folder, usable(destination):
        need_free_disk(folder, sum(path.stat().st_blocks * 512 for path in source.rglob("*")) // 3)
        await asyncio.to_thread(_copy_listed, source, folder, backup.files)
        await _require_contents(folder, backup.contents)
    return backup


async def _require_contents(folder: Path, wanted: Contents) -> None:
    """Raise ArchiveError unless the archive in `folder` can be opened and holds exactly what it must."""
    manifest = read_manifest(folder)
    if manifest is None:
        raise ArchiveError(f"{folder} holds no {FILE}: this is no whole backup; take another")
    engine = await asyncio.to_thread(EdgeEngine.load, folder / manifest.data)
    archive = Archive(engine, manifest, str(folder))
    try:
        found = await archive.contents()
    finally:
        await archive.close()
    if found != wanted:
        differing = [name for name, value in asdict(wanted).items() if asdict(found)[name] != value]
        said = ", ".join(
            f"{name} {asdict(found)[name]} instead of {asdict(wanted)[name]}" for name in differing
        )
        raise ArchiveError(
            f"the copy in {folder} is not the archive ({said}); check the disk and take another"
        )


def _copy_listed(source: Path, target: Path, files: dict[str, tuple[int, str]]) -> None:
    for name, (size, digest) in files.items():
        path, place = source / name, target / name
        if not path.is_file() or path.stat().st_size != size or _digest(path) != digest:
            raise ArchiveError(f"{path} is not as it was when the backup was made; use another backup")
        place.parent.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
        copy_sparse(path, place)


def _digests(folder: Path) -> dict[str, tuple[int, str]]:
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_size, _digest(path))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != BACKUP_FILE
    }


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write(folder: Path, backup: Backup) -> None:
    said = {"format": FORMAT, **asdict(backup)}
    temporary = folder / (BACKUP_FILE + ".new")
    temporary.write_text(json.dumps(said, indent=1) + "\n", "utf-8")
    temporary.replace(folder / BACKUP_FILE)


def _read(folder: Path) -> Backup:
    path = folder / BACKUP_FILE
    try:
        said: dict[str, Any] = json.loads(path.read_bytes())
        if said["format"] != FORMAT:
            raise ArchiveError(
                f"the backup {folder} has format {said['format']}, this version reads {FORMAT}"
            )
        files = {str(name): (int(size), str(digest)) for name, (size, digest) in said["files"].items()}
        if any(os.path.isabs(name) or ".." in Path(name).parts for name in files):
            raise ValueError("a file outside the folder is listed")
        return Backup(str(said["made"]), Contents(**said["contents"]), files)
    except FileNotFoundError:
        raise ArchiveError(f"{folder} is no backup: it holds no {BACKUP_FILE}") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArchiveError(
            f"{path} cannot be read ({type(error).__name__}: {error}); use another backup"
        ) from error
