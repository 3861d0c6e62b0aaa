"""Inflections of one word are told from two words that begin alike."""

import pytest

from service.answering.inflected_words import is_inflected, without_case


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("nigerian", "nigeria", "en"),
        ("соединенных", "соединенные", "ru"),
        ("warszawie", "warszawa", "pl"),
        ("москва", "москве", "ru"),
    ],
)
def test_words_that_differ_in_an_ending_are_one(one: str, other: str, language: str) -> None:
    assert is_inflected(one, other, language)
    assert is_inflected(other, one, language)


@pytest.mark.parametrize(
    ("one", "other"), [("niger", "nigeria"), ("georg", "georgia"), ("iran", "iraq"), ("ira", "iran")]
)
def test_words_that_begin_alike_are_two(one: str, other: str) -> None:
    assert not is_inflected(one, other, "en")


def test_case_ending_is_taken_off_cyrillic_words_alone() -> None:
    assert without_case("Ньютоном") == "Ньютон"
    assert without_case("Newtonom") == "Newtonom"
