"""Opens the archive of an installation: the embedded one in a folder, locked, with its manifest checked."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from indexing.archive.archive import Archive
from indexing.archive.edge import EdgeEngine
from indexing.archive.manifest import Manifest, read_manifest, write_manifest
from indexing.archive.terms import Terms
from indexing.errors import ArchiveError, ArchiveIncompatible, ArchiveLocked

if TYPE_CHECKING:  # torch takes seconds to import
    from indexing.archive.encoder import Encoder

LOCK_FILE = ".lock"


def manifest_for(encoder: "Encoder", terms: Terms) -> Manifest:
    """What an archive written with this encoder and these terms says of itself."""
    return Manifest(encoder.name, encoder.fingerprint, encoder.dimension, terms.fingerprint)


async def open_archive(folder: Path, wanted: Manifest) -> Archive:
    """Open or create the embedded archive in `folder` and repair what a crash interrupted.

    Raises ArchiveLocked (another process has it), ArchiveIncompatible (encoder, newer format), ArchiveFull.
    """
    archive = await open_any_archive(folder, wanted)
    try:
        archive.manifest.require(wanted, archive.place)
        await archive.repair()
    except BaseException:
        await archive.close()
        raise
    return archive


async def open_any_archive(folder: Path, wanted: Manifest) -> Archive:
    """The same without asking for the wanted encoder: for reading texts and metadata, as `reindex` does."""
    folder = folder.resolve()
    release = lock_archive(folder)
    try:
        manifest = read_manifest(folder) or _create(folder, wanted)
        return Archive(EdgeEngine.load(_data_folder(folder, manifest)), manifest, release)
    except BaseException:
        release()
        raise


def lock_archive(folder: Path) -> Callable[[], None]:
    """Make `folder` (owner only) and take its lock, which the system drops if the process dies; returns the release."""
    if folder.exists() and not folder.is_dir():
        raise ArchiveError(f"CITEWELL_ARCHIVE is {folder}, which is a file; name a folder")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        lock = FileLock(folder / LOCK_FILE)
        lock.acquire(timeout=0)
    except Timeout:
        raise ArchiveLocked(
            f"the archive {folder} is in use by another process (a running `citewell serve` or `add`); "
            "stop it, or ask it by its address with --service"
        ) from None
    except OSError as error:
        raise ArchiveError(
            f"the archive folder {folder} cannot be used ({error.strerror}); check its permissions, or set CITEWELL_ARCHIVE"
        ) from error
    return lock.release


def next_generation(folder: Path, manifest: Manifest, wanted: Manifest) -> Manifest:
    """Create the next, empty data folder beside the current one; nothing points to it until the manifest does."""
    number = int(manifest.data.rpartition("-")[2]) + 1
    following = replace(wanted, data=f"points-{number}")
    _create_data(folder, following).rename(folder / following.data)
    return following


def _create(folder: Path, wanted: Manifest) -> Manifest:
    if any(path.suffix != ".new" for path in folder.glob("points-*")):
        raise ArchiveIncompatible(f"{folder} holds data but no archive.json; restore archive.json from a backup")
    _create_data(folder, wanted)
    write_manifest(folder, wanted)
    return wanted


def _create_data(folder: Path, manifest: Manifest) -> Path:
    temporary = folder / f"{manifest.data}.new"
    shutil.rmtree(temporary, ignore_errors=True)
    EdgeEngine.create(temporary, manifest.dimension)
    return temporary


def _data_folder(folder: Path, manifest: Manifest) -> Path:
    """The folder that the manifest names; a creation that was interrupted before its last rename is finished."""
    data = folder / manifest.data
    fresh = folder / f"{manifest.data}.new"
    if not data.is_dir() and fresh.is_dir():
        fresh.rename(data)
    if not data.is_dir():
        raise ArchiveIncompatible(f"{folder} has a manifest but no {data.name}; restore the folder from a backup")
    for path in folder.glob("points-*"):  # what an interrupted `reindex` left
        if path != data:
            shutil.rmtree(path, ignore_errors=True)
    return data
