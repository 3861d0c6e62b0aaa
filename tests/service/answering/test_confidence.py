"""A stronger signal never lowers the confidence, nothing makes it infinite, and a damaged file is told."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.answering.confidence import LEAST, MOST, Confidence, ConfidenceDamaged, Signal, along

SIGNALS = (Signal("score", 2.0, 3.0, 1.1), Signal("names", 0.5, 0.4, 0.3))
PLAIN = Confidence(SIGNALS, -0.5, (), 0.4)
BENT = Confidence(
    SIGNALS, -0.5, ((-4.0, -3.0), (0.0, 0.5), (1.0, 0.5), (3.0, 4.0)), 0.4, {"en-fr": (0.8, 0.1)}
)
ANY = st.floats(allow_nan=True, allow_infinity=True) | st.none()
NUMBER = st.floats(allow_nan=False, allow_infinity=True)


def written(folder: Path, **changed: Any) -> Path:
    path = folder / "confidence.json"
    path.write_text(json.dumps({"format": 1, **BENT.to_dict(), **changed}), encoding="utf-8")
    return path


def test_a_usual_answer_has_the_share_of_the_intercept() -> None:
    assert PLAIN.of({"score": 2.0, "names": 0.5}) == pytest.approx(1 / (1 + math.exp(0.5)))


def test_one_standard_deviation_counts_its_weight() -> None:
    assert PLAIN.of({"score": 5.0, "names": 0.5}) == pytest.approx(1 / (1 + math.exp(0.5 - 1.1)))


def test_what_is_absent_none_or_not_a_number_counts_as_usual() -> None:
    usual = PLAIN.of({"score": 2.0, "names": 0.5})
    assert PLAIN.of({}) == PLAIN.of({"score": None, "names": math.nan, "unknown": 9.0}) == usual


def test_a_language_pair_has_its_own_line() -> None:
    signals = {"score": 6.0, "names": 1.0}
    assert BENT.of(signals, "en-fr") != BENT.of(signals)
    assert BENT.of(signals, "ru-zh") == BENT.of(signals)


@given(ANY, ANY, st.sampled_from([None, "en-fr", "xx"]))
def test_any_signals_give_a_probability(score: float | None, names: float | None, pair: str | None) -> None:
    for confidence in (PLAIN, BENT):
        assert LEAST <= confidence.of({"score": score, "names": names}, pair) <= MOST


@given(NUMBER, NUMBER, ANY, st.sampled_from([None, "en-fr"]))
def test_a_stronger_signal_never_lowers_the_confidence(
    one: float, other: float, names: float | None, pair: str | None
) -> None:
    weak, strong = sorted((one, other))
    for confidence in (PLAIN, BENT):
        low, high = (confidence.of({"score": score, "names": names}, pair) for score in (weak, strong))
        assert low <= high


def test_the_curve_goes_through_its_knots_and_on_beyond_them() -> None:
    assert [along(BENT.knots, x) for x in (-6, -4, -2, 0.5, 3, 5)] == [-5, -3, -1.25, 0.5, 4, 6]
    assert along((), 1.5) == 1.5
    assert along(((1.0, 2.0),), 3.0) == 4.0


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    assert Confidence.open(written(tmp_path)) == BENT


@pytest.mark.parametrize(
    "changed",
    [
        {"format": 2},
        {"intercept": math.nan},
        {"signals": [{"name": "score", "mean": 0, "scale": 0, "weight": 1}]},
        {"signals": [{"name": "score", "mean": 0, "scale": 1, "weight": -1}]},
        {"signals": [{"name": "score"}]},
        {"knots": [[0, 1], [1, 0]]},
        {"knots": [[0, 0], [0, 1]]},
        {"threshold": 1.5},
        {"pairs": {"en-fr": [-1, 0]}},
        {"pairs": None},
    ],
)
def test_a_damaged_file_is_told_with_its_fix(tmp_path: Path, changed: dict[str, Any]) -> None:
    with pytest.raises(
        ConfidenceDamaged, match=r"confidence\.json cannot be used.*evaluation\.fit_confidence"
    ):
        Confidence.open(written(tmp_path, **changed))


def test_a_missing_file_and_one_that_is_no_json_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfidenceDamaged, match="cannot be used"):
        Confidence.open(tmp_path / "confidence.json")
    (tmp_path / "confidence.json").write_text("[1, 2", encoding="utf-8")
    with pytest.raises(ConfidenceDamaged, match="cannot be used"):
        Confidence.open(tmp_path / "confidence.json")
