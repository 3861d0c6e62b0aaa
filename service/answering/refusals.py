"""Refusal sentences from `prompts/refusals`, one file a language, read once and checked."""

import tomllib
from pathlib import Path

from service.answering.answer import RefusalReason
from service.errors import SettingsError

FOLDER = Path(__file__).resolve().parent.parent.parent / "prompts" / "refusals"
FALLBACK = "en"


class Refusals:
    """`say` gives the sentence for a reason in a language, its base language, or English."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Read every file of `folder`; raises SettingsError that names a broken file."""
        self._texts: dict[str, dict[str, str]] = {}
        for path in sorted(folder.glob("*.toml")):
            try:
                self._texts[path.stem] = tomllib.loads(path.read_text("utf-8"))
                for text in self._texts[path.stem].values():
                    text.format(articles=0)
            except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, IndexError, ValueError) as error:
                raise SettingsError(f"{path}: {error}; prompts/README.md says what it may contain") from error
        if FALLBACK not in self._texts:
            raise SettingsError(
                f"{folder / (FALLBACK + '.toml')} is missing; every other language falls back to it"
            )

    def say(self, reason: RefusalReason, language: str, articles: int) -> str:
        """One sentence; `articles` is how many were searched."""
        for tag in (language, language.split("-")[0], FALLBACK):
            text = self._texts.get(tag, {}).get(reason)
            if text:
                return text.format(articles=articles)
        raise SettingsError(f"no refusal text for {reason!r} in prompts/refusals/{FALLBACK}.toml")
