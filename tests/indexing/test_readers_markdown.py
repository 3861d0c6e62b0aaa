"""Markdown to plain text by paragraphs, and its front matter to the fields of an article."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.errors import ArticleRefused
from indexing.readers.markdown import read_markdown

DOCUMENT = """# Bridge *closed*

The bridge across
the river is [closed](https://news.example/x) since `Monday`.
No one was hurt &mdash; luckily.

- one
- two
  - three

> Quoted
> line

| Day | Ferries |
|-----|---------|
| Mon | 12      |

```
code
```

<div>raw <b>HTML</b><script>no()</script></div>

![The bridge](bridge.png)
"""


def test_read_markdown_keeps_paragraphs_and_drops_marks() -> None:
    found = read_markdown(DOCUMENT.encode())
    assert found.title == "Bridge closed"
    assert found.text.split("\n\n") == [
        "Bridge closed",
        "The bridge across the river is closed since Monday. No one was hurt — luckily.",
        "one\ntwo\nthree",
        "Quoted line",
        "Day | Ferries\nMon | 12",
        "code",
        "raw HTML",
        "The bridge",
    ]


def test_read_markdown_honours_front_matter() -> None:
    front = (
        "---\ntitle: Pont fermé\ndate: 2021-07-05\nauthor: [Ada, Charles]\ntags: [ponts, ville]\nlang: fr\n"
        "url: https://news.example/pont\nsource: River News\nid: pont-1\nsection: Ville\nseen: 2021-07-06\n---\n"
    )
    found = read_markdown(f"{front}# Autre titre\n\nTexte.".encode())
    assert (found.title, found.author, found.published) == ("Pont fermé", "Ada, Charles", "2021-07-05")
    assert (found.tags, found.language, found.id) == (("ponts", "ville"), "fr", "pont-1")
    assert (found.url, found.source) == ("https://news.example/pont", "River News")
    assert found.meta == {"section": "Ville", "seen": "2021-07-06"}
    assert found.text == "Autre titre\n\nTexte."


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2021-07-05T10:00:00+02:00", "2021-07-05T08:00:00Z"),
        ("2021-07-05 10:00:00", "2021-07-05"),
        ("'2021-07-05T10:00:00Z'", "2021-07-05T10:00:00Z"),
        ("soon", "soon"),
    ],
)
def test_read_markdown_takes_dates_as_yaml_has_them(moment: str, expected: str) -> None:
    """What is none is handed on, so that it is refused by its field's name."""
    assert read_markdown(f"---\ndate: {moment}\n---\nx".encode()).published == expected


def test_read_markdown_splits_tags_given_as_one_string() -> None:
    assert read_markdown(b"---\ntags: a, b\n---\nx").tags == ("a", "b")


@pytest.mark.parametrize(
    "data", [b"---\n\ntext", b"---\ntext", b"--- text\n---\n", b"---\n- a\n---\ntext", b"\xef\xbb\xbftext"]
)
def test_read_markdown_reads_on_without_front_matter(data: bytes) -> None:
    assert "text" in read_markdown(data).text


def test_read_markdown_refuses_front_matter_that_is_no_yaml() -> None:
    with pytest.raises(ArticleRefused, match=r"front matter that is not YAML.*correct it") as refusal:
        read_markdown(b"---\ntitle: [a\n---\ntext")
    assert "\n" not in str(refusal.value)


def test_read_markdown_finds_the_encoding() -> None:
    assert read_markdown("L’été à la mer, déjà.".encode("windows-1252")).text == "L’été à la mer, déjà."


@given(st.text(st.sampled_from("#*_-=`~>[]()!|\\<>&;: \n\tab1.\u00e9")))
def test_read_markdown_survives_any_marks(text: str) -> None:
    try:
        assert isinstance(read_markdown(text.encode()).text, str)
    except ArticleRefused as refusal:
        assert "front matter" in str(refusal)


@pytest.mark.parametrize("piece", ["[", "> ", "* ", "*a ", "`", "![", "<", "\\", "|", "- a\n"])
def test_read_markdown_takes_many_marks(piece: str) -> None:
    assert isinstance(read_markdown((piece * 10_000).encode()).text, str)
