"""A language in, the words by which its questions ask out; read once from `question_words.toml`."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("question_words.toml")


@dataclass(frozen=True, slots=True)
class QuestionWords:
    """Patterns over a question in small letters; empty or None where the table has none for the language."""

    kinds: dict[str, str]
    """By what is asked for; the first that matches decides."""
    several: str | None
    """Asks for more than one thing."""
    asking: str | None
    """Any word that asks."""


def question_words(language: str) -> QuestionWords:
    """The patterns of a language."""
    patterns = {kind: "|".join(ways) for kind, ways in _table()["languages"].get(language, {}).items()}
    kinds = {kind: pattern for kind, pattern in patterns.items() if kind not in ("several", "asking")}
    return QuestionWords(kinds, patterns.get("several"), patterns.get("asking"))


def languages_with_words() -> frozenset[str]:
    """The languages of the table."""
    return frozenset(_table()["languages"])


def joint_pattern() -> str:
    """The words for "and" in all languages."""
    return "|".join(_table()["joints"])


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    return tomllib.loads(TABLE.read_text("utf-8"))
