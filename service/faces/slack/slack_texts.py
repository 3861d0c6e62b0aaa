"""A language in, the words that the Slack bot says in it out; English where there are none."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from service.errors import SettingsError

FOLDER = Path(__file__).resolve().parent / "texts"
FALLBACK_LANGUAGE = "en"
_ONE = "_one"  # ends the name of a text for a count of one, where a language has another form for it


@dataclass(frozen=True, slots=True)
class SlackTexts:
    """The words of the bot in one language."""

    language: str
    texts: dict[str, str]

    def number(self, value: int) -> str:
        """A whole number as this language groups its thousands."""
        return f"{value:,}".replace(",", self.texts["thousands"])

    def say(self, name: str, **values: str | int) -> str:
        """The text of that name, filled in, with nothing escaped; KeyError: there is no such text."""
        one = any(value == 1 for value in values.values())
        text = self.texts.get(name + _ONE) if one else None
        filled = {
            key: self.number(value) if isinstance(value, int) else value for key, value in values.items()
        }
        return (text or self.texts[name]).format(**filled)


@cache
def all_slack_texts() -> dict[str, SlackTexts]:
    """Every language that the bot speaks, by its tag; raises SettingsError that names a broken file."""
    found = {}
    for path in sorted(FOLDER.glob("*.toml")):
        try:
            found[path.stem] = SlackTexts(path.stem, tomllib.loads(path.read_text("utf-8")))
        except (OSError, ValueError) as error:
            raise SettingsError(f"{path}: {error}; install Citewell again") from error
    return found


def slack_texts(language: str) -> SlackTexts:
    """The words in this language (BCP 47), whatever its region or script; else in English."""
    known = all_slack_texts()
    found = known.get(language.split("-")[0].lower()) or known.get(FALLBACK_LANGUAGE)
    if found is None:
        raise SettingsError(f"{FOLDER / FALLBACK_LANGUAGE}.toml is missing; install Citewell again")
    return found
