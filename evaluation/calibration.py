"""Confidences and whether the answers were right in; calibration error, risk against coverage and thresholds out."""

import math
import random
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.metrics import Counted, share_of

BINS = 10
MOST_WRONG = 0.10  # of the answers given
MOST_FALSE = 0.10  # of the unanswerable questions
NEVER = math.inf  # a threshold that nothing reaches


@dataclass(frozen=True, slots=True)
class Case:
    """One answered question with the signals of its best candidate; an unanswerable one is never right."""

    features: Mapping[str, float]
    right: bool
    answerable: bool
    group: str
    """The article that it is about: its questions stay together in one fold."""
    pair: str = ""
    """Languages of question and article, as "en-fr"."""
    attempted: bool = True
    """Whether there is an answer at all; else the question is refused whatever the threshold."""
    sets_threshold: bool = True
    """Whether its false answer counts when a threshold is chosen; the others only teach what signals are worth."""


@dataclass(frozen=True, slots=True)
class Bin:
    """The answers whose confidence lies in one tenth: how sure they were and how many were right."""

    low: float
    high: float
    confidence: float
    right: Counted

    def to_dict(self) -> dict[str, Any]:
        """The bin as JSON."""
        return {
            "from": self.low,
            "to": self.high,
            "confidence": round(self.confidence, 4),
            "right": self.right.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a threshold gives: answers to answerable questions that are right or wrong, and false answers."""

    threshold: float
    right: int
    wrong: int
    false: int
    answerable: int
    unanswerable: int

    @property
    def answered(self) -> int:
        """All answers given."""
        return self.right + self.wrong + self.false

    @property
    def coverage(self) -> float:
        """Share of all questions that are answered."""
        asked = self.answerable + self.unanswerable
        return self.answered / asked if asked else 0.0

    @property
    def risk(self) -> float:
        """Share of the answers given that are not right."""
        return (self.wrong + self.false) / self.answered if self.answered else 0.0

    @property
    def answered_right(self) -> Counted:
        """Answerable questions that are answered and right."""
        return Counted(self.right, self.answerable)

    @property
    def false_answers(self) -> Counted:
        """Unanswerable questions that are answered."""
        return Counted(self.false, self.unanswerable)

    def to_dict(self) -> dict[str, Any]:
        """Counts beside shares, as JSON; a threshold that nothing reaches is null."""
        return {
            "threshold": round(self.threshold, 4) if math.isfinite(self.threshold) else None,
            "answered": Counted(self.answered, self.answerable + self.unanswerable).to_dict(),
            "right": self.answered_right.to_dict(),
            "wrong": Counted(self.wrong, self.answerable).to_dict(),
            "false": self.false_answers.to_dict(),
            "risk": round(self.risk, 4),
        }


def reliability(confidences: Sequence[float], right: Sequence[bool], bins: int = BINS) -> list[Bin]:
    """Equally wide bins from 0 to 1; empty ones are left out."""
    members: dict[int, list[int]] = {}
    for place, confidence in enumerate(confidences):
        members.setdefault(min(bins - 1, int(confidence * bins)), []).append(place)
    return [
        Bin(
            number / bins,
            (number + 1) / bins,
            sum(confidences[place] for place in places) / len(places),
            share_of(right[place] for place in places),
        )
        for number, places in sorted(members.items())
    ]


def calibration_error(confidences: Sequence[float], right: Sequence[bool], bins: int = BINS) -> float:
    """Expected calibration error (Naeini et al. 2015): mean distance of confidence and share right, by bin."""
    if not confidences:
        return 0.0
    filled = reliability(confidences, right, bins)
    return sum(one.right.of * abs(one.confidence - one.right.share) for one in filled) / len(confidences)


def brier(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """Mean squared distance of confidence and outcome; lower is better."""
    pairs = list(zip(confidences, right, strict=True))
    return sum((confidence - outcome) ** 2 for confidence, outcome in pairs) / len(pairs) if pairs else 0.0


def outcome_at(threshold: float, scores: Sequence[float], cases: Sequence[Case]) -> Outcome:
    """What is answered when every score of at least `threshold` is."""
    return outcome_of([score >= threshold for score in scores], cases, threshold)


def outcome_of(given: Sequence[bool], cases: Sequence[Case], threshold: float = NEVER) -> Outcome:
    """Count the answers that are given."""
    counts = Counter(
        "right" if case.right else "wrong" if case.answerable else "false"
        for answered, case in zip(given, cases, strict=True)
        if answered
    )
    answerable = sum(case.answerable for case in cases)
    return Outcome(
        threshold, counts["right"], counts["wrong"], counts["false"], answerable, len(cases) - answerable
    )


def risk_coverage(scores: Sequence[float], cases: Sequence[Case]) -> list[Outcome]:
    """The outcome at every score that occurs, from the surest answer to all of them."""
    return list(_risk_coverage(scores, cases))


def _risk_coverage(scores: Sequence[float], cases: Sequence[Case]) -> Iterator[Outcome]:
    answerable = sum(case.answerable for case in cases)
    counts: Counter[str] = Counter()
    ordered = sorted(range(len(cases)), key=lambda place: -scores[place])
    for number, place in enumerate(ordered, start=1):
        case = cases[place]
        counts["right" if case.right else "wrong" if case.answerable else "false"] += 1
        if number == len(ordered) or scores[ordered[number]] != scores[place]:  # equal scores come together
            yield Outcome(
                scores[place],
                counts["right"],
                counts["wrong"],
                counts["false"],
                answerable,
                len(cases) - answerable,
            )


def coverage_at_risk(scores: Sequence[float], cases: Sequence[Case], most: float = MOST_WRONG) -> Outcome:
    """The point that answers most questions while at most `most` of its answers are not right."""
    allowed = [one for one in risk_coverage(scores, cases) if one.risk <= most]
    return max(allowed, key=lambda one: one.answered, default=outcome_at(NEVER, scores, cases))


def threshold_for_false_answers(
    scores: Sequence[float], cases: Sequence[Case], most: float = MOST_FALSE
) -> float:
    """The lowest threshold that keeps false answers within `most` of unanswerable questions.

    One more false answer than was seen is counted, as in conformal prediction (Vovk et al. 2005): the limit then
    holds on average for new questions and not only for these.
    """
    unanswerable = sorted(
        (
            score
            for score, case in zip(scores, cases, strict=True)
            if not case.answerable and case.sets_threshold
        ),
        reverse=True,
    )
    allowed = math.floor(most * (len(unanswerable) + 1)) - 1
    if allowed < 0:
        return NEVER
    if allowed >= len(unanswerable):
        return min(scores, default=NEVER)
    above = [score for score in scores if score > unanswerable[allowed]]
    return min(above, default=NEVER)


def folds_by_group(groups: Sequence[Hashable], folds: int, seed: int) -> list[int]:
    """A fold for each item: those of one group together, folds about equally large, the same for the same seed."""
    sizes = Counter(groups)
    order = sorted(sizes, key=str)
    random.Random(seed).shuffle(order)
    filled = [0] * folds
    fold_of: dict[Hashable, int] = {}
    for group in sorted(order, key=lambda one: -sizes[one]):  # stable: equal sizes stay shuffled
        fold = filled.index(min(filled))
        fold_of[group] = fold
        filled[fold] += sizes[group]
    return [fold_of[group] for group in groups]
