"""What goes to Slack is shown letter by letter: nothing of it is a mention, a link, formatting or an emoji."""

import itertools
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from service.faces.slack.escape_text import (
    BREAK,
    LOOKS_LIKE_BAR,
    escape_markdown,
    escape_mrkdwn,
    escape_plain,
    formats,
    unescape_plain,
    web_link,
)
from tests.slack_stub.check_text import markdown_problems, mrkdwn_problems, plain_text_problems

# Everything that can be sent, and often what Slack reads as more than text.
PIECES = st.sampled_from(
    [
        *(
            "<!channel>",
            "<@U1>",
            "<#C1|news>",
            "<https://e.org|x>",
            "&lt;!here&gt;",
            "&amp;amp;",
            "&",
            "<",
            ">",
        ),
        *(
            "*",
            "_",
            "~",
            "`",
            "```",
            ":smile:",
            "12:30:45",
            "\n> ",
            "\n- ",
            "\n1. ",
            "\n# ",
            "\n===",
            "\\",
            "|",
        ),
        *(
            "[x](https://e.org)",
            "https://e.org",
            "www.e.org",
            "\n\n    x",
            " ",
            "\n",
            "é",
            "e\u0301",
            "👩‍👩‍👧",
            "🇫🇷",
        ),
        *("العربية", "中文", "русский", "हिन्दी", "ไทย", "\u200d", "\u200f", BREAK, "\U0001f9d1\U0001f3fd"),
    ]
)
TEXTS = st.lists(st.one_of(PIECES, st.text(st.characters(exclude_categories=["Cs"]), max_size=8))).map(
    "".join
)


@given(TEXTS)
def test_plain_text_comes_back_as_it_was(text: str) -> None:
    escaped = escape_plain(text)
    assert unescape_plain(escaped) == text
    assert not list(plain_text_problems(escaped))


@given(TEXTS)
def test_mrkdwn_differs_by_nothing_that_is_seen(text: str) -> None:
    escaped = escape_mrkdwn(text)
    assert unescape_plain(escaped).replace(BREAK, "") == text.replace(BREAK, "")
    assert not list(mrkdwn_problems(escaped))
    assert not re.search(rf"[*_~`](?!{BREAK})|:[\w+'-]+:", escaped)


@given(TEXTS)
@example("\t0")
@example("  \t0\n\t\x0b1")
def test_markdown_is_read_as_the_text_alone(text: str) -> None:
    escaped = escape_markdown(text)
    assert not list(markdown_problems(escaped))
    read = MarkdownIt("commonmark").enable("strikethrough").enable("table").parse(escaped)
    kinds = {token.type for token in read} | {child.type for token in read for child in token.children or ()}
    assert kinds <= {
        "paragraph_open",
        "paragraph_close",
        "inline",
        "text",
        "text_special",
        "softbreak",
        "hardbreak",
    }
    shown = "".join(child.content for token in read for child in token.children or ())
    # Blank space at the ends of lines, and which character ends a line, are Markdown's own.
    assert re.sub(rf"[\s{BREAK}]", "", shown) == re.sub(rf"[\s{BREAK}]", "", text).replace("\0", "\ufffd")


@given(TEXTS, st.lists(st.integers(0, 200)))
def test_parts_of_a_streamed_text_mention_nobody(text: str, cuts: list[int]) -> None:
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    parts = [text[start:end] for start, end in itertools.pairwise(places)]
    assert not list(markdown_problems("".join(map(escape_markdown, parts))))


@pytest.mark.parametrize("text", ["*a*", "snake_case", "~/.config", "`x`", "so :smile: it", "12:30:45"])
def test_what_could_format_is_known(text: str) -> None:
    assert formats(text)
    assert not formats("Ishkashim: 102, 3 % & 5 (a-b) 12:30")


def test_space_between_parts_of_a_streamed_text_stays() -> None:
    assert escape_markdown("102") + escape_markdown(" [1]") == r"102 \[1\]"


@pytest.mark.parametrize(
    ("address", "label", "link"),
    [
        ("https://e.org/a?b=1&c=2", "T & <U>", "<https://e.org/a?b=1&amp;c=2|T &amp; &lt;U&gt;>"),
        ("https://e.org/a|b c>d", "A | B\nC", f"<https://e.org/a%7Cb%20c%3Ed|A {LOOKS_LIKE_BAR} B C>"),
        ("https://e.org/", "*x*", f"<https://e.org/|*{BREAK}x*{BREAK}>"),
    ],
)
def test_a_link_ends_where_it_should(address: str, label: str, link: str) -> None:
    assert web_link(address, label) == link
    assert not list(mrkdwn_problems(link))
