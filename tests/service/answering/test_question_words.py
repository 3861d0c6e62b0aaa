"""The table of words that ask covers many languages, and every pattern of it can be used."""

from typing import get_args

import pytest
import regex

from service.answering.answer_type import AnswerType
from service.answering.question_words import joint_pattern, languages_with_words, question_words


def test_table_covers_twenty_languages() -> None:
    assert len(languages_with_words()) >= 20


@pytest.mark.parametrize("language", sorted(languages_with_words()))
def test_every_pattern_compiles_and_stands_for_a_kind_of_answer(language: str) -> None:
    words = question_words(language)
    assert words.kinds.keys() <= set(get_args(AnswerType))
    for pattern in (*words.kinds.values(), words.several or "", words.asking or ""):
        regex.compile(pattern)


def test_language_that_is_not_in_the_table_has_no_words() -> None:
    words = question_words("xx")
    assert (words.kinds, words.several, words.asking) == ({}, None, None)


def test_joints_are_words_for_and() -> None:
    assert {"and", "et", "und", "и"} <= set(joint_pattern().split("|"))
