"""The calibration learns what a signal is worth, out of fold, and never a weight below zero."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.calibration import Case, threshold_for_false_answers
from evaluation.fit_calibration import (
    ENOUGH_FOR_A_PAIR,
    answered_out_of_fold,
    choose_correction,
    fit,
    fit_confidence,
    out_of_fold,
)
from service.answering.confidence import LEAST, MOST


def drawn(count: int, seed: int = 1, pair: str = "en-fr") -> list[Case]:
    """Answers whose log-odds of being right are their signal `score`; `noise` says nothing; `trap` misleads."""
    source = random.Random(seed)
    cases = []
    for number in range(count):
        score = source.gauss(0, 2)
        right = source.random() < 1 / (1 + math.exp(-score))
        features = {"score": score, "noise": source.gauss(0, 1), "trap": -score + source.gauss(0, 4)}
        cases.append(Case(features, right, right or number % 2 == 0, f"article {number // 4}", pair))
    return cases


def test_weights_are_never_negative_and_the_useful_signal_has_most() -> None:
    fitted = fit(drawn(800))
    weights = {signal.name: signal.weight for signal in fitted.signals}
    assert "trap" not in weights
    assert all(weight >= 0 for weight in weights.values())
    assert weights["score"] > 1.5 > 0.4 > weights.get("noise", 0.0)


def test_confidence_is_near_the_true_probability() -> None:
    fitted = fit(drawn(3000))
    for score in (-2.0, 0.0, 2.0):
        assert fitted.of({"score": score}) == pytest.approx(1 / (1 + math.exp(-score)), abs=0.06)


def test_out_of_fold_is_calibrated_where_the_model_is_right() -> None:
    cases = drawn(1500)
    found = answered_out_of_fold(cases)
    assert found.ece(cases) < 0.05
    assert found.outcome.false_answers.share < 0.15
    assert len(found.thresholds) == 5


def test_a_case_is_judged_without_its_own_article() -> None:
    # An article whose answers contradict all others: a model that saw them would know.
    others = [
        Case({"score": float(number % 2)}, number % 2 == 1, True, f"a{number}") for number in range(200)
    ]
    odd = [Case({"score": 0.0}, True, True, "odd") for _ in range(40)]
    confidences = out_of_fold([*others, *odd])
    assert max(confidences[200:]) < 0.1


def test_an_answer_that_is_none_is_never_sure_nor_given() -> None:
    cases = [*drawn(200), *[Case({}, False, True, f"none {number}", attempted=False) for number in range(20)]]
    found = answered_out_of_fold(cases)
    assert found.confidences[200:] == [0.0] * 20
    assert not any(found.given[200:])


def test_only_right_answers_give_their_share_and_no_signal() -> None:
    fitted = fit([Case({"score": 1.0}, True, True, str(number)) for number in range(8)])
    assert fitted.signals == ()
    assert fitted.of({"score": 5.0}) == pytest.approx(0.9)


@pytest.mark.parametrize("correction", ["none", "temperature", "isotonic"])
def test_a_correction_rises_and_stays_calibrated(correction: str) -> None:
    fitted = fit(drawn(1200), correction)
    confidences = [fitted.of({"score": score / 4}) for score in range(-40, 41)]
    assert confidences == sorted(confidences)
    assert fitted.of({"score": 1.0}) == pytest.approx(1 / (1 + math.exp(-1)), abs=0.12)


def test_a_correction_has_to_be_worth_it() -> None:
    chosen, tried = choose_correction(drawn(600))
    assert set(tried) == {"none", "temperature", "isotonic"}
    assert chosen == "none"


def test_a_correction_is_taken_where_log_odds_are_no_straight_line() -> None:
    # Right in the middle only from a step on: nine in ten above it, one in ten below.
    source = random.Random(3)
    cases = []
    for number in range(1500):
        score = source.gauss(0, 1)
        cases.append(
            Case({"score": score}, source.random() < (0.9 if score > -1 else 0.1), True, str(number))
        )
    chosen, tried = choose_correction(cases)
    assert tried["isotonic"]["brier"] < tried["none"]["brier"]
    assert chosen == "isotonic"


def test_a_language_pair_needs_enough_questions_for_a_line_of_its_own() -> None:
    few = fit([*drawn(300, 1, "en-en"), *drawn(300, 2, "en-fr")])
    many = fit([*drawn(ENOUGH_FOR_A_PAIR, 1, "en-en"), *drawn(300, 2, "en-fr")])
    assert few.pairs == {}
    assert set(many.pairs) == {"en-en"}


def test_what_is_shipped_carries_its_threshold_and_the_curve_that_chose_it() -> None:
    cases = drawn(600)
    chosen, evidence = fit_confidence(cases)
    assert chosen.threshold == threshold_for_false_answers(out_of_fold(cases, evidence["correction"]), cases)
    assert evidence["cases"] == 600
    assert evidence["pairs"] == {"en-fr": 600}
    answered = [row["answered"]["count"] for row in evidence["risk_coverage"]]
    assert answered == sorted(answered)
    assert answered[-1] == 600
    assert 15 <= len(answered) <= 20


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(allow_nan=True, allow_infinity=True), st.booleans(), st.sampled_from("abcdef")),
        min_size=2,
        max_size=30,
    )
)
def test_any_signals_can_be_learned_from(rows: list[tuple[float, bool, str]]) -> None:
    cases = [Case({"score": score}, right, True, group) for score, right, group in rows]
    assert all(LEAST <= fit(cases).of(case.features) <= MOST for case in cases)
