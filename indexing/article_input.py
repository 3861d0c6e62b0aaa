"""One JSON object in the article format in, a checked ArticleInput or one clear line of refusal out."""

import json
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from indexing.archive.tags_and_dates import normalised_date, normalised_language
from indexing.canonical_text import canonical_text
from indexing.errors import ArticleRefused

FIELDS = ("id", "title", "text", "html", "url", "source", "author", "language", "published", "tags")
MAX_TAGS = 100
MAX_META_CHARACTERS = 100_000
MAX_META_DEPTH = 20

_SHOWN = 60  # characters of a refused value that a message repeats


def _one_line(value: Any) -> str | None:
    """A string as canonical text on one line; blank strings count as absent."""
    return " ".join(canonical_text(_string(value)).split()) or None if value is not None else None


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a string")
    return value


def _id(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _one_line(value)


def _body(value: Any) -> str | None:
    return None if value is None else _string(value)


def _url(value: Any) -> str | None:
    url = _one_line(value)
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        valid = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        valid = False
    if not valid:
        raise ValueError("an absolute http or https address")
    return url


def _language(value: Any) -> str | None:
    if value is None or value == "":
        return None
    tag = normalised_language(_string(value))
    if tag is None:
        raise ValueError("a BCP 47 language tag such as fr or zh-Hant")
    return tag


def _published(value: Any) -> str | None:
    if value is None or value == "":
        return None
    moment = normalised_date(value) if isinstance(value, str) else None
    if moment is None:
        raise ValueError("RFC 3339 date such as 2021-07-05 or date-time such as 2021-07-05T14:00:00Z")
    return moment


def _tags(value: Any) -> tuple[str, ...]:
    allowed = f'a list of at most {MAX_TAGS} strings such as ["politics", "asia"]'
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)) or not all(isinstance(tag, str) for tag in value):
        raise ValueError(allowed)
    tags = tuple(dict.fromkeys(cleaned for tag in value if (cleaned := _one_line(tag))))
    if len(tags) > MAX_TAGS or any(len(tag) > 200 for tag in tags):
        raise ValueError(f"{allowed}, each at most 200 characters")
    return tags


def _meta(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError("an object")
    meta = _storable(dict(value), MAX_META_DEPTH)
    if len(json.dumps(meta, ensure_ascii=False)) > MAX_META_CHARACTERS:
        raise ValueError(f"at most {MAX_META_CHARACTERS:,} characters as JSON")
    assert isinstance(meta, dict)
    return meta


def _storable(value: Any, depth: int) -> Any:
    """A JSON value whose strings are canonical text; numbers that JSON does not know are refused."""
    if depth == 0:
        raise ValueError(f"at most {MAX_META_DEPTH} levels of nesting")
    if isinstance(value, str):
        return canonical_text(value)
    if isinstance(value, Mapping):
        return {canonical_text(str(key)): _storable(item, depth - 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_storable(item, depth - 1) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if abs(value) >= 1 << 63:
            raise ValueError("whole numbers of at most 64 bits")
        return value
    if isinstance(value, float) and value - value == 0:
        return value
    raise ValueError("JSON values (no NaN, no Infinity)")


_Name = Annotated[str | None, Field(max_length=1000), BeforeValidator(_one_line)]


class ArticleInput(BaseModel):
    """An article as it is handed in: exactly one of `text` and `html`; unknown keys are kept under `meta`."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"additionalProperties": True})

    id: Annotated[str | None, Field(max_length=2000), BeforeValidator(_id)] = None
    title: _Name = None
    text: Annotated[str | None, BeforeValidator(_body)] = None
    html: Annotated[str | None, BeforeValidator(_body)] = None
    url: Annotated[str | None, Field(max_length=4000), BeforeValidator(_url)] = None
    source: _Name = None
    author: _Name = None
    language: Annotated[str | None, BeforeValidator(_language)] = None
    published: Annotated[str | None, BeforeValidator(_published)] = None
    tags: Annotated[tuple[str, ...], BeforeValidator(_tags)] = ()
    meta: Annotated[dict[str, Any], BeforeValidator(_meta)] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _collect_unknown_keys(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        known = {key: data[key] for key in FIELDS if key in data}
        unknown = {key: value for key, value in data.items() if key not in FIELDS and key != "meta"}
        meta = {} if data.get("meta") is None else data["meta"]
        return {**known, "meta": {**unknown, **meta} if isinstance(meta, Mapping) else meta}

    @model_validator(mode="after")
    def _has_one_body(self) -> "ArticleInput":
        if self.text and self.html:
            raise ValueError("got both text and html, allowed: exactly one; leave one out")
        if self.text is None and self.html is None:
            if self.url:
                raise ValueError(
                    "got a url alone; fetching pages comes with a later version; send text or html"
                )
            raise ValueError("got neither text nor html, allowed: exactly one; add the article's text")
        return self


def article_input(data: object) -> ArticleInput:
    """Check one JSON object; raises ArticleRefused with one line for the first thing that is wrong."""
    if not isinstance(data, Mapping):
        raise ArticleRefused(
            f'got {_shown(data)}, allowed: a JSON object such as {{"text": "..."}}; correct it'
        )
    try:
        return ArticleInput.model_validate(data)
    except ValidationError as error:
        raise ArticleRefused(_explain(error)) from error


def _explain(error: ValidationError) -> str:
    problem = error.errors(include_url=False)[0]
    said = str(problem.get("ctx", {}).get("error", problem["msg"]))
    if not problem["loc"]:
        return said
    field, value = problem["loc"][0], problem.get("input")
    if problem["type"] == "string_too_long":
        limit = problem["ctx"]["max_length"]
        return f"field '{field}': got {len(str(value)):,} characters, allowed: at most {limit:,}; shorten it"
    return f"field '{field}': got {_shown(value)}, allowed: {said}; correct it or leave it out"


def _shown(value: object) -> str:
    shown = " ".join(ascii(value).split()) if not isinstance(value, str) else repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
