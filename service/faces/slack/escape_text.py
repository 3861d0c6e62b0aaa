"""Any text in, the same text out as Slack shows it letter by letter: no mention, no link, no formatting, no emoji.

Three kinds, after where it goes: `escape_plain` for plain_text objects and a message's `text`, `escape_mrkdwn` for
mrkdwn objects, `escape_markdown` for `markdown_text`. https://docs.slack.dev/messaging/formatting-message-text#escaping
"""

import re
from urllib.parse import quote

# mrkdwn has no escape for the characters that format: https://github.com/slackhq/slack-api-docs/issues/93. A zero-width
# space behind one keeps it from opening or closing anything, and stays out of sight.
BREAK = "\u200b"
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ESCAPED = str.maketrans(_ENTITIES)
_ENTITY = re.compile("&(?:amp|lt|gt);")
_CHARACTERS = {entity: character for character, entity in _ENTITIES.items()}
_FORMATS = re.compile(r"[*_~`]|:(?=[\w+'-]+:)")  # :name: is an emoji
# https://docs.slack.dev/reference/block-kit/blocks/markdown-block: a backslash before one shows it as it is.
_MARKDOWN = re.compile(r"[\\`*_{}\[\]()#+\-.!~|]")
# Code by its indent, a heading by the line under it; a part's own beginning may be the middle of a line.
_INDENT = re.compile(r"(?<=\n)[ \t]+(?=[^ \t\r\n])")
_FIRST_INDENT = re.compile(r"\A(?: {4,}| {0,3}\t)[ \t]*(?=[^ \t\r\n])")
_UNDERLINE = re.compile(r"(?<=\n)(?==)")
_UNSAFE = re.compile(r"[\s|<>]")
LOOKS_LIKE_BAR = "\u2223"
_MARKDOWN_COLON = re.compile(r":(?=//|[\w+'-]+:)")  # an address becomes a link, :name: an emoji


def escape_plain(text: str) -> str:
    """The text for a plain_text object, or for the `text` of a message."""
    return text.translate(_ESCAPED)


def unescape_plain(text: str) -> str:
    """The text that `escape_plain` was given."""
    return _ENTITY.sub(lambda entity: _CHARACTERS[entity[0]], text)


def escape_mrkdwn(text: str) -> str:
    """The text for an mrkdwn object; a zero-width space stands behind what would format."""
    return _FORMATS.sub(rf"\g<0>{BREAK}", text).translate(_ESCAPED)


def formats(text: str) -> bool:
    """Whether the text has something that mrkdwn could take for formatting or an emoji."""
    return _FORMATS.search(text) is not None


def escape_markdown(text: str) -> str:
    """The text for `markdown_text`; a part of a text, as it comes while streaming, can be escaped by itself."""
    lines = _UNDERLINE.sub(BREAK, _INDENT.sub("", _FIRST_INDENT.sub(" ", text)))
    return _MARKDOWN.sub(r"\\\g<0>", _MARKDOWN_COLON.sub(f":{BREAK}", lines)).translate(_ESCAPED)


def web_link(address: str, label: str) -> str:
    """An mrkdwn link that shows `label` in one line."""
    # In both parts a | would end the part; a space would end the address.
    scheme, colon, rest = address.partition(":")
    target = _UNSAFE.sub(lambda found: quote(found[0]), f"{scheme.lower()}{colon}{rest}")
    shown = escape_mrkdwn(" ".join(label.split()).replace("|", LOOKS_LIKE_BAR))
    return f"<{escape_plain(target)}|{shown}>"
