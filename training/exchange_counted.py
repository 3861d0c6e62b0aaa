"""A question for how many in; the question for how many of something else out."""

import re
from collections import defaultdict

from training.english_words import EnglishWords
from training.held_question import HeldQuestion, base_language, draw_some, replaced
from training.training_data import TrainingData

COUNTED = re.compile(
    r"\b(how many(?= \w+s\b)|combien de|combien d['’]|cuántos|cuántas|berapa banyak|berapa jumlah) ?"
    r"(?!temps|fois|times?|tiempo|years|days|hours|others|of)([^\W\d_]{4,})",
    re.IGNORECASE,
)


class ExchangeCounted:
    """Puts in things that other questions count with the same words."""

    def __init__(self, data: TrainingData, words: EnglishWords | None) -> None:
        """Collect what is counted, by the words that ask."""
        self._words = words
        self._counted: dict[tuple[str, str], list[str]] = defaultdict(list)
        for question in data.questions:
            for found in COUNTED.finditer(question.text):
                self._counted[base_language(question), found[1].casefold()].append(found[2])

    def __call__(self, held: HeldQuestion) -> str | None:
        """Exchange what is counted by what is not related to it and not in the passage."""
        found = COUNTED.search(held.text)
        if found is None:
            return None
        near = self._words.near(found[2]) if self._words else frozenset((found[2].casefold(),))
        for new in draw_some(self._counted[held.language, found[1].casefold()], held.random):
            if new.casefold() not in near and not held.says(new.rstrip("s")):
                return replaced(held.text, found, new, group=2)
        return None
