"""The widget's texts: the same in every language, each used, and one for everything that can go wrong."""

import json
import re
from functools import cache
from typing import Any

import pytest

from service.faces.widget_script import FILES, FOLDER

LANGUAGES = ("ar", "de", "en", "es", "fr", "ru", "zh")
# Categories of CLDR for whole numbers; `other` stands in for those that are left out (millions in French and Spanish).
PLURALS = {
    "ar": {"zero", "one", "two", "few", "many", "other"},
    "de": {"one", "other"},
    "en": {"one", "other"},
    "es": {"one", "other"},
    "fr": {"one", "other"},
    "ru": {"one", "few", "many"},
    "zh": {"other"},
}


@cache
def texts(language: str) -> dict[str, Any]:
    return json.loads((FOLDER / "texts" / f"{language}.json").read_text("utf-8"))


@cache
def script() -> str:
    return "\n".join((FOLDER / name).read_text("utf-8") for name in FILES)


def forms(text: str | dict[str, str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text.values())


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_every_language_is_there() -> None:
    assert tuple(sorted(path.stem for path in (FOLDER / "texts").glob("*.json"))) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_every_text_with_its_placeholders(language: str) -> None:
    assert texts(language).keys() == texts("en").keys()
    for key, text in texts(language).items():
        wanted = set().union(*map(placeholders, forms(texts("en")[key])))
        for form in forms(text):
            assert form.strip() == form and form, f"{key} is empty or padded"
            # One, two or none may be a word in place of the figure.
            assert placeholders(form) <= wanted, f"{key}: {form}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_that_counts_has_the_plural_forms_of_its_language(language: str) -> None:
    for key, text in texts("en").items():
        if isinstance(text, dict):
            assert texts(language)[key].keys() >= PLURALS[language], key


def test_every_text_is_used_and_every_used_text_is_there() -> None:
    said = set(re.findall(r'say\("(\w+)"', script())) | set(re.findall(r'day\("\w+", "(\w+)"\)', script()))
    steps = re.search(r"STEPS = \{(.+?)\}", script())
    assert steps
    said |= set(re.findall(r"(\w+):", steps[1])) | kinds()
    used_by_condition = set(re.findall(r'\? "(\w+)" : "(\w+)"\)', script()))
    said |= {key for pair in used_by_condition for key in pair if key in texts("en")}
    assert said == texts("en").keys()


def test_every_fault_has_a_sentence() -> None:
    assert kinds() <= texts("en").keys()


def kinds() -> set[str]:
    table = re.search(r"KINDS = \{(.+?)\}", script(), re.DOTALL)
    assert table
    named = set(re.findall(r'"(\w+)"', table[1])) | set(re.findall(r'new Fault\("(\w+)"', script()))
    either = re.search(r'new Fault\(.*\? "(\w+)" : "(\w+)"', script())
    kept = re.search(r'turn\.fault \?\? \{ kind: "(\w+)"', script())
    assert either and kept
    return named | set(either.groups()) | set(kept.groups()) | {"failed"}
