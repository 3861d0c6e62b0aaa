"""The text cut at its quotes: joined it is the text, and what is marked is exactly the quote, on the page too."""

from typing import Any

import lxml.html
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexing.archive.article import Article
from service.faces.article_page import Quotes
from service.faces.article_runs import Offsets, cut_at_quotes
from service.faces.cited_links import CitedLink
from service.faces.render import render

LETTERS = st.one_of(
    st.sampled_from(
        ["\n", "\n\n", "\t", " ", "<", ">", "&", "&lt;", '"', "'", "</div>", "<!--", "]]>", "{{"]
    ),
    st.sampled_from(
        ["<script>alert(1)</script>", "</style>", "</mark>", "<mark id=quote>", "</a>", "\u00a0"]
    ),
    st.sampled_from(
        ["👨\u200d👩\u200d👧", "🏴\U000e0067", "é", "e\u0301", "ا\u064e", "\u202e", "\u200f", "ﷺ"]
    ),
    st.sampled_from(["الطريق إلى", "新闻档案", "한", "𝔘", "๏ั", "𠮷"]),
    st.characters(exclude_categories=["Cs", "Cc", "Cn"]),
)


def place(data: st.DataObject, length: int) -> tuple[int, int]:
    start = data.draw(st.integers(0, length - 1))
    return start, data.draw(st.integers(start + 1, length))


def others(data: st.DataObject, length: int) -> list[CitedLink]:
    places = [place(data, length) for _ in range(data.draw(st.integers(0, 4)))]
    return [CitedLink(number, "a", "v", *one) for number, one in enumerate(places, 1)]


TEXTS = st.lists(LETTERS, min_size=1, max_size=40).map("".join)


@given(TEXTS, st.data())
def test_runs_are_the_text_and_the_quote_stays_whole(text: str, data: st.DataObject) -> None:
    shown = Offsets(*place(data, len(text)))
    cited = others(data, len(text))
    runs = cut_at_quotes(text, shown, cited)
    assert "".join(run.text for run in runs) == text
    assert [run.text for run in runs if run.shown] == [text[shown.start : shown.end]]
    marked = set()
    done = 0
    for run in runs:
        if run.other:
            assert run.other.start <= done and done + len(run.text) <= run.other.end
        if run.other or run.shown:
            marked |= set(range(done, done + len(run.text)))
        done += len(run.text)
    assert marked == set(range(shown.start, shown.end)).union(*(range(one.start, one.end) for one in cited))


def test_an_overlap_belongs_to_the_quote_that_is_shown_then_to_the_earlier_one() -> None:
    first, second = CitedLink(1, "a", "v", 2, 8), CitedLink(2, "a", "v", 0, 10)
    runs = cut_at_quotes("0123456789", Offsets(4, 6), [first, second])
    assert [(run.text, run.other and run.other.number) for run in runs] == [
        *(("01", 2), ("23", 1), ("45", None), ("67", 1), ("89", 2))
    ]
    assert [run.text for run in cut_at_quotes("0123", None, [CitedLink(1, "a", "v", 2, 9)])] == ["0123"]


@given(TEXTS, st.data())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_marked_text_is_the_quote_whatever_the_text(text: str, data: st.DataObject) -> None:
    start, end = place(data, len(text))
    cited = others(data, len(text))
    html = render(
        "article.html",
        article=Article(
            id=text, title=text, text=text, language="ar", source=text, author=text, tags=(text,)
        ),
        direction="rtl",
        version="v",
        since="2024-05-06",
        newer=None,
        also_in=(),
        runs=cut_at_quotes(text, Offsets(start, end), cited),
        marked=True,
        quotes=Quotes(None, 4, None, None),
        addresses={link.number: link.address(cited) for link in cited},
    )
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True)
    page: Any = lxml.html.document_fromstring(html.encode("utf-8"), parser=parser)
    [body] = page.xpath("//div[@class='text']")
    assert body.text_content() == text
    [quote] = page.xpath("//*[@id='quote']")
    assert quote.text_content() == text[start:end]
    assert not page.xpath("//script") and len(page.xpath("//style")) == 1
