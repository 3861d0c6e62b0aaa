"""Opens the archive of an installation: the embedded one in a folder, locked, with its manifest checked."""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from indexing.archive.archive import Archive
from indexing.archive.copy_files import OWNER_ONLY
from indexing.archive.edge import EdgeEngine
from indexing.archive.growing import INDEX_ABOVE, GrowingEngine
from indexing.archive.manifest import DATA, FILE, Manifest, read_manifest, write_manifest
from indexing.archive.terms import Terms
from indexing.errors import ArchiveError, ArchiveFull, ArchiveIncompatible, ArchiveLocked

if TYPE_CHECKING:  # torch takes seconds to import
    from indexing.archive.encoder import Encoder

LOCK_FILE = ".lock"
STAGING = ".copying-"
"""How the folders begin in which a running service makes a copy of itself."""
LOCK_SECONDS = 2.0  # a process that was killed while it started a child is survived by its lock for a moment
# What may lie in the folder of an archive without archive.json: traces of an interrupted creation, of a
# service that has gone, and what a fresh file system has of itself.
HARMLESS = {LOCK_FILE, FILE + ".new", "points-1.new", "service.json", "service.json.new", "lost+found"}


def manifest_for(encoder: "Encoder", terms: Terms) -> Manifest:
    """What an archive written with this encoder and these terms says of itself."""
    return Manifest(encoder.name, encoder.fingerprint, encoder.dimension, terms.fingerprint)


async def open_archive(folder: Path, wanted: Manifest, index_above: int = INDEX_ABOVE) -> Archive:
    """Open or create the embedded archive in `folder` and repair what a crash interrupted.

    With more than `index_above` passages in no index it is large, see `growing.py`.
    Raises ArchiveLocked (another process has it), ArchiveIncompatible (encoder, newer format), ArchiveFull.
    """
    archive = await open_any_archive(folder, wanted, index_above)
    try:
        archive.manifest.require(wanted, archive.place)
    except BaseException:
        await archive.close()
        raise
    return archive


async def open_any_archive(folder: Path, wanted: Manifest, index_above: int = INDEX_ABOVE) -> Archive:
    """The same without asking for the wanted encoder: for reading texts and metadata, as `reindex` does."""
    folder = folder.resolve()
    release = lock_archive(folder)
    try:
        with usable(folder):
            manifest = read_manifest(folder) or _create(folder, wanted)
            _require_data(folder, manifest)
            engine = await GrowingEngine.open(folder, manifest, index_above)
            archive = Archive(engine, manifest, str(folder), release)
    except BaseException:
        release()
        raise
    try:
        with suppress(ArchiveFull):  # half written articles are not seen; the next write clears them up
            await archive.repair()
    except BaseException:
        await archive.close()
        raise
    return archive


def lock_archive(folder: Path) -> Callable[[], None]:
    """Make `folder` (owner only) and take its lock, which ends with the process; returns the release."""
    with usable(folder):
        if folder.exists() and not folder.is_dir():
            raise ArchiveError(f"CITEWELL_ARCHIVE is {folder}, which is a file; name a folder")
        folder.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
        _refuse_foreign(folder)
        if folder.stat().st_mode & 0o777 != OWNER_ONLY:
            folder.chmod(OWNER_ONLY)
        lock = FileLock(folder / LOCK_FILE, mode=0o600)
        try:
            lock.acquire(timeout=LOCK_SECONDS)
        except Timeout:
            raise ArchiveLocked(
                f"the archive {folder} is in use by another process (a running `citewell serve` or `add`); "
                "stop it, or ask it by its address with --service"
            ) from None
    return lock.release


@contextmanager
def usable(folder: Path) -> Iterator[None]:
    """Turn what the system says about the files in `folder` into an ArchiveError of one line."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise ArchiveFull(
                f"the disk of {folder} is full ({reason}); free some space, "
                "or set CITEWELL_ARCHIVE to a folder on another disk"
            ) from error
        raise ArchiveError(
            f"the archive folder {folder} cannot be used ({reason}); "
            "check its permissions, or set CITEWELL_ARCHIVE to another folder"
        ) from error


def next_generation(folder: Path, manifest: Manifest, wanted: Manifest) -> Manifest:
    """Create the next, empty data folder beside the current one; unused until the manifest names it."""
    following = replace(wanted, data=f"points-{manifest.generation + 1}")
    with usable(folder):
        _create_data(folder, following).rename(folder / following.data)
    return following


def switch_generation(folder: Path, following: Manifest) -> None:
    """Make the next data folder the current one, in one step."""
    with usable(folder):
        write_manifest(folder, following)


def _refuse_foreign(folder: Path) -> None:
    """An archive is made in a folder of its own: it closes the folder to others, and deletes in it."""
    names = set(os.listdir(folder))
    if FILE in names or any(DATA.fullmatch(name) for name in names) or names <= HARMLESS:
        return
    found = min(names - HARMLESS)
    raise ArchiveError(
        f"CITEWELL_ARCHIVE is {folder}, which holds other files ({found}) and no archive; "
        "name a new or empty folder"
    )


def _create(folder: Path, wanted: Manifest) -> Manifest:
    if any(DATA.fullmatch(path.name) for path in folder.iterdir()):
        raise ArchiveIncompatible(f"{folder} holds data but no {FILE}; restore {FILE} from a backup")
    _create_data(folder, wanted)
    write_manifest(folder, wanted)
    return wanted


def _create_data(folder: Path, manifest: Manifest) -> Path:
    temporary = folder / f"{manifest.data}.new"
    if temporary.exists():
        shutil.rmtree(temporary)
    EdgeEngine.create(temporary, manifest.dimension)
    return temporary


def _require_data(folder: Path, manifest: Manifest) -> None:
    """See that what the manifest names is there, alone; a creation interrupted before its last rename is finished."""
    data = folder / manifest.data
    fresh = folder / f"{manifest.data}.new"
    if not data.is_dir() and fresh.is_dir():
        fresh.rename(data)
    if not data.is_dir():
        raise ArchiveIncompatible(
            f"{folder} has {FILE} but no {data.name}; restore {data.name} from a backup"
        )
    delete_other_generations(folder, data)


def delete_other_generations(folder: Path, current: Path) -> None:
    """Delete what a finished or interrupted `reindex`, or the building of an index, left; nothing may have it open."""
    for path in (*folder.glob("points-*"), *folder.glob(f"{STAGING}*")):
        if path != current and (DATA.match(path.name) or path.name.startswith(STAGING)):
            shutil.rmtree(path, ignore_errors=True)
