"""Judged answers in; a calibration, fitted and tested out of fold on other articles, out."""

import math
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from evaluation.calibration import (
    NEVER,
    Case,
    Outcome,
    brier,
    calibration_error,
    folds_by_group,
    outcome_of,
    risk_coverage,
    threshold_for_false_answers,
)
from service.answering.confidence import FARTHEST, LEAST, MOST, Confidence, Signal

FOLDS = 5
SEED = 20261123
PENALTY = 1.0  # inverse strength of the L2 penalty on standardised signals
ENOUGH_FOR_A_PAIR = 500
# A correction on top must lower the out-of-fold Brier score by this much, else the simpler model stays.
WORTH_IT = 0.001
KNOTS = 12  # of the isotonic curve, so that each step rests on many answers
CORRECTIONS = ("none", "temperature", "isotonic")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """For each case the confidence of a model that never saw its article, and whether it would be answered."""

    confidences: list[float]
    given: list[bool]
    thresholds: list[float]
    outcome: Outcome

    def ece(self, cases: Sequence[Case]) -> float:
        """Calibration error over the answers among these cases."""
        return calibration_error(*attempted(self.confidences, cases))


def attempted(confidences: Sequence[float], cases: Sequence[Case]) -> tuple[list[float], list[bool]]:
    """Confidence and outcome of those that have an answer at all."""
    pairs = [
        (confidence, case.right)
        for confidence, case in zip(confidences, cases, strict=True)
        if case.attempted
    ]
    return [confidence for confidence, _ in pairs], [right for _, right in pairs]


def fit(cases: Sequence[Case], correction: str = "none") -> Confidence:
    """Fit the calibration on all answers; without right and wrong ones it is their share. The threshold is open (0)."""
    cases = [case for case in cases if case.attempted]
    signals, intercept = _fit_signals(cases)
    plain = Confidence(signals, intercept, (), 0.0)
    corrected = replace(plain, knots=_knots(plain, cases, correction))
    return replace(corrected, pairs=_pairs(corrected, cases))


def out_of_fold(
    cases: Sequence[Case], correction: str = "none", folds: int = FOLDS, seed: int = SEED
) -> list[float]:
    """The confidence of each case by a model fitted on the articles of the other folds."""
    return _by_fold(cases, lambda seen, unseen: _confidences(fit(seen, correction), unseen), folds, seed)


def answered_out_of_fold(cases: Sequence[Case], correction: str = "none", seed: int = SEED) -> OutOfFold:
    """Confidence and threshold of each case, both chosen on other articles only.

    The threshold of a fold is chosen on confidences that are themselves out of fold among the others.
    """
    thresholds: list[float] = []

    def work(seen: Sequence[Case], unseen: Sequence[Case]) -> list[tuple[float, bool]]:
        threshold = threshold_for_false_answers(out_of_fold(seen, correction, FOLDS - 1, seed + 1), seen)
        thresholds.append(threshold)
        sure = _confidences(fit(seen, correction), unseen)
        return [(one, one >= max(threshold, LEAST)) for one in sure]  # 0: there is no answer to give

    decided = _by_fold(cases, work, FOLDS, seed)
    given = [answered for _, answered in decided]
    return OutOfFold([confidence for confidence, _ in decided], given, thresholds, outcome_of(given, cases))


def choose_correction(cases: Sequence[Case]) -> tuple[str, dict[str, dict[str, float]]]:
    """The correction with the lowest out-of-fold Brier score, and what each gives; a gain has to be worth it."""
    found = {}
    for name in CORRECTIONS:
        confidences, right = attempted(out_of_fold(cases, name), cases)
        found[name] = {
            "brier": round(brier(confidences, right), 5),
            "ece": round(calibration_error(confidences, right), 5),
        }
    best = min(CORRECTIONS, key=lambda name: found[name]["brier"])
    gain = found["none"]["brier"] - found[best]["brier"]
    return (best if gain >= WORTH_IT else "none"), found


def fit_confidence(cases: Sequence[Case]) -> tuple[Confidence, dict[str, Any]]:
    """The calibration to ship, with the threshold of its out-of-fold curve, and what chose it."""
    correction, tried = choose_correction(cases)
    confidences = out_of_fold(cases, correction)
    threshold = threshold_for_false_answers(confidences, cases)
    chosen = replace(fit(cases, correction), threshold=threshold if threshold < NEVER else 1.0)
    nested = answered_out_of_fold(cases, correction)
    evidence = {
        "correction": correction,
        "tried": tried,
        "cases": len(cases),
        "right": sum(case.right for case in cases),
        "answerable": sum(case.answerable for case in cases),
        "pairs": dict(Counter(case.pair for case in cases)),
        "folds": FOLDS,
        "out_of_fold": {
            "ece": round(nested.ece(cases), 4),
            "brier": round(brier(*attempted(nested.confidences, cases)), 4),
            "thresholds": [round(one, 4) if math.isfinite(one) else None for one in nested.thresholds],
            "at_thresholds": {**nested.outcome.to_dict(), "threshold": None},
        },
        "risk_coverage": [one.to_dict() for one in _table(confidences, cases)],
    }
    return chosen, evidence


def _table(confidences: Sequence[float], cases: Sequence[Case]) -> list[Outcome]:
    """The risk-coverage curve in about twenty rows, by coverage."""
    curve = risk_coverage(confidences, cases)
    wanted = [max(1, round(len(cases) * part / 20)) for part in range(1, 21)]
    rows = (
        [next((one for one in curve if one.answered >= count), curve[-1]) for count in wanted]
        if curve
        else []
    )
    return list(dict.fromkeys(rows))


def _by_fold(
    cases: Sequence[Case],
    work: Callable[[Sequence[Case], Sequence[Case]], list[T]],
    folds: int,
    seed: int,
) -> list[T]:
    fold_of = folds_by_group([case.group for case in cases], folds, seed)
    values: dict[int, T] = {}
    for fold in range(folds):
        places = [place for place, own in enumerate(fold_of) if own == fold]
        if not places:
            continue
        seen = [case for case, own in zip(cases, fold_of, strict=True) if own != fold]
        for place, value in zip(places, work(seen, [cases[place] for place in places]), strict=True):
            values[place] = value
    return [values[place] for place in range(len(cases))]


def _confidences(confidence: Confidence, cases: Sequence[Case]) -> list[float]:
    return [confidence.of(case.features, case.pair) if case.attempted else 0.0 for case in cases]


def _fit_signals(cases: Sequence[Case]) -> tuple[tuple[Signal, ...], float]:
    """Logistic regression without negative weights: the most negative one is taken out until none is left."""
    names = sorted({name for case in cases for name in case.features})
    table = np.array([[case.features.get(name, math.nan) for name in names] for case in cases], np.float64)
    table = np.where(np.isfinite(table), table, np.nan).reshape(len(cases), len(names))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a signal that no case has
        means, scales = np.nan_to_num(np.nanmean(table, axis=0)), np.nan_to_num(np.nanstd(table, axis=0))
    scales = np.where(scales > 1e-9, scales, 1.0)
    values = np.clip(np.nan_to_num((table - means) / scales), -FARTHEST, FARTHEST)
    right = np.array([case.right for case in cases], bool)
    if right.all() or not right.any():
        share = (right.sum() + 1) / (len(right) + 2)
        return (), math.log(share / (1 - share))
    kept = list(range(len(names)))
    while True:
        weights, intercept = _logistic(values[:, kept], right)
        if not kept or weights.min() >= 0:
            break
        kept.pop(int(weights.argmin()))
    signals = (
        Signal(names[place], float(means[place]), float(scales[place]), float(weight))
        for place, weight in zip(kept, weights, strict=True)
    )
    return tuple(signals), intercept


def _logistic(values: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    if values.shape[1] == 0:
        share = right.mean()
        return np.zeros(0), math.log(share / (1 - share))
    model = LogisticRegression(C=PENALTY, max_iter=1000).fit(values, right)
    return np.asarray(model.coef_[0], np.float64), float(model.intercept_[0])


def _knots(plain: Confidence, cases: Sequence[Case], correction: str) -> tuple[tuple[float, float], ...]:
    """The correction as a rising curve from log-odds to log-odds."""
    log_odds = np.array([_log_odds(one) for one in _confidences(plain, cases)])
    right = np.array([case.right for case in cases], bool)
    if correction == "none" or right.all() or not right.any():
        return ()
    ends = _log_odds(LEAST), _log_odds(MOST)
    if correction == "temperature":
        [weight], intercept = _logistic(log_odds[:, None], right)
        slope = max(0.0, float(weight))
        return tuple((end, slope * end + intercept) for end in ends)
    return _isotonic(log_odds, right)


def _isotonic(log_odds: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[tuple[float, float], ...]:
    """Isotonic regression, read at the middle of equally full bins and drawn through them: no steps, no ties."""
    model = IsotonicRegression(y_min=LEAST, y_max=MOST).fit(log_odds, right)
    parts = [part for part in np.array_split(np.sort(log_odds), KNOTS) if len(part)]
    middles = np.unique([round(float(np.median(part)), 6) for part in parts])
    shares = model.predict(middles)
    return tuple((float(x), _log_odds(float(share))) for x, share in zip(middles, shares, strict=True))


def _pairs(plain: Confidence, cases: Sequence[Case]) -> dict[str, tuple[float, float]]:
    """Slope and shift by language pair, only where it has enough cases."""
    found = {}
    for pair, count in Counter(case.pair for case in cases).items():
        own = [case for case in cases if case.pair == pair]
        right = np.array([case.right for case in own], bool)
        if not pair or count < ENOUGH_FOR_A_PAIR or right.all() or not right.any():
            continue
        log_odds = np.array([_log_odds(one) for one in _confidences(plain, own)])
        [slope], shift = _logistic(log_odds[:, None], right)
        found[pair] = (max(0.0, float(slope)), shift)
    return found


def _log_odds(share: float) -> float:
    share = max(LEAST, min(MOST, share))
    return math.log(share / (1 - share))
