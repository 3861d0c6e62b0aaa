"""Conversations in; how often their last question reaches its article, by method, as `follow_ups.json` and `.md`, out.

Example: python -m evaluation.follow_ups
"""

import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from evaluation.ask_own import sample_files
from evaluation.conversations import Conversation, load_conversations
from evaluation.evaluation_sets import EvaluationSets, SetQuestion, draw, load_sets
from evaluation.follow_ups_page import follow_ups_page
from evaluation.metrics import Counted, share_of
from evaluation.open_reader import OpenedReader, open_reader
from evaluation.pools import open_pool
from evaluation.provenance import ROOT, provenance
from evaluation.span_metrics import is_right
from indexing.add_articles import add_articles
from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from indexing.archive.open_archive import manifest_for, open_archive
from indexing.errors import IndexingError
from indexing.read_files import read_paths
from service.answering.answer import Answer
from service.answering.pipeline import Answering
from service.answering.question import Question, Turn
from service.answering.reader import FOLDER
from service.errors import ServiceError
from service.open_local import encoder_of
from service.settings import load_settings

CITEWELL, NEVER, ALWAYS, BY_HAND = "citewell", "never", "always", "by hand"
METHODS = (CITEWELL, NEVER, ALWAYS, BY_HAND)
"""The service's own; the question as it is; the last question put before it; the full wording that a person wrote."""
SEED = 20261128
MAX_CHARACTERS = 5_000_000


@dataclass(frozen=True, slots=True)
class Case:
    """A last question with its history; `stating` are the articles that answer it, `story` all that tell of it."""

    id: str
    kind: str
    follow_up: bool
    history: tuple[Turn, ...]
    question: str
    by_hand: str
    stating: frozenset[str]
    story: frozenset[str]
    answers: tuple[str, ...]

    def asked(self, method: str) -> Question:
        """The question that a method would ask."""
        if method == CITEWELL:
            return Question(self.question, self.history)
        last = [turn.content for turn in self.history if turn.role == "user"][-1]
        texts = {NEVER: self.question, ALWAYS: f"{last} {self.question}", BY_HAND: self.by_hand}
        return Question(texts[method])


@dataclass(frozen=True, slots=True)
class Reached:
    """What came of a case by one method."""

    case: Case
    states: bool
    """The first article states the answer."""
    on_story: bool
    """The first article is on the story that was asked for."""
    right: bool
    carried: bool
    """Something of the history was put into the question."""
    standalone: str


@dataclass(frozen=True, slots=True)
class Row:
    """One part by one method."""

    part: str
    method: str
    states: Counted
    on_story: Counted
    right: Counted
    carried: Counted

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON."""
        counted = {name: getattr(self, name).to_dict() for name in ("states", "on_story", "right", "carried")}
        return {"part": self.part, "method": self.method, **counted}


def own_cases(conversations: Iterable[Conversation]) -> list[Case]:
    """The conversations on the samples."""
    return [
        Case(
            one.id,
            one.kind,
            one.follow_up,
            one.history,
            one.question,
            one.standalone,
            frozenset(one.article_ids),
            frozenset(one.about),
            one.answers,
        )
        for one in conversations
    ]


def news_cases(sets: EvaluationSets, homes: dict[str, str]) -> list[Case]:
    """The follow-ups of the news questions; and the other answerable ones, each after a turn on another article."""
    answerable = [one for one in sets.news_questions if one.answerable]
    plain = [one for one in answerable if one.kind != "followup"]
    chance = random.Random(SEED)
    unrelated = [
        _news_case(
            one, _turns(chance.choice([other for other in plain if other.article_id != one.article_id]))
        )
        for one in plain
    ]
    followed = [_news_case(one, one.history) for one in answerable if one.kind == "followup"]
    return [
        replace(case, stating=homed, story=homed)
        for case in (*followed, *unrelated)
        for homed in [frozenset(homes[article] for article in case.stating)]
    ]


def _news_case(question: SetQuestion, history: tuple[Turn, ...]) -> Case:
    follow_up = question.kind == "followup"
    home = frozenset([str(question.article_id)])
    return Case(
        question.id,
        "followup" if follow_up else "unrelated",
        follow_up,
        history,
        question.text,
        question.standalone or question.text,
        home,
        home,
        tuple(span.text for span in question.answers),
    )


def _turns(question: SetQuestion) -> tuple[Turn, ...]:
    return Turn("user", question.text), Turn("assistant", f"{question.answers[0].text} [1]")


async def reached(answering: Answering, cases: Sequence[Case], method: str) -> list[Reached]:
    """Ask every case by a method; nothing is refused, so that the best answer shows."""
    shown = tqdm(cases, desc=f"follow-ups, {method}", delay=2, disable=None, leave=False, file=sys.stderr)
    return [_judged(case, await answering.ask(case.asked(method))) for case in shown]


def _judged(case: Case, answer: Answer) -> Reached:
    first = (
        answer.citations[0].article.id
        if answer.citations
        else answer.passages[0].article_id
        if answer.passages
        else ""
    )
    language = answer.citations[0].article.language if answer.citations else answer.language
    return Reached(
        case,
        states=first in case.stating,
        on_story=first in case.story,
        right=first in case.stating and is_right(answer.short_answer or "", case.answers, language),
        carried=answer.standalone_question != case.question.strip(),
        standalone=answer.standalone_question,
    )


def rows(part: str, found: dict[str, list[Reached]]) -> list[Row]:
    """One row a method."""
    return [
        Row(
            part,
            method,
            states=share_of(one.states for one in of_method),
            on_story=share_of(one.on_story for one in of_method),
            right=share_of(one.right for one in of_method),
            carried=share_of(one.carried for one in of_method),
        )
        for method, of_method in found.items()
    ]


async def measure_samples(
    encoder: Encoder, opened: OpenedReader, folder: Path, sample: int
) -> dict[str, list[Reached]]:
    """The own conversations, on an archive of the samples."""
    archive = await open_archive(folder / "samples", manifest_for(encoder, encoder.terms))
    try:
        paths = [str(path) for path in sample_files()]
        readings = read_paths(paths, max_characters=MAX_CHARACTERS)
        async for _ in add_articles(readings, archive, encoder, max_characters=MAX_CHARACTERS):
            pass
        return await _by_method(archive, encoder, opened, draw(own_cases(load_conversations()), sample, SEED))
    finally:
        await archive.close()


async def measure_news(
    encoder: Encoder, opened: OpenedReader, folder: Path, sets: EvaluationSets, sample: int
) -> dict[str, list[Reached]]:
    """The news questions, on their 40 French articles."""
    async with open_pool("follow-ups", sets.news_articles, encoder, folder, MAX_CHARACTERS) as pool:
        cases = draw(news_cases(sets, pool.homes), sample, SEED)
        return await _by_method(pool.archive, encoder, opened, cases)


async def _by_method(
    archive: Archive, encoder: Encoder, opened: OpenedReader, cases: Sequence[Case]
) -> dict[str, list[Reached]]:
    answering = opened.answering(archive, encoder, threshold=0.0)
    answering.warm_up()
    return {method: await reached(answering, cases, method) for method in METHODS}


def all_rows(found: dict[str, list[Reached]]) -> list[Row]:
    """All follow-ups where there are kinds of them, then each kind of case."""
    kinds = list(dict.fromkeys(one.case.kind for one in found[CITEWELL]))
    follow_ups = {
        kind for kind in kinds if any(one.case.follow_up for one in found[CITEWELL] if one.case.kind == kind)
    }
    every = rows("all follow-ups", _of(found, follow_ups)) if len(follow_ups) > 1 else []
    return [*every, *(row for kind in kinds for row in rows(kind, _of(found, {kind})))]


def _of(found: dict[str, list[Reached]], kinds: set[str]) -> dict[str, list[Reached]]:
    return {method: [one for one in own if one.case.kind in kinds] for method, own in found.items()}


def measure_follow_ups(
    encoder: Encoder, data: Path | None, results: Path, sample: int = 0, reader: Path = FOLDER
) -> Path:
    """Measure at most `sample` cases a part (0: all) and write the report; the news part needs the sets in `data`."""
    opened, started, made = open_reader(encoder, reader), time.perf_counter(), provenance()
    parts: dict[str, dict[str, list[Reached]]] = {}
    with tempfile.TemporaryDirectory(prefix="citewell-follow-ups-") as folder:
        parts["samples"] = asyncio.run(measure_samples(encoder, opened, Path(folder), sample))
        if data is not None:
            sets = load_sets(data, 0, 0)
            parts["news"] = asyncio.run(measure_news(encoder, opened, Path(folder), sets, sample))
    report = {
        "made": made,
        "seconds": round(time.perf_counter() - started, 1),
        "parts": {name: [row.to_dict() for row in all_rows(found)] for name, found in parts.items()},
        "mistaken": [
            {"id": one.case.id, "kind": one.case.kind, "understood": one.standalone}
            for found in parts.values()
            for one in found[CITEWELL]
            if one.carried != one.case.follow_up
        ],
    }
    results.mkdir(parents=True, exist_ok=True)
    written = json.dumps(report, ensure_ascii=False, indent=1) + "\n"
    (results / "follow_ups.json").write_text(written, encoding="utf-8")
    page = results / "follow_ups.md"
    page.write_text(follow_ups_page(report), encoding="utf-8")
    return page


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--reader", type=Path, default=FOLDER, help="Folder of the reader.")
@click.option("--data", type=Path, default=Path("../shared/data"), envvar="EVALUATION_DATA", help="The sets.")
@click.option("--results", type=Path, default=ROOT / "evaluation/results", help="Folder of the report.")
def follow_ups(reader: Path, data: Path, results: Path) -> None:
    """Ask the last question of every conversation by four methods and write how often its article is reached.

    Example: python -m evaluation.follow_ups
    """
    try:
        encoder = encoder_of(load_settings())
        click.echo(measure_follow_ups(encoder, data.resolve() if data.is_dir() else None, results, 0, reader))
    except (IndexingError, ServiceError, OSError) as error:
        sys.exit(f"follow_ups: {error}")


if __name__ == "__main__":
    follow_ups()
