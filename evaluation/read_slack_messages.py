"""Slack messages in, what a reader finds in them out: the marks in the wording and the quote under each number."""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from service.faces.slack.slack_message import SlackMessage

_HEAD = re.compile(r"\*(?:\[(\d+)\]|•)\*")
_MARK = re.compile(r"\[(\d{1,3})\]")


@dataclass(slots=True)
class ShownQuote:
    """A quote as it stands in context blocks; `number` is None where only what was near is shown."""

    number: int | None
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The quote without the quotation marks around it."""
        return "".join(self.pieces)[1:-1]

    @property
    def fits_a_block(self) -> bool:
        """Whether 3,000 characters, as JavaScript counts them, hold it escaped and in quotation marks."""
        written = html.escape("".join(self.pieces), quote=False)
        return len(written.encode("utf-16-le", "surrogatepass")) // 2 <= 3_000


def quotes_in(messages: Iterable[SlackMessage]) -> list[ShownQuote]:
    """The quotes in order; pieces of one are joined where the next block says that it goes on."""
    found: list[ShownQuote] = []
    goes_on = False
    for elements in _contexts(messages):
        head = _HEAD.match(elements[0]["text"])
        if head is None or len(elements) < 2 or elements[1]["type"] != "plain_text":
            continue
        if not goes_on:
            found.append(ShownQuote(int(head[1]) if head[1] else None))
        found[-1].pieces.append(_as_shown(elements[1]))
        # Only our own words stand in italics: those of an article have a zero-width space behind the sign.
        goes_on = elements[-1]["text"].endswith("_ …")
    return found


def marks_in(messages: Iterable[SlackMessage]) -> set[int]:
    """The numbers that stand in square brackets in the wording."""
    shown = (
        _as_shown(block["text"])
        for message in messages
        for block in message.blocks
        if block["type"] == "section"
    )
    return {int(mark) for text in shown for mark in _MARK.findall(text)}


def _contexts(messages: Iterable[SlackMessage]) -> Iterator[list[dict[str, Any]]]:
    for message in messages:
        for block in message.blocks:
            if block["type"] == "context":
                yield block["elements"]


def _as_shown(text: dict[str, Any]) -> str:
    """What Slack shows of plain text, of which it knows three entities only."""
    return html.unescape(re.sub("&(?!(?:amp|lt|gt);)", "&amp;", str(text["text"])))
