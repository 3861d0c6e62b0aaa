"""An opened reader in; the own questions, asked on the samples and then on the seed alone, judged, out."""

import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tqdm import tqdm

from evaluation.ask_pool import without_threshold
from evaluation.attempts import Attempts, DenseBestSentence, WholeService
from evaluation.errors import EvaluationError
from evaluation.judge_own import JudgedOwn, judge_own
from evaluation.measure_reading import NO_READER, READER
from evaluation.open_reader import OpenedReader
from evaluation.own_questions import SAMPLES, SEED_ARTICLES, OwnQuestion
from indexing.add_articles import add_articles
from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from indexing.archive.open_archive import manifest_for, open_archive
from indexing.read_files import read_paths

GATE, SEED = "gate", "seed"
MAX_CHARACTERS = 5_000_000


class OwnArchive:
    """One archive that holds the samples until the seed article is added, as it happens to a first user."""

    def __init__(self, archive: Archive, encoder: Encoder, opened: OpenedReader) -> None:
        """Ask `archive` with and without the reader."""
        self._archive = archive
        self._encoder = encoder
        answering = opened.answering(archive, encoder, threshold=0.0)
        answering.warm_up()
        self._methods: Mapping[str, Attempts] = {
            READER: WholeService(archive, without_threshold(answering, opened.confidence.threshold)),
            NO_READER: DenseBestSentence(archive, encoder),
        }

    async def add(self, paths: Sequence[Path]) -> list[str]:
        """Add files as `citewell add` would; the ids, or EvaluationError naming what was refused."""
        names = [str(path) for path in paths]
        readings = read_paths(names, max_characters=MAX_CHARACTERS)
        ids = []
        async for one in add_articles(readings, self._archive, self._encoder, max_characters=MAX_CHARACTERS):
            if one.id is None:
                raise EvaluationError(f"{one.place} was refused: {one.error}; restore it from the repository")
            ids.append(one.id)
        return ids

    async def judged(
        self, questions: Sequence[OwnQuestion], home: str = "", methods: Sequence[str] = (READER,)
    ) -> dict[str, list[JudgedOwn]]:
        """Every question by method; `home` is the article of questions that name none."""
        found: dict[str, list[JudgedOwn]] = {}
        for method in methods:
            shown = tqdm(
                questions,
                desc=f"own questions, {method}",
                delay=2,
                disable=None,
                leave=False,
                file=sys.stderr,
            )
            attempts = self._methods[method]
            found[method] = [judge_own(one, await attempts.attempt(one.text), home) for one in shown]
        return found

    async def article_count(self) -> int:
        """How many articles it holds now."""
        return await self._archive.article_count()


@asynccontextmanager
async def open_own_archive(encoder: Encoder, opened: OpenedReader, folder: Path) -> AsyncIterator[OwnArchive]:
    """An empty archive under `folder`, closed in the end."""
    archive = await open_archive(folder / "own", manifest_for(encoder, encoder.terms))
    try:
        yield OwnArchive(archive, encoder, opened)
    finally:
        await archive.close()


def sample_files(folder: Path = SAMPLES) -> list[Path]:
    """Every file of samples; EvaluationError when there is none."""
    found = sorted(folder.glob("*.jsonl"))
    if not found:
        raise EvaluationError(f"no *.jsonl in {folder}; take the folder samples/ of the checkout")
    return found


def seed_file(data: Path) -> Path | None:
    """The seed article in a folder of evaluation data; None where there is not exactly one."""
    found = sorted(data.glob(SEED_ARTICLES))
    return found[0] if len(found) == 1 else None


async def ask_own(
    encoder: Encoder,
    opened: OpenedReader,
    folder: Path,
    gate: Sequence[OwnQuestion],
    seed: Sequence[OwnQuestion],
    data: Path | None,
    methods: Sequence[str] = (READER,),
) -> dict[str, dict[str, list[JudgedOwn]]]:
    """Judged answers by part and method: `gate` on the samples; `seed` on the seed, where `data` has it.

    The seed is added to the archive of the samples, which removes them, as the first article of one's own does.
    """
    async with open_own_archive(encoder, opened, folder) as own:
        await own.add(sample_files())
        found = {GATE: await own.judged(gate, methods=methods)}
        path = seed_file(data) if data is not None else None
        if path is not None:
            [home] = await own.add([path])
            if await own.article_count() != 1:
                raise EvaluationError(
                    f"got {await own.article_count()} articles beside the samples, allowed: the seed alone; "
                    "adding an article of one's own has to remove the samples"
                )
            found[SEED] = await own.judged(seed, home, methods)
    return found
