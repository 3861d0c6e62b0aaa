"""What Slack writes for names, links and three characters is read as its author meant it."""

import pytest

from service.answering.question import QUESTION_LIMIT
from service.faces.slack.question_text import mentioned_users, message_text, question_text, shortened


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("<@U0BOT> How many came?", "How many came?"),
        ("How many came, <@U0BOT|citewell>?", "How many came, citewell?"),
        ("hey <@U0BOT>   how many\u00a0came?", "hey how many came?"),
        ("Tom &amp; Jerry &lt;3 &gt; 2", "Tom & Jerry <3 > 2"),
        ("&amp;lt; is written &amp;amp;lt;", "&lt; is written &amp;lt;"),
        ("see <https://e.org/a?b=1&amp;c=2|the page>", "see the page"),
        ("see <https://e.org/a?b=1&amp;c=2>", "see https://e.org/a?b=1&c=2"),
        ("write to <mailto:a@e.org>", "write to a@e.org"),
        ("in <#C1|sports> and <#C2>", "in sports and C2"),
        ("<!here> <!channel> who won?", "who won?"),
        ("<!subteam^S1|@editors> who won?", "@editors who won?"),
        ("on <!date^1392734382^{date}|Monday>?", "on Monday?"),
        ("one\n\n  two\x07\r\n", "one\n\ntwo"),
        ("a < b and b > c", "a < b and b > c"),
        ("<@U0BOT>", ""),
        ("", ""),
    ],
)
def test_markup_is_read_as_it_was_meant(written: str, meant: str) -> None:
    assert question_text(written) == meant


def test_mentions_are_found_with_and_without_a_name() -> None:
    assert mentioned_users("<@U1> and <@W2|wu>, not @U3, <#C4> or &lt;@U5&gt;") == {"U1", "W2"}


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"text": "said"}, "said"),
        ({"text": "", "attachments": [{"title": "only a title"}]}, "only a title"),
        ({"text": " ", "attachments": [{"text": "told", "title": "titled"}]}, "told"),
        ({"attachments": [{"fallback": "fell"}]}, "fell"),
        ({"text": None, "attachments": None}, ""),
    ],
)
def test_words_of_a_message_are_found_in_its_attachments_too(message: dict[str, object], text: str) -> None:
    assert message_text(message) == text


def test_long_text_is_cut_at_a_space() -> None:
    assert shortened("short") == "short"
    assert shortened("one two three", 9) == "one two"
    assert shortened("x" * 20, 9) == "x" * 9
    assert len(shortened("word " * 1_000)) <= QUESTION_LIMIT
