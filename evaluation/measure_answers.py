"""A pool and questions in; how whole answers do, from the question to the quoted sentence, out."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tqdm import tqdm

from evaluation.evaluation_sets import SetQuestion
from evaluation.metrics import Counted, share_of
from evaluation.open_reader import OpenedReader
from evaluation.pools import Pool
from indexing.archive.encoder import Encoder
from service.answering.answer import Answer, Citation
from service.answering.question import Question


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """Counts over answerable and unanswerable questions of one pool."""

    name: str
    pool: str
    first_statement: Counted
    """Answerable: the first statement is of the right article and holds an acceptable answer."""
    any_statement: Counted
    right_article_cited: Counted
    answerable_refused: Counted
    unanswerable_refused: dict[str, Counted]
    quotes_exact: Counted
    """Citations, of all answers, whose quote is the stored text at its offsets."""

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON."""
        return {
            "set": self.name,
            "pool": self.pool,
            "first_statement_holds_answer": self.first_statement.to_dict(),
            "any_statement_holds_answer": self.any_statement.to_dict(),
            "right_article_cited": self.right_article_cited.to_dict(),
            "answerable_refused": self.answerable_refused.to_dict(),
            "unanswerable_refused": {
                k: counted.to_dict() for k, counted in self.unanswerable_refused.items()
            },
            "quotes_exact": self.quotes_exact.to_dict(),
        }


async def measure_answers(
    name: str,
    pool: Pool,
    encoder: Encoder,
    opened: OpenedReader,
    answerable: Sequence[SetQuestion],
    unanswerable: Sequence[SetQuestion],
) -> AnswerRow:
    """Ask every question through the whole pipeline, as a face would."""
    answering = opened.answering(pool.archive, encoder)
    questions = [*answerable, *unanswerable]
    answers: dict[str, Answer] = {}
    for question in tqdm(
        questions, desc=f"{name}, answers", delay=2, disable=None, leave=False, file=sys.stderr
    ):
        answers[question.id] = await answering.ask(Question(question.text))
    kinds = sorted({question.kind for question in unanswerable})
    return AnswerRow(
        name=name,
        pool=pool.name,
        first_statement=share_of(
            _holds(pool, one, _of_first_statement(answers[one.id])) for one in answerable
        ),
        any_statement=share_of(_holds(pool, one, answers[one.id].citations) for one in answerable),
        right_article_cited=share_of(
            any(_of_right_article(pool, one, citation) for citation in answers[one.id].citations)
            for one in answerable
        ),
        answerable_refused=share_of(not answers[one.id].answered for one in answerable),
        unanswerable_refused={
            kind: share_of(not answers[one.id].answered for one in unanswerable if one.kind == kind)
            for kind in kinds
        },
        quotes_exact=await _quotes_exact(pool, list(answers.values())),
    )


def _of_first_statement(answer: Answer) -> list[Citation]:
    first = answer.statements[0].citations if answer.statements else ()
    return [citation for citation in answer.citations if citation.number in first]


def _holds(pool: Pool, question: SetQuestion, citations: Sequence[Citation]) -> bool:
    """Whether a quote of the right article holds an acceptable answer, by its place or by its wording."""
    return any(
        _of_right_article(pool, question, citation)
        and any(
            (citation.start <= span.start and span.end <= citation.end) or span.text in citation.quote
            for span in question.answers
        )
        for citation in citations
    )


def _of_right_article(pool: Pool, question: SetQuestion, citation: Citation) -> bool:
    return question.article_id is not None and citation.article.id == pool.homes[question.article_id]


async def _quotes_exact(pool: Pool, answers: Sequence[Answer]) -> Counted:
    outcomes: list[bool] = []
    for citation in (citation for answer in answers for citation in answer.citations):
        stored = await pool.archive.article(citation.article.id, citation.article.version)
        outcomes.append(
            stored is not None and stored.article.text[citation.start : citation.end] == citation.quote
        )
    return share_of(outcomes)
