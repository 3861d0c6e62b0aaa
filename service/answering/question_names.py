"""A question in, its names and figures out, and how far a text holds them in any spelling, inflection or script."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from service.answering.inflected_words import STEM, is_inflected, without_case
from service.answering.name_words import name_words
from service.answering.sound_of_name import Sound, sound_of_name, sounds_alike
from service.answering.words_of_text import CASED, UNSPACED, Word, has_capital, words_of_text
from service.answering.world_in_text import world_spans
from service.answering.world_names import fold
from service.answering.written_numbers import numbers_in


@dataclass(frozen=True, slots=True)
class Name:
    """A name or figure as it stands in a question (code points), with what else may stand for it."""

    text: str
    start: int
    end: int
    kind: Literal["word", "world", "number"]
    concepts: frozenset[str] = frozenset()
    values: frozenset[Decimal] = frozenset()

    @property
    def span(self) -> tuple[int, int]:
        """Where it stands."""
        return self.start, self.end


@dataclass(frozen=True, slots=True)
class PreparedText:
    """A text made ready for many names: words, countries and months, figures, and how its names sound."""

    language: str
    words: frozenset[str]
    stems: dict[str, tuple[str, ...]]
    concepts: frozenset[str]
    concepts_of: dict[str, frozenset[str]]
    values: frozenset[Decimal]
    sounds: dict[int, tuple[tuple[str, Sound], ...]]
    unspaced: str  # folded text where words are not parted by spaces, else empty


def named(question: str, language: str, is_common: Callable[[str], bool] | None = None) -> tuple[Name, ...]:
    """Names and figures of a question, in order.

    `is_common` (see `common_words`) leaves out words like City or Party, and lets the uncommon words of scripts
    without case count as names; without it those scripts give quotations, countries, months and figures only.
    """
    base = _base(language)
    words = words_of_text(question)
    found = [
        Name(question[start:end], start, end, "world", concepts)
        for start, end, concepts in world_spans(words, base)
        if _is_named_here(question, start, end, concepts)
    ]
    found += [
        Name(question[figure.start : figure.end], figure.start, figure.end, "number", values=figure.values)
        for figure in numbers_in(question)
    ]
    taken = [(name.start, name.end) for name in found]
    for word in name_words(question, words, base, is_common):
        if not any(start < word.end and word.start < end for start, end in taken):
            found.append(Name(word.text, word.start, word.end, "word"))
    return tuple(sorted(found, key=lambda name: (name.start, name.end)))


def prepare_text(text: str, language: str) -> PreparedText:
    """Make a passage (its article's title before it) ready; .6 ms for 700 characters, .04 ms a passage after that."""
    base = _base(language)
    words = words_of_text(text)
    concepts_of: dict[str, frozenset[str]] = {}
    every: set[str] = set()
    for start, end, concepts in world_spans(words, base):
        every |= concepts
        concepts_of.update((word.folded, concepts) for word in words if start <= word.start < end)
    folded_words = {word.folded for word in words}
    stems: dict[str, list[str]] = {}
    for folded in folded_words:
        stems.setdefault(folded[:STEM], []).append(folded)
    sounds: dict[int, list[tuple[str, Sound]]] = {}
    for folded, sound in _sounds(words):
        sounds.setdefault(len(sound.consonants), []).append((folded, sound))
    return PreparedText(
        base,
        frozenset(folded_words),
        {stem: tuple(same) for stem, same in stems.items()},
        frozenset(every),
        concepts_of,
        frozenset(value for figure in numbers_in(text) for value in figure.values),
        {key: tuple(same) for key, same in sounds.items()},
        fold(text).replace(" ", "") if UNSPACED.search(text) else "",
    )


def is_found(name: Name, text: PreparedText, language: str) -> bool | None:
    """Whether a text holds a name of a question in `language`; None where their scripts cannot be compared."""
    if name.kind == "number":
        return not name.values.isdisjoint(text.values)
    if name.kind == "world" and not name.concepts.isdisjoint(text.concepts):
        return True
    folded = fold(name.text).replace(" ", "")
    if folded in text.words or (text.unspaced and folded in text.unspaced):
        return True
    if name.kind == "world":
        return False
    base = _base(language)
    if any(is_inflected(folded, word, base) for word in text.stems.get(folded[:STEM], ())):
        return True
    if any(_sounds_found(sound, text, base) for sound in _readings(name.text)):
        return True
    return None if text.unspaced or UNSPACED.search(name.text) else False


def _sounds_found(sound: Sound, text: PreparedText, language: str) -> bool:
    length = len(sound.consonants)
    for near in (length, length - 1, length + 1):
        for word, other in text.sounds.get(near, ()):
            if word in text.concepts_of:
                continue  # Niger is not Nigeria
            if sound.full == other.full and len(sound.full) > 2:
                return True
            if (language != text.language or not sound.has_vowels) and sounds_alike(sound, other):
                return True
    return False


def _readings(word: str) -> tuple[Sound, ...]:
    """How a word sounds, and how without a Cyrillic case ending: Ньютоном is Newton."""
    bare = without_case(word)
    return (sound_of_name(word),) if bare == word else (sound_of_name(word), sound_of_name(bare))


def missing(names: Sequence[Name], text: PreparedText, language: str) -> tuple[Name, ...]:
    """The names that a text does not hold; those that cannot be compared are not among them."""
    return tuple(name for name in names if is_found(name, text, language) is False)


def share_found(names: Sequence[Name], text: str | PreparedText, language: str) -> float:
    """Share of a question's names that a text holds, 0 to 1; `language` is the question's; 1 without names.

    A plain text is taken to be in the question's language; prepare it with its own where that is another.
    """
    prepared = prepare_text(text, language) if isinstance(text, str) else text
    found = [is_found(name, prepared, language) for name in names]
    comparable = [one for one in found if one is not None]
    return sum(comparable) / len(comparable) if comparable else 1.0


def _is_named_here(question: str, start: int, end: int, concepts: frozenset[str]) -> bool:
    """Whether a country's or month's name is meant as one: capital where there are any; months beside figures."""
    written = question[start:end]
    if CASED.search(written) is None:
        return True
    if all(concept.startswith(("month", "day")) for concept in concepts):
        around = question[max(0, start - 6) : start] + question[end : end + 9]
        return any(sign.isnumeric() for sign in around)
    return has_capital(written)


def _sounds(words: Sequence[Word]) -> Iterator[tuple[str, Sound]]:
    """How the words sound that may be names: with a capital, or in a script without case."""
    seen: set[str] = set()
    for word in words:
        if word.folded in seen or word.folded.isnumeric() or (word.is_cased and not word.has_capital):
            continue
        seen.add(word.folded)
        parts = word.katakana() if word.is_unspaced else [word]
        yield from ((word.folded, sound) for part in parts for sound in _readings(part.text))


def _base(language: str) -> str:
    return language.replace("_", "-").split("-")[0].lower()
