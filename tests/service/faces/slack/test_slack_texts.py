"""What the bot says: every language has all of it, with the same gaps, within what Slack allows."""

from string import Formatter

import pytest

from service.faces.page_texts import all_texts
from service.faces.slack.slack_texts import all_slack_texts, slack_texts


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_languages_are_those_of_the_pages() -> None:
    assert set(all_slack_texts()) == set(all_texts())


@pytest.mark.parametrize("language", sorted(all_slack_texts()))
def test_every_language_says_everything(language: str) -> None:
    english, texts = all_slack_texts()["en"].texts, all_slack_texts()[language].texts
    singular = {name for name in english if name.endswith("_one")}
    assert set(english) - singular <= set(texts) <= set(english)
    for name, text in texts.items():
        assert text, name
        # `_one` says the number in words of its own.
        counted = {"articles", "passages", "quotes"} if name.endswith("_one") else set()
        assert gaps(text) == gaps(english[name]) - counted, name
        assert not set("&<>*_~`|") & set(text), name
    assert all(
        len(texts[name]) <= 70 for name in ("good", "bad")
    )  # a button has 75 characters, with its thumb


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en", "en"),
        ("fr-CA", "fr"),
        ("zh-Hant-TW", "zh"),
        ("AR", "ar"),
        ("fi", "en"),
        ("", "en"),
        ("../en", "en"),
    ],
)
def test_the_language_is_found_whatever_its_region(tag: str, language: str) -> None:
    assert slack_texts(tag).language == language


def test_counts_and_values_are_filled_in() -> None:
    assert slack_texts("en").say("searching", articles=1) == "Searching 1 article"
    assert slack_texts("en").say("searching", articles=1240) == "Searching 1,240 articles"
    assert slack_texts("fr").say("searched", articles=1240) == "Recherche dans 1\u202f240 articles."
    assert slack_texts("ru").say("searched", articles=1) == "Просмотрено статей: 1."
    assert slack_texts("en").say("asked", user="<@U1>") == "<@U1> asked:"
    with pytest.raises(KeyError):
        slack_texts("en").say("nothing of the kind")
