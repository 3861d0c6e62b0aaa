"""A written statement and its quotes in; what is not proven by them, out. Empty: it may leave.

Fail-closed: every figure, date, percentage and name of the statement must stand in the quotes, in whatever script, and
what the quotes deny or only pass on must be denied or passed on by the statement. That the quotes are verbatim is
checked elsewhere (align_quote, verify).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import regex

from service.answering.question_names import Name, PreparedText, is_found, named, prepare_text
from service.answering.words_of_text import words_of_text
from service.answering.written.align_words import AlignWords
from service.answering.written.polarity import may_attribute, may_deny, must_attribute, must_deny
from service.answering.written.written_values import all_values, percentages, stated_values
from service.answering.written_numbers import Figure, numbers_in

# Log-odds from which a name that no spelling finds is taken to be meant. Of true statements across languages these drop
# one in eleven by this rule, of one pair one in five; of statements with another name in its place they let one in
# eight through. At 0.5 and -0.6 one in fourteen and one in seven (evaluation.measure_verification).
MEANT, MEANT_ACROSS_SCRIPTS = 1.1, -0.3
Unproven = Literal["number", "percent", "date", "name", "polarity", "attribution", "support"]

# 05.07.2021, 5/7/2021, 2021-07-05
_DATE = regex.compile(
    r"(?<!\p{N})(?:(\d{1,2})[./-](\d{1,2})[./-](?:\d{4}|\d{2})|\d{4}-(\d{1,2})-(\d{1,2}))(?!\p{N})"
)
# German writes all nouns with a capital; these endings are of no name.
_GERMAN_NOUN = regex.compile(
    r"\p{L}{3,}(?:ung|heit|keit|schaft|tion|tät|nis|tum|ment|ismus|stoff|wesen|werk|zeug|mittel|kunde|lehre|arbeit|zeit|"
    r"weise|hilfe|leiter|gruppe|dienst|recht|gesetz|kraft|betrieb|verfahren|sprache|gebiet)(?:e[nrsm]?|n|s|se|sen|er|ern)?"
)
_NOBODY = regex.compile("(?:no|any|some|every)(?:body|thing|one|where)", regex.IGNORECASE)
_LATIN = regex.compile(r"\p{Latin}")
_CJK_MONTH = regex.compile(r"(\d{1,2}) ?[月월]")


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quote with the language of its article."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that a statement says and its quotes do not."""

    kind: Unproven
    what: str


class CheckStatement:
    """Checks statements by their words, and names across languages by what they mean."""

    def __init__(self, is_common: Callable[[str], bool], align: AlignWords | None = None) -> None:
        """`is_common` tells words that are no names, whatever they look like (see common_words).

        Without `align` a name of another language must be there in some spelling.
        """
        self._is_common = is_common
        self._align = align

    def faults(self, statement: str, language: str, quotes: Sequence[Quoted]) -> list[Fault]:
        """What `statement`, written in `language`, says that none of `quotes` does."""
        found = [
            *self._numbers(statement, language, quotes),
            *self._percentages(statement, language, quotes),
            *self._names(statement, language, quotes),
        ]
        if not may_deny(statement, language) and any(must_deny(one.text, one.language) for one in quotes):
            found.append(Fault("polarity", "the quote denies, the statement does not"))
        if must_deny(statement, language) and not any(may_deny(one.text, one.language) for one in quotes):
            found.append(Fault("polarity", "the statement denies, the quote does not"))
        if not may_attribute(statement, language) and any(
            must_attribute(one.text, one.language) for one in quotes
        ):
            found.append(Fault("attribution", "the quote says who says so, the statement does not"))
        # A sentence without figures and names says nothing that the rules above could miss in a quote.
        if not found and self._align and not self._align.is_about(statement, [one.text for one in quotes]):
            found.append(Fault("support", "the quotes are about something else"))
        return found

    def is_asked_for(self, statement: str, question: str) -> bool:
        """Whether a statement is about what was asked: what an article says besides is true, and no answer."""
        return self._align is None or self._align.is_asked_for(statement, question)

    def _numbers(self, statement: str, language: str, quotes: Sequence[Quoted]) -> list[Fault]:
        there = frozenset[Decimal]().union(*(all_values(quote.text, quote.language) for quote in quotes))
        faults = []
        taken: list[tuple[int, int]] = []
        for figure in stated_values(statement, language):
            in_words = figure.end == 0
            if in_words and figure.meant == {Decimal(1)}:
                continue  # "one of them", "une voiture"
            if any(start <= figure.start and figure.end <= end for start, end in taken) and not in_words:
                continue  # a part of figures that were found as one
            if not figure.meant.isdisjoint(there):
                taken.append((figure.start, figure.end))
                continue
            parts = [
                other
                for other in stated_values(statement[figure.start : figure.end], language)
                if other.end - other.start < figure.end - figure.start
            ]
            if parts and not in_words:
                continue  # each part is looked at by itself
            shown = statement[figure.start : figure.end] or str(min(figure.meant))
            faults.append(Fault("number", shown))
        return faults

    def _percentages(self, statement: str, language: str, quotes: Sequence[Quoted]) -> list[Fault]:
        """Percentages that no quote has as such, and figures that every quote has as percentages only."""
        stated = percentages(statement, language)
        shares = _values(one for quote in quotes for one in percentages(quote.text, quote.language))
        faults = [
            Fault("percent", statement[figure.start : figure.end] or "a percentage")
            for figure in stated
            if figure.meant.isdisjoint(shares)
        ]
        as_shares, plain = _values(stated), _plain(quotes)
        faults += [
            Fault("percent", statement[figure.start : figure.end])
            for figure in numbers_in(statement)
            if not figure.meant & as_shares and figure.meant & shares and not figure.meant & plain
        ]
        return faults

    def _names(self, statement: str, language: str, quotes: Sequence[Quoted]) -> list[Fault]:
        names = self._names_of(statement, language, quotes)
        if not names:
            return []
        prepared = [prepare_text(quote.text, quote.language) for quote in quotes]
        months = {month for quote in quotes for month in _months(quote.text)}
        missing: list[tuple[Name, Unproven]] = []
        for name in names:
            is_date = bool(name.concepts) and all(one.startswith(("month ", "day ")) for one in name.concepts)
            if is_date and not name.concepts.isdisjoint(months):
                continue
            if not _stands_in(name, prepared, language):
                missing.append((name, "date" if is_date else "name"))
        others = _countries(one for quote in prepared for one in quote.concepts) - _countries(
            one for name in names for one in name.concepts
        )
        # A month is never taken for another one by what it means, nor a country where the quote names one more.
        unknown = [name for name, kind in missing if kind == "name" and not (name.kind == "world" and others)]
        meant = self._meant(unknown, statement, language, quotes)
        return [Fault(kind, name.text) for name, kind in missing if name not in meant]

    def _names_of(self, statement: str, language: str, quotes: Sequence[Quoted]) -> list[Name]:
        """The names of a statement; within one language whatever has a capital, common word or not."""
        german = language.split("-")[0] == "de"
        alike = all(_same_language(quote.language, language) for quote in quotes)
        found = named(statement, language, None if alike else self._is_common)
        names = [one for one in found if one.kind != "number"]
        if german and not alike:
            return [one for one in names if not _GERMAN_NOUN.fullmatch(one.text)]
        if alike:
            taken = {name.start for name in names}
            names += [
                Name(word.text, word.start, word.end, "word")
                for place, word in enumerate(words_of_text(statement))
                if word.has_capital and word.start not in taken and (german or place == 0)
                # Any word may open a sentence.
                if place or not (self._is_common(word.text.casefold()) or _NOBODY.fullmatch(word.text))
            ]
        return names

    def _meant(
        self, names: Sequence[Name], statement: str, language: str, quotes: Sequence[Quoted]
    ) -> set[Name]:
        """Of names that no spelling finds, those that a quote in another language means."""
        # In German a capital may be that of any noun, so another noun of the same meaning will do.
        german = language.split("-")[0] == "de"
        others = [quote for quote in quotes if german or not _same_language(quote.language, language)]
        if self._align is None or not names or not others:
            return set()
        written = self._align.encode(statement)
        found: set[Name] = set()
        for quote in others:
            quoted = self._align.encode(quote.text)
            for name in names:
                needed = MEANT if _has_latin(name.text) == _has_latin(quote.text) else MEANT_ACROSS_SCRIPTS
                if self._align.likeness(written, (name.start, name.end), quoted) >= needed:
                    found.add(name)
        return found


def _has_latin(text: str) -> bool:
    """Whether most letters of a text are Latin."""
    return 2 * len(_LATIN.findall(text)) > sum(sign.isalpha() for sign in text)


def _values(figures: Iterable[Figure]) -> frozenset[Decimal]:
    return frozenset(value for figure in figures for value in figure.meant)


def _plain(quotes: Sequence[Quoted]) -> frozenset[Decimal]:
    """Values that a quote has without a percent sign."""
    found: set[Decimal] = set()
    for quote in quotes:
        shares = {(one.start, one.end) for one in percentages(quote.text, quote.language)}
        found |= {
            value
            for one in stated_values(quote.text, quote.language)
            if (one.start, one.end) not in shares
            for value in one.meant
        }
    return frozenset(found)


def _countries(concepts: Iterable[str]) -> set[str]:
    return {concept for concept in concepts if not concept.startswith(("month ", "day ", "language "))}


def _same_language(one: str, other: str) -> bool:
    return one.split("-")[0] == other.split("-")[0]


def _stands_in(name: Name, quotes: Sequence[PreparedText], language: str) -> bool:
    """Whether a quote holds it; a name that cannot be compared (Chinese beside Latin letters) counts as held."""
    return any(is_found(name, quote, language) is not False for quote in quotes)


def _months(text: str) -> list[str]:
    """Months that a text gives as figures, in either order of day and month."""
    found = [int(part) for match in _DATE.finditer(text) for part in match.groups() if part]
    found += [int(match.group(1)) for match in _CJK_MONTH.finditer(text)]
    return [f"month {number}" for number in found if 1 <= number <= 12]
