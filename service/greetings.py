"""`prompts/greetings.toml` in, what is said before the first question out; read and checked at once."""

import tomllib
from pathlib import Path
from string import Formatter

from service.errors import SettingsError

FILE = Path(__file__).resolve().parent.parent / "prompts" / "greetings.toml"
VARIABLES = {"terminal": {"articles"}, "mcp": set[str]()}


class Greetings:
    """The greetings of a file, by the face that they are for."""

    def __init__(self, path: Path = FILE) -> None:
        """Read it; raises SettingsError that names the file and what is missing or unknown."""
        try:
            self._texts = tomllib.loads(path.read_text("utf-8"))
            used = {
                name: {field for _, field, _, _ in Formatter().parse(text) if field is not None}
                for name, text in self._texts.items()
            }
        except (OSError, ValueError, TypeError) as error:
            raise SettingsError(f"{path}: {error}; prompts/README.md says what it may contain") from None
        if missing := sorted(VARIABLES.keys() - used.keys()):
            raise SettingsError(f"{path}: {', '.join(missing)} is missing; put it back in")
        for name, fields in used.items():
            if unknown := sorted(fields - VARIABLES.get(name, set())):
                raise SettingsError(f"{path}: unknown variable {', '.join(unknown)} in {name}")

    def say(self, face: str, **values: object) -> str:
        """One greeting, filled in."""
        text: str = self._texts[face]
        return text.format(**values).strip()
