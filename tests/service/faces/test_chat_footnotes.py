"""Footnotes and annotations of a chat's answer: offsets in code points, one line a quote, and the way back."""

from hypothesis import given
from hypothesis import strategies as st

from service.answering.answer import Answer, Citation, CitedArticle
from service.faces.chat_footnotes import footnoted, without_footnotes

ADDRESS = "http://localhost:8000"
OURS = "/articles/a1?v=v1&start=0&end=9"


def cited(
    number: int, quote: str = "102 people", url: str | None = None, published: str | None = None
) -> Citation:
    article = CitedArticle(f"a{number}", "v1", f"Title {number}", "Courier", url, "fr", published)
    return Citation(number, quote, 0, 9, "p1", article, link=f"/articles/a{number}?v=v1&start=0&end=9")


def answer(text: str, *citations: Citation) -> Answer:
    return Answer("ans_1", "who?", "who?", "en", True, text, citations=citations)


def test_annotations_stand_on_the_marks_counted_in_code_points() -> None:
    found = footnoted(answer("😀 102 𝒳 [1]; e\u0301 312 [2][3]", cited(1), cited(2), cited(3)), ADDRESS)
    marks = []
    for annotation in found.annotations:
        assert annotation["type"] == "url_citation"
        place = annotation["url_citation"]
        marks.append((found.content[place["start_index"] : place["end_index"]], place["title"]))
    assert marks == [("[1]", "Title 1"), ("[2]", "Title 2"), ("[3]", "Title 3")]


def test_brackets_of_an_article_are_no_marks() -> None:
    found = footnoted(answer("the figure of note [7] is 102 [1]", cited(1)), ADDRESS)
    [annotation] = found.annotations
    assert found.content[: annotation["url_citation"]["end_index"]].endswith("102 [1]")


def test_footnote_is_one_line_with_title_source_day_and_the_publishers_page() -> None:
    url, moment = "https://pamir.example/2021", "2021-07-05T10:00:00Z"
    citation = cited(1, "102\n\npeople\tat  night", url, moment)
    found = footnoted(answer("102 [1]", citation), ADDRESS)
    line = f"[1] “102 people at night” — Title 1, Courier, 2021-07-05, {url}"
    assert found.content == f"102 [1]\n\n{line}"
    assert found.annotations[0]["url_citation"]["url"] == url


def test_article_without_a_page_that_a_browser_may_follow_is_linked_here() -> None:
    for url in (None, "", "javascript:alert(1)", "file:///etc/passwd"):
        found = footnoted(answer("102 [1]", cited(1, url=url)), ADDRESS)
        assert found.annotations[0]["url_citation"]["url"] == ADDRESS + OURS
        assert found.content.endswith(f"Courier, {ADDRESS}{OURS}")


def test_answer_without_quotes_has_neither_footnotes_nor_annotations() -> None:
    found = footnoted(answer("Nothing in 3 articles answers [1]."), ADDRESS)
    assert (found.content, found.annotations) == ("Nothing in 3 articles answers [1].", [])


@given(st.text(), st.lists(st.text(min_size=1), min_size=1, max_size=4))
def test_footnotes_are_cut_off_again(text: str, quotes: list[str]) -> None:
    citations = [cited(number, quote) for number, quote in enumerate(quotes, 1)]
    content = footnoted(answer(f"{text} [1]", *citations), ADDRESS).content
    assert without_footnotes(content) == f"{text} [1]"
    assert without_footnotes(text) == text
