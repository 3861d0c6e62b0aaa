"""An English text in; its words whose part of speech is sure, and what the passage says already, out."""

import re
from collections.abc import Iterator, Sequence

from wordfreq import zipf_frequency

from training.held_question import HeldQuestion
from training.sister_terms import Reading, SisterTerms

ENGLISH_WORD = re.compile(r"(?<![\w'-])[a-z]{3,}(?![\w'-])")
FUNCTION_WORD = 6.3  # Zipf frequency: with, also, many
CLEAR = 4  # times as often one part of speech as the next one, else the words beside it have to tell


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Too general to make a difference, or what the question is put together with.
LIGHT = _words(
    "name names type types kind kinds sort term terms word words thing "
    "things person people part parts way ways reason "
    "reasons place places number amount time times year years date day "
    "days percentage many much most whose which what "
    "who when where why how does did was were are been being have has "
    "had do done make made makes making get got give "
    "given gave take took taken use used uses using go went gone come "
    "came know known knows say said says mean means "
    "happen happened become became find call called see seen think thought "
    "want wanted need needed feel felt look let put "
    "keep kept named title example item items area lot something "
    "anything someone anyone other another same such own "
    "some all able due long old last first next main one two three author reviewer user book product according"
)
ADJECTIVE_PREVIOUS = _words("the a an this that most more very of in what which how its their his her")
NOUN_PREVIOUS = ADJECTIVE_PREVIOUS | _words("on at for from by with to no and's many much whose some")
VERB_PREVIOUS = _words("to can could will would should may might must not who they he she it you")

# Never put in: they say of nearly everything what was said already.
VAGUE = _words(
    "seem show include provide feature contain appear present help try "
    "start begin require involve offer allow set run "
    "work hold leave become turn system object unit group side form "
    "piece device body structure activity work family "
    "boy guy man girl lady female male adult head member individual "
    "stuff material equipment machine key case matter "
    "point aspect detail factor element concept idea fact resident "
    "citizen figure section instance version occur "
    "all some any both let describe mention discuss view consider claim believe"
)


class EnglishWords:
    """Tells the words of English questions apart with WordNet."""

    def __init__(self, terms: SisterTerms) -> None:
        """`terms` is WordNet."""
        self.terms = terms

    def clear_words(self, text: str) -> Iterator[tuple[re.Match[str], Reading]]:
        """Content words whose part of speech is sure, from their frequency as such and the word before."""
        for word in ENGLISH_WORD.finditer(text):
            if word[0] in LIGHT or zipf_frequency(word[0], "en") > FUNCTION_WORD:
                continue
            readings = self.terms.readings(word[0])
            if not readings or readings[0].lemma in LIGHT:
                continue
            if len(readings) > 1 and readings[0].count < CLEAR * (readings[1].count + 1):
                reading = _by_place(text[: word.start()], readings)
            else:
                reading = readings[0]
            if reading is not None:
                yield word, reading

    def said(self, held: HeldQuestion) -> set[str]:
        """The lemmas of passage and question."""
        words = set(re.findall(r"[a-z]+", f"{held.passage} {held.text}".casefold()))
        return {lemma for word in words for lemma in self.terms.lemmas(word)}

    def is_said(self, lemma: str, part: str, said: set[str]) -> bool:
        """Whether the passage holds the word or one that says the same."""
        return lemma in said or bool(self.terms.synonyms(lemma, part) & said)

    def near(self, word: str) -> frozenset[str]:
        """The word and what is related to it, in any of its readings."""
        readings = self.terms.readings(word.casefold())
        related = (self.terms.related(reading.lemma, reading.part) for reading in readings)
        return frozenset((word.casefold(),)).union(*related)


def _by_place(before: str, readings: Sequence[Reading]) -> Reading | None:
    """The noun after an article or a preposition, the verb after `to` or a pronoun; None where nothing tells."""
    words = before.split()
    previous = words[-1].casefold() if words else ""
    if previous in NOUN_PREVIOUS and previous != "to":
        wanted = "n"
    elif previous in VERB_PREVIOUS:
        wanted = "v"
    else:
        return None
    fitting = [reading for reading in readings if reading.part == wanted and reading.count]
    return fitting[0] if fitting and fitting[0] is readings[0] else None
