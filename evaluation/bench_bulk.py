"""The same articles in; how long each way of adding many takes out: steps in turn, overlapping, by processes."""

import asyncio
import html
import multiprocessing
import resource
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from evaluation.bench_options import BenchOptions, Figure, PartResult
from evaluation.evaluation_sets import SourceArticle
from indexing.add_articles import BATCH_ARTICLES, BATCH_CHARACTERS, add_articles, make_reading, read_paths
from indexing.archive.archive import Archive
from indexing.archive.article import Article
from indexing.archive.encoder import Encoder
from indexing.archive.open_archive import manifest_for, open_archive
from indexing.encode_in_processes import EncodeInProcesses
from indexing.encode_plans import encode_plans, unplanned
from indexing.read_files import Reading
from service.open_local import encoder_of, encoder_opener
from service.settings import Settings

IN_TURN, OVERLAPPING, PROCESSES = "one step after the other", "overlapping", "2 processes"


@dataclass(frozen=True, slots=True)
class Took:
    """One run, from the files to the stored vectors, the models open; processor time is that of all its processes."""

    passages: int
    seconds: float
    processor_seconds: float


def measure_bulk(options: BenchOptions, articles: Sequence[SourceArticle], lines: Path) -> PartResult:
    """JSON lines and web pages with the same texts, each way in turn, `rounds` times."""
    pages = _write_pages(articles, options.work / "pages")
    runs: dict[str, list[Took]] = {}
    for number in range(options.rounds):
        for source, path in (("JSON lines", lines), ("HTML files", pages)):
            for way in (IN_TURN, OVERLAPPING, PROCESSES):
                folder = options.work / f"bulk-{number}-{source[:4]}-{way[:4]}"
                took = _alone(partial(_add, options.settings, way, path, folder))
                runs.setdefault(f"{source}, {way}", []).append(took)
                print(
                    f"bulk, round {number + 1}: {source}, {way}: {took.seconds:.1f} s "
                    f"({took.processor_seconds:.1f} s of processors)",
                    flush=True,
                )
    best = {name: min(took, key=lambda one: one.seconds) for name, took in runs.items()}
    figures = []
    for source in ("JSON lines", "HTML files"):
        before = best[f"{source}, {IN_TURN}"]
        for way in (OVERLAPPING, PROCESSES):
            now = best[f"{source}, {way}"]
            figures.append(
                Figure(
                    f"adding {len(articles)} articles from {source}, {way}, times faster than {IN_TURN}",
                    round(before.seconds / now.seconds, 2),
                    "x",
                    beside=f"{now.seconds:.1f} s against {before.seconds:.1f} s",
                )
            )
    details = {
        name: [
            {"seconds": round(one.seconds, 2), "processor_seconds": round(one.processor_seconds, 2)}
            for one in took
        ]
        for name, took in runs.items()
    }
    return PartResult(figures, details)


def _alone(work: Callable[[], Took]) -> Took:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
        return executor.submit(work).result()


def _add(settings: Settings, way: str, path: Path, folder: Path) -> Took:
    return asyncio.run(_add_by(settings, way, path, folder))


async def _add_by(settings: Settings, way: str, path: Path, folder: Path) -> Took:
    limit = settings.max_article_characters
    encoder = encoder_of(settings)
    archive = await open_archive(folder, manifest_for(encoder, encoder.terms))
    read = read_paths([str(path)], max_characters=limit)
    try:
        if way == IN_TURN:
            return await _timed(lambda: add_in_turn(read, archive, encoder, limit))
        if way == OVERLAPPING:
            return await _timed(lambda: _count(add_articles(read, archive, encoder, max_characters=limit)))
        return await _by_processes(settings, read, archive, encoder)
    finally:
        await archive.close()


async def _by_processes(
    settings: Settings, read: Iterable[Reading], archive: Archive, encoder: Encoder
) -> Took:
    used = _processor_seconds()
    async with EncodeInProcesses(encoder_opener(settings), 2) as encode:
        warm = unplanned(Article("warm", "Warm", "Warm.", "en"))
        await asyncio.gather(encode([warm]), encode([warm]))  # each opens its model
        limit = settings.max_article_characters
        added = add_articles(read, archive, encoder, max_characters=limit, encode=encode)
        took = await _timed(lambda: _count(added))
    # That of the processes, with the opening of their models, is known only once they have ended.
    return replace(took, processor_seconds=_processor_seconds() - used)


async def _timed(work: Callable[[], Any]) -> Took:
    began, used = time.perf_counter(), _processor_seconds()
    passages = await work()
    seconds = time.perf_counter() - began
    return Took(passages, seconds, _processor_seconds() - used)


def _processor_seconds() -> float:
    whose = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in whose)


async def _count(results: Any) -> int:
    return sum([added.passages async for added in results])


async def add_in_turn(readings: Iterable[Reading], archive: Archive, encoder: Encoder, limit: int) -> int:
    """Read a batch, plan, encode, write, and only then read the next one: as it was before the steps overlapped.

    Kept here to be measured beside; for articles with texts and ids of their own.
    """
    passages = 0
    batch: list[Article] = []
    for reading in readings:
        made = (await asyncio.to_thread(make_reading, reading, limit)).made
        if isinstance(made, Article):
            batch.append(made)
        if len(batch) >= BATCH_ARTICLES or sum(len(one.text) for one in batch) >= BATCH_CHARACTERS:
            passages += await _store(batch, archive, encoder)
            batch = []
    return passages + await _store(batch, archive, encoder)


async def _store(batch: Sequence[Article], archive: Archive, encoder: Encoder) -> int:
    async with archive.writing:
        plans = await archive.plan(batch)
    encoded = await asyncio.to_thread(encode_plans, plans, encoder, encoder.terms)
    async with archive.writing:
        await archive.plan(batch)
        await archive.commit(encoded)
    return sum(len(one.passages) for one in encoded)


def _write_pages(articles: Sequence[SourceArticle], folder: Path) -> Path:
    """The articles as the pages of a site: the text among menus and teasers that are no part of it."""
    folder.mkdir()
    menu = "<nav><ul>" + "<li><a href='/x'>Politics</a></li>" * 40 + "</ul></nav>"
    teasers = "<aside>" + "<div class='teaser'><a href='/y'>Read this, too</a></div>" * 30 + "</aside>"
    for number, article in enumerate(articles):
        text = "".join(f"<p>{html.escape(part)}</p>" for part in article.text.split("\n") if part.strip())
        (folder / f"{number}.html").write_text(
            f"<html lang='en'><head><title>{html.escape(article.title)}</title></head><body>{menu}"
            f"<article><h1>{html.escape(article.title)}</h1>{text}</article>{teasers}</body></html>",
            encoding="utf-8",
        )
    return folder
