"""A written statement and its quotes in; what is not proven by them, out. Empty: it may leave.

Fail-closed: every figure, date, percentage and name of the statement must stand in the quotes, in whatever script, and
what the quotes deny or only pass on must be denied or passed on by the statement. That the quotes are verbatim is
checked elsewhere (align_quote, verify).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import regex

from service.answering.question_names import Name, PreparedText, is_found, named, prepare_text
from service.answering.written.polarity import is_attributed, is_denied
from service.answering.written.written_values import PERCENT, all_values, stated_values

Unproven = Literal["number", "percent", "date", "name", "polarity", "attribution"]

# 05.07.2021, 5/7/2021, 2021-07-05
_DATE = regex.compile(
    r"(?<!\p{N})(?:(\d{1,2})[./-](\d{1,2})[./-](?:\d{4}|\d{2})|\d{4}-(\d{1,2})-(\d{1,2}))(?!\p{N})"
)
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
    """Checks statements by their words; needs no model."""

    def __init__(self, is_common: Callable[[str], bool]) -> None:
        """`is_common` tells words that are no names, whatever they look like (see common_words)."""
        self._is_common = is_common

    def faults(self, statement: str, language: str, quotes: Sequence[Quoted]) -> list[Fault]:
        """What `statement`, written in `language`, says that none of `quotes` does."""
        found = [*self._numbers(statement, language, quotes), *self._names(statement, language, quotes)]
        denied = is_denied(statement, language)
        quotes_deny = [is_denied(quote.text, quote.language) for quote in quotes]
        if denied is False and any(quotes_deny):
            found.append(Fault("polarity", "the quote denies, the statement does not"))
        if denied is True and all(one is False for one in quotes_deny):
            found.append(Fault("polarity", "the statement denies, the quote does not"))
        if is_attributed(statement, language) is False and any(
            is_attributed(quote.text, quote.language) for quote in quotes
        ):
            found.append(Fault("attribution", "the quote says who says so, the statement does not"))
        return found

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
        if PERCENT.search(statement) and not any(PERCENT.search(quote.text) for quote in quotes):
            faults.append(Fault("percent", "a percentage"))
        return faults

    def _names(self, statement: str, language: str, quotes: Sequence[Quoted]) -> list[Fault]:
        names = [name for name in named(statement, language, self._is_common) if name.kind != "number"]
        if not names:
            return []
        prepared = [prepare_text(quote.text, quote.language) for quote in quotes]
        months = {month for quote in quotes for month in _months(quote.text)}
        faults = []
        for name in names:
            is_date = bool(name.concepts) and all(one.startswith(("month ", "day ")) for one in name.concepts)
            if is_date and not name.concepts.isdisjoint(months):
                continue
            if not _stands_in(name, prepared, language):
                faults.append(Fault("date" if is_date else "name", name.text))
        return faults


def _stands_in(name: Name, quotes: Sequence[PreparedText], language: str) -> bool:
    """Whether a quote holds it; a name that cannot be compared (Chinese beside Latin letters) counts as held."""
    return any(is_found(name, quote, language) is not False for quote in quotes)


def _months(text: str) -> list[str]:
    """Months that a text gives as figures, in either order of day and month."""
    found = [int(part) for match in _DATE.finditer(text) for part in match.groups() if part]
    found += [int(match.group(1)) for match in _CJK_MONTH.finditer(text)]
    return [f"month {number}" for number in found if 1 <= number <= 12]
