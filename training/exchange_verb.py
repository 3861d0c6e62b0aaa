"""An English question with a verb in; the question with a verb that means something else out."""

import re
from collections import defaultdict

from wordfreq import zipf_frequency

from training.english_words import FUNCTION_WORD, VAGUE, EnglishWords
from training.held_question import HeldQuestion, draw_some, replaced
from training.sister_terms import Form
from training.training_data import TrainingData

MOST_READ = 20_000  # questions: more of them name no new verbs, and take seconds
RAREST_VERB = 3.5  # Zipf frequency


class ExchangeVerb:
    """Puts in verbs that other questions have in the same place."""

    def __init__(self, data: TrainingData, words: EnglishWords | None) -> None:
        """Collect the verbs of the English questions, by what they stand between."""
        self._words = words
        self._frames: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        questions = [question.text for question in data.questions if question.language == "en"]
        if words is not None:
            for text in questions[:: max(1, len(questions) // MOST_READ)]:
                for out, reading in words.clear_words(text):
                    if reading.part == "v" and zipf_frequency(reading.lemma, "en") > RAREST_VERB:
                        self._frames[_frame(out, reading.form)].append(out[0])

    def __call__(self, held: HeldQuestion) -> str | None:
        """Exchange a verb by one that other questions have in its place and that means something else."""
        if held.language != "en" or self._words is None:
            return None
        terms = self._words.terms
        verbs = [pair for pair in self._words.clear_words(held.text) if pair[1].part == "v"]
        said = self._words.said(held)
        for place in held.random.permutation(len(verbs)):
            out, reading = verbs[int(place)]
            related = terms.related(reading.lemma, "v")
            for new in draw_some(self._frames[_frame(out, reading.form)], held.random):
                lemma = terms.readings(new)[0].lemma
                apart = terms.field(lemma, "v") != terms.field(reading.lemma, "v")
                if apart and lemma not in related | VAGUE and not self._words.is_said(lemma, "v", said):
                    return replaced(held.text, out, new)
        return None


def _frame(word: re.Match[str], form: Form) -> tuple[str, str, str]:
    """What a verb stands between, as far as function words tell; the same verbs fit there."""
    before = re.search(r"([a-z]+)\W*$", word.string[: word.start()].casefold())
    after = re.match(r"\W*([a-z]+)", word.string[word.end() :].casefold())
    sides = (found[1] if found else "" for found in (before, after))
    left, right = (side if not side or zipf_frequency(side, "en") > FUNCTION_WORD else "*" for side in sides)
    return str(form), left, right
