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


@pytest.mark.parametrize(
    "content", ["archive_empty = ", 'nothing_relevant = "{unknown}"', 'archive_empty = "{"']
)
def test_refusals_broken_file_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "en.toml").write_text(content, "utf-8")
    with pytest.raises(SettingsError, match=r"en\.toml"):
        Refusals(tmp_path)


def test_refusals_missing_english_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"en\.toml is missing"):
        Refusals(tmp_path)
