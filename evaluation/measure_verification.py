"""The evaluation sets in; `verification.json` and `.md` out: what the check of written statements drops and passes.

True statements that it drops, by rule and crossing; untrue ones of two generators that it lets through, by kind, beside
what two simpler checks let through: "the quote exists" and "the numbers match".
"""

import json
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
import numpy as np
import regex

from evaluation.corrupt_again import CorruptAgain
from evaluation.corrupt_statements import CorruptStatements
from evaluation.evaluation_sets import load_sets
from evaluation.provenance import ROOT, provenance
from evaluation.report import DEFAULT_SEED
from evaluation.statement_pairs import Corrupted, Pair, statement_pairs
from evaluation.verification_page import verification_page
from indexing.errors import IndexingError
from service.answering.common_words import common_words
from service.answering.written.align_quote import align_quote
from service.answering.written.check_statement import CheckStatement
from service.answering.written.quoted import Quoted
from service.errors import ServiceError
from service.open_local import encoder_of, word_aligner
from service.settings import load_settings

T = TypeVar("T")
K = TypeVar("K")
SHOWN = 12  # examples of a kind in the JSON
_FIGURE = regex.compile(r"\p{Nd}+(?:[.,\u00a0\u202f ]\p{Nd}{3})*")


@dataclass(frozen=True, slots=True)
class Check:
    """The check under test."""

    statement: CheckStatement

    def faults(self, pair: Pair) -> list[tuple[str, str]]:
        """What is wrong with a pair, as rule and detail; empty: it may leave."""
        place = align_quote(pair.article, pair.quote)
        if place is None:
            return [("quote", "stands nowhere in the article")]
        quoted = Quoted(pair.article[place[0] : place[1]], pair.quote_language)
        found = self.statement.faults(pair.statement, pair.language, [quoted])
        return [(fault.kind, fault.what) for fault in found]


def quote_exists(pair: Pair) -> bool:
    """The first simpler check: the quote stands in the article, letter by letter."""
    return pair.quote in pair.article


def numbers_match(pair: Pair) -> bool:
    """The second: every figure of the statement stands in the quote, in whatever grouping."""
    return _digits(pair.statement) <= _digits(pair.quote)


def measure_verification(check: Check, pairs: Sequence[Pair], at_most: int, seed: int) -> dict[str, Any]:
    """Measure; at most so many statements a pair of languages and corruptions a kind."""
    started, made = time.perf_counter(), provenance()
    check.faults(pairs[0])  # what is loaded once is not measured
    milliseconds: list[float] = []
    true = _true(pairs, check, at_most, seed, milliseconds)
    untrue = {
        name: _untrue(corrupted, check, milliseconds)
        for name, corrupted in (
            ("lists of words", CorruptStatements(pairs, seed).corrupted(at_most)),
            ("other answers", CorruptAgain(pairs, seed).corrupted(at_most)),
        )
    }
    p50, p95 = np.percentile(milliseconds, (50, 95))
    return {
        "made": made,
        "seconds": round(time.perf_counter() - started, 1),
        "seed": seed,
        "at_most": at_most,
        "true": true,
        "untrue": untrue,
        "ms": {"statements": len(milliseconds), "p50": round(float(p50), 2), "p95": round(float(p95), 2)},
    }


def _true(
    pairs: Sequence[Pair], check: Check, at_most: int, seed: int, milliseconds: list[float]
) -> list[dict[str, Any]]:
    """A row for each pair of languages: how many true statements are dropped, and by which rule.

    A sentence with the answers of several questions counts once.
    """
    rows = []
    for (stated, quoted), asked in _by(pairs, lambda pair: (pair.language, pair.quote_language)).items():
        alike = list({(pair.statement, pair.quote): pair for pair in asked}.values())
        drawn = random.Random(f"{seed} {stated} {quoted}").sample(alike, min(at_most, len(alike)))
        found = [(pair, _timed(check, pair, milliseconds)) for pair in drawn]
        rules = Counter(rule for _, faults in found for rule in {rule for rule, _ in faults})
        rows.append(
            {
                "stated": stated,
                "quoted": quoted,
                "statements": len(drawn),
                "dropped": sum(bool(faults) for _, faults in found),
                "rules": dict(sorted(rules.items())),
                "examples": [
                    {"faults": faults, "statement": pair.statement, "quote": pair.quote}
                    for pair, faults in found
                    if faults
                ][:SHOWN],
            }
        )
    return rows


def _untrue(corrupted: Iterable[Corrupted], check: Check, milliseconds: list[float]) -> list[dict[str, Any]]:
    """A row for each kind: how many untrue statements each check lets through."""
    rows = []
    for kind, alike in _by(corrupted, lambda one: one.kind).items():
        through = [one for one in alike if not _timed(check, one.pair, milliseconds)]
        rows.append(
            {
                "kind": kind,
                "statements": len(alike),
                "citewell": len(through),
                "quote_exists": sum(quote_exists(one.pair) for one in alike),
                "numbers_match": sum(numbers_match(one.pair) for one in alike),
                "by_languages": dict(
                    Counter(f"{one.pair.language} on {one.pair.quote_language}" for one in through)
                ),
                "examples": [
                    {"how": one.how, "statement": one.pair.statement, "quote": one.pair.quote}
                    for one in through[:SHOWN]
                ],
            }
        )
    return rows


def _timed(check: Check, pair: Pair, milliseconds: list[float]) -> list[tuple[str, str]]:
    started = time.perf_counter()
    faults = check.faults(pair)
    milliseconds.append(1000 * (time.perf_counter() - started))
    return faults


def _by(things: Iterable[T], key: Callable[[T], K]) -> Mapping[K, list[T]]:
    found: dict[K, list[T]] = defaultdict(list)
    for thing in things:
        found[key(thing)].append(thing)
    return found


def _digits(text: str) -> set[str]:
    return {regex.sub(r"\P{Nd}", "", figure) for figure in _FIGURE.findall(text)}


def open_check() -> Check:
    """The check as the service runs it."""
    settings = load_settings()
    encoder = encoder_of(settings)
    return Check(CheckStatement(common_words(encoder.tokenizer), word_aligner(settings, encoder)))


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--data", type=Path, default=Path("../shared/data"), envvar="EVALUATION_DATA", help="The sets.")
@click.option("--results", type=Path, default=ROOT / "evaluation/results", help="Folder of the report.")
@click.option("--at-most", default=400, help="Statements a pair of languages, corruptions a kind.")
@click.option("--seed", default=DEFAULT_SEED, help="Draws statements and corruptions.")
def verification(data: Path, results: Path, at_most: int, seed: int) -> None:
    """Measure what the check of written statements drops and lets through.

    Example: python -m evaluation.measure_verification --at-most 300
    """
    try:
        pairs = statement_pairs(load_sets(data.resolve(), 0, seed))
        report = measure_verification(open_check(), pairs, at_most, seed)
    except (IndexingError, ServiceError) as error:
        sys.exit(f"measure_verification: {error}")
    results.mkdir(parents=True, exist_ok=True)
    written = json.dumps(report, ensure_ascii=False, indent=1) + "\n"
    (results / "verification.json").write_text(written, encoding="utf-8")
    page = results / "verification.md"
    page.write_text(verification_page(report), encoding="utf-8")
    click.echo(page)


if __name__ == "__main__":
    verification()
