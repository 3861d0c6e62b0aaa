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

from service.answering.written.align_words import AlignWords
from service.answering.written.check_names import CheckNames
from service.answering.written.polarity import may_attribute, may_deny, must_attribute, must_deny
from service.answering.written.quoted import Quoted
from service.answering.written.written_values import all_values, percentages, stated_values
from service.answering.written_numbers import Figure, numbers_in

_UNIT = regex.compile(r".*\p{Ll}[23]", regex.DOTALL)

Unproven = Literal["number", "percent", "date", "name", "polarity", "attribution", "support"]


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
        self._align = align
        self._names = CheckNames(is_common, align)

    def faults(self, statement: str, language: str, quotes: Sequence[Quoted]) -> list[Fault]:
        """What `statement`, written in `language`, says that none of `quotes` does."""
        found = [
            *self._numbers(statement, language, quotes),
            *self._percentages(statement, language, quotes),
            *(Fault(kind, name) for kind, name in self._names.missing(statement, language, quotes)),
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
            if _UNIT.fullmatch(statement[max(0, figure.start - 3) : figure.end]):
                continue  # km2 is an area, and says nothing of two
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
        plain, places = _plain(quotes), {(one.start, one.end) for one in stated}
        faults += [
            Fault("percent", statement[figure.start : figure.end])
            for figure in numbers_in(statement)
            if (figure.start, figure.end) not in places and figure.meant & shares and not figure.meant & plain
        ]
        return faults


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
