"""Calibration error, risk against coverage and thresholds on answers made by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.calibration import (
    NEVER,
    Case,
    brier,
    calibration_error,
    coverage_at_risk,
    folds_by_group,
    outcome_at,
    reliability,
    risk_coverage,
    threshold_for_false_answers,
)


def right(group: str = "a") -> Case:
    return Case({}, right=True, answerable=True, group=group)


def wrong(group: str = "a") -> Case:
    return Case({}, right=False, answerable=True, group=group)


def false(group: str = "a") -> Case:
    return Case({}, right=False, answerable=False, group=group)


def test_reliability_bins_by_confidence_and_leaves_out_empty_ones() -> None:
    found = reliability([0.05, 0.15, 0.17, 1.0], [False, True, False, True])
    assert [(one.low, one.right.count, one.right.of) for one in found] == [
        (0.0, 0, 1),
        (0.1, 1, 2),
        (0.9, 1, 1),
    ]
    assert found[1].confidence == pytest.approx(0.16)


def test_calibration_error_is_the_weighted_distance() -> None:
    # Bin 0.9 to 1: mean 0.95, half right, distance 0.45; bin 0.2 to 0.3: mean 0.25, none right, distance 0.25.
    assert calibration_error([0.95, 0.95, 0.25, 0.25], [True, False, False, False]) == pytest.approx(0.35)
    assert calibration_error([], []) == 0.0


def test_brier_is_the_mean_squared_distance() -> None:
    assert brier([1.0, 0.5], [True, False]) == pytest.approx(0.125)


def test_risk_and_coverage_at_each_score() -> None:
    curve = risk_coverage([0.9, 0.8, 0.8, 0.1], [right(), wrong(), false(), right()])
    assert [(one.threshold, one.answered, one.risk) for one in curve] == [
        (0.9, 1, 0.0),
        (0.8, 3, pytest.approx(2 / 3)),
        (0.1, 4, 0.5),
    ]
    assert curve[-1].coverage == 1.0
    assert curve[-1].answered_right.to_dict() == {"count": 2, "of": 3, "share": 0.6667}


def test_coverage_at_risk_is_the_farthest_point_that_is_still_safe() -> None:
    # After the wrong second answer the risk falls again: 1/10 at the tenth.
    cases = [right(), wrong(), *[right()] * 8, false()]
    found = coverage_at_risk([1 - place / 100 for place in range(11)], cases)
    assert (found.answered, found.right, found.risk) == (10, 9, 0.1)


def test_coverage_at_risk_is_nothing_when_the_surest_answer_is_wrong() -> None:
    found = coverage_at_risk([0.9, 0.8], [false(), right()])
    assert found.answered == 0
    assert found.to_dict()["threshold"] is None


def test_threshold_counts_one_more_false_answer_than_it_saw() -> None:
    scores = [place / 100 for place in range(100)]
    cases = [false() for _ in range(99)] + [right()]
    found = threshold_for_false_answers(scores, cases, most=0.10)
    # 99 unanswerable: floor(0.1 * 100) - 1 = 9 false answers are allowed.
    assert outcome_at(found, scores, cases).false == 9


def test_threshold_is_out_of_reach_with_too_few_unanswerable_questions() -> None:
    assert threshold_for_false_answers([0.9, 0.8], [right(), false()], most=0.10) == NEVER


def test_threshold_is_lowest_when_no_unanswerable_question_reaches_it() -> None:
    scores = [0.5, 0.7, *[0.1] * 30]
    assert threshold_for_false_answers(scores, [right(), right(), *[false()] * 30]) == 0.5


@given(
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from([right(), wrong(), false()])), min_size=1),
    st.floats(0.01, 0.5),
)
def test_a_threshold_never_lets_more_false_answers_through(
    pairs: list[tuple[float, Case]], most: float
) -> None:
    scores, cases = [score for score, _ in pairs], [case for _, case in pairs]
    found = outcome_at(threshold_for_false_answers(scores, cases, most), scores, cases)
    assert found.false <= most * (found.unanswerable + 1)


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1), st.integers(2, 6), st.integers(0, 9))
def test_folds_keep_groups_together(groups: list[str], folds: int, seed: int) -> None:
    found = folds_by_group(groups, folds, seed)
    assert found == folds_by_group(groups, folds, seed)
    assert set(found) <= set(range(folds))
    for group in set(groups):
        assert len({fold for fold, own in zip(found, groups, strict=True) if own == group}) == 1


def test_folds_are_about_equally_large() -> None:
    found = folds_by_group([str(place // 4) for place in range(200)], 5, 1)
    assert [found.count(fold) for fold in range(5)] == [40] * 5


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans())))
def test_errors_lie_between_nothing_and_one(pairs: list[tuple[float, bool]]) -> None:
    confidences, outcomes = [one for one, _ in pairs], [one for _, one in pairs]
    assert 0 <= calibration_error(confidences, outcomes) <= 1 + 1e-9
    assert 0 <= brier(confidences, outcomes) <= 1
    assert math.isclose(sum(one.right.of for one in reliability(confidences, outcomes)), len(pairs))
