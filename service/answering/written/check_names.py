"""A written statement and its quotes in; the names and dates in it that no quote has, in spelling or meaning, out.

Across languages whatever has a capital is a name, and so are countries, months, and uncommon words of scripts without
capitals. A German noun and the first word of a sentence count when their vectors say so (see align_words).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import regex

from service.answering.name_words import is_no_name, opens_sentence
from service.answering.question_names import Name, PreparedText, is_found, named, prepare_text
from service.answering.words_of_text import Word, words_of_text
from service.answering.world_in_text import world_spans
from service.answering.written.align_words import AlignWords
from service.answering.written.quoted import Quoted

# 05.07.2021, 5/7/2021, 2021-07-05
_DATE = regex.compile(
    r"(?<!\p{N})(?:(\d{1,2})[./-](\d{1,2})[./-](?:\d{4}|\d{2})|\d{4}-(\d{1,2})-(\d{1,2}))(?!\p{N})"
)
_CJK_MONTH = regex.compile(r"(\d{1,2}) ?[月월]")
_TITLES = frozenset(
    ("mr", "mrs", "ms", "dr", "herr", "herrn", "frau", "m", "mme", "mlle", "sr", "sra", "srta")
)
_NOBODY = regex.compile("(?:no|any|some|every)(?:body|thing|one|where)", regex.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Unfound:
    """A name that no quote has in any spelling."""

    name: Name
    is_date: bool
    may_be_meant: bool  # by other words; a month is by none, nor a country where the quote names one more
    by_capital: bool  # its capital tells that it is a name


class CheckNames:
    """Looks for the names of statements in their quotes."""

    def __init__(self, is_common: Callable[[str], bool], align: AlignWords | None) -> None:
        """See CheckStatement."""
        self._is_common = is_common
        self._align = align

    def missing(
        self, statement: str, language: str, quotes: Sequence[Quoted]
    ) -> list[tuple[Literal["date", "name"], str]]:
        """What no quote has, in order, and whether it is a date or a name."""
        unfound = self.unfound(statement, language, quotes)
        known = self._known(unfound, statement, language, quotes)
        return [
            ("date" if one.is_date else "name", one.name.text) for one in unfound if one.name not in known
        ]

    def unfound(self, statement: str, language: str, quotes: Sequence[Quoted]) -> list[Unfound]:
        """What may be a name and stands in no quote in any spelling or on any list."""
        names = self._names_of(statement, language, quotes)
        if not names:
            return []
        prepared = [prepare_text(quote.text, quote.language) for quote in quotes]
        months = {month for quote in quotes for month in _months(quote.text)}
        others = _countries(one for quote in prepared for one in quote.concepts) - _countries(
            one for name in names for one in name.concepts
        )
        found = []
        for name in names:
            is_date = bool(name.concepts) and all(one.startswith(("month ", "day ")) for one in name.concepts)
            if (is_date and not name.concepts.isdisjoint(months)) or _stands_in(name, prepared, language):
                continue
            is_world = name.kind == "world"
            found.append(
                Unfound(
                    name,
                    is_date,
                    may_be_meant=not is_date and not (is_world and others),
                    by_capital=is_world
                    or not (_is_german(language) or opens_sentence(statement, name.start))
                    or _same_language_all(quotes, language),
                )
            )
        return found

    def _names_of(self, statement: str, language: str, quotes: Sequence[Quoted]) -> list[Name]:
        """The names of a statement; whatever has a capital, common word or not."""
        alike = _same_language_all(quotes, language)
        found = named(statement, language, None if alike else self._is_common)
        names = [one for one in found if one.kind != "number"]
        if not alike and self._align is None:
            return names
        words = words_of_text(statement)
        more = _same_language_more(words, language, self._is_common) if alike else _capitals(statement, words)
        names += [] if alike else _beside(names, _months_named(statement, words, language))
        names += _beside(names, [Name(word.text, word.start, word.end, "word") for word in more])
        return [
            one for one in names if one.text.casefold() not in _TITLES and not _is_spelt_out(statement, one)
        ]

    def _known(
        self, unfound: Sequence[Unfound], statement: str, language: str, quotes: Sequence[Quoted]
    ) -> set[Name]:
        """Of what no spelling finds, that which is no name, or which a quote in another language means."""
        asked = [one for one in unfound if one.may_be_meant]
        # In German a capital may be that of any noun, so another noun of the same meaning will do.
        others = [
            quote for quote in quotes if _is_german(language) or not _same_language(quote.language, language)
        ]
        if self._align is None or not asked or not others:
            return set()
        written = self._align.encode(statement)
        known = {
            one.name
            for one in asked
            if not one.by_capital and not self._align.is_name(written, one.name.span, _is_german(language))
        }
        for quote in others:
            left = [one for one in asked if one.name not in known]
            if not left:
                break
            quoted = self._align.encode(quote.text)
            for one in left:
                is_common = self._is_common(one.name.text.casefold())
                if self._align.is_meant(written, one.name.span, quoted, is_common, one.by_capital):
                    known.add(one.name)
        return known


def _capitals(statement: str, words: Sequence[Word]) -> list[Word]:
    """Words with a capital that may be names."""
    return [
        word
        for word in words
        if word.has_capital
        and len(word.text) > 1
        and not word.folded.isnumeric()
        and not (opens_sentence(statement, word.start) and is_no_name(word.text))
    ]


def _beside(names: Sequence[Name], more: Iterable[Name]) -> list[Name]:
    """Those of which no part is one of `names`."""
    return [one for one in more if not any(name.start < one.end and one.start < name.end for name in names)]


def _months_named(statement: str, words: Sequence[Word], language: str) -> list[Name]:
    """Months with a capital and no figure beside them, which `named` leaves out: "in May"."""
    return [
        Name(statement[start:end], start, end, "world", concepts)
        for start, end, concepts in world_spans(words, language.split("-")[0])
        if all(one.startswith("month ") for one in concepts)
        and statement[start].isupper()
        and not opens_sentence(statement, start)
    ]


def _is_spelt_out(statement: str, name: Name) -> bool:
    """Whether it is an abbreviation in parentheses after the words of which it has the first letters."""
    before = statement[: name.start]
    if not (before.endswith("(") and name.text.isupper()):
        return False
    initials = "".join(word.text[0] for word in words_of_text(before)[-len(name.text) :])
    return initials.casefold() == name.text.casefold()


def _same_language_more(words: Sequence[Word], language: str, is_common: Callable[[str], bool]) -> list[Word]:
    """Words with a capital that `named` leaves out: German nouns, and the first word, which any word may be."""
    return [
        word
        for place, word in enumerate(words)
        if word.has_capital
        and (_is_german(language) or place == 0)
        and (place or not (is_common(word.text.casefold()) or _NOBODY.fullmatch(word.text)))
    ]


def _is_german(language: str) -> bool:
    return _same_language(language, "de")


def _same_language(one: str, other: str) -> bool:
    return one.split("-")[0] == other.split("-")[0]


def _same_language_all(quotes: Sequence[Quoted], language: str) -> bool:
    return all(_same_language(quote.language, language) for quote in quotes)


def _countries(concepts: Iterable[str]) -> set[str]:
    return {concept for concept in concepts if not concept.startswith(("month ", "day ", "language "))}


def _stands_in(name: Name, quotes: Sequence[PreparedText], language: str) -> bool:
    """Whether a quote holds it; a name that cannot be compared (Chinese beside Latin letters) counts as held."""
    return any(is_found(name, quote, language) is not False for quote in quotes)


def _months(text: str) -> list[str]:
    """Months that a text gives as figures, in either order of day and month."""
    found = [int(part) for match in _DATE.finditer(text) for part in match.groups() if part]
    found += [int(match.group(1)) for match in _CJK_MONTH.finditer(text)]
    return [f"month {number}" for number in found if 1 <= number <= 12]
