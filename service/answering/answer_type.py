"""A question in, what kind of answer it asks for out; and whether a span can be such an answer."""

from functools import lru_cache
from typing import Literal, cast

import regex

from service.answering.number_words import has_number_word
from service.answering.question_words import joint_pattern, question_words
from service.answering.world_names import fold, world_names

AnswerType = Literal[
    "number", "date", "person", "place", "duration", "amount", "yes_no", "event", "reason", "list"
]

_DIGIT = regex.compile(r"\p{N}")
_LETTER = regex.compile(r"\p{L}")
_ROMAN = regex.compile(r"\b[IVXLCDM]+\b")
_MONEY_OR_SHARE = regex.compile(r"[%٪％‰]|\p{Sc}")
_CLOCK = regex.compile(r"\p{Nd}{1,2}[:h]\p{Nd}{0,2}")
_WORD = regex.compile(r"[\p{L}\p{M}]+")
_UNSPACED = frozenset(
    {"zh", "ja", "ko", "th", "ar", "fa", "he", "hi"}
)  # particles cling to the word that asks
_ALL_FIGURES = regex.compile(r"[\p{N}\p{P}\p{S}\s]*")
_OPENING = regex.compile(r"^[\s\p{P}]+")


def expected_type(question: str, language: str) -> AnswerType | None:
    """What a question asks for; None where its words do not say (or its language is not in the table)."""
    base = _base(language)
    asked = _OPENING.sub("", question.casefold())
    for kind, pattern in _patterns(base):
        if pattern.search(asked):
            return kind
    asking = _asking(base)
    if asking is None or not asked.rstrip().endswith("?"):
        return None
    return None if asking.search(asked) else "yes_no"


def asks_for_several(question: str, language: str) -> bool:
    """Whether a question asks for more than one thing: "which districts", "who and when", a list."""
    base = _base(language)
    asked = _OPENING.sub("", question.casefold())
    pattern = _several(base)
    return (pattern is not None and pattern.search(asked) is not None) or _asks_twice(asked, base)


def fits(kind: AnswerType, span: str, language: str) -> bool | None:
    """Whether a span, in its own language, can answer such a question; None where that cannot be told."""
    base = _base(language)
    if kind in ("number", "amount", "duration"):
        return _is_quantity(kind, span, base)
    if kind == "date":
        return _is_date(span, base)
    if kind in ("person", "place"):
        if _ALL_FIGURES.fullmatch(span):
            return False
        return True if any(sign.isupper() for sign in span) and not _DIGIT.search(span) else None
    if kind == "reason" and _ALL_FIGURES.fullmatch(span):
        return False
    return None


def _is_quantity(kind: AnswerType, span: str, language: str) -> bool | None:
    if _DIGIT.search(span) or _ROMAN.search(span):
        return True
    in_words = has_number_word(span, language)
    # "How long" may be answered by an event, "how much" by a price that is named in words.
    return None if kind == "duration" and not in_words else in_words


def _is_date(span: str, language: str) -> bool | None:
    if _MONEY_OR_SHARE.search(span):
        return False
    if _DIGIT.search(span) or _CLOCK.search(span):
        return True
    names = world_names(language)
    for word in _WORD.findall(span):
        if any(concept.startswith(("month", "day")) for concept in names.get(fold(word), ())):
            return True
    return None


def _asks_twice(asked: str, language: str) -> bool:
    """Two question words of different kinds joined by "and": who and when."""
    for joint in _joint().finditer(asked):
        after = asked[joint.end() :]
        starts = {kind for kind, pattern in _patterns(language) if pattern.match(after)}
        before = {kind for kind, pattern in _patterns(language) if pattern.search(asked[: joint.start()])}
        if starts - {"yes_no", "list"} and before - {"yes_no", "list"}:
            return True
    return False


@lru_cache(maxsize=1)
def _joint() -> regex.Pattern[str]:
    return regex.compile(rf"\s(?:{joint_pattern()})\s")


@lru_cache(maxsize=64)
def _patterns(language: str) -> tuple[tuple[AnswerType, regex.Pattern[str]], ...]:
    kinds = question_words(language).kinds
    edge = "" if language in _UNSPACED else r"(?<!\p{L})"
    return tuple(
        (cast(AnswerType, kind), regex.compile(f"{edge}(?:{pattern})")) for kind, pattern in kinds.items()
    )


@lru_cache(maxsize=64)
def _several(language: str) -> regex.Pattern[str] | None:
    pattern = question_words(language).several
    return None if pattern is None else regex.compile(pattern)


@lru_cache(maxsize=64)
def _asking(language: str) -> regex.Pattern[str] | None:
    pattern = question_words(language).asking
    return None if pattern is None else regex.compile(rf"(?<!\p{{L}})(?:{pattern})(?!\p{{L}})")


def _base(language: str) -> str:
    base = language.replace("_", "-").split("-")[0].lower()
    return "no" if base in ("nb", "nn") else base
