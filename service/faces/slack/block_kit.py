"""Texts in, Slack's blocks and text objects as JSON out. https://docs.slack.dev/reference/block-kit

What an article or a model says goes into plain_text objects, where Slack formats nothing, so that it stands there
letter by letter; mrkdwn is for our own words, and for links.
"""

from typing import Any

from service.faces.slack.escape_text import escape_plain
from service.faces.slack.split_text import split_text

Block = dict[str, Any]

TEXT_LIMIT = 3_000
"""Characters of a text object: https://docs.slack.dev/reference/block-kit/composition-objects/text-object"""


def plain(text: str) -> dict[str, Any]:
    """Any text as it is; without emoji, `:name:` stays these letters."""
    return {"type": "plain_text", "text": escape_plain(text), "emoji": False}


def mrkdwn(text: str) -> dict[str, Any]:
    """A text that is mrkdwn already; addresses and names in it are not turned into links."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def section(text: dict[str, Any]) -> Block:
    """A paragraph."""
    return {"type": "section", "text": text}


def sections(text: str) -> list[Block]:
    """As many paragraphs as a text of any length needs."""
    return [section(plain(piece)) for piece in split_text(text, TEXT_LIMIT, escape_plain) if piece.strip()]


def context(*elements: dict[str, Any]) -> Block:
    """Small print; Slack allows 10 elements."""
    return {"type": "context", "elements": list(elements)}


def button(text: str, action_id: str, value: str) -> dict[str, Any]:
    """A button, at most 75 characters long."""
    return {"type": "button", "text": plain(text), "action_id": action_id, "value": value}
