"""A question in; its language, the languages it may be in, and its standalone wording out."""

import math
from dataclasses import dataclass

import py3langid
from haystack import component

from service.answering.events import Status, tell
from service.answering.question import Question

UNDETERMINED = "und"
LIKELY = 0.1  # probability: of XQuAD's questions 99.9 % have their language among those at or above it
# What the detector calls by a name of its own and the press writes in one.
SAME = {"wuu": "zh", "yue": "zh", "arz": "ar", "ary": "ar", "nb": "no", "nn": "no", "pcm": "en"}


@dataclass(frozen=True, slots=True)
class Understood:
    """A question with what was understood of it; `languages` are base languages, likeliest first."""

    question: Question
    standalone: str
    language: str
    languages: tuple[str, ...]


@component
class UnderstandQuestion:
    """First step of answering; runs alone: `UnderstandQuestion().run(question=Question("Wer kam?"))`."""

    def warm_up(self) -> None:
        """Load the detector's model, so that the first question does not wait for it."""
        py3langid.rank("warm")

    @component.output_types(understood=Understood)
    def run(self, question: Question) -> dict[str, Understood]:
        """Detect the language; the standalone wording is the question itself until follow-ups come."""
        tell(Status("understanding"))
        text = question.text.strip()
        languages = likely_languages(text)
        return {"understood": Understood(question, text, languages[0], languages)}


def likely_languages(text: str) -> tuple[str, ...]:
    """The languages that a short text may be in, likeliest first: a short question is often misjudged."""
    if not any(character.isalpha() for character in text):
        return (UNDETERMINED,)
    ranked = py3langid.rank(text)
    highest = ranked[0][1]
    odds: dict[str, float] = {}
    for name, score in ranked:
        odds[SAME.get(name, name)] = odds.get(SAME.get(name, name), 0.0) + math.exp(score - highest)
    total = sum(odds.values())
    best = sorted(odds.items(), key=lambda item: -item[1])
    return tuple(name for name, value in best if value >= LIKELY * total) or (best[0][0],)
