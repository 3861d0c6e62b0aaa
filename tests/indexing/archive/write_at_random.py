"""What a process does that is killed while it writes: random writes from a seed, or a slow reindexing."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexing.archive.article import Article
from indexing.reindex import reindex_archive
from tests.indexing.archive.open_elsewhere import processes
from tests.indexing.archive.synthetic import TinyEncoder, article, long_text, open_edge, put

STORIES = [long_text(f"place {number}", 1 + 2 * (number % 6)) for number in range(12)]
IDS = [f"id{number}" for number in range(8)]


def killed(work: Callable[..., None], *arguments: object, once: str, wait: float) -> Connection:
    """Kill a process `wait` seconds after it said `once`; what it said after that can be heard."""
    heard, said = processes.Pipe(duplex=False)
    process = processes.Process(target=work, args=(*arguments, said))
    process.start()
    said.close()
    assert heard.recv() == once
    time.sleep(wait)
    process.kill()
    process.join()
    return heard


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
    asyncio.run(_write(folder, seed, said))


async def _write(folder: Path, seed: int, said: Connection) -> None:
    archive = open_edge(folder)
    await archive.repair()
    said.send("ready")
    for write in writes(seed):
        said.send("begun")
        await (archive.remove(write) if isinstance(write, str) else put(archive, write))
        said.send("done")


class SlowEncoder(TinyEncoder):
    """Takes a tenth of a second a batch, and says when it begins."""

    def __init__(self, said: Connection) -> None:
        super().__init__("other", dimension=12)
        self._said = said

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self._said.send("encoding")
        time.sleep(0.1)
        return super().encode_passages(texts)


def reindex_slowly(folder: Path, said: Connection) -> None:
    """Reindex with a wait after each article, so that there is time to be killed."""
    encoder: Any = SlowEncoder(said)

    def wait() -> None:
        time.sleep(0.1)

    asyncio.run(reindex_archive(folder, encoder, wait))
