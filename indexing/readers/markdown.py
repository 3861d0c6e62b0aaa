"""Markdown with or without front matter in, plain text by paragraphs and what the front matter says out."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import yaml
from lxml import etree, html
from markdown_it import MarkdownIt
from markdown_it.token import Token

from indexing.canonical_text import canonical_text
from indexing.errors import ArticleRefused
from indexing.readers.decode_text import decode_text
from indexing.readers.extracted import Extracted, iso_date

_FRONT_MATTER = re.compile(
    r"\A---[ \t]*\n(.{0,20000}?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
_BLANK_LINES = re.compile(r"\n{3,}")
_NAMES = {
    "date": "published",
    "lang": "language",
    "authors": "author",
    "canonical_url": "url",
    "publisher": "source",
    "keywords": "tags",
}
_FIELDS = ("id", "title", "author", "published", "language", "url", "source", "tags")
_MARKDOWN = MarkdownIt("commonmark").enable("table")


def read_markdown(data: bytes) -> Extracted:
    """Extract the text of a Markdown file; its title is the front matter's, else the first heading."""
    text = canonical_text(decode_text(data))
    given: dict[str, Any] = {}
    front = _FRONT_MATTER.match(text)
    if front:
        given = _front_matter(front.group(1))
        text = text[front.end() :]
    tokens = _MARKDOWN.parse(text)
    heading = next(
        (tokens[place + 1] for place, token in enumerate(tokens) if token.type == "heading_open"), None
    )
    if heading is not None:
        given.setdefault("title", _inline_text(heading))
    lines = "".join(_text(tokens)).replace(" | \n", "\n")
    return Extracted(text=_BLANK_LINES.sub("\n\n", lines).strip("\n"), **given)


def _front_matter(block: str) -> dict[str, Any]:
    """The fields of the article format by their usual names; what else is there goes under `meta`."""
    try:
        values = yaml.safe_load(block)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ArticleRefused(
            f"got front matter that is not YAML ({str(error).splitlines()[0]}); correct it"
        ) from error
    if not isinstance(values, dict):
        return {}
    fields: dict[str, Any] = {}
    meta: dict[str, Any] = {}
    for key, value in values.items():
        name = _NAMES.get(str(key).lower(), str(key).lower())
        if value is None:
            continue
        if name in _FIELDS:
            fields[name] = _field(name, value)
        else:
            meta[str(key)] = _plain(value)
    return {**fields, "meta": meta}


def _field(name: str, value: Any) -> Any:
    if name == "published":
        return iso_date(value) or str(value)
    if name == "tags":
        tags = value if isinstance(value, list) else str(value).split(",")
        return tuple(str(tag).strip() for tag in tags)
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return str(value)


def _plain(value: Any) -> Any:
    """A YAML value as JSON has them."""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, set, tuple)):
        return [_plain(item) for item in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def _text(tokens: list[Token]) -> Iterator[str]:
    """Blocks apart by a blank line, list items and table rows by a line end."""
    for token in tokens:
        if token.type == "inline":
            yield _inline_text(token)
        elif token.type in ("fence", "code_block"):
            yield f"{token.content}\n"
        elif token.type == "html_block":
            yield f"{_without_tags(token.content)}\n\n"
        elif token.type in ("td_close", "th_close"):
            yield " | "
        elif token.type == "paragraph_close":
            yield "\n" if token.hidden else "\n\n"
        elif token.type in ("heading_close", "bullet_list_close", "ordered_list_close", "table_close"):
            yield "\n\n" if token.type == "heading_close" else "\n"
        elif token.type == "tr_close":
            yield "\n"


def _inline_text(token: Token) -> str:
    parts = []
    for child in token.children or []:
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type == "softbreak":
            parts.append(" ")
        elif child.type == "hardbreak":
            parts.append("\n")
        elif child.type == "image":
            parts.append(child.content)
    return "".join(parts)


def _without_tags(block: str) -> str:
    try:
        tree = html.fromstring(f"<div>{block}</div>")
    except (ValueError, etree.LxmlError):
        return ""
    for unseen in tree.xpath("//script|//style|//template"):
        unseen.drop_tree()
    return str(tree.text_content()).strip()
