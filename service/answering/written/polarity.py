"""A text and its language in; whether it denies, and whether it only passes on what somebody says, out.

Both are told by words, listed for five languages of the press in polarity.toml. What a quote must not lose is told by
few, plain words; what may keep it by many, since a translation puts it otherwise: "lacked" for "had no".
"""

import tomllib
from functools import lru_cache
from pathlib import Path

import regex

from service.answering.contradiction import denies

WORDS = Path(__file__).with_name("polarity.toml")


def must_deny(quote: str, language: str) -> bool:
    """Whether a quote denies so plainly that a statement from it must deny too."""
    return _holds("must_deny", quote, language)


def may_deny(text: str, language: str) -> bool:
    """Whether a text holds anything that denies or restricts; True in a language without a list."""
    base = language.split("-")[0]
    return denies(text, base) is not False or _holds("may_deny", text, base)


def must_attribute(quote: str, language: str) -> bool:
    """Whether a quote says so plainly that somebody says so that a statement from it must say it too."""
    return _holds("must_attribute", quote, language)


def may_attribute(text: str, language: str) -> bool:
    """Whether a text says in any way that somebody says so; True in a language without a list."""
    base = language.split("-")[0]
    known = base in _patterns()["may_attribute"]
    return not known or _holds("must_attribute", text, base) or _holds("may_attribute", text, base)


def _holds(kind: str, text: str, language: str) -> bool:
    pattern = _patterns()[kind].get(language.split("-")[0])
    return pattern is not None and pattern.search(text) is not None


@lru_cache(maxsize=1)
def _patterns() -> dict[str, dict[str, regex.Pattern[str]]]:
    listed = tomllib.loads(WORDS.read_text("utf-8"))
    return {
        kind: {language: _compiled(words) for language, words in by_language.items()}
        for kind, by_language in listed.items()
    }


def _compiled(words: str) -> regex.Pattern[str]:
    joined = "".join(line.strip() for line in words.splitlines())
    return regex.compile(rf"(?<![\p{{L}}\p{{M}}])(?:{joined})(?![\p{{L}}\p{{M}}])", regex.IGNORECASE)
