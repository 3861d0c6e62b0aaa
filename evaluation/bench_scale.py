"""Embedded archives of growing sizes in; time, recall, memory, disk, adding, and stalls while one is indexed, out.

Real: the articles, their passages, vectors and terms, and the questions. Synthetic: all but the first round of them are
the same articles with other figures, the same terms, and vectors with a little noise (see scale_archive.py).
"""

import asyncio
import dataclasses
import os
import random
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from evaluation.bench_archive import batches, copied, near, remembering_encoder, with_other_figures
from evaluation.bench_gap import HealthPoll, spread
from evaluation.bench_options import BenchOptions, Figure, PartResult
from evaluation.bench_search import Asked, asked_questions
from evaluation.metrics import percentiles
from evaluation.processor_time import processor_seconds
from evaluation.provenance import ROOT
from evaluation.resident_memory import resident_with_children_mb
from evaluation.scale_archive import encoded_articles, index, prepare
from evaluation.service_child import service_child
from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from indexing.archive.engine import Hit, Nearest, Query, Reading
from indexing.archive.filters import Filters, passages_where
from indexing.archive.growing import INDEX_ABOVE
from indexing.archive.open_archive import manifest_for, open_archive
from indexing.archive.search_passages import PassageQuery
from indexing.archive.versions import Encoded
from service.answering.retrieve import Retrieve

FOLDER = ROOT / ".cache" / "scale"
GOAL_AT = 1_000_000
P50_MS, P95_MS, RECALL, REOPEN_S, MEMORY_MB, GAP_MS = 20.0, 50.0, 0.98, 5.0, 4096.0, 250.0
DEPTH = 10
ADDED = 320  # articles
WARM = 300  # other questions before the clock: what follows is a service that has been asked for some seconds
FIRST = 100  # questions after opening, told beside
FILTERS = {
    "no filter": Filters(),
    "one language": Filters(language=("en",)),
    "one language, one source": Filters(language=("en",), source=("SQuAD 2.0 dev",)),
    "a rare source": Filters(source=("Wikinews (fr), May to December 2012",)),
}
ASKED_OVER_HTTP, ASKED_MORE = 5, 200
SYNTHETIC = "first round of articles, vectors, terms and all questions real; the rest copies with noise"


@dataclasses.dataclass(frozen=True, slots=True)
class Measured:
    """What one size gave."""

    passages: int
    times: list[float]
    """Milliseconds of each whole retrieval."""
    details: dict[str, Any]


def measure_scale(options: BenchOptions) -> PartResult:
    """Measure every size, and the longest stall while a service builds an index of the one after INDEX_ABOVE."""
    return asyncio.run(_measure(options))


async def _measure(options: BenchOptions) -> PartResult:
    encoder = remembering_encoder(options)
    drawn = dataclasses.replace(options, questions=options.questions + WARM)
    asked = asked_questions(drawn, encoder)
    await encoded_articles(encoder, options)
    encoder.save()
    sizes = [await _size(options, encoder, asked, passages) for passages in sorted(options.sizes)]
    gaps = await _gaps(options, encoder)
    figures = [figure for one in sizes for figure in _figures(one)]
    longest = gaps["longest"]
    figures.append(
        Figure(
            f"longest gap between two /healthz answers while the index of {gaps['passages']:,} passages is built",
            longest,
            "ms",
            f"at most {GAP_MS:g}",
            longest <= GAP_MS,
            f"the index took {gaps['seconds']:.0f} s",
        )
    )
    return PartResult(
        figures,
        {"sizes": [one.details for one in sizes], "gaps": gaps, "synthetic": SYNTHETIC},
        {f"{one.passages:,} passages": one.times for one in sizes},
    )


async def _size(options: BenchOptions, encoder: Encoder, asked: Sequence[Asked], passages: int) -> Measured:
    folder = FOLDER / f"archive-{passages}"
    await prepare(folder, encoder, passages, options)
    if passages > INDEX_ABOVE:
        await index(folder, encoder)
    manifest = manifest_for(encoder, encoder.terms)
    started = time.perf_counter()
    archive = await open_archive(folder, manifest)
    reopen = time.perf_counter() - started
    try:
        status = await archive.status()
        retrieve = Retrieve(archive, encoder.terms)
        times = []
        processor = 0.0
        for number, one in enumerate(asked):
            if number == WARM:
                processor = processor_seconds(os.getpid())
            started = time.perf_counter()
            await retrieve.run_async(one.understood, one.vector)
            times.append(1000 * (time.perf_counter() - started))
        processor = processor_seconds(os.getpid()) - processor
        recall = {name: await _recall(archive, asked[WARM:], filters) for name, filters in FILTERS.items()}
        rate = await _add_rate(archive, encoder, options)
    finally:
        await archive.close()
    memory, later = await asyncio.to_thread(_service_memory, options, folder, asked)
    details = {
        "passages": status["passages"],
        "indexed": status["indexed"],
        "bytes": status["bytes"],
        "reopen_seconds": round(reopen, 2),
        "first_question_ms": round(times[0], 1),
        "milliseconds": percentiles(times[WARM:]),
        "milliseconds_first": percentiles(times[:FIRST]),
        "processor_ms": round(1000 * processor / len(times[WARM:]), 2),
        f"recall@{DEPTH}": recall,
        "added_passages_per_second": round(rate, 1),
        "service_and_child_resident_mb": memory,
        "resident_after_more_questions_mb": later,
    }
    print(f"scale: {details}", flush=True)
    return Measured(status["passages"], times[WARM:], details)


async def _recall(archive: Archive, asked: Sequence[Asked], filters: Filters) -> float:
    """Share of the DEPTH nearest passages that search finds, of those that comparing with every passage finds."""
    shares = []
    where = passages_where(filters)
    for one in asked:
        query = Query(DEPTH, where, dense=one.vector.tolist())
        exact = await archive.points.read(_nearest(dataclasses.replace(query, exact=True)))
        [hits] = await archive.search([PassageQuery(DEPTH, vector=one.vector)], filters)
        if exact:
            shares.append(len({hit.id for hit in hits} & {hit.id for hit in exact}) / len(exact))
    return round(float(np.mean(shares)), 4) if shares else 1.0


def _nearest(query: Query) -> Reading[list[Hit]]:
    [hits] = yield Nearest([query], ())
    return hits  # type: ignore[no-any-return]


async def _add_rate(archive: Archive, encoder: Encoder, options: BenchOptions) -> float:
    """Passages stored a second, already encoded, by the way that `citewell add` takes; removed again."""
    real = (await encoded_articles(encoder, options))[:ADDED]
    chance, noise = random.Random(time.time()), np.random.default_rng()
    articles = [with_other_figures(one.plan.article, chance, "new") for one in real]
    stored, seconds = 0, 0.0
    for originals, ours in zip(batches(real), batches(articles), strict=True):
        started = time.perf_counter()
        plans = await archive.plan(ours)
        seconds += time.perf_counter() - started
        made: list[Encoded] = [
            copied(one, plan, one.terms, near(one.vectors, noise))
            for one, plan in zip(originals, plans, strict=True)
        ]
        started = time.perf_counter()
        await archive.commit(made)
        seconds += time.perf_counter() - started
        stored += sum(len(one.passages) for one in made)
    for article in articles:
        await archive.remove(article.id)
    return stored / seconds


def _service_memory(options: BenchOptions, folder: Path, asked: Sequence[Asked]) -> tuple[float, float]:
    """Megabytes of a running service with its child, after a few questions, and after many."""
    with service_child(options.settings, folder, options.work) as service:
        few = 0.0
        for number, one in enumerate(asked[: ASKED_OVER_HTTP + ASKED_MORE]):
            if number == ASKED_OVER_HTTP:
                few = resident_with_children_mb(service.process)
            body = {"question": one.understood.standalone}
            httpx.post(
                f"{service.address}/v1/answers", json=body, timeout=120, trust_env=False
            ).raise_for_status()
        return few, resident_with_children_mb(service.process)


async def _gaps(options: BenchOptions, encoder: Encoder) -> dict[str, Any]:
    """Gaps between health answers of a service that finds an archive which is large and has no index."""
    passages = INDEX_ABOVE + 5_000
    kept, folder = FOLDER / f"archive-{passages}", options.work / "large"
    await prepare(kept, encoder, passages, options)
    await asyncio.to_thread(shutil.copytree, kept, folder)
    return await asyncio.to_thread(_watch, options, folder)


def _watch(options: BenchOptions, folder: Path) -> dict[str, Any]:
    with service_child(options.settings, folder, options.work) as service:
        poll = HealthPoll(service.address)
        started = time.perf_counter()
        status: dict[str, Any] = {"indexed": 0}
        while not status["indexed"]:
            time.sleep(2)
            status = httpx.get(f"{service.address}/v1/status", timeout=120, trust_env=False).json()
        seconds = time.perf_counter() - started
        time.sleep(5)  # the old generation is closed and deleted
        gaps = poll.stop()
    return {"passages": status["passages"], "seconds": round(seconds, 1), **spread(gaps)}


def _figures(one: Measured) -> list[Figure]:
    """Goals are those of a million passages; smaller sizes stand beside them."""
    at_goal = one.passages >= GOAL_AT
    details, where = one.details, f"{one.passages:,} passages"
    milliseconds = details["milliseconds"]
    recall = details[f"recall@{DEPTH}"]
    others = ", ".join(f"{name} {value:g}" for name, value in recall.items() if name != "no filter")

    def figure(
        what: str, value: float, unit: str, limit: float, beside: str, *, least: bool = False
    ) -> Figure:
        goal = f"at {'least' if least else 'most'} {limit:g}" if at_goal else ""
        met = (value >= limit if least else value <= limit) if at_goal else None
        return Figure(f"{what}, {where}", value, unit, goal, met, beside)

    return [
        figure("whole retrieval without embedding, p50", milliseconds["p50"], "ms", P50_MS, SYNTHETIC),
        Figure(f"processor time of one retrieval, {where}", details["processor_ms"], "ms", beside=SYNTHETIC),
        figure("whole retrieval without embedding, p95", milliseconds["p95"], "ms", P95_MS, SYNTHETIC),
        figure(f"recall@{DEPTH} against exact search", recall["no filter"], "", RECALL, others, least=True),
        figure("reopening", details["reopen_seconds"], "s", REOPEN_S, f"{details['indexed']:,} in the index"),
        figure(
            "service and its child, resident",
            details["resident_after_more_questions_mb"],
            "MB",
            MEMORY_MB,
            f"after {ASKED_OVER_HTTP + ASKED_MORE} questions, with pages of the archive's files, which the system "
            f"takes back; after {ASKED_OVER_HTTP} questions {details['service_and_child_resident_mb']:,.0f} MB",
        ),
        Figure(
            f"retrieval of the first {FIRST} questions after opening, p50, {where}",
            details["milliseconds_first"]["p50"],
            "ms",
            beside=f"p95 {details['milliseconds_first']['p95']:g} ms",
        ),
        Figure(f"adding what is encoded, {where}", details["added_passages_per_second"], "passages/s"),
        Figure(f"on disk, {where}", round(details["bytes"] / 1e6), "MB"),
    ]
