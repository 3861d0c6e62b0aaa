"""The text of a Slack message in, the question as its author meant it out: Slack's escapes undone, mentions removed.

Slack writes `<@U1>`, `<#C1|name>`, `<https://...|text>`, `<!here>` for what a reader sees as names and links, and
`&amp; &lt; &gt;` for three characters: https://docs.slack.dev/messaging/formatting-message-text#escaping
"""

import re
from collections.abc import Mapping
from typing import Any

from service.answering.question import QUESTION_LIMIT
from service.faces.control_characters import without_control_characters

_CONTROL = re.compile(r"<([@#!]?)([^<>|\s][^<>|]*)(?:\|([^<>]*))?>")
_USER = re.compile(r"<@([A-Z0-9]+)(?:\|[^<>]*)?>")
_SPACES = re.compile(r"[^\S\n]+")
_ENTITIES = (
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&amp;", "&"),
)  # the ampersand last: "&amp;lt;" was written "&lt;"


def mentioned_users(text: str) -> frozenset[str]:
    """The ids of the people and bots that a message mentions."""
    return frozenset(_USER.findall(text))


def question_text(text: str) -> str:
    """What is asked, in plain characters; may be empty or too long."""
    plain = _CONTROL.sub(_readable, text)
    for written, meant in _ENTITIES:
        plain = plain.replace(written, meant)
    lines = (_SPACES.sub(" ", line).strip() for line in without_control_characters(plain).split("\n"))
    return "\n".join(lines).strip()


def message_text(message: Mapping[str, Any]) -> str:
    """The text of any message, the bots' too, whose words often stand in attachments alone."""
    text = message.get("text")
    if isinstance(text, str) and text.strip():
        return text
    for attachment in message.get("attachments") or ():
        for name in ("text", "fallback", "title"):
            if isinstance(said := attachment.get(name), str) and said.strip():
                return str(said)
    return ""


def shortened(text: str, limit: int = QUESTION_LIMIT) -> str:
    """The beginning of a longer text, cut at a space: for a message that somebody else wrote and cannot shorten."""
    if len(text) <= limit:
        return text
    cut = text[:limit]
    whole, space, _ = cut.rpartition(" ")
    return (whole if space else cut).strip()


def _readable(match: re.Match[str]) -> str:
    kind, name, label = match.groups()
    if kind == "@":  # an id says nothing to an archive, and the bot's own name is no part of the question
        return label or " "
    if kind == "#":
        return label or name
    if kind == "!":  # <!here>, <!subteam^S1|@editors>, <!date^...|Monday>
        return label or " "
    return label or name.removeprefix("mailto:").removeprefix("tel:")
