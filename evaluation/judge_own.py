"""An own question and an attempt to answer it in; whether value, article and quote are right, and what is not, out."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.attempts import Attempt, Quoted
from evaluation.own_questions import OwnQuestion
from evaluation.span_metrics import RIGHT_F1, f1, holds, is_right

WITHOUT_VALUE = "yes_no"  # the proving sentence answers: it has to cover the decisive run


@dataclass(frozen=True, slots=True)
class JudgedOwn:
    """One own question with what became of it, whether or not it was sure enough to be given."""

    question: OwnQuestion
    attempt: Attempt
    right: bool
    """The first value is an acceptable one of an article that proves it; of a list, everything is named."""
    holds: bool
    """The first quote, or text, of a proving article holds it: all that a sentence can do."""
    f1: float
    covers: bool
    """The first quote holds an acceptable answer, and every marked answer lies inside its quote."""
    both_shown: bool | None
    """Whether it is right and another article's other value is shown too; None where none is known."""

    @property
    def good(self) -> bool:
        """Whether the service as it is does right: answers and is right, or refuses what is not stated."""
        return self.attempt.given and self.right if self.question.answerable else not self.attempt.given

    @property
    def why_not(self) -> str:
        """What went wrong, in a few words; empty when nothing did."""
        if self.good:
            return ""
        if not self.question.answerable:
            return "answered, though no article states it"
        if not self.attempt.text:
            return "nothing found"
        if self.right:
            return "right, but not sure enough to be given"
        wrong = self._wrong()
        return wrong if self.attempt.given else f"{wrong}; refused"

    def _wrong(self) -> str:
        otherwise = {other.article_id for other in self.question.differs} - self.question.proving_articles
        first = self.attempt.quoted[0] if self.attempt.quoted else None
        if first is None:
            return "no quote"
        if first.article_id in otherwise:
            return "value of an article that says otherwise"
        if self.question.article_id is not None and first.article_id not in self.question.proving_articles:
            return "wrong article"
        if self.question.all_answers:
            return "not everything named"
        return "longer than the answer" if self.holds else "wrong place in the right article"


def judge_own(question: OwnQuestion, attempt: Attempt, home: str) -> JudgedOwn:
    """Compare an attempt with the acceptable answers; `home` is the article of questions that name none."""
    accepted = _accepted(question, home)
    supporting = [one for one in attempt.quoted if not one.differs]
    proving = [one for one in supporting if one.article_id in accepted]
    first = proving[0] if proving and proving[0] is attempt.quoted[0] else None
    answers = accepted[first.article_id] if first else ()
    language = first.language if first else ""
    right = first is not None and _is_right(question, attempt, proving, answers, language)
    return JudgedOwn(
        question=question,
        attempt=attempt,
        right=right,
        holds=first is not None and _holds(attempt.text or first.quote, question, answers, language),
        f1=f1(attempt.text, answers, language) if answers else 0.0,
        covers=first is not None and _covers(question, proving, answers, language),
        both_shown=right and _shows_other_value(question, attempt) if question.differs else None,
    )


def _accepted(question: OwnQuestion, home: str) -> dict[str, tuple[str, ...]]:
    """Acceptable values by proving article; none where nothing is stated."""
    if not question.answerable:
        return {}
    also = {other.article_id: other.short_answers for other in question.also}
    return {**also, question.article_id or home: question.short_answers}


def _is_right(
    question: OwnQuestion, attempt: Attempt, proving: Sequence[Quoted], answers: Sequence[str], language: str
) -> bool:
    if question.kind == WITHOUT_VALUE:
        return _holds(proving[0].quote, question, answers, language)
    if not question.all_answers:
        return is_right(attempt.text, answers, language)
    # Everything, and not a whole paragraph for the sake of holding it all.
    whole = f1(attempt.text, [*answers, " ".join(question.all_answers)], language) >= RIGHT_F1
    return whole and _names_all(attempt.text, question, language)


def _holds(text: str, question: OwnQuestion, answers: Sequence[str], language: str) -> bool:
    return _names_all(text, question, language) if question.all_answers else holds(text, answers, language)


def _names_all(text: str, question: OwnQuestion, language: str) -> bool:
    # "in": Arabic writes "and" and its word as one.
    return all(item in text or holds(text, [item], language) for item in question.all_answers)


def _covers(question: OwnQuestion, proving: Sequence[Quoted], answers: Sequence[str], language: str) -> bool:
    if question.kind == WITHOUT_VALUE:
        return holds(proving[0].quote, answers, language)
    quotes = " … ".join(one.quote for one in proving)
    return all(one.covers for one in proving) and _holds(quotes, question, answers, language)


def _shows_other_value(question: OwnQuestion, attempt: Attempt) -> bool:
    others = {other.article_id: other.short_answers for other in question.differs}
    return any(
        one.article_id in others and is_right(one.value, others[one.article_id], one.language)
        for one in attempt.quoted
    )
