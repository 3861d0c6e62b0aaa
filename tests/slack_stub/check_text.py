"""A text as it goes to Slack in, what Slack would refuse, cut or take for markup out.

Three kinds of text, each with rules of its own: `mrkdwn` (text objects and the top-level `text`), `plain_text`, and
the standard Markdown of markdown blocks and streams.
"""

import re
from collections.abc import Iterator

FORMATTING = "https://docs.slack.dev/messaging/formatting-message-text"
TEXT_OBJECT = "https://docs.slack.dev/reference/block-kit/composition-objects/text-object"
MARKDOWN_BLOCK = "https://docs.slack.dev/reference/block-kit/blocks/markdown-block"

_MARKUP = re.compile(r"<([^<>]*)>")
_ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")
_MENTIONS = re.compile(
    r"(?:@[UW][A-Z0-9]+|#C[A-Z0-9]+|!subteam\^S[A-Z0-9]+)(?:\|[^|\n]*)?|!date\^\d+\^[^|\n]+\|[^|\n]+"
)
_LINK = re.compile(r"(?:https?://[^\s|]+|mailto:[^\s|]+|tel:[^\s|]+)(?:\|[^|\n]+)?")
_BROADCAST = re.compile(r"!(?:channel|here|everyone)\b")
# A `>` that begins a line is a block quote, not a character of the text.
_QUOTE_MARK = re.compile(r"^>(?:>>)?", re.MULTILINE)
_MARKDOWN_MENTION = re.compile(r"(?<!\\)<(?:!|@[UW][A-Z0-9]|#C[A-Z0-9])[^>\n]*>")


def mrkdwn_problems(text: str) -> Iterator[str]:
    """Markup that is none, and characters that had to be escaped."""
    for inside in _MARKUP.findall(text):
        if _BROADCAST.match(inside):
            yield f"not_escaped: <{inside}> notifies a whole channel ({FORMATTING}#special-mentions)"
        elif not _MENTIONS.fullmatch(inside) and not _LINK.fullmatch(inside):
            yield f"not_escaped: <{inside[:60]}> is neither link nor mention ({FORMATTING}#linking-urls)"
    rest = _QUOTE_MARK.sub("", _MARKUP.sub("", text))
    for sign in sorted({"<", ">"} & set(rest)):
        yield f"not_escaped: a bare {sign} in {rest[:60]!r} ({FORMATTING}#escaping)"
    if _ENTITY.search(text):
        yield f"not_escaped: a bare & in {text[:60]!r} ({FORMATTING}#escaping)"


def plain_text_problems(text: str) -> Iterator[str]:
    """Plain text knows no markup, but the same three characters are escaped in it."""
    for sign in sorted({"<", ">"} & set(text)):
        yield f"not_escaped: a bare {sign} in {text[:60]!r} ({FORMATTING}#escaping)"
    if _ENTITY.search(text):
        yield f"not_escaped: a bare & in {text[:60]!r} ({FORMATTING}#escaping)"


def markdown_problems(text: str) -> Iterator[str]:
    """Standard Markdown needs no entities, but mentions work in it as in mrkdwn."""
    for found in _MARKDOWN_MENTION.findall(text):
        yield f"not_escaped: {found[:60]} is taken for a mention ({MARKDOWN_BLOCK})"
