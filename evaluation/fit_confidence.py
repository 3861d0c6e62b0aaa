"""The diluted news pool, asked anew or read from a file, in; `models/reader/confidence.json` out.

Example: python -m evaluation.fit_confidence
"""

import json
import math
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from evaluation.calibration import Case
from evaluation.errors import EvaluationError
from evaluation.fit_calibration import fit_confidence
from evaluation.judge_answers import SETS_THRESHOLD
from evaluation.provenance import ROOT, provenance
from evaluation.reading_report import DEFAULT_SEED, ReadingReport
from indexing.errors import IndexingError
from service.answering.confidence import FILE, FORMAT
from service.answering.reader import FOLDER
from service.errors import ServiceError
from service.settings import load_settings

DATA = {
    "news": "news-en-on-fr, all questions, on 40 French news articles",
    "squad2": "squad2, answerable and unanswerable questions, on the 642 English paragraphs of the same archive",
    "squad2-es": "the same squad2 questions in Spanish (squad-es-v2), where it has them, on the same paragraphs",
    "squad2-on-es": "the same in English on the Spanish paragraphs of squad-es-v2, in another archive",
    "squad2-es-on-es": "the same in Spanish on the Spanish paragraphs",
}


def write_confidence(
    rows: Sequence[Mapping[str, Any]], path: Path, made: Mapping[str, Any], threshold: float | None = None
) -> dict[str, Any]:
    """Fit on the rows, one a question, and write the file; returns what it holds.

    A given `threshold` is shipped in the place of the chosen one, which is then kept as `threshold_by_rule`.

    Raises EvaluationError when there is nothing to learn from.
    """
    cases = [as_case(row) for row in rows]
    answered = [case for case in cases if case.attempted]
    if len({case.right for case in answered}) < 2:
        raise EvaluationError(
            f"{len(answered)} answers, all of them {'right' if answered and answered[0].right else 'wrong'}: a "
            "calibration needs right and wrong ones; ask more questions with --sample 0"
        )
    confidence, evidence = fit_confidence(cases)
    parts = Counter(f"{row['part']}, {'answerable' if row['answerable'] else 'unanswerable'}" for row in rows)
    written = {
        "format": FORMAT,
        **confidence.to_dict(),
        "chosen": evidence,
        "data": {**DATA, "questions": dict(sorted(parts.items()))},
        "made": dict(made),
    }
    if threshold is not None:
        written |= {"threshold": threshold, "threshold_by_rule": written["threshold"]}
    path.write_text(json.dumps(written, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return written


def as_case(row: Mapping[str, Any]) -> Case:
    """A row of the cache as a case."""
    features = {name: math.nan if value is None else float(value) for name, value in row["features"].items()}
    return Case(
        features,
        bool(row["right"]),
        bool(row["answerable"]),
        row["group"],
        row["pair"],
        bool(row["attempted"]),
        row["part"] in SETS_THRESHOLD,
    )


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option(
    "--answers", type=Path, help="answers-reader.jsonl of an earlier run; without it all are asked."
)
@click.option("--reader", "folder", type=Path, default=FOLDER, help="Folder of the reader.")
@click.option(
    "--threshold", type=click.FloatRange(0, 1), help="Ship this one, not the one that the rule chooses."
)
@click.option("--sample", default=300, help="squad2 questions of either kind, at most 300.")
@click.option("--seed", default=DEFAULT_SEED, help="Draws the questions.")
@click.option("--data", type=Path, default=Path("../shared/data"), envvar="EVALUATION_DATA", help="The sets.")
def fit(
    answers: Path | None, folder: Path, threshold: float | None, sample: int, seed: int, data: Path
) -> None:
    """Learn how sure an answer is, out of fold by article, and write confidence.json beside the reader.

    Example: python -m evaluation.fit_confidence --answers .cache/evaluation/answers-reader.jsonl
    """
    try:
        if answers is None:
            report = ReadingReport(load_settings(), data.resolve(), ROOT / "evaluation/results", sample, seed)
            answers = report.asked(folder)
        written = write_confidence(_lines(answers), folder / FILE, provenance(), threshold)
    except (IndexingError, ServiceError, OSError) as error:
        sys.exit(f"fit_confidence: {error}")
    for line in _told(written):
        click.echo(line)
    click.echo(folder / FILE)


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _told(written: Mapping[str, Any]) -> Iterable[str]:
    chosen = written["chosen"]
    found = chosen["out_of_fold"]
    right, false = found["at_thresholds"]["right"], found["at_thresholds"]["false"]
    yield ", ".join(f"{one['name']} {one['weight']:+.2f}" for one in written["signals"]) or "no signal helps"
    yield f"out of fold: ECE {found['ece']:.3f}, Brier {found['brier']:.3f}; correction: {chosen['correction']}"
    yield (
        f"threshold {written['threshold']:.3f}; out of fold answered and right {right['count']}/{right['of']}, "
        f"false answers {false['count']}/{false['of']}"
    )


if __name__ == "__main__":
    fit()
