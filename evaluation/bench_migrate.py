"""An archive in; what `citewell migrate`, killed at random moments, brought to a stand-in of a Qdrant server out."""

import asyncio
import random
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray
from qdrant_client import models
from tokenizers import Tokenizer

from evaluation.bench_archive import batches, real_articles
from evaluation.bench_options import BenchOptions, Figure, PartResult
from evaluation.errors import EvaluationError
from evaluation.evaluation_sets import load_sets
from evaluation.service_child import COMMAND, child_environment
from indexing.add_articles import article_input
from indexing.archive.archive import Archive
from indexing.archive.bundled_model import NAME, TOKENIZER, BundledModel
from indexing.archive.engine import Point
from indexing.archive.manifest import Manifest, read_manifest
from indexing.archive.open_archive import manifest_for, open_archive
from indexing.archive.open_server_archive import open_server_archive
from indexing.archive.server_address import Server
from indexing.archive.terms import Terms
from indexing.encode_plans import encode_plans
from indexing.errors import ArchiveIncompatible
from indexing.make_article import make_article
from tests.qdrant_stub.running_stub import RunningStub, running_stub

KILLS = 20
ARTICLES = 300
COLLECTION = "migrated"
POLL_SECONDS = 0.01
EVERYTHING = models.Filter(must=[])
PAGE = 500


@dataclass(frozen=True, slots=True)
class Killed:
    """What became of one archive under so many kills: points here, there, and how they compare, all of them."""

    requests: int
    """Of a migration that nobody disturbs."""
    kills: list[tuple[int, int]]
    """After how many requests each was to come, and how many there were."""
    finished: int
    """Runs that came to their end: the last one, and those before which the kill came too late."""
    opened_early: int
    """Kills after which another process could open the collection."""
    points: int
    missing: int
    more: int
    duplicates: int
    """Passages of one article that begin at the same place."""
    differing: int


def measure_migrate(options: BenchOptions) -> PartResult:
    """Real articles, migrated under 20 hard kills to a stub of a Qdrant server in a process of its own."""
    folder = options.work / "archive-to-migrate"
    passages = asyncio.run(_fill(folder, options))
    environment = child_environment(options.settings, folder, 0)
    with running_stub(options.work / "stub") as stub:
        _ended(_migrate(stub, environment | _setting("whole")))
        requests = len(stub.requests())
        killed = kill_migrations(stub, folder, environment, KILLS, requests, options.seed)
    figures = [
        Figure("migrate: hard kills", len(killed.kills), "kills", f"{KILLS}", len(killed.kills) == KILLS),
        Figure(
            "migrate: points that are there in the end",
            killed.points,
            "points",
            beside=f"{passages} real passages and terms, vectors drawn; every point compared",
        ),
        *(
            Figure(f"migrate: {what}", value, "points", "0", value == 0)
            for what, value in (
                ("missing", killed.missing),
                ("twice, or there and not here", killed.duplicates + killed.more),
                ("different", killed.differing),
            )
        ),
        Figure(
            "migrate: kills after which an unfinished collection could be opened",
            killed.opened_early,
            "",
            "0",
            killed.opened_early == 0,
        ),
    ]
    details = {
        "requests_of_an_undisturbed_run": requests,
        "kills_after_requests": [done for _, done in killed.kills],
        "runs_that_finished": killed.finished,
    }
    return PartResult(figures, details)


def kill_migrations(
    stub: RunningStub, folder: Path, environment: dict[str, str], kills: int, requests: int, seed: int
) -> Killed:
    """Migrate the archive in `folder` and end the command hard `kills` times, each after a number of requests.

    That is drawn from 1 to `requests`, those of an undisturbed run. A run that comes to its end before its kill
    begins anew with an empty server; after the last kill one run goes to its end, and everything is compared.
    Raises EvaluationError when a run fails by itself.
    """
    chance = random.Random(seed)
    done: list[tuple[int, int]] = []
    finished = opened = 0
    manifest = read_manifest(folder)
    assert manifest is not None, "an archive is there"
    while len(done) < kills:
        wanted = chance.randint(1, requests)
        sent = _killed_after(stub, environment | _setting(COLLECTION), wanted)
        if sent is None:
            finished += 1
            _asked(stub, "DELETE", "")
            continue
        done.append((wanted, sent))
        print(f"migrate: kill {len(done)} of {kills} after {sent} of {requests} requests", flush=True)
        opened += asyncio.run(_opens_unfinished(stub, folder, manifest))
    _ended(_migrate(stub, environment | _setting(COLLECTION)))
    here, there = asyncio.run(_points(folder, stub, manifest))
    places = [_place(point) for point in there.values() if point.payload["meta"]["kind"] == "passage"]
    return Killed(
        requests=requests,
        kills=done,
        finished=finished + 1,
        opened_early=opened,
        points=len(there),
        missing=len(here.keys() - there.keys()),
        more=len(there.keys() - here.keys()),
        duplicates=len(places) - len(set(places)),
        differing=sum(not _same(here[id], there[id]) for id in here.keys() & there.keys()),
    )


def _killed_after(stub: RunningStub, environment: dict[str, str], wanted: int) -> int | None:
    """How many requests had come when the command was killed; None when it ended well before."""
    stub.forget()
    with _migrate(stub, environment) as process:
        try:
            while process.poll() is None and len(stub.requests()) < wanted:
                time.sleep(POLL_SECONDS)
        finally:
            process.kill()  # nothing, if it has ended
        return None if _ended(process) else len(stub.requests())


def _migrate(stub: RunningStub, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [str(COMMAND), "migrate", "--to", stub.url],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def _ended(process: "subprocess.Popen[bytes]") -> bool:
    """Whether the command came to its end, rather than to that of a kill."""
    _, said = process.communicate()
    if process.returncode > 0:
        raise EvaluationError(f"`citewell migrate` failed: {said.decode(errors='replace').strip()[-500:]}")
    return process.returncode == 0


def _asked(stub: RunningStub, method: str, path: str) -> Any:
    url = f"{stub.url}/collections/{COLLECTION}{path}"
    return httpx.request(method, url, trust_env=False, timeout=60).raise_for_status().json()["result"]


def _setting(collection: str) -> dict[str, str]:
    return {"CITEWELL_COLLECTION": collection}


async def _fill(folder: Path, options: BenchOptions) -> int:
    """Real articles with their real passages and terms, some in two versions or under two ids; drawn vectors."""
    encoder: Any = DrawnVectors(BundledModel.open(options.settings.models), options.seed)
    archive = await open_archive(folder, manifest_for(encoder, encoder.terms))
    sources = real_articles(load_sets(options.data, 1, options.seed))[:ARTICLES]
    limit = options.settings.max_article_characters
    articles = [make_article(article_input(one.to_item()), max_characters=limit) for one in sources]
    changed = [replace(one, text=one.text + "\nCorrected.") for one in articles[::10]]
    copies = [replace(one, id=f"{one.id}-copy") for one in articles[5::10]]
    for group in (articles, changed, copies):
        for batch in batches(group):
            await archive.commit(encode_plans(await archive.plan(batch), encoder, encoder.terms))
    passages = (await archive.contents()).passages
    await archive.close()
    return passages


class DrawnVectors:
    """Stands where the encoder stands: a copy does not look at what a vector means."""

    def __init__(self, model: BundledModel, seed: int) -> None:
        """Say of itself what the bundled encoder does."""
        self.name, self.fingerprint = NAME, model.fingerprint
        self.dimension, self.max_tokens = model.dimension, model.max_tokens
        self.tokenizer = Tokenizer.from_file(str(model.folder / TOKENIZER))
        self.terms = Terms(self.tokenizer)
        self._drawn = np.random.default_rng(seed)

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, (n, dimension)."""
        vectors = self._drawn.standard_normal((len(texts), self.dimension)).astype(np.float32)
        unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


async def _opens_unfinished(stub: RunningStub, folder: Path, manifest: Manifest) -> bool:
    """Whether the collection is there, can be opened, and is not the whole archive."""
    if not _asked(stub, "GET", "/exists")["exists"]:
        return False  # opening would make it
    try:
        there = await open_server_archive(Server(stub.url, COLLECTION), manifest)
    except ArchiveIncompatible:
        return False
    here = await open_archive(folder, manifest)
    try:
        return await here.contents() != await there.contents()
    finally:
        await here.close()
        await there.close()


async def _points(
    folder: Path, stub: RunningStub, manifest: Manifest
) -> tuple[dict[str, Point], dict[str, Point]]:
    here = await open_archive(folder, manifest)
    there = await open_server_archive(Server(stub.url, COLLECTION), manifest)
    try:
        return await _all(here), await _all(there)
    finally:
        await here.close()
        await there.close()


async def _all(archive: Archive) -> dict[str, Point]:
    found: dict[str, Point] = {}
    cursor: str | None = None
    while True:
        points, cursor = await archive.points.scroll(EVERYTHING, PAGE, cursor, vectors=True)
        found |= {point.id: point for point in points}
        if cursor is None:
            return found


def _place(point: Point) -> tuple[str, int]:
    meta = point.payload["meta"]
    return meta["article_id"], meta["start"]


def _same(here: Point, there: Point) -> bool:
    if here.dense is None or there.dense is None:
        return (here.payload, here.dense, here.terms) == (there.payload, there.dense, there.terms)
    ours, theirs = np.asarray(here.dense), np.asarray(there.dense)
    near = bool(np.allclose(ours / np.linalg.norm(ours), theirs / np.linalg.norm(theirs), rtol=0, atol=1e-6))
    return near and here.payload == there.payload and here.terms == there.terms
