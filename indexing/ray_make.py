"""Paths in, articles with their passages, vectors and terms out, in order: read, cut and encoded by Ray's workers.

A Ray Data job of two steps. Tasks read files into chunks of articles; actors, each with an encoder, make, cut and
encode them. Nothing is stored: whoever takes the articles writes them.
"""

import asyncio
import hashlib
import importlib
import importlib.metadata
import os
import pickle
import platform
import warnings
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from indexing.add_articles import BATCH_ARTICLES, BATCH_CHARACTERS, Made, make_reading
from indexing.archive.archive import Archive
from indexing.archive.article import Article
from indexing.archive.versions import Plan
from indexing.encode_plans import encode_plans, unplanned
from indexing.errors import IndexingError, RayUnavailable
from indexing.read_files import STANDARD_INPUT, Reading, list_files, read_paths

if TYPE_CHECKING:
    from indexing.archive.encoder import Encoder

# One job at a time, so that the list of what is to be read stays small; starting one takes some ten seconds.
JOB_FILES = 100_000
JOB_READINGS = 20_000
FILES_A_TASK = 16
TRIES = 3  # of one chunk whose worker dies; files are read again as often as it takes
BLOCK_BYTES = 1 << 18  # about one chunk: Ray gives whole blocks to one worker
PAGE = 500


@dataclass(frozen=True, slots=True)
class RayWork:
    """What workers need to know; pickled, so `open_encoder` must be importable on every machine."""

    open_encoder: Callable[[int], "Encoder"]
    """Takes a number of threads."""
    encoder_fingerprint: str
    terms_fingerprint: str
    max_characters: int
    folder: str
    """Relative paths begin there, on every machine."""
    version: str

    @classmethod
    def of(
        cls, open_encoder: Callable[[int], "Encoder"], encoder: "Encoder", max_characters: int
    ) -> "RayWork":
        """The work that gives the same as `encoder` here."""
        return cls(
            open_encoder,
            encoder.fingerprint,
            encoder.terms.fingerprint,
            max_characters,
            os.getcwd(),
            _version(),
        )


@dataclass(frozen=True, slots=True)
class _Files:
    paths: tuple[str, ...]


_Source = _Files | tuple[Reading, ...]
"""What one row of a job's input is: files to be read there, or what was read here."""


async def make_on_ray(
    ray: Any, work: RayWork, paths: Sequence[str], archive: Archive, *, stdin: BinaryIO | None = None
) -> AsyncGenerator[Made, None]:
    """Every article below `paths` in order; what `archive` holds already comes without vectors.

    `-` is read here and sent. Raises RayUnavailable when the job fails, and the IndexingError of a worker.
    """
    known = ray.put(await _known_articles(archive))
    jobs = _jobs(_sources(paths, work.max_characters, stdin))
    while (job := await asyncio.to_thread(next, jobs, None)) is not None:
        rows = await asyncio.to_thread(_started, ray, job, work, known)
        while (row := await asyncio.to_thread(_next_row, rows)) is not None:
            made = pickle.loads(row)
            if isinstance(made, IndexingError):
                raise made
            for one in made:
                yield one


def _sources(paths: Sequence[str], max_characters: int, stdin: BinaryIO | None) -> Iterator[_Source]:
    for path in paths:
        if path == STANDARD_INPUT:
            yield from map(tuple, chunks(read_paths([path], max_characters=max_characters, stdin=stdin)))
            continue
        files: list[str] = []
        for found in list_files(path):
            if isinstance(found, str):
                files.append(found)
            if files and (len(files) == FILES_A_TASK or isinstance(found, Reading)):
                yield _Files(tuple(files))
                files = []
            if isinstance(found, Reading):
                yield (found,)
        if files:
            yield _Files(tuple(files))


def _jobs(sources: Iterable[_Source]) -> Iterator[list[_Source]]:
    job: list[_Source] = []
    share = 0.0
    for source in sources:
        job.append(source)
        share += len(source.paths) / JOB_FILES if isinstance(source, _Files) else len(source) / JOB_READINGS
        if share >= 1:
            yield job
            job, share = [], 0.0
    if job:
        yield job


def chunks(readings: Iterable[Reading]) -> Iterator[list[Reading]]:
    """Readings in groups as large as the batches in which articles are encoded."""
    chunk: list[Reading] = []
    characters = 0
    for reading in readings:
        chunk.append(reading)
        if reading.item is not None:
            characters += len(reading.item.text or reading.item.html or "")
        if len(chunk) >= BATCH_ARTICLES or characters >= BATCH_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


def _started(ray: Any, job: Sequence[_Source], work: RayWork, known: Any) -> Iterator[dict[str, bytes]]:
    context = ray.data.DataContext.get_current()
    context.execution_options.preserve_order = True
    context.target_max_block_size = BLOCK_BYTES
    context.enable_progress_bars = False
    processors = max(1, int(ray.cluster_resources().get("CPU", 1)))
    rows = ray.data.from_items(
        [{"source": pickle.dumps(source)} for source in job],
        override_num_blocks=min(len(job), 4 * processors),
    )
    read = rows.map_batches(_read, fn_kwargs={"work": work}, batch_size=1, num_cpus=1)
    with warnings.catch_warnings():
        # The pinned Ray names no other parameter by which a task of an actor is not tried for ever.
        warnings.simplefilter("ignore")
        made = read.map_batches(
            _Make,
            fn_constructor_args=(work, known),
            batch_size=1,
            num_cpus=1,
            max_task_retries=TRIES - 1,
            compute=ray.data.ActorPoolStrategy(min_size=1, max_size=processors),
        )
    return iter(made.iter_rows())


def _next_row(rows: Iterator[dict[str, bytes]]) -> bytes | None:
    try:
        row = next(rows, None)
    except IndexingError:
        raise
    except Exception as error:  # Ray raises errors of many kinds, and what a worker raised within them
        said = [line for line in str(error).strip().splitlines() if line.strip()]
        raise RayUnavailable(
            f"the Ray job failed: {said[-1].strip()[:300] if said else type(error).__name__}; what was counted is "
            "stored, so add the same again when the cause is mended (`ray status`; is Citewell of this version "
            "installed on every machine of the cluster?)"
        ) from error
    return None if row is None else row["chunk"]


def _read(batch: dict[str, Any], work: RayWork) -> Iterator[dict[str, list[bytes]]]:
    """A step of the job, in tasks: sources in, chunks of readings out."""
    for source in map(pickle.loads, batch["source"]):
        if not isinstance(source, _Files):
            yield {"chunk": [pickle.dumps(list(source))]}
            continue
        with suppress(OSError):  # without it only relative paths are missing, and each says so
            os.chdir(work.folder)
        for chunk in chunks(read_paths(source.paths, max_characters=work.max_characters)):
            yield {"chunk": [pickle.dumps(chunk)]}


class _Make:
    """A step of the job, an actor: chunks of readings in, what became of them out."""

    def __init__(self, work: RayWork, known: Any) -> None:
        self._work = work
        self._known: NDArray[np.uint64] = importlib.import_module("ray").get(known)
        self._encoder: Encoder | None = None

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[bytes]]:
        """An IndexingError goes back as what became of the chunk: raised here it would reach nobody in one line."""
        made: list[bytes] = []
        for chunk in map(pickle.loads, batch["chunk"]):
            try:
                made.append(pickle.dumps(self._make(chunk)))
            except IndexingError as error:
                made.append(pickle.dumps(error))
        return {"chunk": made}

    def _make(self, chunk: Sequence[Reading]) -> list[Made]:
        made = [make_reading(reading, self._work.max_characters) for reading in chunk]
        wanted: dict[int, Plan] = {}
        texts: set[str] = set()
        for place, one in enumerate(made):
            if (
                isinstance(one.made, Article)
                and one.made.version not in texts
                and not is_known(one.made, self._known)
            ):
                texts.add(one.made.version)
                wanted[place] = unplanned(one.made)
        if not wanted:
            return made
        encoder = self._encoder = self._encoder or opened_encoder(self._work)
        encoded = encode_plans(list(wanted.values()), encoder, encoder.terms)
        for place, vectors in zip(wanted, encoded, strict=True):
            made[place] = replace(made[place], encoded=vectors)
        return made


def opened_encoder(work: RayWork) -> "Encoder":
    """The encoder of a worker; raises RayUnavailable when it would give other vectors than the one of the archive."""
    here, version = platform.node(), _version()
    if version != work.version:
        raise RayUnavailable(
            f"the worker {here} has Citewell {version} and the machine that writes {work.version}; "
            "install the same on every machine of the cluster"
        )
    os.environ["RAYON_NUM_THREADS"] = "1"  # of the tokenizer, which else takes all processors
    encoder = work.open_encoder(1)
    if (encoder.fingerprint, encoder.terms.fingerprint) != (work.encoder_fingerprint, work.terms_fingerprint):
        raise RayUnavailable(
            f"the worker {here} has another embedding model ({encoder.fingerprint}) than the machine that writes "
            f"({work.encoder_fingerprint}); prepare the same models on every machine of the cluster"
        )
    return encoder


def _version() -> str:
    return importlib.metadata.version("citewell")


async def _known_articles(archive: Archive) -> NDArray[np.uint64]:
    """Three numbers an article, sorted, by which `is_known` tells what is stored: 24 MB for a million articles."""
    keys: list[int] = []
    cursor: str | None = None
    while True:
        page = await archive.articles(PAGE, cursor)
        for listed in page.articles:
            keys += known_keys(listed["id"], listed["version"], listed["title"])
        cursor = page.cursor
        if cursor is None:
            return np.unique(np.array(keys, np.uint64))


def is_known(article: Article, known: NDArray[np.uint64]) -> bool:
    """Whether the archive needs no vectors of this article: it holds it, or its text under another id.

    A mistake does no harm: what is missing is encoded where the archive is written.
    """
    whole, own, text = (_among(key, known) for key in known_keys(article.id, article.version, article.title))
    return whole or (text and not own)


def known_keys(id: str, version: str, title: str) -> tuple[int, int, int]:
    """Hashes of 64 bits: of all three, of id and version, of the version alone."""
    parts = (f"whole\n{id}\n{version}\n{title}", f"own\n{id}\n{version}", f"text\n{version}")
    whole, own, text = (
        int.from_bytes(hashlib.blake2b(part.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
        for part in parts
    )
    return whole, own, text


def _among(key: int, known: NDArray[np.uint64]) -> bool:
    place = int(np.searchsorted(known, np.uint64(key)))
    return place < len(known) and int(known[place]) == key
