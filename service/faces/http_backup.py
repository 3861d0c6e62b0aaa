"""`GET /v1/backup`: nothing in, the whole embedded archive as it is at one moment out, as a tar file."""

import asyncio
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from indexing.archive.backup import copy_archive, staged
from service.faces.problems import RETRY_SECONDS, Problem
from service.faces.services import Parts, Services

PIECE = 1 << 20
_BLOCK = tarfile.BLOCKSIZE

router = APIRouter(tags=["articles"])


@router.get("/v1/backup", summary="A copy of the whole archive", response_class=Response)
async def get_backup(parts: Parts) -> Response:
    """What `citewell backup` fetches, checks and puts in a folder; one at a time, questions go on meanwhile."""
    return _BackupReply(parts)


class _BackupReply(Response):
    """Makes the copy when it is sent: then nothing is left behind, whatever becomes of the client."""

    def __init__(self, parts: Services) -> None:
        super().__init__()
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._parts.backing_up.locked():
            headers = {"Retry-After": str(RETRY_SECONDS)}
            raise Problem(
                503, "a backup is being made already; try again when it is finished", headers=headers
            )
        # A copy on the archive's own disk first: writes must not wait for whoever fetches it.
        async with self._parts.backing_up:
            with staged(self._parts.archive) as folder:
                await copy_archive(self._parts.archive, folder)
                await _tar_reply(folder)(scope, receive, send)


def _tar_reply(folder: Path) -> Response:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    heads = {path: _head(path, folder) for path in files}
    size = 2 * _BLOCK + sum(len(head) + _padded(path.stat().st_size) for path, head in heads.items())
    headers = {"Content-Length": str(size), "Cache-Control": "no-store"}
    return StreamingResponse(_tar(heads), media_type="application/x-tar", headers=headers)


async def _tar(heads: dict[Path, bytes]) -> AsyncIterator[bytes]:
    for path, head in heads.items():
        yield head
        size = 0
        with path.open("rb") as stream:
            while piece := await asyncio.to_thread(stream.read, PIECE):
                size += len(piece)
                yield piece
        yield bytes(_padded(size) - size)
    yield bytes(2 * _BLOCK)


def _head(path: Path, folder: Path) -> bytes:
    member = tarfile.TarInfo(path.relative_to(folder).as_posix())
    found = path.stat()
    member.size, member.mtime, member.mode = found.st_size, int(found.st_mtime), 0o600
    return member.tobuf(tarfile.PAX_FORMAT)


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK
