"""Canonical text: the rules of the contract, one by one, and as properties of any text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.canonical_text import canonical_text

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=200)  # surrogates included


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("a\r\nb\rc\n", "a\nb\nc\n"),
        ("\ufeffa", "a"),
        ("\x00\ufeff\ufeffa", "a"),
        ("a\ufeffb", "a\ufeffb"),
        ("a\x00b\x07\x1b\x7f\x85\x9fc\td", "abc\td"),
        ("e\u0301", "\u00e9"),
        ("  leading and trailing \n\n", "  leading and trailing \n\n"),
        ("\ud83d\ude00", "\U0001f600"),
        ("a\ud800b", "a\ufffdb"),
        ("1\u202f037\u00a0\u200d\u00ad", "1\u202f037\u00a0\u200d\u00ad"),
        ("", ""),
    ],
)
def test_canonical_text_follows_each_rule(given_text: str, expected: str) -> None:
    """Line ends, byte order mark, controls, composition; nothing else."""
    assert canonical_text(given_text) == expected


@given(ANY_TEXT)
def test_canonical_text_of_anything_is_idempotent_and_storable(text: str) -> None:
    """Twice is once, and the result is NFC, free of controls and valid UTF-8."""
    once = canonical_text(text)
    assert canonical_text(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert once.encode("utf-8").decode("utf-8") == once
    assert not once.startswith("\ufeff")
    assert all(unicodedata.category(char) != "Cc" or char in "\n\t" for char in once)


@given(st.text(st.sampled_from("a\u0301\u0323\u0344\u0327\u1ab0\u0e38\u05b0\u0f73\u0300"), max_size=400))
def test_canonical_text_orders_long_runs_of_marks_as_nfc_does(text: str) -> None:
    """The short cut for long runs of combining marks gives what plain NFC gives."""
    assert canonical_text(text) == unicodedata.normalize("NFC", text)


def test_canonical_text_of_a_million_mixed_marks_returns() -> None:
    """Plain NFC would sort for hours here."""
    marks = "a" + "\u0301\u0323" * 500_000
    assert len(canonical_text(marks)) <= len(marks)
