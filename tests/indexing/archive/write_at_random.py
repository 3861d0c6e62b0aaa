"""A seed in, an endless run of writes out: what a process does that is killed while it writes."""

import asyncio
import os
import random
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

from indexing.archive.article import Article
from tests.indexing.archive.synthetic import article, long_text, open_edge, put

STORIES = [long_text(f"place {number}", 1 + 2 * (number % 6)) for number in range(12)]
IDS = [f"id{number}" for number in range(8)]


def writes(seed: int) -> Iterator[Article | str]:
    """Articles to store, and ids to remove."""
    chance = random.Random(seed)
    while True:
        id = chance.choice(IDS)
        if chance.random() < 0.2:
            yield id
        else:
            yield article(id, chance.choice(STORIES), source=chance.choice(["Echo", "Bote"]))


def write_until_killed(folder: Path, seed: int, said: Connection) -> None:
    """Open the archive as after a crash and write; say of each write when it begins and when it is done."""
    os.environ.pop("PYTEST_CURRENT_TEST", None)
    asyncio.run(_write(folder, seed, said))


async def _write(folder: Path, seed: int, said: Connection) -> None:
    archive = open_edge(folder)
    await archive.repair()
    said.send("ready")
    for write in writes(seed):
        said.send("begun")
        await (archive.remove(write) if isinstance(write, str) else put(archive, write))
        said.send("done")
