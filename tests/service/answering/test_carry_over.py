"""A question takes what it lacks from the one before, by words alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.answering.carry_over import (
    MOST_SUBJECT,
    Said,
    asks,
    carry_over,
    exchanged,
    names_of_answer,
    subject,
)

SOLDIERS = Said("How many Afghan soldiers entered Tajikistan via Ishkashim?", "en")


@pytest.mark.parametrize(
    ("bare", "language", "before", "full"),
    [
        ("via Khorog?", "en", SOLDIERS, "How many Afghan soldiers entered Tajikistan via Khorog?"),
        ("Langar", "en", SOLDIERS, "How many Afghan soldiers entered Tajikistan via Langar?"),
        (
            "in 2020?",
            "en",
            Said("How many visitors came to Marenne in 2019?", "en"),
            "How many visitors came to Marenne in 2020?",
        ),
        (
            "en Tirsovo?",
            "es",
            Said("¿A qué altura llegó el Velm en Marenne?", "es"),
            "¿A qué altura llegó el Velm en Tirsovo?",
        ),
        (
            "in Puerto Alaveda?",
            "en",
            Said("How long does the Aurora stop in Marenne at night?", "en"),
            "How long does the Aurora stop in Puerto Alaveda at night?",
        ),
        ("über Chorog?", "de", SOLDIERS, "How many Afghan soldiers entered Tajikistan via Chorog?"),
    ],
)
def test_an_ellipsis_puts_its_name_in_the_place_of_the_old_one(
    bare: str, language: str, before: Said, full: str
) -> None:
    assert carry_over(bare, language, before, "102 [1]") == full


def test_the_name_behind_the_same_word_is_the_one_that_is_exchanged() -> None:
    before = Said("How many soldiers came from Kabul via Ishkashim?", "en")
    assert exchanged("from Herat?", "en", before) == "How many soldiers came from Herat via Ishkashim?"


def test_an_ellipsis_without_a_name_stands_behind_the_question_before() -> None:
    before = Said("What does the cheapest ticket cost?", "en")
    assert carry_over("a single cabin?", "en", before, "") == (
        "What does the cheapest ticket cost: a single cabin?"
    )


def test_a_question_that_asks_keeps_its_words_and_gets_the_subject() -> None:
    before = Said("Who took Virginia's seat in the US Senate?", "en")
    assert carry_over("Whom did he beat?", "en", before, "Tim Kaine [1]") == (
        "Whom did he beat? (took Virginia's seat in the US Senate; Tim Kaine)"
    )


def test_what_was_carried_before_is_carried_on() -> None:
    first = Said("Who won the chess open in Puerto Alaveda?", "en")
    second = Said(carry_over("How old is she?", "en", first, "Lidia Vorontsova [1]"), "en")
    assert "chess open in Puerto Alaveda" in carry_over("Who is her coach?", "en", second, "17 años [1]")


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        ("Tim Kaine [1][2]", "Tim Kaine"),
        ("何文博 [1]", "何文博"),
        ("102 [1]", ""),
        ("", ""),
        (
            "The archive has articles on this subject, but none of them states the answer (articles searched: 27).",
            "",
        ),
    ],
)
def test_only_a_short_answer_that_names_something_is_carried(answer: str, names: str) -> None:
    assert names_of_answer(answer) == names


def test_a_language_whose_words_are_not_known_always_asks() -> None:
    assert asks("Ishkashim?", "xx")
    assert not asks("via Khorog?", "en")


@given(st.text(max_size=400), st.text(max_size=400), st.text(max_size=400))
def test_any_text_is_carried_and_what_is_carried_is_bounded(question: str, before: str, answer: str) -> None:
    full = carry_over(question, "en", Said(before, "en"), answer)
    assert len(full) <= len(question) + max(len(before), MOST_SUBJECT) + 5
    assert len(subject(Said(before, "en"), answer)) <= MOST_SUBJECT
