"""Two readings in; whether they say the same out: 102 personnes and 102 soldiers, Рахмон and Rahmon."""

import unicodedata

import regex

from service.answering.question_names import Name, is_found, prepare_text
from service.answering.read_passages import Reading
from service.answering.written_numbers import numbers_in

FIGURED = ("number", "amount", "date", "duration")  # asked for: the figures are the answer
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_DIGIT = regex.compile(r"\p{Nd}")


class SameAnswer:
    """Compares readings of one question."""

    def __init__(self, expected: str | None) -> None:
        """Take what kind of answer the question asks for (see answer_type.py)."""
        self._figured = expected in FIGURED

    def __call__(self, one: Reading, other: Reading) -> bool:
        """Same figures where figures are asked for or all that there is; else one wording within the other."""
        first, second = _folded(one.text), _folded(other.text)
        if first == second:
            return True
        figures, others = _figures(one.text), _figures(other.text)
        if figures or others:
            agree = len(figures) == len(others) and all(map(_meets, figures, others))
            if self._figured or not agree:
                return agree
        shorter, longer = sorted((first, second), key=len)
        if f" {shorter} " in f" {longer} ":
            return True
        return self._same_names(one, other)

    def _same_names(self, one: Reading, other: Reading) -> bool:
        """Every word of the one with fewer words is in the other, in its own spelling or script."""
        fewer, more = sorted((one, other), key=lambda reading: len(_WORD.findall(reading.text)))
        words = [match for match in _WORD.finditer(fewer.text) if match.group()[0].isupper()]
        if not words or len(words) < len(_WORD.findall(fewer.text)):
            return False
        text = prepare_text(more.text, more.found.language)
        names = [Name(match.group(), match.start(), match.end(), "word") for match in words]
        return all(is_found(name, text, fewer.found.language) is True for name in names)


def _meets(one: frozenset[object], other: frozenset[object]) -> bool:
    return not one.isdisjoint(other)


def _figures(text: str) -> list[frozenset[object]]:
    return [frozenset(figure.values) for figure in numbers_in(text)]


def _folded(text: str) -> str:
    plain = _DIGIT.sub(lambda found: str(unicodedata.decimal(found[0])), unicodedata.normalize("NFKC", text))
    return " ".join(_WORD.findall(plain.casefold()))
