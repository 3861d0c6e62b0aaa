"""What the words of a question say of the one before, in many languages."""

import pytest

from service.answering.follow_up_words import follow_up_words, languages_with_follow_ups
from service.answering.question_words import languages_with_words


@pytest.mark.parametrize(
    ("language", "question", "bare"),
    [
        ("en", "And via Khorog?", "via Khorog?"),
        ("en", "what about the other two", "the other two"),
        ("fr", "Et l'ancien modèle ?", "l'ancien modèle ?"),
        ("de", "Und in Brachsee?", "in Brachsee?"),
        ("es", "¿Y en Tirsovo?", "en Tirsovo?"),
        ("ru", "А в Хороге?", "в Хороге?"),
        ("zh", "那霍罗格？", "霍罗格？"),
        ("ar", "وماذا عن خوروغ؟", "خوروغ؟"),
    ],
)
def test_a_joining_word_is_cut_off(language: str, question: str, bare: str) -> None:
    words = follow_up_words(question, [language])
    assert words.opens
    assert words.bare == bare


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("en", "Whom did he beat?"),
        ("fr", "Combien d'enfants son équipe a-t-elle analysés ?"),
        ("de", "Wie schwer ist sie?"),
        ("es", "¿Para cuándo las quiere?"),
        ("ru", "Сколько ей лет?"),
        ("zh", "她多大了？"),
    ],
)
def test_a_word_that_stands_for_something_refers(language: str, question: str) -> None:
    assert follow_up_words(question, [language]).refers


@pytest.mark.parametrize(
    ("language", "question", "bare"),
    [
        ("en", "no, I meant Langar", "Langar"),
        ("en", "Sorry, I meant in Kaltenried.", "in Kaltenried."),
        ("fr", "non, je parlais de la deuxième", "la deuxième"),
        ("de", "Ich meinte die Rückfahrt", "die Rückfahrt"),
        ("es", "perdón, me refería a la de Kaltenried", "la de Kaltenried"),
    ],
)
def test_a_correction_leaves_what_was_meant(language: str, question: str, bare: str) -> None:
    words = follow_up_words(question, [language])
    assert words.corrects
    assert words.bare == bare


def test_a_question_that_stands_by_itself_says_nothing_of_another() -> None:
    words = follow_up_words("How many soldiers entered via Ishkashim?", ["en"])
    assert (words.opens, words.refers, words.corrects) == (False, False, False)
    assert words.bare == "How many soldiers entered via Ishkashim?"


def test_part_of_a_word_is_no_word() -> None:
    assert not follow_up_words("Which sheep and shells were lost?", ["en"]).refers
    assert not follow_up_words("Andorra voted when?", ["en"]).opens


def test_a_language_without_a_table_says_nothing() -> None:
    assert follow_up_words("Ishkashim?", ["xx"]).bare == "Ishkashim?"


@pytest.mark.parametrize("language", sorted(languages_with_follow_ups()))
def test_every_pattern_of_the_table_can_be_used(language: str) -> None:
    assert follow_up_words("", [language]).bare == ""


def test_every_language_of_the_table_has_words_that_ask_too() -> None:
    assert languages_with_follow_ups() <= languages_with_words()
    assert len(languages_with_follow_ups()) >= 20


def test_letters_that_grow_when_small_keep_the_question_whole() -> None:
    assert follow_up_words("İstanbul ne zaman, I meant?", ["en"]).bare.startswith("İstanbul")
