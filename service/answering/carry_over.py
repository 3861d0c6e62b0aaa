"""A question and the one before it in; the question with what it lacks, out: by words alone, in any language.

A question without words that ask ("And via Khorog?") takes the question before, with its own name or figure in the
place of the one of the same kind. One that asks for itself ("Whom did he beat?") keeps its words and gets the subject
of the question before in brackets.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from service.answering.question_names import Name, named
from service.answering.question_words import question_words

MOST_SUBJECT = 300  # characters that are carried over
MOST_ANSWER = 160  # characters: a longer answer is a sentence, whose names may belong to anything
MOST_UNMARKED = 80  # of an answer without citations: a longer one is a refusal
_MARKS_OF_CITATIONS = regex.compile(r"\s*\[\d+\]")
_ENDS = regex.compile(r"^[\s¿¡]+|[\s?¿!؟？。.]+$")
_BRACKETS = regex.compile(r"\s*\(([^()]*)\)\s*$")
_YEAR = regex.compile(r"\d{4}")


@dataclass(frozen=True, slots=True)
class Said:
    """A question that stands by itself, in its language."""

    text: str
    language: str


def carry_over(bare: str, language: str, before: Said, answer: str) -> str:
    """Put a question in full: `bare` is it without joining words, `answer` what was answered to the one before."""
    if asks(bare, language):
        return f"{_ended(bare)} ({subject(before, answer)})"
    return exchanged(bare, language, before) or f"{_ENDS.sub('', before.text)}: {_ended(bare)}"


def asks(question: str, language: str) -> bool:
    """Whether a question has a word that asks; True where the language's words are not known."""
    pattern = question_words(language.split("-")[0]).asking
    if pattern is None:
        return True
    return regex.search(rf"(?<!\p{{L}})(?:{pattern})(?!\p{{L}})", question.casefold()) is not None


def subject(before: Said, answer: str) -> str:
    """What a question is about: its words without those that ask, what was carried into it, and the answer's names."""
    text, carried = before.text, ""
    if brackets := _BRACKETS.search(text):
        text, carried = text[: brackets.start()], brackets[1]
    pattern = question_words(before.language.split("-")[0]).asking
    if pattern is not None:
        text = regex.sub(rf"(?<!\p{{L}})(?:{pattern})(?!\p{{L}})", "", text, flags=regex.IGNORECASE)
    parts = [" ".join(_ENDS.sub("", text).split()), names_of_answer(answer), carried]
    return "; ".join(part for part in parts if part)[:MOST_SUBJECT]


def names_of_answer(answer: str) -> str:
    """A short answer without its marks when it names something, else nothing."""
    text = _MARKS_OF_CITATIONS.sub("", answer).strip()
    most = MOST_ANSWER if len(text) < len(answer.strip()) else MOST_UNMARKED
    return text if len(text) <= most and any(map(_is_name_letter, text)) else ""


def exchanged(bare: str, language: str, before: Said) -> str | None:
    """The question before with the names and figures of `bare` in the place of its own; None where none fits."""
    text = before.text
    # Behind a word, since the first of a sentence has a capital that says nothing, and this one is not the first.
    bare = f"x {bare}"
    for new in reversed(_runs(bare, named(bare, language))):
        olds = _runs(text, named(text, before.language))
        old = _place(new, bare, olds, text)
        if old is None:
            return None
        text = text[: old.start] + new.text + text[old.end :]
    return text if text != before.text else None


def _place(new: Name, bare: str, olds: Sequence[Name], text: str) -> Name | None:
    """The name that another one takes the place of: the one behind the same word, else the last of its kind."""
    same_kind = [old for old in olds if _kind(old) == _kind(new)]
    behind = _word_before(bare, new.start)
    same_word = [old for old in same_kind if behind and _word_before(text, old.start) == behind]
    fitting = same_word or same_kind
    return fitting[-1] if fitting else None


def _kind(name: Name) -> str:
    if name.kind != "number":
        return "name"
    return "year" if _YEAR.fullmatch(name.text) else "figure"


def _word_before(text: str, place: int) -> str:
    words = regex.findall(r"[\p{L}\p{M}]+", text[:place].casefold())
    return words[-1] if words else ""


def _runs(text: str, names: Sequence[Name]) -> list[Name]:
    """Names that stand side by side as one: Puerto Alaveda."""
    runs: list[Name] = []
    for name in names:
        last = runs[-1] if runs else None
        if (
            last
            and _kind(last) == _kind(name) == "name"
            and regex.fullmatch(r"[\s-]|\s(?:al|de|del|di|la|van|von)[\s-]", text[last.end : name.start])
        ):
            runs[-1] = Name(text[last.start : name.end], last.start, name.end, last.kind)
        else:
            runs.append(name)
    return runs


def _is_name_letter(sign: str) -> bool:
    return sign.isupper() or (sign.isalpha() and not sign.islower() and not sign.isupper())


def _ended(text: str) -> str:
    return text if text.endswith(("?", "？", "؟", ".", "!")) else f"{text}?"
