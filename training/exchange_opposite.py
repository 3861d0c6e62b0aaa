"""A question in; the question with a word exchanged by its opposite out."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import regex

from training.english_words import VAGUE, EnglishWords
from training.held_question import UNSPACED, HeldQuestion, Match, replaced, replaced_with_article

OPPOSITES = Path(__file__).with_name("opposites.tsv")  # language, a word, its opposite
NO_OPPOSITE = regex.compile(  # last names, the first world war; the verb last
    r"\w+\s*(?:names?|week|year|month|time|world|war|verdenskrig|guerre|guerra|minist\w+)\b|"
    r"(?<=\bhow )\w+\b|(?:last|first)\s*(?:\W|$|(?:for|in|on|until|after|with|at|to)\b)",
    regex.IGNORECASE,
)


class ExchangeOpposite:
    """Puts in opposites of a small table, in English those of WordNet too."""

    def __init__(self, words: EnglishWords | None) -> None:
        """Read the table."""
        self._words = words
        self._opposites = read_opposites()

    def __call__(self, held: HeldQuestion) -> str | None:
        """Exchange a word, unless the passage holds its opposite."""
        choices = list(self._from_table(held))
        if held.language == "en":
            choices += self._from_wordnet(held)
            choices = [(out, new) for out, new in choices if not NO_OPPOSITE.match(held.text, out.start())]
        if not choices:
            return None
        out, new = choices[int(held.random.integers(len(choices)))]
        apart = "" if held.language in UNSPACED else r"\b"
        if regex.search(apart + regex.escape(new) + apart, f"{held.passage} {held.text}", regex.IGNORECASE):
            return None  # the passage may tell that too
        new = new.capitalize() if out[0].istitle() else new
        return (
            replaced_with_article(held.text, out, new)
            if held.language == "en"
            else replaced(held.text, out, new)
        )

    def _from_table(self, held: HeldQuestion) -> Iterator[tuple[Match, str]]:
        table = self._opposites.get(held.language, {})
        found: Iterable[Match | None]
        if held.language in UNSPACED:
            found = (regex.search(regex.escape(old), held.text) for old in table)
        else:
            found = regex.finditer(r"\w+", held.text)
        for out in found:
            if out is not None and (new := table.get(out[0].casefold())):
                yield out, new

    def _from_wordnet(self, held: HeldQuestion) -> Iterator[tuple[Match, str]]:
        """Of adjectives and verbs."""
        if self._words is None:
            return
        for out, reading in self._words.clear_words(held.text):
            if reading.part in "av":
                for lemma in self._words.terms.opposites(reading.lemma, reading.part):
                    new = self._words.terms.inflected(lemma, reading.part, reading.form)
                    if new and lemma not in VAGUE:
                        yield out, new


def read_opposites(path: Path = OPPOSITES) -> dict[str, dict[str, str]]:
    """By language, each word with its opposite, both ways; of a word with several the first one."""
    tables: dict[str, dict[str, str]] = defaultdict(dict)
    for row in path.read_text("utf-8").splitlines():
        language, left, right = row.split("\t")
        tables[language].setdefault(left, right)
        tables[language].setdefault(right, left)
    return dict(tables)
