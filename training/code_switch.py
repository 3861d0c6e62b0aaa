"""A text and dictionaries in, the same text with a share of its words in another language out, answers kept exact."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random

import regex
import simplemma

from training.dictionaries import Dictionary

# Question words and the commonest function words, which dictionaries give badly: one row a meaning, one column a
# language. In a cell: the forms to write, parted by "/"; after ";" forms that are only read; "-": the word is dropped.
FUNCTION_WORDS = Path(__file__).with_name("function_words.tsv")

_LONGEST_PHRASE = 4  # words
_LONGEST_UNSPACED = 8  # letters
_UNSPACED = frozenset({"ja", "zh", "th"})
_LEMMAS = frozenset(
    {
        "ar",
        "cs",
        "da",
        "de",
        "el",
        "en",
        "es",
        "fi",
        "fr",
        "id",
        "it",
        "nb",
        "nl",
        "pl",
        "pt",
        "ru",
        "sv",
        "tr",
    }
)

Spans = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Switched:
    """The new text; `keep`: where the kept spans stand in it, in their order; `switched`: how many units changed."""

    text: str
    keep: tuple[tuple[int, int], ...]
    switched: int


@dataclass(frozen=True, slots=True)
class _Unit:
    """Words start:end that are replaced together, and by what one may choose; an empty choice drops them."""

    start: int
    end: int
    choices: tuple[str, ...]


def code_switch(
    text: str,
    dictionaries: Dictionary | Sequence[Dictionary],
    share: float,
    random: Random,
    keep: Spans = (),
    names: bool = False,
) -> Switched:
    """Replace about `share` (0 to 1) of the words that have a translation; with several dictionaries, one a word.

    Numbers and the `keep` spans stay as they are; so do names (capitals inside a sentence), but with `names` those
    that the dictionary has as names, countries for the most part, are replaced too. Raises ValueError where the
    dictionaries differ in source language or a span lies outside the text.
    """
    several = [dictionaries] if isinstance(dictionaries, Dictionary) else list(dictionaries)
    _check(text, several, share, keep)
    untouched = [(start, end) for start, end in keep if start < end]
    tokens = _tokens(text, several, untouched)
    edits: list[tuple[int, int, str]] = []
    place = 0
    opens = False  # the words before were dropped, and opened the sentence
    while place < len(tokens):
        dictionary = several[0] if len(several) == 1 else random.choice(several)
        unit, used = _unit(text, tokens, place, dictionary)
        if unit is None and names and tokens[place].name:
            unit = _name_unit(text, tokens[place], dictionary)
        opens = opens or tokens[place].first
        place += used
        if unit is not None and random.random() < share:
            edit = _edit(text, unit, random.choice(unit.choices), opens, untouched)
            edits.append(edit)
            opens = opens and not edit[2]
        else:
            opens = False
    return _apply(text, edits, keep)


def _check(text: str, several: list[Dictionary], share: float, keep: Spans) -> None:
    if not several:
        raise ValueError("No dictionary given; give at least one.")
    if len({d.source for d in several}) > 1:
        pairs = ", ".join(f"{d.source}-{d.target}" for d in several)
        raise ValueError(
            f"Dictionaries of several source languages ({pairs}); give those of the text's language."
        )
    if not 0 <= share <= 1:
        raise ValueError(f"share is {share}; it has to lie between 0 and 1.")
    for start, end in keep:
        if not 0 <= start <= end <= len(text):
            raise ValueError(f"Span {start}:{end} lies outside a text of {len(text)} characters.")


# Tokens: letters only, so that numbers and marks stay; French elisions and inverted pronouns stand alone.

_WORD = r"[\p{L}\p{M}]+(?:-[\p{L}\p{M}]+)*"
_INVERTED = r"-(?:t-)?(?:ils?|elles?|on|ce)\b"
_TOKEN = {
    "en": regex.compile(
        rf"(?<=\p{{L}})['’]s\b|(?<![\p{{L}}\p{{N}}])(?:[\p{{L}}]+n['’]t\b|{_WORD})(?!\p{{N}})",
        regex.IGNORECASE,
    ),
    "fr": regex.compile(
        r"(?<![\p{L}\p{N}])(?:jusqu|lorsqu|puisqu|quelqu|qu|[cdjlmnst])['’](?=\p{L})"
        rf"|(?<=\p{{L}}){_INVERTED}"
        rf"|(?<![\p{{L}}\p{{N}}])[\p{{L}}\p{{M}}]+(?:(?!{_INVERTED})-[\p{{L}}\p{{M}}]+)*(?!\p{{N}})",
        regex.IGNORECASE,
    ),
}
_ANY_TOKEN = regex.compile(rf"(?<![\p{{L}}\p{{N}}]){_WORD}(?!\p{{N}})")
_UNSPACED_RUN = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}ー]+")
_SENTENCE_START = regex.compile(r"(?:^|[.?!:;¿¡…\n])[\s\p{P}]*$")


@dataclass(frozen=True, slots=True)
class _Token:
    start: int
    end: int
    name: bool  # a capital inside a sentence, or capitals only
    first: bool  # of a sentence


def _tokens(text: str, dictionaries: list[Dictionary], untouched: Spans) -> list[_Token]:
    """The words that may be replaced: none that touches a kept span."""
    language = dictionaries[0].source
    if language in _UNSPACED:
        spans = [span for run in _UNSPACED_RUN.finditer(text) for span in _segment(run, dictionaries)]
    else:
        spans = [match.span() for match in _TOKEN.get(language, _ANY_TOKEN).finditer(text)]
    return [
        _token(text, start, end)
        for start, end in spans
        if not any(start < kept_end and kept_start < end for kept_start, kept_end in untouched)
    ]


def _token(text: str, start: int, end: int) -> _Token:
    first = _SENTENCE_START.search(text[:start][-8:]) is not None and (
        start <= 8 or not text[start - 1].isalnum()
    )
    word = text[start:end]
    return _Token(start, end, word[0].isupper() and (not first or (len(word) > 1 and word.isupper())), first)


def _segment(run: regex.Match[str], dictionaries: list[Dictionary]) -> list[tuple[int, int]]:
    """Words of a run without blanks: from its start on, each time the longest that a dictionary has."""
    letters = run.group()
    known = [d.translations for d in dictionaries] + [
        function_words(d.source, d.target) for d in dictionaries
    ]
    spans: list[tuple[int, int]] = []
    place = 0
    while place < len(letters):
        for length in range(min(_LONGEST_UNSPACED, len(letters) - place), 1, -1):
            if any(letters[place : place + length] in table for table in known):
                spans.append((run.start() + place, run.start() + place + length))
                break
        else:
            length = (
                1  # single letters are mostly parts of words: never replaced, unless they are the whole run
            )
            if len(letters) == 1:
                spans.append(run.span())
        place += length
    return spans


def _unit(text: str, tokens: list[_Token], place: int, dictionary: Dictionary) -> tuple[_Unit | None, int]:
    """The longest run of words from `place` on that has a translation, and how many words it takes."""
    table = function_words(dictionary.source, dictionary.target)
    for count in range(min(_LONGEST_PHRASE, len(tokens) - place), 0, -1):
        run = tokens[place : place + count]
        if any(token.name for token in run) or not _adjacent(text, run):
            continue
        phrase = _plain(text[run[0].start : run[-1].end])
        choices = table.get(phrase)
        if choices is None:
            choices = _look_up(phrase, count, dictionary)
        if choices is not None:
            return _Unit(run[0].start, run[-1].end, choices), count
    return None, 1


def _name_unit(text: str, token: _Token, dictionary: Dictionary) -> _Unit | None:
    found = dictionary.names.get(_plain(text[token.start : token.end]))
    return None if found is None else _Unit(token.start, token.end, found[:1])


def _adjacent(text: str, run: list[_Token]) -> bool:
    return all(text[one.end : other.start] in ("", " ") for one, other in pairwise(run))


def _plain(phrase: str) -> str:
    return phrase.lower().replace("’", "'")


def _look_up(phrase: str, count: int, dictionary: Dictionary) -> tuple[str, ...] | None:
    """The likeliest translation of a word as it stands, or else of its lemma."""
    found = dictionary.translations.get(phrase)
    if found is None and count == 1:
        found = dictionary.translations.get(lemma(phrase, dictionary.source))
    return None if found is None else found[:1]


@cache
def lemma(word: str, language: str) -> str:
    """The dictionary form of a lower-case word ("discovered": discover), or the word itself."""
    return simplemma.lemmatize(word, lang=language).lower() if language in _LEMMAS else word


@cache
def function_words(source: str, target: str) -> dict[str, tuple[str, ...]]:
    """Forms of `source` in lower case, each with the forms of `target` to choose from; "" drops the word."""
    rows = [line.split("\t") for line in FUNCTION_WORDS.read_text(encoding="utf-8").splitlines()]
    languages = rows[0]
    if source not in languages or target not in languages:
        return {}
    table: dict[str, tuple[str, ...]] = {}
    for row in rows[1:]:
        read, write = row[languages.index(source)], row[languages.index(target)]
        choices = tuple("" if form == "-" else form for form in write.split(";")[0].split("/"))
        for form in read.replace(";", "/").split("/"):
            if form != "-":
                table.setdefault(form.lower(), choices)
    return table


# Edits: from left to right, never inside a kept span, so that a span moves by what grew before it.


def _edit(text: str, unit: _Unit, words: str, opens: bool, untouched: Spans) -> tuple[int, int, str]:
    start, end = unit.start, unit.end
    before, after = text[start - 1 : start], text[end : end + 1]
    if not words:
        # A dropped word takes the blank behind it along.
        blank = after == " " and (before in ("", " ") or before in '([«“"')
        kept = any(kept_start <= end < kept_end for kept_start, kept_end in untouched)
        return start, end + (blank and not kept), ""
    if opens:
        words = words[0].upper() + words[1:]
    if before.isalnum():
        words = " " + words
    if after.isalnum() or (after and text[end - 1] in "'’"):
        words += " "
    return start, end, words


def _apply(text: str, edits: list[tuple[int, int, str]], keep: Spans) -> Switched:
    parts: list[str] = []
    done = 0
    for start, end, words in edits:
        parts += [text[done:start], words]
        done = end
    parts.append(text[done:])
    moved = tuple((_moved(start, edits), _moved(end, edits)) for start, end in keep)
    return Switched("".join(parts), moved, len(edits))


def _moved(place: int, edits: list[tuple[int, int, str]]) -> int:
    """A place outside of all edits, counted in the new text (one at which an edit begins stays before it)."""
    return place + sum(len(words) - (end - start) for start, end, words in edits if end <= place)
