"""A language model that is down, slow or lying in; what its users still get, as `model_faults.json` and `.md`, out.

The questions of the gate are asked on the samples while a scripted server (tests/language_model_stub) fails in one way
after another. Its twins are the service without a model, and with one that states what it was asked for.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from evaluation.ask_own import MAX_CHARACTERS, sample_files
from evaluation.errors import EvaluationError
from evaluation.open_reader import open_reader
from evaluation.own_questions import OwnQuestion, load_gate_questions
from evaluation.provenance import ROOT, provenance, said
from indexing.add_articles import add_articles
from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from indexing.archive.open_archive import manifest_for, open_archive
from indexing.errors import IndexingError
from indexing.read_files import read_paths
from service.answering.answer import Answer
from service.answering.pipeline import Answering
from service.answering.question import Question
from service.answering.reader import FOLDER
from service.answering.written.language_model import LanguageModel
from service.errors import ServiceError
from service.open_local import encoder_of, word_aligner
from service.settings import load_settings
from tests.language_model_stub.running_stub import MODEL, RunningLanguageModel, running_language_model

SECONDS, WINDOW = 2.0, 32_768
SLOW = 8  # questions of a case in which each takes SECONDS
CLOSED = "http://127.0.0.1:9/v1"  # the port for what is thrown away: nobody listens
WITHOUT, HONEST, DOWN = "no model", "honest", "nobody listens"
TROUBLES: dict[str, dict[str, Any]] = {
    "error 500": {"trouble": "status", "status": 500},
    "error 429": {"trouble": "status", "status": 429, "retry_after": "30"},
    "error 401": {"trouble": "status", "status": 401, "code": "invalid_api_key"},
    "answers HTML": {"trouble": "html"},
    "stalls before it speaks": {"trouble": "stall_before"},
    "stalls while it speaks": {"trouble": "stall_within"},
    "closes before it speaks": {"trouble": "close_before"},
    "closes while it speaks": {"trouble": "close_within"},
    "ten megabytes": {"trouble": "huge"},
    "broken JSON": {"form": "broken"},
    "prose": {
        "says": "I am glad that you ask. There is much to say about this, and some of it is even true."
    },
}
LIES = (
    "invents_quote",
    "swaps_ids",
    "guesses_ids",
    "changes_number",
    "changes_both_numbers",
    "stitches",
    "stitches_silently",
    "adds_unsupported",
)


@dataclass(frozen=True, slots=True)
class Case:
    """One way to fail, and how many questions are asked meanwhile."""

    name: str
    step: dict[str, Any]
    questions: int | None = None


def cases() -> list[Case]:
    """Every way to fail."""
    troubles = [Case(name, step, SLOW if "stalls" in name else None) for name, step in TROUBLES.items()]
    return [*troubles, *(Case(lie.replace("_", " "), {"lie": lie}) for lie in LIES)]


class Faults:
    """The samples in an archive, and a scripted server beside it."""

    def __init__(self, archive: Archive, encoder: Encoder, stub: RunningLanguageModel) -> None:
        """Ask `archive`, with `stub` as the language model."""
        self._archive = archive
        self._encoder = encoder
        self._opened = open_reader(encoder, FOLDER)
        self._align = word_aligner(load_settings(), encoder)
        self._stub = stub

    async def row(self, case: Case, questions: Sequence[OwnQuestion]) -> dict[str, Any]:
        """What became of the first questions of a case."""
        asked = questions[: case.questions]
        address = {WITHOUT: None, DOWN: CLOSED}.get(case.name, self._stub.base_url)
        model = LanguageModel(address, MODEL, None, SECONDS, WINDOW) if address else None
        answering = Answering(
            self._archive,
            self._encoder,
            self._opened.reader,
            self._opened.confidence,
            model=model,
            align=self._align,
        )
        started = time.perf_counter()
        try:
            told = [(one, await self._answer(answering, case, one)) for one in asked]
        finally:
            if model is not None:
                await model.close()
        seconds = (time.perf_counter() - started) / len(asked)
        ended = [(one, answer) for one, answer in told if answer is not None]
        stated = [(one, answer) for one, answer in ended if one.answerable]
        return {
            "case": case.name,
            "questions": len(asked),
            "ended": len(ended),
            "answerable": sum(one.answerable for one in asked),
            "right": sum(_is_right(one, answer) for one, answer in stated),
            "answered": sum(answer.answered for _, answer in ended),
            "written": sum(answer.answered and answer.mode == "generative" for _, answer in ended),
            "quotes": sum(len(answer.citations) for _, answer in ended),
            "verbatim": sum([await self._verbatim(answer) for _, answer in ended]),
            "seconds": round(seconds, 2),
        }

    async def _answer(self, answering: Answering, case: Case, question: OwnQuestion) -> Answer | None:
        """The answer or refusal; None when there is neither."""
        facts = [{"proof": question.quotes[0]}] if question.answerable else []
        self._stub.script({"facts": facts, **case.step})
        try:
            return await answering.ask(Question(question.text))
        except Exception as error:
            print(f"{case.name}: {question.id}: {error!r}", file=sys.stderr)
            return None

    async def _verbatim(self, answer: Answer) -> int:
        """How many quotes stand in their article at their place."""
        count = 0
        for one in answer.citations:
            stored = await self._archive.article(one.article.id, one.article.version)
            count += stored is not None and stored.article.text[one.start : one.end] == one.quote
        return count


def _is_right(question: OwnQuestion, answer: Answer) -> bool:
    """Whether it says an acceptable value; questions that have none need a quote that holds the decisive run."""
    said = " ".join((answer.answer, *(one.text for one in answer.statements)))
    quoted = " ".join(one.quote for one in answer.citations)
    if not answer.answered:
        return False
    values = question.short_answers or question.quotes
    return any(value.casefold() in f"{said} {quoted}".casefold() for value in values)


async def measure_model_faults(questions: Sequence[OwnQuestion], encoder: Encoder) -> dict[str, Any]:
    """Ask them in every case and in both twins."""
    started, made = time.perf_counter(), provenance()
    with running_language_model() as stub, tempfile.TemporaryDirectory(prefix="citewell-faults-") as folder:
        archive = await open_archive(Path(folder) / "archive", manifest_for(encoder, encoder.terms))
        try:
            readings = read_paths([str(path) for path in sample_files()], max_characters=MAX_CHARACTERS)
            async for added in add_articles(readings, archive, encoder, max_characters=MAX_CHARACTERS):
                if added.id is None:
                    raise EvaluationError(f"{added.place} was refused: {added.error}")
            faults = Faults(archive, encoder, stub)
            every = [Case(WITHOUT, {}), Case(HONEST, {}), Case(DOWN, {}), *cases()]
            rows = [await faults.row(case, questions) for case in every]
        finally:
            await archive.close()
    return {"made": made, "seconds": round(time.perf_counter() - started, 1), "rows": rows}


def model_faults_page(report: dict[str, Any]) -> str:
    """The page that `python -m evaluation.model_faults` writes."""
    failing = [row for row in report["rows"] if row["case"] not in (WITHOUT, HONEST)]
    asked, ended = (sum(row[key] for row in failing) for key in ("questions", "ended"))
    quotes, verbatim = (sum(row[key] for row in report["rows"]) for key in ("quotes", "verbatim"))
    lines = [
        "# A language model that is down, slow or lying",
        "",
        f"Made by `python -m evaluation.model_faults` in {report['seconds']:.0f} s. {said(report['made'])}",
        "",
        f"**{ended} of {asked} questions ended in an answer or a refusal (goal: all); "
        f"{verbatim} of {quotes} quotes are verbatim at their place.** The twins are the first two rows. *Right*: of "
        f"the answerable ones, those whose answer says an acceptable value. *Written*: by the model, proven. It may "
        f"take {SECONDS:g} s here. How: docs/evaluation.md.",
        "",
        "| the model | questions | ended | right, of answerable | answered | written | seconds a question |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['case']} | {row['questions']} | {row['ended']} | {row['right']} of {row['answerable']} | "
        f"{row['answered']} | {row['written']} | {row['seconds']:.2f} |"
        for row in report["rows"]
    ]
    return "\n".join(lines) + "\n"


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--results", type=Path, default=ROOT / "evaluation/results", help="Folder of the report.")
def model_faults(results: Path) -> None:
    """Ask the questions of the gate while the language model fails in one way after another.

    Example: python -m evaluation.model_faults
    """
    try:
        report = asyncio.run(measure_model_faults(load_gate_questions(), encoder_of(load_settings())))
    except (EvaluationError, IndexingError, ServiceError) as error:
        sys.exit(f"model_faults: {error}")
    results.mkdir(parents=True, exist_ok=True)
    written = json.dumps(report, ensure_ascii=False, indent=1) + "\n"
    (results / "model_faults.json").write_text(written, encoding="utf-8")
    page = results / "model_faults.md"
    page.write_text(model_faults_page(report), encoding="utf-8")
    click.echo(page)


if __name__ == "__main__":
    model_faults()
