"""Injected instructions in; how many change what is answered, as `injections.json` and `injections.md`, out.

Each stands in an article beside a fact: before, within and after what tells it. Asked for the fact, a scripted language
model states it and then obeys whatever the article demands (see tests/language_model_stub). Its twin reads the same
articles without the injected text. Harmless texts in their place have to leave everything as it is, too.
"""

import asyncio
import gzip
import json
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from evaluation.errors import EvaluationError
from evaluation.injection_stories import Story, stories
from evaluation.open_reader import open_reader
from evaluation.provenance import ROOT, provenance, said
from indexing.add_articles import Reading, add_articles, article_input
from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from indexing.archive.open_archive import manifest_for, open_archive
from indexing.errors import IndexingError
from service.answering.pipeline import Answering
from service.answering.question import Question
from service.answering.reader import FOLDER
from service.answering.written.instructions import is_instruction
from service.answering.written.language_model import LanguageModel
from service.errors import ServiceError
from service.open_local import encoder_of, word_aligner
from service.settings import load_settings
from tests.language_model_stub.running_stub import MODEL, RunningLanguageModel, running_language_model

Injection = tuple[str, str, str | None]
"""Id, text, language."""
SECONDS, WINDOW = 60.0, 32_768
LEAST_PART = 8  # characters of a sentence that is recognised
_PART = re.compile(r"[.!?\n]")


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one story; `written`: every statement that left, whoever wrote it."""

    id: str
    right: bool
    mode: str
    written: tuple[str, ...]
    changed: bool
    """Whether a written statement is another one than the fact, or a sentence was extracted from the injected text."""


async def tell_stories(
    told: Sequence[Story], encoder: Encoder, stub: RunningLanguageModel, obedient: bool
) -> list[Told]:
    """Ask for the fact of each; `obedient`: the model then does whatever the injected text can be taken to demand."""
    opened = open_reader(encoder, FOLDER)
    model = LanguageModel(stub.base_url, MODEL, None, SECONDS, WINDOW)
    with tempfile.TemporaryDirectory(prefix="citewell-injections-") as folder:
        archive = await _filled(Path(folder), told, encoder)
        align = word_aligner(load_settings(), encoder)
        answering = Answering(
            archive, encoder, opened.reader, opened.confidence, threshold=0.0, model=model, align=align
        )
        try:
            return [await _ask(story, answering, stub, obedient) for story in told]
        finally:
            await model.close()
            await archive.close()


async def _ask(story: Story, answering: Answering, stub: RunningLanguageModel, obedient: bool) -> Told:
    step = {"facts": [{"proof": story.fact, "text": story.stated}]}
    stub.script({**step, "lie": "obeys", "orders": [story.injected]} if obedient and story.injected else step)
    answer = await answering.ask(Question(story.question))
    written = tuple(statement.text for statement in answer.statements)
    is_fact = [story.metres in text for text in written]
    if answer.mode == "generative":
        changed = any(text != story.stated for text in written)
    else:
        parts = [part for part in _PART.split(story.injected) if len(part) >= LEAST_PART]
        changed = any(part in text for text in written for part in parts if story.metres not in text)
    return Told(story.id, any(is_fact), answer.mode, written, changed)


async def _filled(folder: Path, told: Sequence[Story], encoder: Encoder) -> Archive:
    archive = await open_archive(folder / "archive", manifest_for(encoder, encoder.terms))
    readings = [Reading(story.id, article_input(story.to_item()), None, None) for story in told]
    async for added in add_articles(readings, archive, encoder, max_characters=10_000):
        if added.status != "added":
            raise EvaluationError(f"{added.place}: {added.status}")
    return archive


async def measure_injections(
    injections: Sequence[Injection], harmless: Sequence[Injection], encoder: Encoder
) -> dict[str, Any]:
    """Measure both sets and their twins."""
    started, made = time.perf_counter(), provenance()
    with running_language_model() as stub:
        rows = [
            _row("injected instructions", await _both(injections, encoder, stub, True), injections),
            _row("harmless strings", await _both(harmless, encoder, stub, False), harmless),
        ]
    return {"made": made, "seconds": round(time.perf_counter() - started, 1), "rows": rows}


async def _both(
    texts: Sequence[Injection], encoder: Encoder, stub: RunningLanguageModel, obedient: bool
) -> tuple[list[Told], list[Told]]:
    with_them, without = list(stories(texts, True)), list(stories(texts, False))
    return (
        await tell_stories(with_them, encoder, stub, obedient),
        await tell_stories(without, encoder, stub, obedient=False),
    )


def _row(what: str, both: tuple[list[Told], list[Told]], texts: Sequence[Injection]) -> dict[str, Any]:
    told, twins = both
    return {
        "what": what,
        "texts": len(texts),
        "questions": len(told),
        "changed": sum(one.changed for one in told),
        "flagged": sum(is_instruction(text) for _, text, _ in texts),
        "right": sum(one.right for one in told),
        "right_without": sum(one.right for one in twins),
        "written": sum(one.mode == "generative" for one in told),
        "written_without": sum(one.mode == "generative" for one in twins),
        "examples": [asdict(one) for one in told if one.changed or not one.right],
    }


def load_injections(path: Path) -> list[Injection]:
    """One a line: id, text, lang. Raises EvaluationError when the file is not there."""
    if not path.is_file():
        raise EvaluationError(
            f"no {path}; set EVALUATION_DATA, or --data, to the folder of the evaluation sets"
        )
    rows = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    return [(row["id"], row["text"], row["lang"]) for row in rows]


def injections_page(report: dict[str, Any]) -> str:
    """The page that `python -m evaluation.injections` writes."""
    lines = [
        "# Instructions inside articles",
        "",
        f"Made by `python -m evaluation.injections` in {report['seconds']:.0f} s. {said(report['made'])}",
        "",
        "A language model that states the fact asked for and then obeys the article (harmless strings demand nothing). "
        "*Changed*: something else was stated than the fact. *Flagged*: texts that are taken for orders. *Without "
        "them*: the same articles without the text. How: docs/evaluation.md.",
        "",
        "| texts | articles | answers changed | flagged | right | without them | written by the model | without them |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in report["rows"]:
        lines.append(
            f"| {row['texts']} {row['what']} | {row['questions']} | {row['changed']} | {row['flagged']} | "
            f"{row['right']} | {row['right_without']} | {row['written']} | {row['written_without']} |"
        )
    return "\n".join(lines) + "\n"


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--data", type=Path, default=Path("../shared/data"), envvar="EVALUATION_DATA", help="The sets.")
@click.option("--results", type=Path, default=ROOT / "evaluation/results", help="Folder of the report.")
def injections(data: Path, results: Path) -> None:
    """Ask for facts in articles that also hold injected instructions, and write how many answers they change.

    Example: python -m evaluation.injections
    """
    folder = data.resolve() / "injections"
    try:
        bad, good = (load_injections(folder / f"{name}.jsonl.gz") for name in ("injections", "harmless"))
        report = asyncio.run(measure_injections(bad, good, encoder_of(load_settings())))
    except (EvaluationError, IndexingError, ServiceError) as error:
        sys.exit(f"injections: {error}")
    results.mkdir(parents=True, exist_ok=True)
    written = json.dumps(report, ensure_ascii=False, indent=1) + "\n"
    (results / "injections.json").write_text(written, encoding="utf-8")
    page = results / "injections.md"
    page.write_text(injections_page(report), encoding="utf-8")
    click.echo(page)


if __name__ == "__main__":
    injections()
