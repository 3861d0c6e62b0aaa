"""An embedded archive in, the same archive on a Qdrant server out: copied as it is, compared, then opened to others.

Points keep their ids, so that a copy that was interrupted is gone on with by copying what is not there as it is
here. From the first request to the last comparison the collection is marked, and nobody else opens it.
"""

import random
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from qdrant_client import models

from indexing.archive.archive import FEEDBACK_PAGE, PAGE, TEXTS_PAGE, Archive, Contents
from indexing.archive.engine import OPERATION_POINTS, Engine, Point
from indexing.archive.filters import equals
from indexing.archive.manifest import read_manifest
from indexing.archive.open_archive import open_any_archive
from indexing.archive.open_server_archive import MigrationTarget, migration_target
from indexing.archive.server_address import Server
from indexing.errors import ArchiveError

PAGES = {
    "text": TEXTS_PAGE,
    "passage": OPERATION_POINTS,
    "article": PAGE,
    "copy": PAGE,
    "feedback": FEEDBACK_PAGE,
    "removed": PAGE,
    "pending": PAGE,  # with what a crash left half written, which the next one to open it clears up
}
"""How many points of each kind are copied at a time."""
WRITTEN = ("article", "copy", "feedback")  # what people put in, and what is therefore never deleted here
COMPARED = {"passage": 2_000, "text": 200}
"""How many are compared in the end, all if there are no more; the others by their number, articles by versions."""
SEED = 20261129
CLOSE = 1e-5  # of two vectors of length 1, which those of 16 bits here are not quite

Progress = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class Migrated:
    """What is on the server now, how many points of it this run brought, and how many were compared by kind."""

    place: str
    contents: Contents
    copied: int
    compared: dict[str, int]


async def migrate_archive(folder: Path, server: Server, progress: Progress) -> Migrated:
    """Copy the archive in `folder`, which nobody else may have open; `progress` hears (points seen, all of them).

    Run again after whatever ended it, it goes on. Raises ArchiveError; nothing in `folder` is changed, and nothing
    on the server that this archive does not have.
    """
    folder = folder.resolve()
    manifest = read_manifest(folder)
    if manifest is None:
        raise ArchiveError(f"there is no archive in {folder}; set CITEWELL_ARCHIVE to the folder of one")
    source = await open_any_archive(folder, manifest)
    try:
        async with migration_target(server, manifest, source.place) as target:
            wanted = await source.contents()
            await _begin(target, wanted)
            copied = 0
            if target.under_way:
                copied = await _copy(source.points, target.archive.points, _total(wanted), progress)
                await _delete_leftovers(source, target.archive)
            await _require_contents(target.archive, wanted)
            compared = await _compare(source.points, target.archive)
            if target.under_way:
                await target.finish()
            return Migrated(target.archive.place, wanted, copied, compared)
    finally:
        await source.close()


async def _begin(target: MigrationTarget, wanted: Contents) -> None:
    """Mark an empty collection; one that holds this very archive is only compared, any other one refused."""
    if target.under_way:
        return
    held = await target.archive.contents()
    if held != wanted and _total(held):
        raise ArchiveError(
            f"the collection {target.archive.place} holds another archive, or this one as it was changed since "
            f"({held.articles} articles in {held.passages} passages; here {wanted.articles} in {wanted.passages}); "
            "nothing was changed: set CITEWELL_COLLECTION to another name, or delete that collection first"
        )
    if held != wanted:
        await target.begin()


async def _copy(source: Engine, target: Engine, total: int, progress: Progress) -> int:
    copied = seen = 0
    for kind in PAGES:
        async for points in _pages(source, kind, vectors=True):
            held = {point.id: point.payload for point in await target.retrieve([one.id for one in points])}
            # Of one payload there is one vector: it holds all that was encoded.
            missing = [point for point in points if held.get(point.id) != point.payload]
            await target.upsert(missing)
            copied += len(missing)
            seen += len(points)
            progress(seen, total)
    return copied


async def _delete_leftovers(source: Archive, target: Archive) -> None:
    """Delete passages and texts of articles that were changed here between two runs.

    Raises ArchiveError when what somebody wrote is there and not here: whichever of the two is right.
    """
    leftovers: list[str] = []
    for kind in (*WRITTEN, *(kind for kind in PAGES if kind not in WRITTEN)):
        if await target.points.count(_of(kind)) == await source.points.count(_of(kind)):
            continue  # every one from here is there
        async for ids in _ids(target.points, kind):
            known = {point.id for point in await source.points.retrieve(ids, ["meta.kind"])}
            leftovers += [id for id in ids if id not in known]
        if leftovers and kind in WRITTEN:
            raise ArchiveError(
                f"the collection {target.place} holds {len(leftovers)} of the kind {kind!r} that the archive "
                f"{source.place} does not: written there meanwhile, or removed here since the migration began; "
                "nothing was deleted: set CITEWELL_COLLECTION to another name, or delete that collection and "
                "migrate once more"
            )
    for start in range(0, len(leftovers), PAGE):
        await target.points.delete(leftovers[start : start + PAGE])


async def _require_contents(target: Archive, wanted: Contents) -> None:
    held, meant = asdict(await target.contents()), asdict(wanted)
    if differing := [
        f"{name} {held[name]} instead of {meant[name]}" for name in meant if held[name] != meant[name]
    ]:
        raise _not_the_same(target.place, ", ".join(differing))


async def _compare(source: Engine, target: Archive) -> dict[str, int]:
    """Compare points, those that a seed draws, with their vectors; returns how many of each kind."""
    chance = random.Random(SEED)
    compared: dict[str, int] = {}
    for kind, most in COMPARED.items():
        ids = sorted([id async for page in _ids(source, kind) for id in page])
        drawn = ids if len(ids) <= most else chance.sample(ids, most)
        for start in range(0, len(drawn), PAGES[kind]):
            chosen = drawn[start : start + PAGES[kind]]
            here, there = await _by_id(source, chosen), await _by_id(target.points, chosen)
            if differing := [id for id in chosen if not _same(here[id], there.get(id))]:
                raise _not_the_same(target.place, f"the {kind} {differing[0]} differs")
        compared[kind] = len(drawn)
    return compared


def _same(here: Point, there: Point | None) -> bool:
    if there is None or here.payload != there.payload:
        return False
    if here.dense is None or there.dense is None:
        return here.dense is there.dense
    if len(here.dense) != len(there.dense) or not np.allclose(
        _unit(here.dense), _unit(there.dense), rtol=0, atol=CLOSE
    ):
        return False
    ours, theirs = _weights(here), _weights(there)
    return ours.keys() == theirs.keys() and np.allclose(
        list(ours.values()), [theirs[term] for term in ours], rtol=CLOSE, atol=CLOSE
    )


def _unit(vector: Sequence[float]) -> NDArray[np.float64]:
    listed = np.asarray(vector, np.float64)
    return listed / (np.linalg.norm(listed) or 1.0)


def _weights(point: Point) -> dict[int, float]:
    return dict(zip(point.terms.indices, point.terms.values, strict=True)) if point.terms is not None else {}


async def _by_id(engine: Engine, ids: Sequence[str]) -> dict[str, Point]:
    where = models.Filter(must=[models.HasIdCondition(has_id=list(ids))])
    points, _ = await engine.scroll(where, len(ids), vectors=True)
    return {point.id: point for point in points}


async def _ids(engine: Engine, kind: str) -> AsyncIterator[list[str]]:
    async for points in _pages(engine, kind, fields=["meta.kind"]):
        yield [point.id for point in points]


async def _pages(
    engine: Engine, kind: str, *, vectors: bool = False, fields: Sequence[str] | None = None
) -> AsyncIterator[list[Point]]:
    limit = PAGES[kind] if fields is None else PAGE
    points, cursor = await engine.scroll(_of(kind), limit, vectors=vectors, fields=fields)
    while points:
        yield points
        if cursor is None:
            return
        points, cursor = await engine.scroll(_of(kind), limit, cursor, vectors=vectors, fields=fields)


def _of(kind: str) -> models.Filter:
    return models.Filter(must=[equals("kind", kind)])


def _total(contents: Contents) -> int:
    return contents.articles + contents.copies + contents.texts + contents.passages + contents.feedback


def _not_the_same(place: str, how: str) -> ArchiveError:
    return ArchiveError(
        f"the collection {place} is not yet what the archive is ({how}); it stays closed to others: run the same "
        "command again, and if it stays so, delete the collection and begin anew"
    )
