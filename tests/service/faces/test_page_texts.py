"""The words of the pages: every language has all of them, with the same gaps, and the reader's language is found."""

from string import Formatter

import pytest
from markupsafe import Markup

from service.faces.page_texts import all_texts, page_texts
from service.faces.text_direction import direction_of


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_languages_are_those_of_the_widget() -> None:
    assert set(all_texts()) == {"en", "fr", "de", "es", "ru", "ar", "zh"}


@pytest.mark.parametrize("language", sorted(all_texts()))
def test_every_language_says_everything(language: str) -> None:
    english, texts = all_texts()["en"].texts, all_texts()[language].texts
    singular = {name for name in english if name.endswith("_one")}
    assert set(english) - singular <= set(texts) <= set(english)
    for name, text in texts.items():
        assert text, name
        # `_one` says the number in words of its own.
        assert gaps(text) == gaps(english[name]) - ({"articles", "count"} if name.endswith("_one") else set())


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        *(("", "en"), ("xx", "en"), ("fr-CA,fr;q=0.9,en;q=0.8", "fr"), ("en;q=0.5, AR-eg", "ar")),
        *(("zh-Hant-TW", "zh"), ("xx, ru;q=0.5", "ru"), ("*", "en"), ("../en", "en")),
    ],
)
def test_the_most_wanted_language_is_taken(accept: str, language: str) -> None:
    assert page_texts(accept).language == language


def test_counts_and_values_are_filled_in() -> None:
    english, french, russian = (page_texts(tag) for tag in ("en", "fr", "ru"))
    assert english.say("searched", articles=1) == "Searched 1 article."
    assert english.say("searched", articles=1240) == "Searched 1,240 articles."
    assert french.say("searched", articles=1240) == "Recherche dans 1\u202f240 articles."
    assert russian.say("searched", articles=1) == "Просмотрено статей: 1."
    assert english.say("quote_of", number=1, count=1) == "Quote 1 of 1"
    assert english.say("says_else_from", source="<b>").endswith("&lt;b&gt;")
    assert "<b>x</b>" in english.say("empty", command=Markup("<b>x</b>"))
    with pytest.raises(KeyError):
        english.say("nothing of the kind")


def test_direction_follows_language_and_script() -> None:
    for tag in ("ar", "AR-eg", "fa", "he", "ur", "az-Arab"):
        assert direction_of(tag) == "rtl", tag
    for tag in ("en", "zh-Hant", "ar-Latn", "und", ""):
        assert direction_of(tag) == "auto", tag
    assert (page_texts("ar").direction, page_texts("zh").direction) == ("rtl", "ltr")
