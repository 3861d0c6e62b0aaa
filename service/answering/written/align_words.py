"""Words of a statement and a quote in another language in; how likely the quote means them, out.

Two signs (both from the bundled encoder): how near the words are, in their context, to the nearest run of the quote
(word alignment, see indexing/archive/word_vectors.py), and how near the two are by themselves. The first knows that
University and университет have one role in the two sentences, the second that Boston is not Чикаго, whatever its role.
It answers for names that no spelling and no list finds, so it is asked only across languages and only after those.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import regex
from numpy.typing import NDArray

from indexing.archive.word_vectors import WordEncoder, WordVectors

LONGEST_RUN = 4  # tokens of a quote that may stand for the words together
# A logistic regression on names of XQuAD sentences whose translation no spelling finds (864), and on places in which
# another name was put (596), in seven language pairs; of the former it takes 81 % where it takes 5 % of the latter.
NEAR, ALIKE, BIAS = 12.92, 31.93, -34.67
# Cosine of two texts from which they are about one thing. Below it are none of 300 XQuAD sentences and their
# translations, 6 % of questions with their answers beside the sentence in another language, 25 % of other sentences of
# the same article, 91 % of sentences of another article, and all orders to a machine beside a sentence of an article.
ABOUT = 0.805
# The same of a question and what is stated in answer: below it are 1 % of the sentences that answer a question in their
# language, 4 % in another one, and 95 % of sentences of other articles.
ASKED = 0.77

_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")


@dataclass(frozen=True, slots=True)
class Words:
    """A text with the vectors of its words."""

    text: str
    words: WordVectors


class AlignWords:
    """Compares words across languages by their vectors."""

    def __init__(self, words: WordEncoder) -> None:
        """Compare by the vectors of the bundled model, whatever the archive is encoded with."""
        self._words = words

    def encode(self, text: str) -> Words:
        """The words of a text, once for all comparisons."""
        return Words(text, self._words.encode(text))

    def likeness(self, statement: Words, span: tuple[int, int], quote: Words) -> float:
        """Log-odds that some words of the quote mean those at `span` of the statement; negative: they do not."""
        near, run = _nearest(statement.words, span, quote.words)
        meant = " ".join(
            word.group()
            for word in _WORD.finditer(quote.text)
            if word.start() < run[1] and run[0] < word.end()
        )
        if not meant:
            return -np.inf
        one, other = self._words.whole(statement.text[slice(*span)]), self._words.whole(meant)
        return NEAR * near + ALIKE * float(one @ other) + BIAS

    def is_about(self, statement: str, quotes: Sequence[str]) -> bool:
        """Whether one of the quotes, or all of them together, is about what the statement is about, in any language."""
        stated = self._words.whole(statement)
        together = [" ".join(quotes)] if len(quotes) > 1 else []
        return any(float(stated @ self._words.whole(quote)) >= ABOUT for quote in (*quotes, *together))

    def is_asked_for(self, statement: str, question: str) -> bool:
        """Whether a statement is about what was asked, in any language."""
        return float(self._words.whole(statement) @ self._words.whole(question)) >= ASKED


def _nearest(
    statement: WordVectors, span: tuple[int, int], quote: WordVectors
) -> tuple[float, tuple[int, int]]:
    """The highest cosine between the words at `span` and a run of the quote, and where that run stands."""
    inside = [
        place for place, (left, right) in enumerate(statement.places) if left < span[1] and span[0] < right
    ]
    best, where = -1.0, (0, 0)
    if not inside or not len(quote.vectors):
        return best, where
    word = statement.vectors[inside].mean(axis=0)
    word /= np.linalg.norm(word)
    summed = np.vstack([np.zeros_like(quote.vectors[:1]), np.cumsum(quote.vectors, axis=0)])
    for length in range(1, min(LONGEST_RUN, len(quote.vectors)) + 1):
        near = _cosines(summed[length:] - summed[:-length], word)
        first = int(near.argmax())
        if near[first] > best:
            best, where = float(near[first]), (quote.places[first][0], quote.places[first + length - 1][1])
    return best, where


def _cosines(rows: NDArray[np.float32], unit: NDArray[np.float32]) -> NDArray[np.float32]:
    cosines: NDArray[np.float32] = rows @ unit / np.linalg.norm(rows, axis=1)
    return cosines
