"""Readings made by hand: a span of a passage, as the reader would have given it."""

from indexing.archive.article import Passage
from service.answering.read_passages import Reading
from service.answering.retrieve import Found


def reading(
    text: str, span: str, article: str = "a", language: str = "en", score: float = 5.0, found: float = 0.0
) -> Reading:
    """A reading of the first place of `span` in `text`, which is a whole article of one sentence."""
    passage = Passage(article, "v", 0, len(text), text, ((0, len(text)),))
    start = text.index(span)
    return Reading(Found(passage, language, found), start, start + len(span), score)
