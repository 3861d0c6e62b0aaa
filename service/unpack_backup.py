"""The bytes of a tar file as they arrive in, its files in a folder out; what is only zeros becomes a hole."""

import asyncio
import os
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path, PurePosixPath

from indexing.archive.copy_files import write_sparse
from service.errors import ServiceError

PIECE = 64 << 10


async def unpack_backup(content: AsyncIterator[bytes], folder: Path) -> None:
    """Write the files of `content` under `folder`; raises ServiceError for what is no backup, OSError of the disk."""
    read, write = os.pipe()
    unpacking = asyncio.create_task(asyncio.to_thread(_unpack, read, folder))
    try:
        try:
            async for piece in content:
                await asyncio.to_thread(_write_all, write, piece)
        except BrokenPipeError:
            pass  # unpacking has failed, and says why below
        finally:
            os.close(write)
    finally:
        # Also after an error, which wins: nobody may write in the folder when this has returned.
        await asyncio.wait([unpacking])
        unpacking.exception()  # looked at, so that nobody complains of it beside that error
    unpacking.result()


def _write_all(pipe: int, piece: bytes) -> None:
    left = memoryview(piece)
    while left:
        left = left[os.write(pipe, left) :]


def _unpack(pipe: int, folder: Path) -> None:
    try:
        with open(pipe, "rb") as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                _extract(tar, member, folder)
            while stream.read(PIECE):  # the padding at the end
                pass
    except tarfile.TarError:
        raise ServiceError(
            "what the service sent is no whole backup; try again, or check --service"
        ) from None


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    name = PurePosixPath(member.name)
    content = tar.extractfile(member) if member.isreg() else None
    if content is None or name.is_absolute() or ".." in name.parts:
        raise ServiceError(f"the service sent {member.name!r}, which is no file of a backup; check --service")
    target = folder / name
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        os.ftruncate(stream.fileno(), member.size)
        place = 0
        while piece := content.read(PIECE):
            write_sparse(stream.fileno(), piece, place)
            place += len(piece)
