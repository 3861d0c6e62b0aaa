"""Real articles in; an embedded archive of as many passages as wanted out, filled by rounds, indexed, and kept.

It is written past the planning of additions, straight to the engine, and its index is built in its own folder: what
stands in it is the same, and it takes minutes less. A run that was killed goes on with the round it was in.

A passage is retold again and again, and each retelling is copied RETOLD times: its vector is the passage's with noise
of length 0.3, theirs is that with noise of 0.2 more. Copies around one passage alone would make a star of it, as no
archive has: a graph links each to the middle and hardly to one another, so at 349 copies it finds .69 of the nearest
ten, where it finds .99 of these.
"""

import asyncio
import json
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from evaluation.bench_archive import batches, copied, near, real_articles, with_other_figures
from evaluation.bench_options import BenchOptions
from evaluation.evaluation_sets import load_sets
from indexing.add_articles import article_input, encode_plans
from indexing.archive.edge import EdgeEngine
from indexing.archive.encoder import Encoder
from indexing.archive.engine import Point
from indexing.archive.filters import passages_where
from indexing.archive.growing import read_indexed, write_indexed
from indexing.archive.manifest import read_manifest
from indexing.archive.open_archive import manifest_for, open_archive
from indexing.archive.records import Record, record_point, text_point
from indexing.archive.versions import Encoded, Plan, passage_points
from indexing.make_article import make_article

FLUSH_AFTER = 50_000
RETOLD = 16  # rounds
COPIED = 0.2  # length of the noise of a copy of a retelling


async def prepare(folder: Path, encoder: Encoder, passages: int, options: BenchOptions) -> None:
    """Have at least `passages` passages in the archive `folder`, each round all real articles with other figures."""
    done = folder.with_suffix(".json")
    stored, rounds = json.loads(done.read_text()) if done.exists() else (0, 0)
    if stored >= passages:
        return
    real = await encoded_articles(encoder, options)
    each = sum(len(one.passages) for one in real)
    unflushed = 0
    folder.parent.mkdir(parents=True, exist_ok=True)
    archive = await open_archive(folder, manifest_for(encoder, encoder.terms))
    try:
        while stored < passages:
            started = time.perf_counter()
            for points in _round(real, rounds, options.seed):
                await archive.points.upsert(points)
            rounds, stored, unflushed = rounds + 1, stored + each, unflushed + each
            if unflushed >= FLUSH_AFTER or stored >= passages:
                await archive.flush()
                done.write_text(json.dumps([stored, rounds]))
                unflushed = 0
            rate = each / (time.perf_counter() - started)
            print(f"archive of {passages:,} passages: {stored:,} stored, {rate:.0f}/s", flush=True)
    finally:
        await archive.close()


async def index(folder: Path, encoder: Encoder) -> None:
    """Build the index of an archive in its own folder, by the child that builds those of a service."""
    manifest = read_manifest(folder)
    assert manifest is not None, "prepared"
    data = folder / manifest.data
    if read_indexed(data):
        return
    print(f"index of {folder.name} ...", flush=True)
    started = time.perf_counter()
    engine = EdgeEngine.load_in_child(data)
    try:
        passages = await engine.count(passages_where())
        await engine.optimize(encoder.dimension, passages)
    finally:
        await engine.close()
    write_indexed(data, passages)
    print(f"index of {folder.name}: {time.perf_counter() - started:.0f} s", flush=True)


async def encoded_articles(encoder: Encoder, options: BenchOptions) -> list[Encoded]:
    """The real articles with their real vectors and terms."""
    limit = options.settings.max_article_characters
    sources = real_articles(load_sets(options.data, 1, options.seed))
    articles = [make_article(article_input(one.to_item()), max_characters=limit) for one in sources]
    plans = [Plan(article, "added", embed=True, record=None) for article in articles]
    encoded: list[Encoded] = []
    for batch in batches(plans):
        encoded += await asyncio.to_thread(encode_plans, batch, encoder, encoder.terms)
    return encoded


def _round(real: list[Encoded], number: int, seed: int) -> Iterator[list[Point]]:
    """The points of one round; the first one is the real articles themselves."""
    chance, noise = random.Random(f"{seed} {number}"), np.random.default_rng([seed, number])
    retelling = np.random.default_rng([seed, number // RETOLD, RETOLD])
    now = datetime.now(UTC)
    second = now.isoformat(timespec="seconds").replace("+00:00", "Z")
    moment = now.isoformat(timespec="microseconds")
    for batch in batches(real):
        points: list[Point] = []
        for original in batch:
            one = original
            if number:
                article = with_other_figures(original.plan.article, chance, number)
                vectors = near(near(original.vectors, retelling), noise, COPIED)
                one = copied(original, Plan(article, "added", True, None), original.terms, vectors)
            article = one.plan.article
            record = Record(
                article.id,
                "article",
                ((article.version, moment),),
                article.metadata(),
                len(one.passages),
                second,
                second,
            )
            points += [
                text_point(article.version, article.text),
                *passage_points(one, ()),
                record_point(record),
            ]
        yield points
