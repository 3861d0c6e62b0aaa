"""A reader and questions on their gold passages in; exact match, F1 and what refusing gives, beside no reader, out."""

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tqdm import tqdm

from evaluation.best_sentence import ReadsSpans
from evaluation.calibration import NEVER, folds_by_group
from evaluation.metrics import Counted, share_of
from evaluation.reading_items import ReadingItem, ReadingSet
from evaluation.span_metrics import SpanScores, exact_match, f1, holds, span_scores

FOLDS = 5
SEED = 20261123
MOST_FALSE = 0.15
READER, NO_READER = "reader", "no_reader"


@dataclass(frozen=True, slots=True)
class Read:
    """The best span on one item with its measures; `text` is empty when nothing was marked."""

    item: ReadingItem
    text: str
    score: float
    exact: bool
    f1: float
    holds: bool


@dataclass(frozen=True, slots=True)
class RefusalScores:
    """SQuAD 2.0's measure at thresholds chosen on other articles: a right refusal counts as a right answer."""

    scores: SpanScores
    false_answers: Counted
    answerable_refused: Counted
    thresholds: tuple[float, ...]
    most_false: float | None
    """The limit of false answers under which the thresholds maximise F1; None without a limit."""

    def to_dict(self) -> dict[str, Any]:
        """The scores as JSON."""
        return {
            **self.scores.to_dict(),
            "false_answers": self.false_answers.to_dict(),
            "answerable_refused": self.answerable_refused.to_dict(),
            "most_false": self.most_false,
            "thresholds": [round(one, 3) if math.isfinite(one) else None for one in self.thresholds],
        }


@dataclass(frozen=True, slots=True)
class ReadingScores:
    """What one reader gives on one set."""

    answerable: SpanScores
    """Forced to answer, on the questions that have an answer."""
    holds: Counted
    """The span holds a whole acceptable answer: what a quoted sentence can achieve."""
    by_kind: dict[str, SpanScores]
    refusing: RefusalScores | None
    """Thresholds that hold false answers under the limit; None where every question has an answer."""
    refusing_freely: RefusalScores | None
    """Thresholds that maximise F1 alone."""

    def to_dict(self) -> dict[str, Any]:
        """The scores as JSON."""
        return {
            "answerable": self.answerable.to_dict(),
            "holds": self.holds.to_dict(),
            "by_kind": {kind: scores.to_dict() for kind, scores in self.by_kind.items()},
            "refusing": self.refusing.to_dict() if self.refusing else None,
            "refusing_freely": self.refusing_freely.to_dict() if self.refusing_freely else None,
        }


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """One set with the reader and without one."""

    name: str
    heading: str
    asked: str
    told: str
    methods: dict[str, ReadingScores]

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON."""
        return {
            "set": self.name,
            "heading": self.heading,
            "question_language": self.asked,
            "passage_language": self.told,
            **{method: scores.to_dict() for method, scores in self.methods.items()},
        }


def measure_reading(one: ReadingSet, readers: dict[str, ReadsSpans]) -> ReadingRow:
    """Read every item with every reader."""
    methods = {name: scores_of(read_all(one, reader, name), one.told) for name, reader in readers.items()}
    return ReadingRow(one.name, one.heading, one.asked, one.told, methods)


def read_all(one: ReadingSet, reader: ReadsSpans, name: str = "") -> list[Read]:
    """The best span of each item, whatever its score."""
    shown = tqdm(one.items, desc=f"{one.name}, {name}", delay=2, disable=None, leave=False, file=sys.stderr)
    return [_read(item, reader, one.told) for item in shown]


def _read(item: ReadingItem, reader: ReadsSpans, language: str) -> Read:
    [spans] = reader.read(item.question, [item.passage], most=1)
    text = item.passage[spans[0].start : spans[0].end] if spans else ""
    return Read(
        item,
        text,
        spans[0].score if spans else -NEVER,
        exact_match(text, item.answers, language),
        f1(text, item.answers, language),
        holds(text, item.answers, language),
    )


def scores_of(read: Sequence[Read], language: str) -> ReadingScores:
    """Measures of one set; refusing only where some question has no answer."""
    answerable = [one for one in read if one.item.answers]
    kinds = sorted({one.item.kind for one in answerable})
    refuses = len(answerable) < len(read)
    return ReadingScores(
        answerable=_span_scores(answerable, language),
        holds=share_of(one.holds for one in answerable),
        by_kind={
            kind: _span_scores([one for one in answerable if one.item.kind == kind], language)
            for kind in kinds
        },
        refusing=refusing(read, MOST_FALSE) if refuses else None,
        refusing_freely=refusing(read, None) if refuses else None,
    )


def _span_scores(read: Sequence[Read], language: str) -> SpanScores:
    return span_scores([(one.text, one.item.answers) for one in read], language)


def refusing(read: Sequence[Read], most_false: float | None) -> RefusalScores:
    """Answer only above the threshold that was best on the articles of the other folds."""
    fold_of = folds_by_group([one.item.group for one in read], FOLDS, SEED)
    thresholds = tuple(
        best_threshold([one for one, own in zip(read, fold_of, strict=True) if own != fold], most_false)
        for fold in range(FOLDS)
    )
    given = [one.score >= thresholds[own] for one, own in zip(read, fold_of, strict=True)]
    pairs = list(zip(read, given, strict=True))
    exact = sum(_counts(one, answered, lambda read: float(read.exact)) for one, answered in pairs)
    return RefusalScores(
        scores=SpanScores(
            len(read),
            round(exact),
            sum(_counts(one, answered, lambda read: read.f1) for one, answered in pairs),
        ),
        false_answers=share_of(answered for one, answered in pairs if not one.item.answers),
        answerable_refused=share_of(not answered for one, answered in pairs if one.item.answers),
        thresholds=thresholds,
        most_false=most_false,
    )


def _counts(one: Read, answered: bool, measure: Callable[[Read], float]) -> float:
    if not one.item.answers:
        return float(not answered)
    return measure(one) if answered else 0.0


def best_threshold(read: Sequence[Read], most_false: float | None) -> float:
    """The threshold with the highest F1, refusals counted, and false answers within the limit (None: no limit).

    One more false answer than was seen is counted, so that the limit is likely to hold on other articles too.
    """
    unanswerable = sum(not one.item.answers for one in read)
    allowed = unanswerable if most_false is None else math.floor(most_false * (unanswerable + 1)) - 1
    best, best_total = NEVER, float(unanswerable)
    total, false = best_total, 0
    ordered = sorted(read, key=lambda one: -one.score)
    for place, one in enumerate(ordered):
        if one.item.answers:
            total += one.f1
        else:
            total, false = total - 1, false + 1
        if false > allowed:
            break
        last_of_equals = place + 1 == len(ordered) or ordered[place + 1].score < one.score
        if last_of_equals and total > best_total:
            best, best_total = one.score, total
    return best
