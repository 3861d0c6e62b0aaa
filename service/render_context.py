"""A citation and its article in, the quote within its passage out, as plain text for a terminal or a file."""

from collections.abc import Iterable
from typing import Any

import click

from service.errors import ServiceError
from service.render_text import source_line

CONTEXT = 600  # characters shown on each side at most, where the passage of the quote is not known
OPENING, CLOSING = "»", "«"


def context_text(
    citation: dict[str, Any], passages: Iterable[dict[str, Any]], article: dict[str, Any], *, styled: bool
) -> str:
    """Where the quote is from, and the passage around it, word for word; `styled` marks it by reverse video.

    Raises ServiceError when the quote is not at its place in `article`.
    """
    text, start, end = article.get("text"), citation["start"], citation["end"]
    if not isinstance(text, str) or not 0 <= start < end or text[start:end] != citation["quote"]:
        raise ServiceError(
            f"quote {citation['number']} is not at {start}-{end} in the text of article "
            f"{citation['article']['id']} that came; ask the question again"
        )
    first, last = _passage_around(citation, passages, text) or _paragraph_around(text, start, end)
    quote = click.style(text[start:end], reverse=True) if styled else f"{OPENING}{text[start:end]}{CLOSING}"
    before = ("… " if first > 0 else "") + text[first:start]
    after = text[end:last] + (" …" if last < len(text) else "")
    return "\n".join([*_head(citation, article), "", f"{before}{quote}{after}".strip("\n")])


def _head(citation: dict[str, Any], article: dict[str, Any]) -> list[str]:
    lines = [f"[{citation['number']}] {source_line(citation)}"]
    version = citation["article"]["version"]
    if article.get("current_version", version) != version:
        lines.append(f"    version {version}; the article has a newer one")
    return lines


def _passage_around(
    citation: dict[str, Any], passages: Iterable[dict[str, Any]], text: str
) -> tuple[int, int] | None:
    """Where the passage that was read begins and ends, if it is the one and holds the quote."""
    for passage in passages:
        first, last = passage["start"], passage["end"]
        same = passage["passage_id"] == citation["passage_id"] and text[first:last] == passage["text"]
        if same and 0 <= first <= citation["start"] and citation["end"] <= last:
            return first, last
    return None


def _paragraph_around(text: str, start: int, end: int) -> tuple[int, int]:
    first = max(text.rfind("\n", 0, start) + 1, start - CONTEXT)
    last = text.find("\n", end)
    return first, min(last if last >= 0 else len(text), end + CONTEXT)
