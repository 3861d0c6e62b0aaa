"""A question beside its passage in; what the rules of near misses need of both, and the draws they share, out."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import regex

from training.training_data import TrainingQuestion

Random = np.random.Generator
Match = re.Match[str] | regex.Match[str]

UNSPACED = ("ja", "zh", "th")
ASKS_FOR_NAME = regex.compile(r"\b(?:name|nama|nom|nombre|called|stand for|mean|mort)\b", regex.IGNORECASE)
APART = 120  # code points from the answer: what stands further away may be told of something else
FEWEST_IN_POOL = 12
LATEST_YEAR = 2025
TRIES = 12


@dataclass(frozen=True, slots=True)
class HeldQuestion:
    """A question with all that its passage says."""

    question: TrainingQuestion
    passage: str
    random: Random

    @property
    def text(self) -> str:
        """The question as asked."""
        return self.question.text

    @property
    def language(self) -> str:
        """The first part of the language's tag."""
        return base_language(self.question)

    def says(self, new: str) -> bool:
        """Whether passage or question hold the text, as it is written there or in other case."""
        folded = new.casefold()
        return folded in self.passage.casefold() or folded in self.text.casefold()

    def another_number(self, old: int, least: int, most: int) -> int | None:
        """A number at least `least` and less than `most` away that neither holds; None for a year still to come."""
        new = old + int(self.random.integers(least, most)) * (1 if self.random.random() < 0.5 else -1)
        return None if self.says(str(new)) or old <= LATEST_YEAR < new else new


Rule = Callable[[HeldQuestion], str | None]


def base_language(question: TrainingQuestion) -> str:
    """The first part of the language's tag."""
    return question.language.split("-")[0]


def draw_some(pool: Sequence[str], random: Random) -> Iterator[str]:
    """A few of the pool, at random."""
    for _ in range(min(TRIES, 3 * len(pool))):
        yield pool[int(random.integers(len(pool)))]


def replaced(text: str, out: Match, new: str, group: int = 0) -> str:
    """The text with other words in the place of a match, or of one of its groups."""
    return text[: out.start(group)] + new + text[out.end(group) :]


def replaced_with_article(text: str, out: Match, new: str) -> str:
    """Replace, with a or an as it has to be."""
    before, after = text[: out.start()], text[out.end() :]
    if found := re.search(r"\b(a|an) $", before):
        before = before[: found.start()] + ("an " if new[0] in "aeiou" else "a ")
    return before + new + after
