"""An archive folder in, articles in it and an index half built out, by a process that waits to be killed."""

import asyncio
import sys
import time
from pathlib import Path

from indexing.archive.archive import Archive
from indexing.archive.growing import GrowingEngine
from indexing.archive.open_archive import open_archive
from tests.indexing.archive.synthetic import MANIFEST, article, long_text, put

INDEX_ABOVE = 20
TOPICS = [f"the river number {number}" for number in range(8)]


def growing(archive: Archive) -> GrowingEngine:
    """The engine of an embedded archive."""
    assert isinstance(archive.points, GrowingEngine)
    return archive.points


async def fill(archive: Archive) -> None:
    """More passages than a small archive has, as these tests count."""
    for number, topic in enumerate(TOPICS):
        await put(archive, article(f"a{number}", long_text(topic), source="Echo"))


async def under_way(archive: Archive) -> None:
    """Return once the copy is made whose index is then built."""
    archive.keep_indexed()
    while growing(archive)._journal is None:
        await asyncio.sleep(0.002)


async def build_and_wait(folder: Path) -> None:
    """Begin to build, say so, and wait for the end."""
    archive = await open_archive(folder, MANIFEST, INDEX_ABOVE)
    await fill(archive)
    await under_way(archive)
    await put(archive, article("late", long_text("the bridge")))
    print("building", flush=True)
    time.sleep(600)  # nothing goes on here; the child builds on


if __name__ == "__main__":
    asyncio.run(build_and_wait(Path(sys.argv[1])))
