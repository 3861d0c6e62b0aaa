"""A training example in one language in; its question, or its passage too, in another one out, word by word.

The training data never crosses languages, so question and passage are taken apart here: code switching (CoSDA-ML, Qin
et al. 2020) from free dictionaries. Names written in another script where the other language has one.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from random import Random

import numpy as np
import regex
from cyrtranslit import to_cyrillic

from training.code_switch import code_switch
from training.dictionaries import Dictionary
from training.examples import Piece

MIXED = 0.1  # of switched questions take each word from a language of its own
WHOLE = 0.75  # of the switched texts are switched as far as the dictionaries go, the others in part
FEWEST = 0.3  # of the words must have been switched, else the text stays as it is
MOST_MIXED = 4
NAMES = 0.5  # of the texts have the names that the dictionary knows switched too (England, Англия)
CYRILLIC = (
    0.8  # of questions put into Russian have their names in its script: no passage of the data is Russian
)
_LATIN_NAME = regex.compile(r"\b\p{Lu}[\p{Latin}\p{M}'’-]*\p{Ll}[\p{Latin}\p{M}'’-]*")


class OtherLanguages:
    """Switches questions and passages into any of the languages that there is a dictionary for."""

    def __init__(self, dictionaries: Sequence[Dictionary], weights: Mapping[str, float]) -> None:
        """Take dictionaries by language pair; `weights` says how often a target is wanted (others: 1)."""
        self._of: dict[str, list[Dictionary]] = defaultdict(list)
        for dictionary in dictionaries:
            self._of[dictionary.source].append(dictionary)
        self._weights = weights

    def question(self, text: str, language: str, random: np.random.Generator) -> str | None:
        """Return the question in another language, None where it cannot be told there."""
        switched = self._switched(Piece(text, None), language, random)
        if switched is None:
            return None
        russian = regex.search(r"\p{Cyrillic}{3}", switched.text) is not None
        return _names_in_cyrillic(switched.text) if russian and random.random() < CYRILLIC else switched.text

    def passage(
        self, text: str, language: str, answer: tuple[int, int] | None, random: np.random.Generator
    ) -> Piece | None:
        """Return the passage in another language, its answer kept as it was written."""
        return self._switched(Piece(text, answer), language, random)

    def _switched(self, piece: Piece, language: str, random: np.random.Generator) -> Piece | None:
        choices = self._of.get(language.split("-")[0])
        if not choices:
            return None
        chosen = self._choose(choices, random)
        share = 1.0 if random.random() < WHOLE else float(random.uniform(FEWEST, 1.0))
        keep = [] if piece.answer is None else [piece.answer]
        seed, names = Random(int(random.integers(1 << 62))), random.random() < NAMES
        result = code_switch(piece.text, chosen, share, seed, keep, names)
        if result.switched < FEWEST * len(piece.text.split()):
            return None
        return Piece(result.text, result.keep[0] if piece.answer is not None else None)

    def _choose(self, choices: list[Dictionary], random: np.random.Generator) -> list[Dictionary]:
        wanted = np.array([self._weights.get(dictionary.target, 1.0) for dictionary in choices])
        count = min(MOST_MIXED, len(choices)) if random.random() < MIXED else 1
        places = random.choice(len(choices), size=count, replace=False, p=wanted / wanted.sum())
        return [choices[int(place)] for place in places]


def _names_in_cyrillic(text: str) -> str:
    """Write the words that begin with a Latin capital as Russian would, by their letters."""

    def written(name: regex.Match[str]) -> str:
        cyrillic = str(to_cyrillic(name[0], "ru"))
        return cyrillic if regex.fullmatch(r"[\p{Cyrillic}\p{M}'’-]+", cyrillic) else name[0]

    return _LATIN_NAME.sub(written, text)
