"""A question in; what in its words says that it follows on another one, and what it says beside that, out.

The words stand in `follow_up_words.toml`.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import regex

from service.answering.words_of_text import UNSPACED

TABLE = Path(__file__).with_name("follow_up_words.toml")
_MARKS = regex.compile(r"^[\s\p{P}]+")


@dataclass(frozen=True, slots=True)
class FollowUpWords:
    """What a question's words say of the one before."""

    opens: bool
    """It begins with a word that joins it: "And via Khorog?"."""
    refers: bool
    """A word of it stands for something that was named before."""
    corrects: bool
    bare: str
    """The question without the words that join or correct."""


def follow_up_words(question: str, languages: Iterable[str]) -> FollowUpWords:
    """Look at a question that may be in one of these languages; nothing is found in those without a table."""
    bare, corrects, opens, refers = question.strip(), False, False, False
    for language in languages:
        words = _words(language)
        if words is None:
            continue
        if correcting := words.correcting.search(bare.casefold()):
            corrects = True
            bare = _without(bare, correcting)
        if opening := words.opening.match(_MARKS.sub("", bare.casefold())):
            skipped = len(bare) - len(_MARKS.sub("", bare))
            opens = True
            bare = bare[skipped + opening.end() :]
        refers = refers or words.referring.search(bare.casefold()) is not None
    return FollowUpWords(opens, refers, corrects, _MARKS.sub("", bare) if opens or corrects else bare)


def languages_with_follow_ups() -> frozenset[str]:
    """The languages of the table."""
    return frozenset(_table())


@dataclass(frozen=True, slots=True)
class _Words:
    opening: regex.Pattern[str]
    referring: regex.Pattern[str]
    correcting: regex.Pattern[str]


@lru_cache(maxsize=64)
def _words(language: str) -> _Words | None:
    table = _table().get(language)
    if table is None:
        return None
    return _Words(*(_pattern(table[kind]) for kind in ("opening", "referring", "correcting")))


def _pattern(ways: list[str]) -> regex.Pattern[str]:
    joined = "|".join(ways)
    if any(map(UNSPACED.search, ways)):
        return regex.compile(joined)
    return regex.compile(rf"(?<![\p{{L}}\p{{M}}])(?:{joined})(?![\p{{L}}\p{{M}}])")


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, list[str]]]:
    languages: dict[str, dict[str, list[str]]] = tomllib.loads(TABLE.read_text("utf-8"))["languages"]
    return languages


def _without(text: str, match: regex.Match[str]) -> str:
    """The text without what was found in its small letters; as it is where these have another length."""
    if len(text) != len(text.casefold()):
        return text
    return f"{text[: match.start()]} {text[match.end() :]}".strip()
