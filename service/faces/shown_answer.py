"""An answer in, what its page shows of it out: wording cut at its marks, sentences, quotes in their surroundings."""

import re
from dataclasses import dataclass
from typing import Any

from service.answering.answer import Answer, Citation, Statement
from service.faces.answer_in_quote import MarkedText, mark_answer

CONTEXT = 180  # characters of the passage shown on each side of a quote
_MARK = re.compile(r" ?(\[\d{1,3}\])")


@dataclass(frozen=True, slots=True)
class ShownCitation:
    """A citation with its quote around the answer, and what surrounds the quote in its passage."""

    citation: Citation
    quote: MarkedText
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ShownStatement:
    """A proving sentence around the answer in it."""

    statement: Statement
    text: MarkedText
    language: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the answer's wording: text, or the mark of a source."""

    text: str
    number: int | None = None


def shown_answer(answer: Answer) -> dict[str, Any]:
    """The values of the template `ask.html` that show an answer: `pieces`, `statements`, `citations`, `nearest`."""
    refusal = answer.refusal
    marked = answer.short_answer is not None
    return {
        # What a language model wrote is told by its statements, which have its language.
        "pieces": _pieces(answer) if marked and answer.mode == "extractive" else [],
        "statements": [_sentence(statement, answer) for statement in answer.statements],
        "citations": [_in_context(citation, answer, marked) for citation in answer.citations],
        # What came nearest does not answer, so nothing in it is marked as an answer.
        "nearest": [_in_context(one, answer, False) for one in (refusal.nearest if refusal else ())],
    }


def _pieces(answer: Answer) -> list[Piece]:
    """The answer's wording, cut at the marks of its citations."""
    numbers = {citation.number for citation in answer.citations}
    pieces: list[Piece] = []
    place = 0
    for mark in _MARK.finditer(answer.answer):
        number = int(mark[1][1:-1])
        if number in numbers:
            pieces += [Piece(answer.answer[place : mark.start()]), Piece(mark[1], number)]
            place = mark.end()
    return [piece for piece in (*pieces, Piece(answer.answer[place:])) if piece.text]


def _sentence(statement: Statement, answer: Answer) -> ShownStatement:
    cited = [one for one in answer.citations if one.number in statement.citations]
    if not cited:
        return ShownStatement(statement, MarkedText(statement.text, "", ""), answer.language, False)
    first = cited[0]
    if answer.mode == "generative":
        return ShownStatement(
            statement, MarkedText(statement.text, "", ""), answer.language, first.stance == "differs"
        )
    text = MarkedText(statement.text, "", "")
    if answer.short_answer is not None and statement.start is not None:
        text = mark_answer(statement.text, statement.start, first.answer_start, first.answer_end)
    return ShownStatement(statement, text, first.article.language, first.stance == "differs")


def _in_context(citation: Citation, answer: Answer, marked: bool) -> ShownCitation:
    """The quote between what stands around it, as far as the passage that was considered reaches."""
    where = (citation.answer_start, citation.answer_end) if marked else (None, None)
    quote = mark_answer(citation.quote, citation.start, *where)
    for passage in answer.passages:
        if passage.passage_id == citation.passage_id:
            start, end = citation.start - passage.start, citation.end - passage.start
            if start >= 0 and passage.text[start:end] == citation.quote:
                return ShownCitation(citation, quote, _tail(passage.text[:start]), _head(passage.text[end:]))
    return ShownCitation(citation, quote, "", "")


def _tail(text: str) -> str:
    if len(text) <= CONTEXT:
        return text
    cut = text[-CONTEXT:]
    return "…" + cut[cut.find(" ") + 1 :]


def _head(text: str) -> str:
    if len(text) <= CONTEXT:
        return text
    cut = text[:CONTEXT]
    return cut[: cut.rfind(" ") if " " in cut else CONTEXT] + "…"
