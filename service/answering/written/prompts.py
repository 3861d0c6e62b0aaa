"""Prompt files in, messages for a language model out; every file is read, checked and tried when the service starts."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from haystack.dataclasses import ChatMessage
from haystack.utils.jinja2_chat_extension import ChatMessageExtension
from jinja2 import StrictUndefined, Template, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from service.errors import SettingsError

FOLDER = Path(__file__).resolve().parents[3] / "prompts"
SAMPLE_DATA = "sample_data.toml"
# Each prompt with its variables, every one of which it must use; prompts/README.md says what they are.
VARIABLES: Mapping[str, frozenset[str]] = {
    "answer": frozenset({"question", "language", "passages"}),
    "rewrite_question": frozenset({"id", "history", "question"}),
    "translate_quote": frozenset({"id", "quote", "quote_language", "language"}),
}


class Prompts:
    """The prompts of a folder, by the names of their files."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Read them all; raises SettingsError that names the file, and the variable that is unknown or missing."""
        self._environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined, extensions=[ChatMessageExtension], trim_blocks=True, lstrip_blocks=True
        )
        self._sample = _sample(folder / SAMPLE_DATA)
        self._templates = {name: self._checked(folder / f"{name}.jinja") for name in VARIABLES}
        for name in VARIABLES:
            path = folder / f"{name}.jinja"
            try:
                if not self.sample(name):
                    raise SettingsError(f"{path} holds no message; put one in {{% message role=... %}}")
            except json.JSONDecodeError:
                raise SettingsError(f"{path}: text stands outside of {{% message role=... %}}") from None
            except (TemplateError, ValueError, TypeError) as error:
                raise SettingsError(f"{path}: {error}; prompts/README.md has its variables") from None

    def messages(self, name: str, **values: object) -> list[ChatMessage]:
        """The messages of the prompt `name`, filled in; text among `values` becomes text and nothing else."""
        rendered = self._templates[name].render(values)
        return [ChatMessage.from_dict(json.loads(line)) for line in rendered.splitlines() if line.strip()]

    def sample(self, name: str) -> list[ChatMessage]:
        """The messages with the sample data."""
        return self.messages(name, **{key: self._sample[key] for key in VARIABLES[name]})

    def _checked(self, path: Path) -> Template:
        try:
            text = path.read_text("utf-8")
            used = meta.find_undeclared_variables(self._environment.parse(text))
            template = self._environment.from_string(text)
        except (OSError, UnicodeDecodeError, TemplateError) as error:
            raise SettingsError(f"{path}: {error}; prompts/README.md says what it may contain") from None
        allowed = VARIABLES[path.stem]
        if unknown := sorted(used - allowed):
            raise SettingsError(
                f"{path}: unknown variable {', '.join(unknown)}; allowed are {', '.join(sorted(allowed))}"
            )
        if missing := sorted(allowed - used):
            raise SettingsError(f"{path}: the variable {', '.join(missing)} is missing; put it back in")
        return template


def _sample(path: Path) -> dict[str, Any]:
    try:
        sample = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path}: {error}; prompts/README.md says what it may contain") from None
    if missing := sorted(frozenset[str]().union(*VARIABLES.values()) - sample.keys()):
        raise SettingsError(f"{path}: the variable {', '.join(missing)} is missing; put it back in")
    return sample


def shown(messages: list[ChatMessage]) -> str:
    """Messages as people read them: each under its role."""
    return "\n\n".join(f"[{message.role.value}]\n{message.text}" for message in messages)
