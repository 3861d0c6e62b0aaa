"""Untrue statements are made as they are told to be, the same by the same seed, and the report counts them."""

import re
from dataclasses import replace

import pytest

from evaluation.corrupt_again import KINDS, CorruptAgain
from evaluation.corrupt_statements import CorruptStatements
from evaluation.measure_verification import (
    measure_verification,
    numbers_match,
    open_check,
    quote_exists,
)
from evaluation.statement_pairs import Corrupted, Pair
from evaluation.verification_page import verification_page

SEED = 5
QUOTE_KINDS = ("other article", "stitched quote", "invented quote")
# Statement, question, answer; German, question, answer. The two of a row say the same.
TOLD = (
    (
        "The museum in Lisbon was opened by Ada Brandt in 1936 and drew 48,200 visitors.",
        "Who opened it?",
        "Ada Brandt",
    ),
    (
        "The strike of Osterhavn ended on 3 March 1971 after 26 days in the harbour.",
        "When did it end?",
        "3 March 1971",
    ),
    (
        "About 64 percent of the 5 million voters chose Henrik Solberg on that Sunday.",
        "Who won?",
        "Henrik Solberg",
    ),
    (
        "The bridge near Kestrel is 1,340 metres long and has been closed since 2004.",
        "How long is it?",
        "1,340",
    ),
    ("The old tower of Vilmar was built in 1650 and is 57 metres high.", "How high is it?", "57"),
    (
        "The fire of Rosdal began on 9 June 1888 and destroyed 212 houses in the town.",
        "When did it begin?",
        "9 June 1888",
    ),
    (
        "The dam above Tolnay cost 340 million euros, which is 12 percent more than planned.",
        "What did it cost?",
        "340 million euros",
    ),
    (
        "The harvest around Brezno was sold for 41 percent more by Petra Ilves last year.",
        "How much more was it sold for?",
        "41 percent",
    ),
)


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    """A small archive of two articles; beside English stands what counts as Russian, so that a crossing exists."""
    made = []
    for place, (statement, question, answer) in enumerate(TOLD):
        story = f"story-{place % 2}"
        article = " ".join(told for told, _, _ in TOLD[place % 2 :: 2])
        for quote_language in ("en", "ru"):
            made.append(
                Pair(
                    str(place),
                    question,
                    statement,
                    "en",
                    statement,
                    quote_language,
                    article,
                    story,
                    answer,
                    answer,
                )
            )
    return made


def of(generator: type[CorruptStatements] | type[CorruptAgain], pairs: list[Pair]) -> list[Corrupted]:
    return list(generator(pairs, SEED).corrupted(6))


@pytest.mark.parametrize("generator", [CorruptStatements, CorruptAgain])
def test_every_kind_is_made_and_by_one_seed_the_same(
    generator: type[CorruptStatements] | type[CorruptAgain], pairs: list[Pair]
) -> None:
    made = of(generator, pairs)
    # Latin on Latin in two languages is not in here.
    assert {one.kind for one in made} == {*KINDS} - {"name, one script"}
    assert made == of(generator, pairs)
    assert made != list(generator(pairs, SEED + 1).corrupted(6))


@pytest.mark.parametrize("generator", [CorruptStatements, CorruptAgain])
def test_what_is_made_is_untrue(
    generator: type[CorruptStatements] | type[CorruptAgain], pairs: list[Pair]
) -> None:
    before = {pair.id: pair for pair in pairs}
    for one in of(generator, pairs):
        true = before[one.pair.id]
        if one.kind in QUOTE_KINDS:
            assert one.pair.statement == true.statement
            assert not quote_exists(one.pair), one
        elif one.kind == "number":
            assert not numbers_match(one.pair) or not re.search(r"\d", one.how), one
        else:
            assert (one.pair.statement, one.pair.quote) != (true.statement, true.quote), one


def test_the_report_tells_what_is_dropped_and_let_through(pairs: list[Pair]) -> None:
    same = [pair for pair in pairs if pair.quote_language == "en"]
    crossing = [pair for pair in pairs if pair.quote_language == "ru"]
    again = [replace(pair, id=f"{pair.id} again", question="Asked otherwise?") for pair in crossing]
    report = measure_verification(open_check(), [*same, *crossing, *again], at_most=40, seed=SEED)
    [row, _] = report["true"]
    assert (row["stated"], row["statements"], row["dropped"]) == ("en", len(TOLD), 0)
    for rows in report["untrue"].values():
        shares = {row["kind"]: row["citewell"] / row["statements"] for row in rows}
        assert shares["stitched quote"] == shares["invented quote"] == shares["other article"] == 0
        assert shares["name, same language"] < 1
    page = verification_page({**report, "untrue": _with_one_script(report["untrue"])})
    assert "| untrue statements let through: number, the worse generator |" in page
    assert f"| en | ru | {len(TOLD)} | 0.0 % |" in page  # each sentence once


def _with_one_script(untrue: dict[str, list[dict[str, object]]]) -> dict[str, list[dict[str, object]]]:
    """Pairs of two Latin languages are in the sets, not in here."""
    none = {"kind": "name, one script", "statements": 1, "citewell": 0, "quote_exists": 1, "numbers_match": 1}
    return {name: [*rows, none] for name, rows in untrue.items()}
