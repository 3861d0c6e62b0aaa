"""Adds articles to a Qdrant server by the workers of a local Ray in several ways; prints what became of them as JSON.

A process of its own, since Ray changes the one that it is started in.
"""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from indexing.add_articles import store_articles
from indexing.archive.archive import Archive
from indexing.archive.open_server_archive import open_server_archive
from indexing.archive.server_address import Server
from indexing.encode_plans import EncodeHere
from indexing.errors import IndexingError
from indexing.ray_cluster import connected_ray
from indexing.ray_make import RayWork, make_on_ray
from tests.indexing.archive.synthetic import ENCODER, MANIFEST, Expected, check
from tests.indexing.failing_encoder import open_failing, open_none

LIMIT = 100_000


class EncodeNothing:
    """Stands where the writing process encodes: it must have nothing to do."""

    side_by_side = 1

    async def __call__(self, plans: Any) -> Any:
        raise AssertionError(f"{len(plans)} articles were not encoded by a worker")


async def add(ray: Any, archive: Archive, paths: list[str], open_encoder: Any, encode: Any = None) -> Any:
    """The results, or the line that tells why there are none."""
    work = RayWork.of(open_encoder, ENCODER, LIMIT)
    with open("stdin.jsonl", "rb") as stdin:
        made = make_on_ray(ray, work, paths, archive, stdin=stdin)
        try:
            results = store_articles(made, archive, encode or EncodeHere(ENCODER))
            return [[one.place, one.status, one.passages, one.error] async for one in results]
        except IndexingError as error:
            return f"{type(error).__name__}: {error}"


async def main(folder: Path, url: str) -> None:
    paths = ["news", "many.jsonl", "-", "missing.txt"]
    archive = await open_server_archive(Server(url=url, collection="articles"), MANIFEST)
    (folder / "deaths").mkdir()
    with connected_ray("local") as ray:
        failing = partial(open_failing, folder / "deaths")
        done = {
            "first": await add(ray, archive, paths, partial(failing, 1), EncodeNothing()),
            "again": await add(ray, archive, paths, open_none, EncodeNothing()),
            "always dies": await add(ray, archive, ["last.jsonl"], partial(failing, 99)),
            "no models": await add(ray, archive, ["last.jsonl"], open_none),
            "listening": listening(os.getpid()),
        }
    done["deaths"] = len(list((folder / "deaths").iterdir()))
    await check(archive, await Expected.of(archive))
    await archive.close()
    print(json.dumps(done))


def listening(first: int) -> list[str]:
    """The addresses on which a process and all that it started listen."""
    parents = {int(place.name): _parent(place) for place in Path("/proc").glob("[0-9]*")}
    family = {first}
    while more := {one for one, parent in parents.items() if parent in family} - family:
        family |= more
    sockets = {target for one in family for target in _targets(Path(f"/proc/{one}/fd"))}
    tables = [Path(f"/proc/net/{name}").read_text().splitlines()[1:] for name in ("tcp", "tcp6")]
    rows = [line.split() for table in tables for line in table]
    return sorted(
        {row[1].split(":")[0] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets}
    )


def _parent(place: Path) -> int:
    with suppress(OSError):
        return int((place / "stat").read_text().rpartition(")")[2].split()[1])
    return 0


def _targets(folder: Path) -> Iterator[str]:
    with suppress(OSError):
        for link in folder.iterdir():
            with suppress(OSError):
                yield os.readlink(link)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
