"""Judged answers and read passages in; measures of the gate, each with a value for every question, out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evaluation.judge_answers import Judged
from evaluation.judge_own import JudgedOwn
from evaluation.measure_reading import Read


@dataclass(frozen=True, slots=True)
class Measure:
    """The mean over questions of values from 0 to 1, of which more is better."""

    part: str
    name: str
    values: Mapping[str, float]
    """By question id."""
    all_needed: bool = False
    """Whether not even one question may fall."""

    @property
    def key(self) -> str:
        """How the floors name it."""
        return f"{self.part}: {self.name}"

    @property
    def value(self) -> float:
        """The mean, 0 to 1."""
        return sum(self.values.values()) / len(self.values)

    @property
    def counts(self) -> str:
        """The sum of the values and how many there are."""
        return f"{sum(self.values.values()):.4g}/{len(self.values)}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question that was asked of the whole service."""

    id: str
    answerable: bool
    right: bool
    given: bool
    f1: float
    covers: bool
    verbatim: bool


def outcome_of(one: JudgedOwn | Judged) -> Outcome:
    """A judged question as the gate counts it."""
    return Outcome(
        one.question.id,
        one.question.answerable,
        one.right,
        one.attempt.given,
        one.f1,
        one.covers,
        one.attempt.verbatim,
    )


def answer_measures(part: str, outcomes: Sequence[Outcome]) -> list[Measure]:
    """Six measures of whole answers; the threshold counts only where it says "given" or "refused"."""
    stated = [one for one in outcomes if one.answerable]
    not_stated = [one for one in outcomes if not one.answerable]
    measures = [
        Measure(part, "right", _values((one.id, one.right) for one in stated)),
        Measure(part, "given and right", _values((one.id, one.given and one.right) for one in stated)),
        Measure(part, "rightly refused", _values((one.id, not one.given) for one in not_stated)),
        Measure(part, "F1", _values((one.id, one.f1) for one in stated)),
        Measure(
            part,
            "no right answer without a quote that covers it",
            _values((one.id, one.covers or not one.right) for one in stated),
        ),
        Measure(
            part, "quotes verbatim", _values((one.id, one.verbatim) for one in outcomes), all_needed=True
        ),
    ]
    return [measure for measure in measures if measure.values]


def reading_measures(part: str, read: Sequence[Read]) -> list[Measure]:
    """F1 on gold passages; where some have no answer, whether their scores are below those that have one too."""
    stated = [one for one in read if one.item.answers]
    not_stated = [one for one in read if not one.item.answers]
    measures = [Measure(part, "F1", _values((one.item.id, one.f1) for one in stated))]
    if stated and not_stated:
        measures.append(
            Measure(
                part,
                "stated scored above not stated",
                _values(
                    [(one.item.id, _above(one, not_stated)) for one in stated]
                    + [(one.item.id, 1 - _above(one, stated)) for one in not_stated]
                ),
            )
        )
    return measures


def _above(one: Read, others: Sequence[Read]) -> float:
    """The share of others with a lower score; equal ones count half."""
    return sum((one.score > other.score) + 0.5 * (one.score == other.score) for other in others) / len(others)


def _values(pairs: Iterable[tuple[str, float]]) -> dict[str, float]:
    return {id: round(float(value), 4) for id, value in pairs}
