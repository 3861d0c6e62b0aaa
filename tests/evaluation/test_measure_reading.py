"""Scores of a small reader that marks figures, on items written by hand; thresholds chosen on other articles."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.calibration import NEVER
from evaluation.measure_reading import Read, best_threshold, measure_reading, refusing, scores_of
from evaluation.reading_items import ReadingItem, ReadingSet


@dataclass(frozen=True)
class Figure:
    start: int
    end: int
    score: float


class MarksFigures:
    """Marks the first figure of a passage; surer the more words of the question stand in it."""

    def read(self, question: str, passages: Sequence[str], most: int = 5) -> list[list[Figure]]:
        return [
            [
                Figure(*found.span(), float(sum(word in passage for word in question.split())))
                for found in list(re.finditer(r"\d+", passage))[:most]
            ]
            for passage in passages
        ]


def item(question: str, passage: str, *answers: str, kind: str = "number", group: str = "a") -> ReadingItem:
    return ReadingItem(question, passage, answers, kind, group)


def read(score: float, f1: float, answerable: bool = True, group: str = "a") -> Read:
    one = item("q", "p", *(["x"] if answerable else []), group=group)
    return Read(one, "x", score, f1 == 1.0, f1, f1 == 1.0)


def test_a_reader_is_scored_by_what_it_marks() -> None:
    items = [
        item("how many cracks", "The bridge had 214 cracks.", "214"),
        item("how many plums", "They had 37 tonnes.", "37 tonnes"),
        item("who", "Nobody knows.", "Ann", kind="person"),
    ]
    row = measure_reading(ReadingSet("set", "extra", "en", "en", items), {"reader": MarksFigures()})
    scored = row.methods["reader"]
    assert scored.answerable.to_dict() == {"questions": 3, "exact": 1, "em": 33.33, "f1": 55.56}
    assert scored.holds.count == 1
    assert {kind: one.questions for kind, one in scored.by_kind.items()} == {"number": 2, "person": 1}
    assert scored.refusing is None
    assert row.to_dict()["reader"]["answerable"]["exact"] == 1


def test_refusing_needs_a_threshold_of_other_articles() -> None:
    # Unanswerable ones score 0, answerable ones 2, in every article: every fold finds the threshold between.
    reads = [read(2.0, 1.0, group=str(n)) for n in range(40)]
    reads += [read(0.0, 0.0, answerable=False, group=str(n)) for n in range(40)]
    found = refusing(reads, 0.15)
    assert found.scores.f1 == 1.0
    assert found.scores.exact == 80
    assert (found.false_answers.count, found.answerable_refused.count) == (0, 0)


def test_forced_scores_leave_out_what_has_no_answer() -> None:
    found = scores_of([read(1.0, 1.0), read(1.0, 0.0, answerable=False)], "en")
    assert found.answerable.questions == 1
    assert found.refusing is not None


def test_best_threshold_keeps_within_its_limit_of_false_answers() -> None:
    # Freely it pays to answer all (three right for one false); within 15 % of one unanswerable none may be false.
    reads = [read(4.0, 1.0), read(3.0, 0.0, answerable=False), read(2.0, 1.0), read(1.0, 1.0)]
    assert best_threshold(reads, None) == 1.0
    assert best_threshold([*reads, *[read(0.0, 0.0, answerable=False) for _ in range(19)]], 0.15) == 1.0
    assert best_threshold(reads, 0.15) == NEVER


def test_best_threshold_of_equal_scores_takes_all_or_none() -> None:
    reads = [read(1.0, 1.0), read(1.0, 0.0, answerable=False), read(1.0, 0.0, answerable=False)]
    assert best_threshold(reads, None) == NEVER


@given(
    st.lists(
        st.tuples(st.floats(-9, 9), st.floats(0, 1), st.booleans(), st.sampled_from("abcdefg")), min_size=1
    )
)
def test_refusals_are_counted_once_each(rows: list[tuple[float, float, bool, str]]) -> None:
    reads = [read(*row) for row in rows]
    found = refusing(reads, 0.15)
    assert found.scores.questions == len(reads)
    assert 0 <= found.scores.f1_sum <= len(reads)
    assert found.false_answers.of + found.answerable_refused.of == len(reads)


def test_a_passage_without_any_span_counts_as_silence() -> None:
    one = ReadingSet(
        "set", "extra", "en", "en", [item("who", "No figure here."), item("who", "None.", "Ann")]
    )
    scored = measure_reading(one, {"reader": MarksFigures()}).methods["reader"]
    assert scored.answerable.f1 == pytest.approx(0.0)
    assert scored.refusing is not None
    assert scored.refusing.false_answers.count == 0
