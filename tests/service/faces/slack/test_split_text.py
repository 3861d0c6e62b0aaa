"""Pieces of a text are the text, none is too long, and they are cut where a reader would."""

import regex
from hypothesis import given
from hypothesis import strategies as st

from service.faces.slack.escape_text import escape_plain
from service.faces.slack.split_text import length, shortened, split_text

SCRIPTS = [
    "word ",
    "Satz. ",
    "句子。",
    "слово ",
    "كلمة ",
    "हिन्दी ",
    "ไทย",
    "e\u0301",
    "👩‍👩‍👧",
    "🇫🇷",
    "\n",
    "&<>",
    "𝒳",
    "a\u0300\u0301",
]
TEXTS = st.lists(
    st.one_of(st.sampled_from(SCRIPTS), st.text(st.characters(exclude_categories=["Cs"]), max_size=5)),
    max_size=60,
).map("".join)


@given(TEXTS, st.integers(5, 80))
def test_nothing_is_lost_and_no_piece_is_too_long(text: str, limit: int) -> None:
    pieces = split_text(text, limit, escape_plain)
    assert "".join(pieces) == text
    assert all(pieces)
    assert all(length(escape_plain(piece)) <= limit for piece in pieces)


@given(TEXTS, st.integers(30, 80))
def test_no_grapheme_is_cut_that_fits(text: str, limit: int) -> None:
    graphemes = regex.findall(r"\X", text)
    if all(length(escape_plain(one)) <= limit // 2 for one in graphemes):
        again = [
            one for piece in split_text(text, limit, escape_plain) for one in regex.findall(r"\X", piece)
        ]
        assert again == graphemes


def test_a_text_that_fits_is_one_piece() -> None:
    assert split_text("a" * 3000, 3000) == ["a" * 3000]
    assert split_text("", 10) == []


def test_a_line_then_a_sentence_then_a_word_is_kept_whole() -> None:
    assert split_text("One two three.\nFour five six.", 20) == ["One two three.\n", "Four five six."]
    assert split_text("One two three. Four five six.", 20) == ["One two three. ", "Four five six."]
    assert split_text("One 3.5 two-three four five six", 20) == ["One 3.5 two-three ", "four five six"]
    assert split_text("一二三四五。六七八九十", 8) == ["一二三四五。", "六七八九十"]
    assert split_text("a" * 25, 10) == ["a" * 10, "a" * 10, "a" * 5]


def test_a_grapheme_longer_than_the_limit_is_cut_as_a_last_resort() -> None:
    text = "a" + "\u0301" * 40
    pieces = split_text(text, 10)
    assert "".join(pieces) == text
    assert [len(piece) for piece in pieces] == [10, 10, 10, 10, 1]


def test_length_is_what_javascript_counts() -> None:
    assert [length(text) for text in ("a", "é", "中", "𝒳", "🇫🇷")] == [1, 1, 1, 2, 4]


def test_a_shortened_text_says_so() -> None:
    assert shortened("short", 10) == "short"
    assert shortened("one two three four", 10) == "one two…"
    assert length(escape_plain(shortened("<" * 50, 20, escape_plain))) <= 20


def test_a_long_text_is_cut_quickly() -> None:
    text = "Ein Satz mit e\u0301 und 👩‍👩‍👧. " * 20_000
    pieces = split_text(text, 3000, escape_plain)
    assert "".join(pieces) == text and len(pieces) < 300
