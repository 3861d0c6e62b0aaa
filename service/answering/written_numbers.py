"""A text in, its figures with all values they may have out: 1 037 = 1,037 = 1.037 = ١٬٠٣٧, 1.5 million = 1 500 000."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import regex

# Digits of any script, with one separator between two runs: a space of any width, an apostrophe, a point or a comma.
_SEPARATOR = "[ \u00a0\u2009\u202f.,'’·٬٫]"
# By `re`, which knows the same digits as `unicodedata`; `regex` knows those of newer Unicode, which have no value here.
_FIGURE = re.compile(rf"\d+(?:{_SEPARATOR}\d+)*")
_DIGITS = re.compile(r"\d+")
_GROUPING_ONLY = " \u00a0\u2009\u202f'’·٬"  # never a decimal sign
_SCALES = (
    (
        3,
        r"thousand|mille\b|mil\b|tausend|duizend|тысяч|тыс\.|тисяч|tysi[ąę]c|tisíc|bin\b|ألف|آلاف|هزار|אלף|हज़ार|พัน|千|천",
    ),
    (4, "[万萬만]|หมื่น"),
    (5, "lakh|लाख|แสน"),
    (
        6,
        "mill?i[oóõ]|mill[oó]n|milj|mln|mio\\b|млн|миллион|мільйон|милион|"
        "εκατομμ|مليون|ملايين|میلیون|מיליון|मिलियन|ล้าน",
    ),
    (12, "bill[oó]n(?:es)?\\b|trillion|триллион|трлн|兆"),
    (7, "crore|करोड़"),
    (8, "[亿億억]"),
    (
        9,
        "milliard|miliard|miljard|milyar|mrd\\b|mds?\\b|млрд|миллиард|мільярд|δισεκατ|billion|bn\\b|مليار|میلیارد|מיליארד|अरब",
    ),
)
SCALE = regex.compile(
    r"\s*[- ]?(?:" + "|".join(f"(?P<e{power}>{words})" for power, words in _SCALES) + ")", regex.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Figure:
    """Figures as they stand in a text, with every value they may have (1.037 may be 1037 or 1.037).

    `meant` leaves out what a word beside the figure rules out: 1.5 in "1.5 million".
    """

    start: int
    end: int
    values: frozenset[Decimal]
    meant: frozenset[Decimal]


def numbers_in(text: str) -> list[Figure]:
    """Figures of a text in order; digits of every script, words for thousands and millions multiplied in."""
    found: list[Figure] = []
    for match in _FIGURE.finditer(text):
        found.extend(_scaled(text, figure) for figure in _figures(match.group(), match.start()))
    return found


def _figures(written: str, offset: int) -> Iterator[Figure]:
    runs = [(run.start(), run.end()) for run in _DIGITS.finditer(written)]
    digits = [_ascii(written[start:end]) for start, end in runs]
    signs = [written[before[1]] for before in runs[:-1]]
    values = _values(digits, signs)
    if values:
        yield Figure(offset, offset + len(written), values, values)
    # "12.07.2012" and "in 2012 200 people" are several figures; "5 100" may be.
    if not values or (set(signs) == {" "} and not any(run.startswith("0") for run in digits)):
        for (start, end), run in zip(runs, digits, strict=True):
            if len(runs) > 1:
                yield Figure(offset + start, offset + end, *(frozenset({Decimal(run)}),) * 2)


def _values(digits: list[str], signs: list[str]) -> frozenset[Decimal]:
    """What runs of digits with these separators between them may mean together; empty: nothing."""
    if not signs:
        return frozenset({Decimal(digits[0])})
    values: set[Decimal] = set()
    if len(set(signs)) == 1 and _is_grouped(digits, signs[0]):
        values.add(Decimal("".join(digits)))
    if signs[-1] not in _GROUPING_ONLY and signs[-1] not in signs[:-1]:
        whole, groups = digits[:-1], signs[:-1]
        if not groups or (len(set(groups)) == 1 and _is_grouped(whole, groups[0])):
            values.add(Decimal("".join(whole) + "." + digits[-1]))
    if len(values) > 1 and digits[-1].endswith("0"):
        return frozenset({Decimal("".join(digits))})  # nobody writes 20 as 20.000
    return frozenset(values)


def _is_grouped(digits: list[str], sign: str) -> bool:
    first, *middle, last = digits
    if first.startswith("0") or len(first) > 3 or len(last) != 3:
        return False
    # India writes 1,00,000.
    return all(len(run) == 3 for run in middle) or (sign == "," and all(len(run) == 2 for run in middle))


def _scaled(text: str, figure: Figure) -> Figure:
    scale = SCALE.match(text, figure.end, figure.end + 16)
    if scale is None:
        return figure
    power = int(str(scale.lastgroup)[1:])
    scaled = frozenset(value.scaleb(power) for value in figure.values)
    return Figure(figure.start, figure.end, figure.values | scaled, scaled)


def _ascii(digits: str) -> str:
    return "".join(str(unicodedata.digit(digit)) for digit in digits)
