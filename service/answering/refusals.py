"""Refusal sentences from `prompts/refusals`, one file a language, read once and checked."""

import tomllib
from collections.abc import Sequence
from pathlib import Path

from service.answering.answer import RefusalReason
from service.errors import SettingsError

FOLDER = Path(__file__).resolve().parent.parent.parent / "prompts" / "refusals"
FALLBACK = "en"
MISSING, BETWEEN = "missing_names", "between_names"
MOST_NAMES = 5  # more in one sentence explain nothing more


class Refusals:
    """`say` gives the sentence for a reason in a language, its base language, or English."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Read every file of `folder`; raises SettingsError that names a broken file."""
        self._texts: dict[str, dict[str, str]] = {}
        for path in sorted(folder.glob("*.toml")):
            try:
                self._texts[path.stem] = tomllib.loads(path.read_text("utf-8"))
                for key, text in self._texts[path.stem].items():
                    text.format(**({"missing": ""} if key == MISSING else {"articles": 0}))
            except (AttributeError, LookupError, ValueError) as error:
                raise SettingsError(f"{path}: {error}; prompts/README.md says what it may contain") from error
        if FALLBACK not in self._texts:
            raise SettingsError(
                f"{folder / (FALLBACK + '.toml')} is missing; every other language falls back to it"
            )

    def say(self, reason: RefusalReason, language: str, articles: int, missing: Sequence[str] = ()) -> str:
        """One sentence; `articles` is how many were searched.

        For `not_stated`, `missing` are the question's names that no nearest passage holds; a second sentence of
        the same file names them.
        """
        for tag in (language, language.split("-")[0], FALLBACK):
            texts = self._texts.get(tag, {})
            text = texts.get(reason)
            if text:
                said = text.format(articles=articles)
                if missing and reason == "not_stated" and MISSING in texts:
                    names = texts.get(BETWEEN, ", ").join(missing[:MOST_NAMES])
                    # Chinese, Japanese: no space after a full stop
                    space = "" if said.endswith("。") else " "
                    said += space + texts[MISSING].format(missing=names)
                return said
        raise SettingsError(f"no refusal text for {reason!r} in prompts/refusals/{FALLBACK}.toml")
