"""What a browser would like to read in, the words of the pages in the nearest language that there is out."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markupsafe import Markup, escape

from service.errors import SettingsError
from service.faces.text_direction import direction_of

FOLDER = Path(__file__).resolve().parent / "templates" / "texts"
FALLBACK_LANGUAGE = "en"
_ONE = "_one"  # ends the name of a text for a count of one, where a language has another form for it


@dataclass(frozen=True, slots=True)
class PageTexts:
    """The words of the pages in one language."""

    language: str
    texts: dict[str, str]

    @property
    def direction(self) -> str:
        """`rtl` or `ltr`."""
        return "rtl" if direction_of(self.language) == "rtl" else "ltr"

    def number(self, value: int) -> str:
        """A whole number as this language groups its thousands."""
        return f"{value:,}".replace(",", self.texts["thousands"])

    def say(self, name: str, **values: object) -> Markup:
        """The text of that name as HTML, filled in; a value that is no markup is escaped. KeyError: no such text."""
        one = any(type(value) is int and value == 1 for value in values.values())
        text = self.texts.get(name + _ONE) if one else None
        filled = {
            key: self.number(value) if isinstance(value, int) else value for key, value in values.items()
        }
        return escape(text or self.texts[name]).format(**filled)


@cache
def all_texts() -> dict[str, PageTexts]:
    """Every language that the pages speak, by its tag; raises SettingsError that names a broken file."""
    found = {}
    for path in sorted(FOLDER.glob("*.toml")):
        try:
            found[path.stem] = PageTexts(path.stem, tomllib.loads(path.read_text("utf-8")))
        except (OSError, ValueError) as error:
            raise SettingsError(f"{path}: {error}; install Citewell again") from error
    return found


def page_texts(accept_language: str) -> PageTexts:
    """The texts in the first wanted language that there is, English where there is none."""
    known = all_texts()
    for tag in (*preferred_languages(accept_language), FALLBACK_LANGUAGE):
        base = tag.split("-")[0].lower()
        if base in known:
            return known[base]
    raise SettingsError(f"{FOLDER / FALLBACK_LANGUAGE}.toml is missing; install Citewell again")


def preferred_languages(accept_language: str) -> list[str]:
    """Language tags of an Accept-Language header, most wanted first."""
    wanted: list[tuple[float, str]] = []
    for part in accept_language.split(",")[:20]:
        tag, _, parameter = part.strip().partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=")) if parameter else 1.0
        except ValueError:
            continue
        if tag and tag != "*" and weight > 0:
            wanted.append((-weight, tag.strip()))
    return [tag for _, tag in sorted(wanted, key=lambda pair: pair[0])]
