"""A pool and questions in; right and false answers of the whole service, with and without a threshold, out."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tqdm import tqdm

from evaluation.attempts import Attempts
from evaluation.calibration import (
    Bin,
    Case,
    Outcome,
    brier,
    calibration_error,
    coverage_at_risk,
    outcome_of,
    reliability,
    risk_coverage,
)
from evaluation.evaluation_sets import EvaluationSets, SetQuestion, draw
from evaluation.fit_calibration import OutOfFold, answered_out_of_fold, attempted, choose_correction
from evaluation.judge_answers import AnswerCounts, Judged, counts, judge, verbatim
from evaluation.metrics import Counted, percentiles, share_of

NEWS, SQUAD2, SQUAD2_ES = "news", "squad2", "squad2-es"
ON_ES, ES_ON_ES = "squad2-on-es", "squad2-es-on-es"
SPANISH_ID = "squad-es-v2-"  # before the id of the English question
OTHERS = 300  # squad2 questions of each kind, answerable and not


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question with the set it is of and the source article that keeps it in one fold with its siblings."""

    question: SetQuestion
    part: str
    group: str


@dataclass(frozen=True, slots=True)
class PartRow:
    """One set within the pool: without a threshold, and with the one chosen on other articles."""

    part: str
    counts: AnswerCounts
    attempted: Counted
    """Questions of any kind that get some answer when there is no threshold."""
    at_threshold: Outcome
    at_most_wrong: Outcome
    """The largest coverage with at most a tenth of the answers not right."""
    ece: float
    bins: list[Bin]

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON."""
        return {
            "part": self.part,
            **self.counts.to_dict(),
            "attempted": self.attempted.to_dict(),
            "at_threshold": {**self.at_threshold.to_dict(), "threshold": None},
            "coverage_at_10_percent_wrong": self.at_most_wrong.to_dict(),
            "ece": round(self.ece, 4),
            "bins": [one.to_dict() for one in self.bins],
        }


@dataclass(frozen=True, slots=True)
class KindRow:
    """One kind of news question: right without a threshold; answered, and right, with it."""

    kind: str
    right: Counted
    holds: Counted
    answered: Counted
    answered_right: Counted

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON."""
        return {
            "kind": self.kind,
            "right": self.right.to_dict(),
            "holds": self.holds.to_dict(),
            "answered": self.answered.to_dict(),
            "answered_right": self.answered_right.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class WholeRow:
    """Everything about one way of answering, over all parts of one pool."""

    method: str
    judged: list[Judged]
    parts: dict[str, PartRow]
    every: PartRow
    kinds: list[KindRow]
    verbatim: Counted
    curve: list[Outcome]
    correction: str
    brier: float
    shipped: Outcome
    """As the service is, with the threshold it has."""
    shipped_ece: float | None
    milliseconds: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON, without the single questions."""
        return {
            "method": self.method,
            "parts": {name: part.to_dict() for name, part in self.parts.items()},
            "every": self.every.to_dict(),
            "kinds": [kind.to_dict() for kind in self.kinds],
            "verbatim": self.verbatim.to_dict(),
            "correction": self.correction,
            "brier": round(self.brier, 4),
            "as_shipped": {**self.shipped.to_dict(), "threshold": None},
            "as_shipped_ece": None if self.shipped_ece is None else round(self.shipped_ece, 4),
            "milliseconds": self.milliseconds,
        }


def questions_of_the_pool(sets: EvaluationSets, sample: int, seed: int) -> list[AskedQuestion]:
    """All news questions, and squad2 questions that can and that cannot be answered, the same for the same seed.

    The squad2 questions come in English and, where the set has them, in Spanish on the same English paragraphs: the
    same questions, as many answerable, so that what differs is the crossing of languages alone.
    """
    news = [AskedQuestion(one, NEWS, one.article_id or one.id) for one in sets.news_questions]
    english = _drawn_of_squad2(sets, sample, seed)
    crossing = [
        replace(one, part=SQUAD2_ES, question=_worded(one.question, spanish))
        for one, spanish in _in_spanish(sets, english)
    ]
    return news + english + crossing


def questions_on_spanish(sets: EvaluationSets, sample: int, seed: int) -> list[AskedQuestion]:
    """The same squad2 questions, in English and in Spanish, on the Spanish paragraphs.

    With these every signal is seen in both languages of passage: else it would be the news that tell it from English.
    """
    both = _in_spanish(sets, _drawn_of_squad2(sets, sample, seed))
    asked_in_english = [
        replace(one, part=ON_ES, question=_worded(spanish, one.question)) for one, spanish in both
    ]
    return asked_in_english + [replace(one, part=ES_ON_ES, question=spanish) for one, spanish in both]


def _drawn_of_squad2(sets: EvaluationSets, sample: int, seed: int) -> list[AskedQuestion]:
    drawn = min(sample, OTHERS) if sample > 0 else OTHERS
    titles = {article.id: article.title for article in sets.squad2_articles}
    return [
        AskedQuestion(question, SQUAD2, titles[str(question.article_id)])
        for answerable in (True, False)
        for question in draw(
            [one for one in sets.squad2_questions if one.answerable is answerable], drawn, seed
        )
    ]


def _in_spanish(
    sets: EvaluationSets, english: Sequence[AskedQuestion]
) -> list[tuple[AskedQuestion, SetQuestion]]:
    """Each English question that the Spanish set has too, with that one."""
    spanish = {one.id.removeprefix(SPANISH_ID): one for one in sets.squad_es_questions}
    return [(one, spanish[one.question.id]) for one in english if one.question.id in spanish]


def _worded(question: SetQuestion, other: SetQuestion) -> SetQuestion:
    """The question as `other` words it, in its language; passage and answers stay."""
    return replace(question, id=other.id, text=other.text, language=other.language)


async def attempt_all(
    method: str, attempts: Attempts, asked: Sequence[AskedQuestion], homes: Mapping[str, str]
) -> list[Judged]:
    """Ask every question; a follow-up by its full wording."""
    judged = []
    for one in tqdm(asked, desc=f"answers, {method}", delay=2, disable=None, leave=False, file=sys.stderr):
        found = await attempts.attempt(one.question.standalone or one.question.text)
        judged.append(judge(one.question, found, homes, one.part, one.group))
    return judged


def summarise(method: str, judged: Sequence[Judged], by_holding: bool = False) -> WholeRow:
    """All measures; `by_holding` counts a sentence that holds the answer as right (no reader, no exact answer)."""
    cases = [one.case(by_holding) for one in judged]
    correction, _ = choose_correction(cases)
    decided = answered_out_of_fold(cases, correction)
    confidences, right = attempted(decided.confidences, cases)
    names = list(dict.fromkeys(one.part for one in judged))
    places = {name: [place for place, one in enumerate(judged) if one.part == name] for name in names}
    shipped = [(one.attempt.confidence, case.right) for one, case in zip(judged, cases, strict=True)]
    sure = [(confidence, right) for confidence, right in shipped if confidence is not None]
    return WholeRow(
        method=method,
        judged=list(judged),
        parts={name: _part(name, judged, cases, decided, own) for name, own in places.items()},
        every=_part("all", judged, cases, decided, list(range(len(judged)))),
        kinds=_kinds(judged, cases, decided),
        verbatim=verbatim(judged),
        curve=risk_coverage(decided.confidences, cases),
        correction=correction,
        brier=brier(confidences, right),
        shipped=outcome_of([one.attempt.given for one in judged], cases),
        shipped_ece=calibration_error([one for one, _ in sure], [right for _, right in sure])
        if sure
        else None,
        milliseconds=percentiles(
            [one.attempt.milliseconds for one in judged if one.attempt.milliseconds is not None]
        ),
    )


def _part(
    name: str, judged: Sequence[Judged], cases: Sequence[Case], decided: OutOfFold, places: Sequence[int]
) -> PartRow:
    own = [cases[place] for place in places]
    confidences = [decided.confidences[place] for place in places]
    sure, right = attempted(confidences, own)
    return PartRow(
        part=name,
        counts=counts([judged[place] for place in places]),
        attempted=share_of(case.attempted for case in own),
        at_threshold=outcome_of([decided.given[place] for place in places], own),
        at_most_wrong=coverage_at_risk(confidences, own),
        ece=calibration_error(sure, right),
        bins=reliability(sure, right),
    )


def _kinds(judged: Sequence[Judged], cases: Sequence[Case], decided: OutOfFold) -> list[KindRow]:
    rows = list(zip(judged, cases, decided.given, strict=True))
    kinds = sorted({one.question.kind for one in judged if one.part == NEWS})
    return [
        KindRow(
            kind=kind,
            right=share_of(case.right for one, case, _ in of_kind if case.answerable),
            holds=share_of(one.holds for one, case, _ in of_kind if case.answerable),
            answered=share_of(given for _, _, given in of_kind),
            answered_right=share_of(given and case.right for _, case, given in of_kind if case.answerable),
        )
        for kind in kinds
        for of_kind in [[row for row in rows if row[0].part == NEWS and row[0].question.kind == kind]]
    ]
