"""An answerable question and its passage in; a question that the same passage only seems to answer out.

A reader that has seen only other passages as "not stated" takes any span of the right type in the right story for
the answer. So a name, a figure, what is counted, one noun, verb or adjective is exchanged, or a condition added that
the passage does not hold (the ways of the unanswerable questions of SQuAD 2.0, Rajpurkar et al. 2018, section 4), by
rules, in the question alone.
"""

import numpy as np

from training.add_condition import AddCondition
from training.english_words import EnglishWords
from training.exchange_counted import ExchangeCounted
from training.exchange_figure import exchange_figure
from training.exchange_name import ExchangeName
from training.exchange_noun import ExchangeNoun
from training.exchange_opposite import ExchangeOpposite
from training.exchange_verb import ExchangeVerb
from training.held_question import HeldQuestion, Random, Rule
from training.sister_terms import SisterTerms
from training.training_data import TrainingData, TrainingQuestion

WEIGHTS = {
    "name": 3.0,
    "noun": 3.0,
    "verb": 1.5,
    "opposite": 2.0,
    "figure": 2.0,
    "count": 1.5,
    "condition": 0.5,
}


class NearMisses:
    """Changes questions; what it puts in comes from WordNet and the other questions of the language."""

    def __init__(self, data: TrainingData, terms: SisterTerms | None = None) -> None:
        """Let every rule collect from all questions what it puts in."""
        english = any(question.language == "en" for question in data.questions)
        terms = terms or (SisterTerms() if english else None)
        words = EnglishWords(terms) if terms else None
        self._rules: dict[str, Rule] = {
            "name": ExchangeName(data, terms),
            "noun": ExchangeNoun(data, words),
            "verb": ExchangeVerb(data, words),
            "opposite": ExchangeOpposite(words),
            "figure": exchange_figure,
            "count": ExchangeCounted(data, words),
            "condition": AddCondition(data),
        }

    def change(self, question: TrainingQuestion, passage: str, random: Random) -> str | None:
        """Return the changed question, or None where no rule applies."""
        return self.change_and_way(question, passage, random)[0]

    def change_and_way(
        self, question: TrainingQuestion, passage: str, random: Random
    ) -> tuple[str | None, str]:
        """Return the changed question with the name of the rule that made it."""
        held = HeldQuestion(question, passage, random)
        weights = np.array(list(WEIGHTS.values()))
        names = list(WEIGHTS)
        for place in random.choice(len(names), len(names), replace=False, p=weights / weights.sum()):
            if changed := self._rules[names[int(place)]](held):
                return changed, names[int(place)]
        return None, ""
