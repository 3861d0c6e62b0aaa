"""A question with a noun in; the question with a noun of the same kind that its passage does not tell of out."""

from collections import defaultdict

import regex

from training.english_words import VAGUE, EnglishWords
from training.held_question import (
    ASKS_FOR_NAME,
    FEWEST_IN_POOL,
    HeldQuestion,
    base_language,
    draw_some,
    replaced,
    replaced_with_article,
)
from training.sister_terms import SAME_START
from training.training_data import TrainingData

# Where no WordNet tells the nouns: what stands after these; in Indonesian after any word.
BEFORE_NOUN = {
    "fr": "la|le|du|une|un|des|les|quelle?s?",
    "es": "la|el|del|una|un|los|las|qué",
    "id": r"(?!yang|tidak|berapa)\p{L}+",
}
NOUN_IN_PLACE = {
    language: regex.compile(
        rf"\b(?i:({before})) (?!yang|pada|dalam|adalah|tahun|dengan|seraient|"
        rf"serait|étai|furent|seront)(\p{{Ll}}{{5,}})\b(?! \p{{Lu}})"
    )
    for language, before in BEFORE_NOUN.items()
}


class ExchangeNoun:
    """Puts in a sister term in English, elsewhere a noun that other questions have after the same word."""

    def __init__(self, data: TrainingData, words: EnglishWords | None) -> None:
        """Collect the nouns of the languages that have no WordNet here, by the word before."""
        self._words = words
        self._placed: dict[tuple[str, str], list[str]] = defaultdict(list)
        for question in data.questions:
            language = base_language(question)
            if language in NOUN_IN_PLACE:
                for found in NOUN_IN_PLACE[language].finditer(question.text):
                    self._placed[language, found[1].casefold()].append(found[2])

    def __call__(self, held: HeldQuestion) -> str | None:
        """Exchange a noun by another kind of the same kind; first one that the passage holds."""
        if held.language in NOUN_IN_PLACE:
            return self._in_place(held)
        if held.language != "en" or self._words is None:
            return None
        nouns = [pair for pair in self._words.clear_words(held.text) if pair[1].part == "n"]
        said = self._words.said(held)
        inside = [pair for pair in nouns if pair[1].lemma in said] or nouns
        for place in held.random.permutation(len(inside)):
            out, reading = inside[int(place)]
            for lemma in draw_some(self._words.terms.sisters(reading.lemma, "n"), held.random):
                new = self._words.terms.inflected(lemma, "n", reading.form)
                if new and lemma not in VAGUE and not self._words.is_said(lemma, "n", said):
                    return replaced_with_article(held.text, out, new)
        return None

    def _in_place(self, held: HeldQuestion) -> str | None:
        """Exchange a noun that the passage holds by one that other questions have after the same word."""
        found = [noun for noun in NOUN_IN_PLACE[held.language].finditer(held.text) if noun[2] in held.passage]
        if not found or ASKS_FOR_NAME.fullmatch(found[0][2]):
            return None
        out = found[int(held.random.integers(len(found)))]
        pool = self._placed[held.language, out[1].casefold()]
        for new in draw_some(pool if len(pool) >= FEWEST_IN_POOL else [], held.random):
            if new[:SAME_START] != out[2][:SAME_START] and not held.says(new[:-1]):
                return replaced(held.text, out, new, group=2)
        return None
