"""An input to an article: ids, titles and languages by the contract's rules."""

import re
from typing import Any

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from indexing.archive.article import Article
from indexing.article_input import article_input
from indexing.errors import ArticleRefused
from indexing.make_article import first_line, make_article, normalised_url, shorten

FRENCH = "Les troupes se sont retirées de l’autre côté de la frontière pendant la nuit."


def make(default_id: str | None = None, max_characters: int = 1000, **fields: Any) -> Article:
    """An article from fields, with a text unless one is given."""
    body = {} if "html" in fields else {"text": FRENCH}
    return make_article(
        article_input({**body, **fields}), max_characters=max_characters, default_id=default_id
    )


@pytest.mark.parametrize("plain", ["a", "A-1.b_c~d", "x" * 128])
def test_make_article_uses_a_plain_id_as_it_is(plain: str) -> None:
    """The alphabet of the contract goes through."""
    article = make(id=plain, url="https://example.org/x", default_id="/tmp/x.txt")
    assert article.id == plain
    assert "original_id" not in article.meta


@pytest.mark.parametrize("other", ["a b", "é", "x" * 129, "a/b", "a\u202eb", ".", ".."])
def test_make_article_hashes_any_other_id_and_keeps_the_original(other: str) -> None:
    """Hashed ids are plain, differ, and the original can be looked up."""
    article = make(id=other, meta={"k": 1})
    assert re.fullmatch(r"[0-9a-f]{32}", article.id)
    assert article.meta == {"k": 1, "original_id": other}


def test_make_article_takes_the_address_before_the_file() -> None:
    """An address identifies better than the place of a copy; tracking parameters do not count."""
    one = make(url="HTTPS://Example.ORG/Path?utm_source=x&b=2&UTM_medium=y#part", default_id="/tmp/x.txt")
    two = make(url="https://example.org/Path?b=2", default_id="/tmp/y.txt")
    assert one.id == two.id
    assert one.meta["original_id"] == "https://example.org/Path?b=2"


def test_make_article_takes_the_canonical_link_before_the_given_address() -> None:
    """Copies of one page under several addresses are one article."""
    page = f"<html><head><link rel=canonical href='https://example.org/a'></head><body><p>{FRENCH}</p></body></html>"
    assert make(html=page, url="https://example.org/a?print=1").id == make(url="https://example.org/a").id


def test_make_article_falls_back_to_the_file_and_then_to_the_text() -> None:
    """The same text without anything else is the same article."""
    assert make(default_id="/tmp/x.txt").meta["original_id"] == "/tmp/x.txt"
    assert make().id == make(title="Other").id
    assert make().id != make(text=FRENCH + "!").id
    assert make().meta == {}


def test_make_article_keeps_a_file_name_that_is_no_utf_8_storable() -> None:
    """Linux file names are bytes."""
    article = make(default_id="/tmp/caf\udce9.txt")
    assert article.meta["original_id"].encode("utf-8")


def test_make_article_takes_the_given_title_language_and_text() -> None:
    """Given values win; the text is canonical and otherwise untouched."""
    article = make(title="T", language="en", text="  a\r\nb ")
    assert (article.title, article.language, article.text) == ("T", "en", "  a\nb ")


def test_make_article_fills_in_title_and_language() -> None:
    """The first line that is not blank, and the detected language."""
    article = make(text=f"\n \n{FRENCH} {FRENCH}\nEt puis.")
    assert article.title == "Les troupes se sont retirées de l’autre côté de la frontière pendant la nuit."
    assert article.language == "fr"


@pytest.mark.parametrize("empty", ["", " \n\t", "\x00\x07", "\ufeff"])
def test_make_article_refuses_an_article_without_text(empty: str) -> None:
    """White space and control characters are no text."""
    with pytest.raises(ArticleRefused, match="without text"):
        make(text=empty)


def test_make_article_refuses_what_is_too_long() -> None:
    """The message names the setting."""
    with pytest.raises(
        ArticleRefused,
        match=r"got 1,001 characters, allowed: at most 1,000;.*CITEWELL_MAX_ARTICLE_CHARACTERS",
    ):
        make(text="a" * 1001)
    with pytest.raises(ArticleRefused, match="characters of HTML"):
        make(html="<p>" + "a" * 4000)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://A.B:80/C?D=E", "http://a.b:80/C?D=E"),
        ("https://a.b/?utm_a=1", "https://a.b/"),
        ("https://User:Pass@A.b/#x", "https://User:Pass@a.b/"),
        ("https://a.b/?x=&y&x=%20", "https://a.b/?x=&y&x=%20"),
    ],
)
def test_normalised_url_changes_only_what_the_contract_says(url: str, expected: str) -> None:
    """Scheme, host, fragment, utm parameters."""
    assert normalised_url(url) == expected


@given(st.text(max_size=300), st.integers(10, 100))
def test_shorten_gives_a_start_that_ends_between_graphemes(line: str, characters: int) -> None:
    """Never longer, never half a character; a single endless cluster is cut all the same."""
    short = shorten(line, characters)
    assert len(short) <= characters
    assert line.startswith(short)
    if len(line) > characters and len(regex.match(r"\X", line).group()) <= characters:
        ends = {match.end() for match in regex.finditer(r"\X", line)} | {0}
        assert any(len(short) <= end and not line[len(short) : end].strip() for end in ends)


def test_first_line_cuts_at_a_word() -> None:
    """At most 80 characters, no half words."""
    assert first_line("\n\n" + "word " * 30) == ("word " * 16).strip()
    assert first_line("") == ""
