"""Pairs with the signs of their names in; a logistic regression on the signs, and its threshold, out."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from service.answering.written.name_weights import PairWeights, SignWeights
from training.name_pairs import Candidate, NamePair

FOLDS = 5
DIGITS = 4
LeastName = Callable[[bool], float]  # of German or not: NameWeights.least_name


def fit_pairs(pairs: Sequence[NamePair], least_name: LeastName, most_through: float) -> PairWeights:
    """Fit on all pairs; the threshold lets so many of the exchanged ones through that were not fitted on."""
    apart = out_of_fold(pairs, least_name)
    lowest = [
        lowest_odds(pair, weights, least_name)
        for pair, weights in zip(pairs, apart, strict=True)
        if pair.exchanged
    ]
    least = float(np.quantile(lowest, 1 - most_through, method="lower"))
    return replace(_fit(pairs, least_name), least=round(least, 2))


def out_of_fold(pairs: Sequence[NamePair], least_name: LeastName) -> list[PairWeights]:
    """For each pair weights that were fitted on the passages of other folds."""
    folds = [_fold(pair.passage) for pair in pairs]
    fitted = [
        _fit([pair for pair, fold in zip(pairs, folds, strict=True) if fold != apart], least_name)
        for apart in range(FOLDS)
    ]
    return [fitted[fold] for fold in folds]


def lowest_odds(pair: NamePair, weights: PairWeights, least_name: LeastName) -> float:
    """The log-odds of the name of a pair that is least likely meant: the pair leaves when they reach the threshold."""
    odds = [
        -np.inf if one.signs is None else weights.log_odds(one.signs, one.by_capital)
        for one in pair.candidates
        if _counts(one, pair, least_name)
    ]
    return float(min(odds, default=np.inf))


def _fold(passage: str) -> int:
    return hashlib.sha256(passage.encode()).digest()[0] % FOLDS


def _fit(pairs: Sequence[NamePair], least_name: LeastName) -> PairWeights:
    by_capital, by_vectors = (
        _regression(
            [
                (one.signs.values(), not pair.exchanged)
                for pair in pairs
                for one in pair.candidates
                if one.signs is not None
                and one.by_capital == by_capital
                and one.put_in == pair.exchanged
                and _counts(one, pair, least_name)
            ]
        )
        for by_capital in (True, False)
    )
    return PairWeights(by_capital, by_vectors, least=0.0)


def _regression(rows: Sequence[tuple[dict[str, float], bool]]) -> SignWeights:
    signs: NDArray[np.float64] = np.array([list(one.values()) for one, _ in rows])
    spread = np.where(signs.std(axis=0) > 1e-6, signs.std(axis=0), 1.0)
    model = LogisticRegression(max_iter=3000).fit(signs / spread, [meant for _, meant in rows])
    weights = (round(float(one), DIGITS) for one in model.coef_[0] / spread)
    return SignWeights(dict(zip(rows[0][0], weights, strict=True)), round(float(model.intercept_[0]), DIGITS))


def _counts(one: Candidate, pair: NamePair, least_name: LeastName) -> bool:
    """Whether a candidate is a name: by its capital, or by what the probe says."""
    return one.by_capital or one.signs is None or one.signs.named >= least_name(pair.language == "de")
