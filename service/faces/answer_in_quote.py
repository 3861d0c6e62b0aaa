"""A quote and where its answer stands in, the quote in three pieces out, so that a face can mark the middle one."""

from typing import NamedTuple


class MarkedText(NamedTuple):
    """`before + answer + after` is the text; `answer` is empty where no part of it is one."""

    before: str
    answer: str
    after: str


def mark_answer(text: str, start: int, answer_start: int | None, answer_end: int | None) -> MarkedText:
    """Cut `text`, which begins at `start` of its article, around the answer there (offsets of the article)."""
    if answer_start is None or answer_end is None:
        return MarkedText(text, "", "")
    left, right = answer_start - start, answer_end - start
    if not 0 <= left < right <= len(text):
        return MarkedText(text, "", "")
    return MarkedText(text[:left], text[left:right], text[right:])
