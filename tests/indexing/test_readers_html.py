"""A web page to its article: text and metadata, any broken page survived, quality held on known pages."""

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from indexing.readers.html import read_html, read_html_file

PARAGRAPHS = [
    "The old bridge across the river was closed last night after a crack had been found in a pillar.",
    "Residents have to take the ferry for at least six weeks, the town council said on Tuesday.",
    "The mayor, who had asked for repairs in 2019, called the closure a sad day for both sides of the river.",
]
PAGE = """<!DOCTYPE html><html lang="en"><head><title>Bridge closed - River News</title>
<link rel="canonical" href="/2021/07/bridge"><meta property="og:title" content="Bridge closed">
<meta property="og:site_name" content="River News"><meta name="author" content="Ada Byron">
<meta property="article:published_time" content="2021-07-05T06:30:00+02:00"></head>
<body><nav><a href="/">Home</a> <a href="/sport">Sport</a></nav><article><h1>Bridge closed</h1>{}</article>
<footer>Imprint. All rights reserved.</footer><script>var tracking = 1;</script></body></html>""".format(
    "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
)


def lines(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def test_read_html_finds_the_article_and_what_the_page_says_of_it() -> None:
    found = read_html(PAGE, url="https://news.example/2021/07/bridge?utm_source=x")
    assert found.text.split("\n") == ["Bridge closed", *PARAGRAPHS] or found.text.split("\n") == PARAGRAPHS
    assert (found.title, found.author, found.source) == ("Bridge closed", "Ada Byron", "River News")
    assert (found.published, found.language) == ("2021-07-05", "en")
    assert found.url == "https://news.example/2021/07/bridge"


def test_read_html_takes_a_page_with_little_text_as_a_whole() -> None:
    found = read_html("<title>T</title><body><p>One <b>bold</b> line.<div>Two<br>three<script>no()</script>")
    assert found.text == "One bold line.\nTwo\nthree"
    assert found.title == "T"


def test_read_html_doubts_a_declared_language_that_the_text_refutes() -> None:
    """Templates are copied with their lang attribute."""
    assert read_html(PAGE.replace('lang="en"', 'lang="de"')).language is None
    assert read_html(PAGE.replace('lang="en"', 'lang="en-GB"')).language == "en-GB"
    assert read_html(PAGE.replace('lang="en"', 'lang="english"')).language is None


@pytest.mark.parametrize(
    "link", ["https://news.example/", "https://news.example", "mailto:x", "http://[", "/x", ""]
)
def test_read_html_takes_no_front_page_or_broken_link_as_canonical(link: str) -> None:
    """Else every page of a careless site would be one article."""
    assert read_html(PAGE.replace("/2021/07/bridge", link)).url is None


@pytest.mark.parametrize(
    ("encoding", "head"),
    [
        ("windows-1252", "<meta charset=iso-8859-1>"),
        ("windows-1252", "<meta http-equiv='Content-Type' content='text/html; charset=windows-1252'>"),
        ("utf-8", "<meta charset=iso-8859-1>"),
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("utf-16", ""),
        ("windows-1252", ""),
    ],
)
def test_read_html_file_finds_the_encoding(encoding: str, head: str) -> None:
    text = "Après l’été, le café rouvre : « déjà », dit la gérante."
    page = f"<html><head>{head}</head><body><p>{text}</p></body></html>"
    assert read_html_file(page.encode(encoding)).text == text


@given(st.text(st.sampled_from("<>/!-=\"'& abp\x00\n\u00e9\ufeff[]?;#x1")) | st.text())
def test_read_html_survives_any_string(page: str) -> None:
    assert isinstance(read_html(page).text, str)


@pytest.mark.parametrize(
    "page", ["", " ", "<", "<!--" * 1000, "<div>" * 3000 + "x", "a\ud800b", "<p " + "a=1 " * 5000]
)
def test_read_html_survives_odd_pages(page: str) -> None:
    read_html(page)


def test_read_html_survives_every_malformed_fragment(evaluation_data: Path) -> None:
    fragments = lines(evaluation_data / "pages" / "malformed_html.jsonl.gz")
    assert len(fragments) >= 700
    for fragment in fragments:
        assert isinstance(read_html(fragment["html"]).text, str)


def test_read_html_agrees_with_known_articles(evaluation_data: Path) -> None:
    """Measured .996 / .956 / .971 when the settings were chosen."""
    scores = [
        token_scores(read_html(page["html"], page.get("url")).text, page["expected_text"])
        for page in lines(evaluation_data / "pages" / "readability.jsonl.gz")
    ]
    precision, recall, f1 = (sum(column) / len(scores) for column in zip(*scores, strict=True))
    assert precision > 0.98, (precision, recall, f1)
    assert f1 > 0.95, (precision, recall, f1)


def test_read_html_keeps_articles_and_drops_what_is_around_them(evaluation_data: Path) -> None:
    missing, unwanted = [], []
    for page in lines(evaluation_data / "pages" / "open_web.jsonl.gz"):
        text = " ".join(read_html(page["html"], page.get("url")).text.split())
        missing += [snippet for snippet in page["must_contain"] if " ".join(snippet.split()) not in text]
        unwanted += [snippet for snippet in page["must_not_contain"] if " ".join(snippet.split()) in text]
    assert (missing, unwanted) == ([], [])


def token_scores(text: str, expected: str) -> tuple[float, float, float]:
    found, wanted = (Counter(regex.findall(r"\w+", one.lower())) for one in (text, expected))
    shared = (found & wanted).total()
    if not shared:
        return 0.0, 0.0, 0.0
    precision, recall = shared / found.total(), shared / wanted.total()
    return precision, recall, 2 * precision * recall / (precision + recall)
