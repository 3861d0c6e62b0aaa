"""Settings, a reader and the evaluation sets in; `reading.json`, `reading.md` and plots out."""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from evaluation.ask_own import ask_own
from evaluation.ask_pool import ask_pool, cases_as_rows
from evaluation.best_sentence import BestSentence, ReadsSpans
from evaluation.evaluation_sets import EvaluationSets, load_sets
from evaluation.judge_answers import Judged
from evaluation.measure_reading import NO_READER, READER, ReadingRow, measure_reading
from evaluation.measure_whole import summarise
from evaluation.open_reader import OpenedReader, open_reader
from evaluation.own_page import own_counts
from evaluation.own_questions import load_gate_questions, load_seed_questions
from evaluation.provenance import ROOT, provenance
from evaluation.reading_goals import answer_goals, reading_goals, size_goal
from evaluation.reading_items import reading_sets
from evaluation.reading_page import reading_page
from evaluation.reading_plots import draw_answers, draw_reading
from evaluation.remember_vectors import RememberingEncoder
from indexing.archive.encoder import Encoder
from indexing.errors import IndexingError
from service.answering.answer_type import expected_type
from service.answering.reader import CARD, FOLDER, GRAPH, Reader
from service.errors import ServiceError
from service.open_local import encoder_of
from service.settings import Settings, load_settings

CACHE = ROOT / ".cache" / "evaluation"
DEFAULT_SEED = 20261123
PARTS = ("reading", "answers", "own")
PLOTS = ("reading.png", "risk_coverage.png", "reliability.png")


class ReadingReport:
    """Measures the parts that are asked for, and keeps what earlier runs measured of the others."""

    def __init__(
        self, settings: Settings, data: Path, results: Path, sample: int, seed: int, cache: Path = CACHE
    ) -> None:
        """Read the sets under `data`; write into `results`; vectors and single answers are kept in `cache`."""
        self._settings = settings
        self._data = data
        self._results = results
        self._sample = sample
        self._seed = seed
        self._cache = cache
        self._sets: EvaluationSets = load_sets(data, sample, seed)
        self._encoder: Encoder = encoder_of(settings)
        prefixes = f"{settings.question_prefix!r} {settings.passage_prefix!r}"
        self._remembering = RememberingEncoder(self._encoder, cache, prefixes)

    def run(self, parts: Sequence[str], folder: Path) -> Path:
        """Measure with the reader in `folder`; returns the page's path.

        Raises ModelsMissing or ModelsDamaged when there is no whole reader in `folder`.
        """
        opened = open_reader(self._encoder, folder)
        report = _kept(self._results / "reading.json")
        report["reader"] = _card(folder)
        self._results.mkdir(parents=True, exist_ok=True)
        work: dict[str, Callable[[], dict[str, Any]]] = {
            "reading": lambda: self._reading(opened.reader),
            "answers": lambda: self._answers(opened, folder),
            "own": lambda: self._own(opened),
        }
        for part in parts:
            made, started = provenance(), time.perf_counter()
            found = work[part]()
            report["parts"][part] = {
                "made": made,
                "seconds": round(time.perf_counter() - started, 1),
                "asked": {"sample": self._sample, "seed": self._seed},
                **found,
            }
            self._remembering.save()
        return self._write(report)

    def _reading(self, reader: Reader) -> dict[str, Any]:
        sentences = BestSentence(self._remembering)
        readers: dict[str, ReadsSpans] = {READER: reader, NO_READER: sentences}
        rows: list[ReadingRow] = []
        for one in reading_sets(self._sets, expected_type, self._sample, self._seed):
            sentences.prepare(sorted({item.passage for item in one.items}))
            rows.append(measure_reading(one, readers))
            _say(rows[-1])
        draw_reading(rows, self._results)
        return {
            "goals": [goal.to_dict() for goal in reading_goals(rows)],
            "rows": [row.to_dict() for row in rows],
        }

    def _answers(self, opened: OpenedReader, folder: Path) -> dict[str, Any]:
        whole = {
            name: summarise(name, judged, name == NO_READER) for name, judged in self.judged(opened).items()
        }
        draw_answers(whole, self._results)
        goals = [*answer_goals(whole), size_goal(_megabytes(folder))]
        return {
            "goals": [goal.to_dict() for goal in goals],
            "whole": {name: row.to_dict() for name, row in whole.items()},
        }

    def _own(self, opened: OpenedReader) -> dict[str, Any]:
        """This project's own questions: on the samples, and on the seed article where it is."""
        with tempfile.TemporaryDirectory(prefix="citewell-evaluate-") as temporary:
            judged = asyncio.run(
                ask_own(
                    self._encoder,
                    opened,
                    Path(temporary),
                    load_gate_questions(),
                    load_seed_questions(),
                    self._data,
                    (READER, NO_READER),
                )
            )
        return {"goals": [], "parts": own_counts(judged)}

    def asked(self, folder: Path) -> Path:
        """Ask every question of the diluted pool with the reader in `folder`; returns the file of what came out."""
        self.judged(open_reader(self._encoder, folder))
        self._remembering.save()
        return self._cache / answers_file(READER)

    def judged(self, opened: OpenedReader) -> dict[str, list[Judged]]:
        """Every question of the diluted pool asked by both methods; what came out is kept in the cache."""
        with tempfile.TemporaryDirectory(prefix="citewell-evaluate-") as temporary:
            judged = asyncio.run(
                ask_pool(
                    self._sets,
                    self._encoder,
                    self._remembering,
                    opened,
                    Path(temporary),
                    self._sample,
                    self._seed,
                    self._settings.max_article_characters,
                )
            )
        self._cache.mkdir(parents=True, exist_ok=True)
        for name, answers in judged.items():
            rows = (json.dumps(row, ensure_ascii=False) + "\n" for row in cases_as_rows(answers))
            (self._cache / answers_file(name)).write_text("".join(rows), encoding="utf-8")
        return judged

    def _write(self, report: dict[str, Any]) -> Path:
        (self._results / "reading.json").write_text(
            json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
        page = self._results / "reading.md"
        plots = [name for name in PLOTS if (self._results / name).exists()]
        page.write_text(reading_page(report, plots), encoding="utf-8")
        return page


def answers_file(method: str) -> str:
    """Where the cache keeps the single answers of a method."""
    return f"answers-{method}.jsonl"


def _kept(path: Path) -> dict[str, Any]:
    """What earlier runs measured."""
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        report = {}
    whole = isinstance(report, dict) and isinstance(report.get("parts"), dict)
    return report if whole else {"reader": {}, "parts": {}}


def _card(folder: Path) -> dict[str, Any]:
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    return {"sha256": card["sha256"], "megabytes": round(_megabytes(folder), 2)}


def _megabytes(folder: Path) -> float:
    return (folder / GRAPH).stat().st_size / 1e6


def _say(row: ReadingRow) -> None:
    shares = "   ".join(f"{name} {100 * one.answerable.f1:.1f}" for name, one in row.methods.items())
    print(f"{row.name}: F1 of {row.methods[READER].answerable.questions}:   {shares}", flush=True)
    refusing = row.methods[READER].refusing
    if refusing:
        false = refusing.false_answers
        print(f"  refusals counted {100 * refusing.scores.f1:.1f}, false answers {false.count}/{false.of}")


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--part", "parts", multiple=True, type=click.Choice(PARTS), default=PARTS, help="Repeatable.")
@click.option("--reader", "folder", type=Path, default=FOLDER, help="Folder with reader.onnx and its card.")
@click.option("--sample", default=300, help="Questions a set; 0 asks all.")
@click.option("--seed", default=DEFAULT_SEED, help="Draws the questions.")
@click.option("--data", type=Path, default=Path("../shared/data"), envvar="EVALUATION_DATA", help="The sets.")
@click.option("--results", type=Path, default=ROOT / "evaluation/results", help="Folder of the report.")
def measure(parts: tuple[str, ...], folder: Path, sample: int, seed: int, data: Path, results: Path) -> None:
    """Measure a reader on gold passages, and whole answers; parts that are left out stay as they were.

    Example: python -m evaluation.reading_report --part reading --sample 100
    """
    try:
        report = ReadingReport(load_settings(), data.resolve(), results, sample, seed)
        click.echo(report.run(parts, folder))
    except (IndexingError, ServiceError) as error:
        sys.exit(f"reading_report: {error}")


if __name__ == "__main__":
    measure()
