"""The words of a text in; the countries, regions and months that it names, at their places, out."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import regex

from service.answering.inflected_words import STEM, is_inflected, letters_shared
from service.answering.words_of_text import UNSPACED, Word
from service.answering.world_names import LONGEST, world_names

SHORT_STEM = 3  # of a word among several: Южной Америке
# The month that is written with three small letters in many languages; English "may" is another word.
_MAY = frozenset(("mai", "mei", "maj", "май", "мая", "мае", "маю"))


def world_spans(words: Sequence[Word], language: str) -> Iterator[tuple[int, int, frozenset[str]]]:
    """Start, end and concepts of the longest names of countries, regions and months, in any case ending."""
    place = 0
    while place < len(words):
        if words[place].is_unspaced:
            yield from _world_inside(words[place], language)
            place += 1
            continue
        step = 1
        for length in _world_lengths(language).get(words[place].folded[:3], ()):
            if place + length > len(words):
                continue
            run = words[place : place + length]
            concepts = _world_of(tuple(word.folded for word in run), language)
            if concepts and (length > 1 or _may_be_world(run[0])):
                yield run[0].start, run[-1].end, concepts
                step = length
                break
        place += step


def _may_be_world(word: Word) -> bool:
    """Abbreviations count in capitals only: "us" is no country."""
    written = word.text
    return (
        len(written) > 3
        or written.isupper()
        or not word.is_cased
        or (word.has_capital and len(written) > 2)
        or word.folded in _MAY
    )


def _world_of(words: tuple[str, ...], language: str) -> frozenset[str]:
    exact = world_names(language).get(" ".join(words))
    if exact:
        return exact
    best: tuple[int, frozenset[str]] = (0, frozenset())
    stem = STEM if len(words) == 1 else SHORT_STEM
    for known, concepts in _world_by_start(language).get((words[0][:3], len(words)), ()):
        pairs = list(zip(words, known, strict=True))
        if all(word == other or is_inflected(word, other, language, stem) for word, other in pairs):
            # Of Niger and Nigeria the one that shares more of the word, then the one that adds less to it.
            closeness = sum(10 * letters_shared(word, other) - len(other) for word, other in pairs)
            best = max(best, (closeness, concepts), key=lambda one: one[0])
    return best[1]


@lru_cache(maxsize=64)
def _world_by_start(language: str) -> dict[tuple[str, int], list[tuple[tuple[str, ...], frozenset[str]]]]:
    known: dict[tuple[str, int], list[tuple[tuple[str, ...], frozenset[str]]]] = {}
    for name, concepts in world_names(language).items():
        words = tuple(name.split())
        known.setdefault((words[0][:3], len(words)), []).append((words, concepts))
    return known


@lru_cache(maxsize=64)
def _world_lengths(language: str) -> dict[str, tuple[int, ...]]:
    """Numbers of words, most first, of the names that begin with three letters: most words begin none."""
    lengths: dict[str, set[int]] = {}
    for start, length in _world_by_start(language):
        if length <= LONGEST:
            lengths.setdefault(start, set()).add(length)
    return {start: tuple(sorted(found, reverse=True)) for start, found in lengths.items()}


@lru_cache(maxsize=64)
def _world_pattern(language: str) -> regex.Pattern[str]:
    """Names that may stand inside a run of a script without spaces, longest first."""
    names = sorted((name for name in world_names(language) if UNSPACED.search(name)), key=len, reverse=True)
    return regex.compile("|".join(regex.escape(name.replace(" ", "")) for name in names) or r"(?!)")


def _world_inside(word: Word, language: str) -> Iterator[tuple[int, int, frozenset[str]]]:
    if len(word.folded) != len(word.text):
        return
    for match in _world_pattern(language).finditer(word.folded):
        concepts = world_names(language).get(match.group())
        if concepts:
            yield word.start + match.start(), word.start + match.end(), concepts
