"""An archive folder in, what another process or another user meets there out."""

import asyncio
import multiprocessing
import os
import resource
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from indexing.archive.archive import Archive
from indexing.archive.open_archive import open_archive
from indexing.errors import IndexingError
from tests.indexing.archive.synthetic import MANIFEST, article, put

NOBODY = 65534
processes = multiprocessing.get_context("forkserver")
# Imported once, by the process that all these children are forked from.
processes.set_forkserver_preload(
    [f"tests.indexing.archive.{name}" for name in ("open_elsewhere", "write_at_random")]
)


def in_child(work: Callable[..., str], *arguments: object) -> tuple[str, int | None]:
    """Run `work` in a process of its own: what it returned, or its IndexingError as text, and the exit code."""
    heard, said = processes.Pipe(duplex=False)
    process = processes.Process(target=_tell, args=(said, work, *arguments))
    process.start()
    said.close()
    try:
        answer: str = heard.recv()
    except EOFError:
        answer = "died without a word"
    process.join()
    return answer, process.exitcode


def _tell(said: Connection, work: Callable[..., str], *arguments: object) -> None:
    try:
        said.send(work(*arguments))
    except IndexingError as error:
        said.send(f"{type(error).__name__}: {error}")


def look(folder: Path, user: int | None = None) -> str:
    """Open the archive, as another user if one is given, and count its articles."""
    if user is not None:
        os.setgid(user)
        os.setuid(user)
    return asyncio.run(_with_archive(folder, _count))


def read_files(folder: Path, user: int) -> str:
    """Names of the files under `folder` that a user can read."""
    os.setgid(user)
    os.setuid(user)
    readable = []
    for root, _, names in os.walk(folder):
        readable += [name for name in names if os.access(Path(root) / name, os.R_OK)]
    return " ".join(sorted(readable))


def fill(folder: Path, first: int, count: int, largest_file: int | None = None) -> str:
    """Add articles of 400 KB; returns how many were acknowledged, and why there are no more."""
    if largest_file is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    acknowledged = 0

    async def add(archive: Archive) -> None:
        nonlocal acknowledged
        for number in range(first, first + count):
            await put(archive, article(f"a{number}", f"Number {number}." + " " * 400_000 + "The end."))
            acknowledged += 1

    try:
        asyncio.run(_with_archive(folder, add))
    except IndexingError as error:
        return f"{acknowledged} {type(error).__name__}: {error}"
    return f"{acknowledged} not full"


async def _with_archive(folder: Path, work: Callable[[Archive], object]) -> str:
    archive = await open_archive(folder, MANIFEST)
    try:
        return str(await work(archive))  # type: ignore[misc]
    finally:
        await archive.close()


async def _count(archive: Archive) -> int:
    return await archive.article_count()
