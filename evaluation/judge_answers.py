"""A question of a set and an attempt to answer it in; whether answer, article and quote are right out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluation.attempts import Attempt, Quoted
from evaluation.calibration import Case
from evaluation.evaluation_sets import SetQuestion
from evaluation.metrics import Counted, share_of
from evaluation.span_metrics import RIGHT_F1, SpanScores, exact_match, f1, holds, is_right

# The false answers that the goal names: news, and squad2 in English on its own paragraphs.
SETS_THRESHOLD = ("news", "squad2")


@dataclass(frozen=True, slots=True)
class Judged:
    """One question with what became of it."""

    question: SetQuestion
    part: str
    """Which set it is of."""
    group: str
    attempt: Attempt
    right: bool
    """The marked answer is an acceptable one, of the right article; of a list, every span that is needed."""
    exact: bool
    f1: float
    holds: bool
    """The answer's text holds an acceptable one, of the right article: all that a sentence can do."""
    article_first: bool
    article_cited: bool
    covers: bool
    """The first quote holds an acceptable answer, and every marked answer lies inside its quote."""

    def case(self, by_holding: bool = False) -> Case:
        """For calibration; `by_holding` counts a sentence that holds the answer as right."""
        right = self.holds if by_holding else self.right
        return Case(
            features=self.attempt.features,
            right=right and self.question.answerable,
            answerable=self.question.answerable,
            group=self.group,
            pair=pair_of(self.question, self.attempt),
            attempted=bool(self.attempt.text),
            sets_threshold=self.part in SETS_THRESHOLD,
        )


@dataclass(frozen=True, slots=True)
class AnswerCounts:
    """Counts over answerable questions, without any threshold."""

    right: Counted
    holds: Counted
    spans: SpanScores
    article_first: Counted
    article_cited: Counted
    covers: Counted
    """Of the right answers."""

    def to_dict(self) -> dict[str, object]:
        """The counts as JSON."""
        return {
            "right": self.right.to_dict(),
            "holds": self.holds.to_dict(),
            "spans": self.spans.to_dict(),
            "article_first": self.article_first.to_dict(),
            "article_cited": self.article_cited.to_dict(),
            "quote_covers_right_answer": self.covers.to_dict(),
        }


def judge(question: SetQuestion, attempt: Attempt, homes: Mapping[str, str], part: str, group: str) -> Judged:
    """Compare an attempt with the acceptable answers; `homes` maps ids of the set to articles of the pool."""
    home = homes.get(question.article_id) if question.article_id is not None else None
    first = attempt.quoted[0] if attempt.quoted else None
    of_home = first is not None and home is not None and first.article_id == home
    language = first.language if first is not None else question.language
    answers = [span.text for span in question.answers]
    return Judged(
        question=question,
        part=part,
        group=group,
        attempt=attempt,
        right=of_home and _is_right(question, attempt.text, language),
        exact=of_home and exact_match(attempt.text, answers, language),
        f1=f1(attempt.text, answers, language) if of_home else 0.0,
        holds=of_home and bool(answers) and holds(attempt.text, answers, language),
        article_first=home is not None and attempt.ranked[:1] == (home,),
        article_cited=home is not None and any(one.article_id == home for one in attempt.quoted),
        covers=_covers(question, attempt.quoted),
    )


def counts(judged: Sequence[Judged]) -> AnswerCounts:
    """Counts over the answerable ones of these questions."""
    asked = [one for one in judged if one.question.answerable]
    return AnswerCounts(
        right=share_of(one.right for one in asked),
        holds=share_of(one.holds for one in asked),
        spans=SpanScores(len(asked), sum(one.exact for one in asked), sum(one.f1 for one in asked)),
        article_first=share_of(one.article_first for one in asked),
        article_cited=share_of(one.article_cited for one in asked),
        covers=share_of(one.covers for one in asked if one.right),
    )


def verbatim(judged: Sequence[Judged]) -> Counted:
    """Quotes of all answers that are the stored text at their offsets."""
    return share_of(quoted.verbatim for one in judged for quoted in one.attempt.quoted)


def pair_of(question: SetQuestion, attempt: Attempt) -> str:
    """Languages of the question and of the first article quoted, as "en-fr"; empty without a quote."""
    if not attempt.quoted:
        return ""
    return f"{question.language.split('-')[0]}-{attempt.quoted[0].language.split('-')[0]}"


def _is_right(question: SetQuestion, text: str, language: str) -> bool:
    answers = [span.text for span in question.answers]
    if not question.all_spans:
        return is_right(text, answers, language)
    spans = [span.text for span in question.all_spans]
    # Every span, and not a whole paragraph for the sake of holding them all.
    whole = f1(text, [*answers, " ".join(spans)], language) >= RIGHT_F1
    return whole and all(holds(text, [span], language) for span in spans)


def _covers(question: SetQuestion, quoted: Sequence[Quoted]) -> bool:
    """The marked answer lies in its quote, and an acceptable answer does; of a list, each span in some quote."""
    if not quoted or not all(one.covers for one in quoted):
        return False
    if question.all_spans:
        return all(
            any(holds(one.quote, [span.text], one.language) for one in quoted) for span in question.all_spans
        )
    return holds(quoted[0].quote, [span.text for span in question.answers], quoted[0].language)
