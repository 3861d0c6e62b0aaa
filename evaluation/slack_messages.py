"""Answers of the sets in; how many of their Slack messages Slack would refuse, and what they kept, out.

Example: python -m evaluation.slack_messages
"""

import asyncio
import hashlib
import json
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import click

from evaluation.errors import EvaluationError
from evaluation.evaluation_sets import SourceArticle, draw, load_sets
from evaluation.kept_answers import KeptAnswers
from evaluation.open_reader import open_reader
from evaluation.post_to_slack import PretendedSlack, pretended_slack
from evaluation.provenance import ROOT, provenance, said
from evaluation.read_slack_messages import marks_in, quotes_in
from evaluation.remember_vectors import RememberingEncoder
from evaluation.slack_answers import articles_of, ask_all, questions_of, whole_article
from indexing.errors import IndexingError
from service.answering.answer import Answer, Citation
from service.answering.reader import FOLDER
from service.errors import ServiceError
from service.faces.signed_links import LinkSigner
from service.faces.slack.answer_messages import (
    NEAREST,
    answer_markdown,
    answer_messages,
    answer_metadata,
    closing_messages,
)
from service.faces.slack.slack_message import SlackMessage, size_of
from service.faces.slack.slack_texts import slack_texts
from service.open_local import encoder_of
from service.settings import load_settings

CACHE = ROOT / ".cache" / "evaluation"
SEED = 20261129
EACH = 120  # questions of a set and language
_MARK = re.compile(r"\\\[(\d{1,3})\\\]")


@dataclass(slots=True)
class Row:
    """One kind of answers, as messages and as streams."""

    answers: str
    count: int = 0
    refusals: int = 0
    calls: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    kept: int = 0
    """Answers with every quote in it, letter by letter and in one block where one holds it, and every mark."""
    quotes: int = 0
    split: int = 0
    """Quotes that no block can hold, and that go on in the next one."""
    most_messages: int = 0
    longest: int = 0
    """Characters of the longest answer, of all its messages."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer and what is sent to Slack of it."""

    answer: Answer
    messages: list[SlackMessage]
    wording: list[str]
    closing: list[SlackMessage]

    @property
    def size(self) -> int:
        """Characters in all blocks."""
        return sum(size_of(list(message.blocks)) for message in self.messages)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """What is quoted: the proof, or what came nearest."""
        return self.answer.citations or (self.answer.refusal.nearest[:NEAREST] if self.answer.refusal else ())

    def keeps_everything(self) -> bool:
        """Whether quotes and marks are all there, both ways."""
        wanted = [citation.quote for citation in self.citations]
        for messages in (self.messages, self.closing):
            quotes = quotes_in(messages)
            if [quote.text for quote in quotes] != wanted:
                return False
            if any(len(quote.pieces) > 1 and quote.fits_a_block for quote in quotes):
                return False
        marks = {citation.number for citation in self.answer.citations}
        streamed = {int(mark) for piece in self.wording for mark in _MARK.findall(piece)}
        return marks <= marks_in(self.messages) and marks <= streamed


def show(answer: Answer, signer: LinkSigner) -> Shown:
    """As the bot would, with links of the longest kind."""
    texts = slack_texts(answer.language)

    def link(citation: Citation) -> str:
        article = citation.article
        return (
            f"https://archive.example{signer.link(article.id, article.version, citation.start, citation.end)}"
        )

    return Shown(
        answer,
        answer_messages(answer, texts, link, question_by="UALICE", articles=1_240),
        answer_markdown(answer, texts),
        closing_messages(answer, texts, link, articles=1_240),
    )


def measure(name: str, shown: Sequence[Shown], slack: PretendedSlack) -> Row:
    """Send everything, and read it back."""
    row = Row(name, count=len(shown), refusals=sum(not one.answer.answered for one in shown))
    calls, refused = slack.posted, slack.refused.copy()
    for one in shown:
        metadata = answer_metadata(one.answer)
        slack.post(one.messages, metadata)
        slack.stream(one.wording, one.closing, metadata)
        row.kept += one.keeps_everything()
        row.quotes += len(one.citations)
        row.split += sum(len(quote.pieces) > 1 for quote in quotes_in(one.messages))
        row.most_messages = max(row.most_messages, len(one.messages))
        row.longest = max(row.longest, one.size)
    row.calls, row.refused = slack.posted - calls, dict(slack.refused - refused)
    return row


def measure_all(
    answers: Sequence[Answer], articles: Sequence[SourceArticle], sample: int, longest: int, seed: int
) -> list[Row]:
    """`sample` of the answers, the `longest` of all, and the longest articles as quotes."""
    signer = LinkSigner(["a key of pages"], pages_need_key=True)
    shown = [show(answer, signer) for answer in answers]
    by_size = sorted(shown, key=lambda one: -one.size)
    answered = [one for one in by_size if one.answer.answered]
    whole = sorted(articles, key=lambda one: -len(one.text))[:longest]
    with pretended_slack() as slack:
        return [
            measure("sampled", draw(shown, sample, seed), slack),
            measure("the longest", by_size[:longest], slack),
            measure("the longest that are no refusals", answered[:longest], slack),
            measure(
                "the longest articles, each as one quote",
                [show(whole_article(one), signer) for one in whole],
                slack,
            ),
        ]


def slack_page(report: dict[str, Any]) -> str:
    """The page that `python -m evaluation.slack_messages` writes."""
    lines = [
        "# Answers as Slack messages",
        "",
        f"Made by `python -m evaluation.slack_messages` in {report['seconds']:.0f} s. {said(report['made'])}",
        "",
        f"{report['asked']:,} questions of all sets were put to one archive of {report['articles']:,} articles. Each "
        "answer was sent twice to a pretended Slack that holds to Slack's documented limits (tests/slack_stub): as "
        "messages, and as a stream with what closes it. *Refused*: calls that it refused; none is wanted. *Kept "
        "everything*: answers whose messages, read back, hold every quote letter by letter, in one block where a "
        "block can hold it, and every mark; all are wanted. *Split*: quotes longer than a block. How: "
        "docs/evaluation.md.",
        "",
        "| answers | | refusals among them | calls | refused | kept everything | quotes | split | most messages | "
        "longest, characters |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in report["rows"]:
        lines.append(
            f"| {row['answers']} | {row['count']:,} | {row['refusals']:,} | {row['calls']:,} | "
            f"{sum(row['refused'].values())} | {row['kept']:,} | {row['quotes']:,} | {row['split']:,} | "
            f"{row['most_messages']} | {row['longest']:,} |"
        )
    errors = sorted({error for row in report["rows"] for error in row["refused"]})
    return "\n".join([*lines, *(f"\nRefused with `{error}`." for error in errors)]) + "\n"


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--data", type=Path, default=Path("../shared/data"), envvar="EVALUATION_DATA", help="The sets.")
@click.option("--results", type=Path, default=ROOT / "evaluation/results", help="Folder of the report.")
@click.option("--each", type=click.IntRange(1), default=EACH, help="Questions of each set and language.")
@click.option("--sample", type=click.IntRange(1), default=1_000, help="Answers that are sent.")
@click.option("--longest", type=click.IntRange(1), default=100, help="Longest answers that are sent, too.")
@click.option("--seed", type=int, default=SEED, help="Draws the questions and the sample.")
def slack_messages(data: Path, results: Path, each: int, sample: int, longest: int, seed: int) -> None:
    """Send answers to a pretended Slack and write what it refuses and what they keep.

    Example: python -m evaluation.slack_messages
    """
    started = time.perf_counter()
    try:
        report = {
            "made": provenance(),
            "seed": seed,
            **_measured(data.resolve(), each, sample, longest, seed),
        }
    except (EvaluationError, IndexingError, ServiceError) as error:
        sys.exit(f"slack_messages: {error}")
    report["seconds"] = round(time.perf_counter() - started, 1)
    results.mkdir(parents=True, exist_ok=True)
    written = json.dumps(report, ensure_ascii=False, indent=1) + "\n"
    (results / "slack.json").write_text(written, encoding="utf-8")
    page = results / "slack.md"
    page.write_text(slack_page(report), encoding="utf-8")
    click.echo(page)


def _measured(data: Path, each: int, sample: int, longest: int, seed: int) -> dict[str, Any]:
    settings = load_settings()
    sets = load_sets(data, 0, seed)
    articles, questions = articles_of(sets), questions_of(sets, each, seed)
    prefixes = f"{settings.question_prefix!r} {settings.passage_prefix!r}"
    encoder = RememberingEncoder(encoder_of(settings), CACHE, prefixes)
    with tempfile.TemporaryDirectory(prefix="citewell-slack-") as folder:
        opened = open_reader(encoder, FOLDER)
        kept = KeptAnswers(CACHE / f"slack-answers-{_models(encoder)}.jsonl")
        answers = asyncio.run(ask_all(articles, questions, encoder, opened, Path(folder), kept))
    rows = measure_all(answers, articles, sample, longest, seed)
    return {"asked": len(answers), "articles": len(articles), "rows": [asdict(row) for row in rows]}


def _models(encoder: RememberingEncoder) -> str:
    """What the answers came from."""
    digest = hashlib.sha256(encoder.fingerprint.encode())
    for path in sorted(path for path in FOLDER.iterdir() if path.is_file()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    slack_messages()
