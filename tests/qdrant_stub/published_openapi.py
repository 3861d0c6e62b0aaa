"""Qdrant's published OpenAPI (openapi.json of a release) and a request in, what is wrong with its body out.

The file is Qdrant's and does not lie here: TEST_QDRANT_OPENAPI names a copy, from docs/redoc of its repository.
"""

import json
import re
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match


class PublishedOpenAPI:
    """The bodies that the calls of one release take."""

    def __init__(self, file: Path) -> None:
        """Read the file; raises OSError or ValueError."""
        published = json.loads(file.read_text("utf-8"))
        self._paths = {
            re.compile(re.sub(r"\{[^}]*\}", "[^/]+", path)): calls
            for path, calls in published["paths"].items()
        }
        self._components = _as_json_schema(published["components"])
        self._validators: dict[tuple[str, re.Pattern[str]], Draft202012Validator] = {}

    def fault(self, method: str, path: str, body: bytes) -> str | None:
        """One sentence, None when the body is as it must be; a call that is not published is a fault, too."""
        for pattern, calls in self._paths.items():
            if pattern.fullmatch(path) and method.lower() in calls:
                content = calls[method.lower()].get("requestBody", {}).get("content", {})
                if not content:
                    return f"{method} {path} takes no body" if body else None
                validator = self._validators.get((method, pattern))
                if validator is None:
                    schema = _as_json_schema(content["application/json"]["schema"])
                    validator = Draft202012Validator({**schema, "components": self._components})
                    self._validators[method, pattern] = validator
                error = best_match(validator.iter_errors(json.loads(body)))
                return None if error is None else f"{error.json_path}: {error.message[:200]}"
        return f"{method} {path} is not in Qdrant's OpenAPI"


def _as_json_schema(schema: Any) -> Any:
    """OpenAPI 3.0 says `nullable` where JSON schema has the type `null`; alone, it stands for nothing but null."""
    if isinstance(schema, list):
        return [_as_json_schema(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: _as_json_schema(value) for name, value in schema.items() if name != "nullable"}
    if schema.get("nullable") is not True:
        return inner
    return {"anyOf": [inner, {"type": "null"}]} if inner else {"type": "null"}
