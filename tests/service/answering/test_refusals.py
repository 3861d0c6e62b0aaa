"""Refusal sentences come from files, fall back by language, and broken files are named."""

from pathlib import Path

import pytest

from service.answering.refusals import Refusals
from service.errors import SettingsError


def test_refusals_speak_the_language_of_the_question() -> None:
    refusals = Refusals()
    english = refusals.say("nothing_relevant", "en", 27)
    assert "27" in english
    assert refusals.say("nothing_relevant", "fr", 27) != english
    assert refusals.say("nothing_relevant", "fr-CA", 27) == refusals.say("nothing_relevant", "fr", 27)
    assert refusals.say("nothing_relevant", "und", 27) == english


def test_refusals_not_stated_names_what_the_nearest_passages_lack() -> None:
    refusals = Refusals()
    plain = refusals.say("not_stated", "en", 27)
    said = refusals.say("not_stated", "en", 27, ("Khorog", "Dushanbe"))
    assert said == f"{plain} Not mentioned in any of the nearest passages: Khorog, Dushanbe."
    assert refusals.say("nothing_relevant", "en", 27, ("Khorog",)) == refusals.say(
        "nothing_relevant", "en", 27
    )
    assert refusals.say("not_stated", "zh-CN", 27, ("霍罗格", "杜尚别")).endswith(
        "。最相近的段落都没有提到：霍罗格、杜尚别。"
    )


def test_refusals_name_no_more_than_one_can_take_in() -> None:
    said = Refusals().say("not_stated", "en", 27, [f"Name{number}" for number in range(30)])
    assert "Name4." in said and "Name5" not in said


@pytest.mark.parametrize(
    "content",
    [
        "archive_empty = ",
        'nothing_relevant = "{unknown}"',
        'archive_empty = "{"',
        'missing_names = "{articles}"',
        "not_stated = 7",
    ],
)
def test_refusals_broken_file_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "en.toml").write_text(content, "utf-8")
    with pytest.raises(SettingsError, match=r"en\.toml"):
        Refusals(tmp_path)


def test_refusals_missing_english_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"en\.toml is missing"):
        Refusals(tmp_path)
