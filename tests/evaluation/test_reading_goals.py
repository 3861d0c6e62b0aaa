"""Goals against rows made by hand: at least, at most, and what was not measured."""

from dataclasses import replace

from evaluation.calibration import Outcome
from evaluation.judge_answers import AnswerCounts
from evaluation.measure_reading import ReadingRow, ReadingScores, RefusalScores
from evaluation.measure_whole import NEWS, PartRow, WholeRow
from evaluation.metrics import Counted
from evaluation.reading_goals import answer_goals, reading_goals, size_goal
from evaluation.span_metrics import SpanScores


def scores(f1: float, false: int = 0) -> ReadingScores:
    spans = SpanScores(100, 10, 100 * f1)
    refusing = RefusalScores(spans, Counted(false, 100), Counted(0, 0), (0.0,), 0.15)
    return ReadingScores(spans, Counted(10, 100), {}, refusing, refusing)


def row(name: str, f1: float, false: int = 0) -> ReadingRow:
    return ReadingRow(name, "extra", "en", "en", {"reader": scores(f1, false), "no_reader": scores(0.2, 80)})


def part(right: int, sure: int, false: int, ece: float) -> PartRow:
    counted = Counted(right, 90)
    return PartRow(
        part=NEWS,
        counts=AnswerCounts(
            counted, Counted(50, 90), SpanScores(90, 0, 0.0), counted, counted, Counted(98, 100)
        ),
        attempted=Counted(113, 113),
        at_threshold=Outcome(0.5, sure, 0, false, 90, 100),
        at_most_wrong=Outcome(0.5, sure, 0, 0, 90, 23),
        ece=ece,
        bins=[],
    )


def whole(right: int = 80, sure: int = 50, false: int = 9, ece: float = 0.05) -> WholeRow:
    one = part(right, sure, false, ece)
    return WholeRow(
        method="reader",
        judged=[],
        parts={NEWS: one},
        every=one,
        kinds=[],
        verbatim=Counted(10, 10),
        curve=[],
        correction="none",
        brier=0.1,
        shipped=one.at_threshold,
        shipped_ece=None,
        milliseconds={"count": 113, "p50": 250.0, "p95": 451.0, "max": 500.0},
    )


def test_f1_is_met_at_its_number_and_missed_below() -> None:
    assert [goal.met for goal in reading_goals([row("xquad en → en", 0.78)])] == [True]
    [missed] = reading_goals([row("xquad en → ru", 0.5199)])
    assert not missed.met
    assert (missed.goal, missed.trial, round(missed.no_reader or 0)) == (52, 33, 20)


def test_refusals_have_two_goals_and_false_answers_are_at_most() -> None:
    f1, false = reading_goals([row("squad2", 0.66, 15)])
    assert (f1.met, false.met, false.counts) == (True, True, "15/100")
    assert not reading_goals([row("squad2", 0.66, 16)])[1].met


def test_sets_without_a_goal_have_none() -> None:
    assert reading_goals([row("afriqa, Fon", 0.9)]) == []


def test_whole_answers_are_held_to_every_number() -> None:
    goals = {goal.what: goal for goal in answer_goals({"reader": whole(), "no_reader": whole(right=10)})}
    assert goals["news diluted, right answers without a threshold"].met
    assert goals["news diluted, right answers without a threshold"].no_reader == 100 * 50 / 90
    assert goals["false answers at that threshold, news and squad2"].met
    assert goals["calibration error of confidence, ten bins, out of fold"].met
    assert not goals["news diluted, right article first"].met
    assert goals["time of a whole answer, p50"].met
    assert not goals["time of a whole answer, p95"].met
    assert goals["quote covers the answer, of right answers"].counts == "98/100"


def test_a_calibration_error_is_compared_to_the_fourth_digit() -> None:
    goals = {goal.unit: goal for goal in answer_goals({"reader": whole(ece=0.0501)})}
    assert not goals["ECE"].met
    assert goals["ECE"].no_reader is None


def test_the_reader_may_not_outgrow_the_repository() -> None:
    assert size_goal(30.0).met
    assert not size_goal(30.01).met
    assert not replace(size_goal(1.0), reached=None).met
