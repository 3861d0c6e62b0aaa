"""Words of a statement and a quote in another language in; whether the quote means them, out.

Names that no spelling and no list finds are compared by vectors of the bundled encoder: the words in their context
beside the nearest run of the quote (word alignment, see indexing/archive/word_vectors.py), and the two by themselves.
The first knows that University and université have one role in the two sentences, the second that Boston is not Чикаго,
whatever its role. Contexts are encoded in small letters, so that capitals neither part a German noun from its
translation nor make a name of a word (Mayhew et al. 2020).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from indexing.archive.word_vectors import WordEncoder, WordVectors
from service.answering.written.name_signs import NameSigns, spelling
from service.answering.written.name_weights import NameWeights, name_weights
from service.answering.written.nearest_run import Span, nearest_run, tokens_at

# Cosine of two texts from which they are about one thing. Below it are none of 300 XQuAD sentences and their
# translations, 6 % of questions with their answers beside the sentence in another language, 25 % of other sentences of
# the same article, 91 % of sentences of another article, and all orders to a machine beside a sentence of an article.
ABOUT = 0.805
# The same of a question and what is stated in answer: below it are 1 % of the sentences that answer a question in their
# language, 4 % in another one, and 95 % of sentences of other articles.
ASKED = 0.77

_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_LATIN = regex.compile(r"\p{Latin}")


@dataclass(frozen=True, slots=True)
class Words:
    """A text with the vectors of its words."""

    text: str
    vectors: WordVectors


class AlignWords:
    """Compares words across languages by their vectors."""

    def __init__(self, words: WordEncoder, weights: NameWeights | None = None) -> None:
        """Compare by the vectors of the bundled model, whatever the archive is encoded with."""
        self._words = words
        self._weights = weights or name_weights()

    def encode(self, text: str) -> Words:
        """The words of a text, once for all comparisons."""
        return Words(text, self._words.encode(small_letters(text)))

    def name_odds(self, text: Words, span: Span) -> float:
        """Log-odds that the words at `span` are a name, whether or not they have a capital."""
        unit = tokens_at(text.vectors, span)
        return -5.0 if unit is None else self._weights.name_odds(unit)

    def is_name(self, text: Words, span: Span, german: bool) -> bool:
        """Whether the words at `span` are a name, where a capital does not tell."""
        return self.name_odds(text, span) >= self._weights.least_name(german)

    def is_meant(self, statement: Words, span: Span, quote: Words, is_common: bool, by_capital: bool) -> bool:
        """Whether some words of the quote mean those at `span`, which are a name by their capital or their vectors."""
        signs = self.signs(statement, span, quote, is_common)
        if signs is None:
            return False
        weights = self._weights
        pair = (
            weights.one_script
            if in_one_script(statement.text[slice(*span)], quote.text)
            else weights.across_scripts
        )
        return pair.log_odds(signs, by_capital) >= pair.least

    def signs(self, statement: Words, span: Span, quote: Words, is_common: bool) -> NameSigns | None:
        """The signs of the words at `span` and the run of the quote nearest to them; None: there is no such run."""
        near, run = nearest_run(statement.vectors, span, quote.vectors)
        there = [one for one in _WORD.finditer(quote.text) if one.start() < run[1] and run[0] < one.end()]
        if not there:
            return None
        run = (there[0].start(), there[-1].end())
        near_back, back = nearest_run(quote.vectors, run, statement.vectors)
        words = statement.text[slice(*span)]
        written = [one.group() for one in there]
        alike = self._words.whole(words) @ self._words.whole(" ".join(written))
        return NameSigns(
            near,
            float(alike),
            self.name_odds(statement, span),
            self.name_odds(quote, run),
            back[0] < span[1] and span[0] < back[1],
            near_back,
            is_common,
            spelling(words, written),
            spelling(words, _WORD.findall(quote.text)),
        )

    def is_about(self, statement: str, quotes: Sequence[str]) -> bool:
        """Whether one of the quotes, or all of them together, is about what the statement is about, in any language."""
        stated = self._words.whole(statement)
        together = [" ".join(quotes)] if len(quotes) > 1 else []
        return any(float(stated @ self._words.whole(quote)) >= ABOUT for quote in (*quotes, *together))

    def is_asked_for(self, statement: str, question: str) -> bool:
        """Whether a statement is about what was asked, in any language."""
        return float(self._words.whole(statement) @ self._words.whole(question)) >= ASKED


def small_letters(text: str) -> str:
    """A text without capitals, each letter in its place."""
    return "".join(sign.lower() if len(sign.lower()) == 1 else sign for sign in text)


def in_one_script(word: str, text: str) -> bool:
    """Whether a word and a text are both in Latin letters, or neither is."""
    return _is_latin(word) == _is_latin(text)


def _is_latin(text: str) -> bool:
    """Whether most letters of a text are Latin."""
    return 2 * len(_LATIN.findall(text)) > sum(sign.isalpha() for sign in text)
