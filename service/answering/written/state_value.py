"""A sentence and a value in, each in its own language; whether the sentence states the value out."""

from collections.abc import Callable
from decimal import Decimal

import regex

from service.answering.answer_type import AnswerType
from service.answering.question_names import is_found, named, prepare_text
from service.answering.written.written_values import all_values, stated_values

FIGURES: tuple[AnswerType, ...] = ("number", "amount", "date", "duration")
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_ONE = frozenset({Decimal(1)})


class StateValue:
    """Compares across languages: by figures where there are any, else by names."""

    def __init__(self, is_common: Callable[[str], bool]) -> None:
        """`is_common` tells words that are no names (see common_words)."""
        self._is_common = is_common

    def states(self, sentence: str, language: str, value: str, told_in: str) -> bool | None:
        """Whether `sentence` states `value`; None where that cannot be told: common words of another language."""
        figures = [one.meant for one in stated_values(value, told_in) if one.end or one.meant != _ONE]
        if figures:
            there = all_values(sentence, language)
            return all(not one.isdisjoint(there) for one in figures)
        if f" {_folded(value)} " in f" {_folded(sentence)} ":
            return True
        # Behind a word, since the first of a sentence has a capital that says nothing.
        names = [one for one in named(f"x {value}", told_in, self._is_common) if one.kind != "number"]
        if not names:
            return None
        prepared = prepare_text(sentence, language)
        found = [is_found(name, prepared, told_in) for name in names]
        return True if any(found) else None if None in found else False

    def states_another(self, kind: AnswerType, sentence: str, language: str, question: str) -> bool:
        """Whether a sentence states something of this kind that the question does not: a figure, a person."""
        if kind in FIGURES:
            asked = all_values(question, language)
            stated = [one.meant for one in stated_values(sentence, language) if one.meant != _ONE]
            return any(one.isdisjoint(asked) for one in stated)
        names = [one for one in named(sentence, language, self._is_common) if one.kind == "word"]
        asked_of = prepare_text(question, language)
        return any(is_found(name, asked_of, language) is False for name in names)


def _folded(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))
