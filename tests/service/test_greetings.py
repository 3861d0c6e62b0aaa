"""The file of greetings: what it must hold, and how the faces say it."""

from pathlib import Path

import pytest

from service.errors import SettingsError
from service.greetings import FILE, Greetings


def test_greetings_are_filled_in() -> None:
    greetings = Greetings()
    assert greetings.say("terminal", articles="1,240").startswith("Articles: 1,240.")
    assert "\n" not in greetings.say("mcp") and greetings.say("mcp").startswith("Citewell answers")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{articles}", "{artikel}", "unknown variable artikel in terminal"),
        ("mcp = ", "msp = ", "mcp is missing"),
        ('"""', "'", r"greetings\.toml: "),
        ("{articles}", "{articles", r"greetings\.toml: "),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_name(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "greetings.toml"
    path.write_text(FILE.read_text("utf-8").replace(old, new), "utf-8")
    with pytest.raises(SettingsError, match=said):
        Greetings(path)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml"):
        Greetings(tmp_path / "none.toml")
