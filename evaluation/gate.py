"""The shipped reader and fixed questions in; whether each measure holds its floor out, and new floors when told to."""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from evaluation.ask_own import GATE, SEED, ask_own
from evaluation.ask_pool import without_threshold
from evaluation.attempts import WholeService
from evaluation.errors import EvaluationError
from evaluation.evaluation_sets import NEEDED, EvaluationSets, load_sets
from evaluation.gate_floors import (
    FLOORS,
    Floors,
    load_floors,
    lowered,
    raised,
    shortfalls,
    write_floors,
)
from evaluation.gate_ids import gate_sets, load_ids
from evaluation.gate_measures import (
    Measure,
    Outcome,
    answer_measures,
    outcome_of,
    reading_measures,
)
from evaluation.measure_reading import READER, read_all
from evaluation.measure_whole import NEWS, AskedQuestion, attempt_all
from evaluation.open_reader import OpenedReader, open_reader
from evaluation.own_questions import OwnQuestion, load_gate_questions, load_seed_questions
from evaluation.pools import open_pool
from evaluation.provenance import provenance
from indexing.archive.encoder import Encoder
from indexing.errors import IndexingError
from service.answering.reader import CARD, FOLDER
from service.errors import ServiceError
from service.open_local import encoder_of
from service.settings import load_settings

MAX_CHARACTERS = 5_000_000


@dataclass(frozen=True, slots=True)
class Gate:
    """Measures an opened reader; parts whose data is absent are left out."""

    encoder: Encoder
    opened: OpenedReader
    data: Path | None
    """Folder of the evaluation sets, or None."""

    def measures(self) -> list[Measure]:
        """Every measure that can be made here."""
        return [*self.own(), *self.sets()]

    def own(self, gate: Sequence[OwnQuestion] | None = None) -> list[Measure]:
        """Own questions: `gate` (default: all) on the samples, and those on the seed where it is."""
        questions = load_gate_questions() if gate is None else gate
        with tempfile.TemporaryDirectory(prefix="citewell-gate-") as folder:
            judged = asyncio.run(
                ask_own(self.encoder, self.opened, Path(folder), questions, load_seed_questions(), self.data)
            )
        named = {GATE: "own, samples", SEED: "own, seed"}
        return [
            measure
            for part, methods in judged.items()
            for measure in answer_measures(named[part], [outcome_of(one) for one in methods[READER]])
        ]

    def sets(self) -> list[Measure]:
        """Gold passages by fixed ids, and the news questions through the whole service."""
        if self.data is None or not has_sets(self.data):
            return []
        sets = load_sets(self.data, 0, 0)
        return [*self._reading(sets), *self._news(sets)]

    def _reading(self, sets: EvaluationSets) -> Iterator[Measure]:
        for one in gate_sets(sets, load_ids()):
            yield from reading_measures(one.name, read_all(one, self.opened.reader, READER))

    def _news(self, sets: EvaluationSets) -> list[Measure]:
        with tempfile.TemporaryDirectory(prefix="citewell-gate-") as folder:
            outcomes = asyncio.run(self._ask_news(sets, Path(folder)))
        return answer_measures("news", outcomes)

    async def _ask_news(self, sets: EvaluationSets, folder: Path) -> list[Outcome]:
        articles = sets.news_articles
        async with open_pool("news-gate", articles, self.encoder, folder, MAX_CHARACTERS) as pool:
            answering = self.opened.answering(pool.archive, self.encoder, threshold=0.0)
            service = WholeService(
                pool.archive, without_threshold(answering, self.opened.confidence.threshold)
            )
            asked = [AskedQuestion(one, NEWS, one.article_id or one.id) for one in sets.news_questions]
            judged = await attempt_all(READER, service, asked, pool.homes)
        return [outcome_of(one) for one in judged]


def has_sets(data: Path) -> bool:
    """Whether every file that the gate reads is there."""
    return all((data / name).is_file() for name in NEEDED)


def reader_checksum(folder: Path) -> str:
    """The checksum that names the reader, from its card."""
    checksum: str = json.loads((folder / CARD).read_text(encoding="utf-8"))["sha256"]
    return checksum


def table(measures: Sequence[Measure], floors: Floors) -> Iterator[str]:
    """Lines for the terminal: every measure with its floor."""
    width = max(len(measure.key) for measure in measures)
    yield f"{'measure':{width}}  {'value':>6}  {'floor':>6}  {'counts':>10}"
    for measure in measures:
        floor = floors.floors.get(measure.key)
        least = "none" if floor is None else f"{100 * floor.least:.1f}"
        low = "" if floor is None or not shortfalls([measure], floors) else "  BELOW"
        yield f"{measure.key:{width}}  {100 * measure.value:6.1f}  {least:>6}  {measure.counts:>10}{low}"


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--reader", "folder", type=Path, default=FOLDER, help="Folder with reader.onnx and its card.")
@click.option("--data", type=Path, default=Path("../shared/data"), envvar="EVALUATION_DATA", help="The sets.")
@click.option("--set-floors", is_flag=True, help="Raise the floors to what is measured.")
@click.option("--lower", is_flag=True, help="With --set-floors: lower them too. Say why in the commit.")
@click.option("--floors", "path", type=Path, default=FLOORS, help="The file of floors.")
def gate(folder: Path, data: Path, set_floors: bool, lower: bool, path: Path) -> None:
    """Ask the fixed questions and hold every measure against its floor; exit 1 when one is below.

    Example: python -m evaluation.gate --set-floors
    """
    if lower and not set_floors:
        raise click.UsageError("got --lower alone, allowed: with --set-floors; add it")
    try:
        before, started = load_floors(path), time.perf_counter()
        encoder = encoder_of(load_settings())
        data = data.resolve()
        if not has_sets(data):
            click.echo(f"no evaluation sets in {data} (EVALUATION_DATA names them): only the own questions")
        measures = Gate(encoder, open_reader(encoder, folder), data if data.is_dir() else None).measures()
        for line in table(measures, before):
            click.echo(line)
        click.echo(f"{time.perf_counter() - started:.0f} s; floors of {before.taken or 'never'}")
        if set_floors:
            take = lowered if lower else raised
            write_floors(take(measures, before, provenance(), reader_checksum(folder)), path)
            click.echo(f"floors written to {path}")
        elif told := shortfalls(measures, before):
            raise EvaluationError("below the floor:\n" + "\n".join(told))
    except (IndexingError, ServiceError) as error:
        sys.exit(f"gate: {error}")


if __name__ == "__main__":
    gate()
