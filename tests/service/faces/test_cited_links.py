"""Links to the quotes of an answer: what passes, and that nothing else ever does."""

from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.answering.article_link import article_link
from service.faces.cited_links import MOST_CITED, cited_links

PIECES = st.sampled_from(
    [
        *(
            "/articles/",
            "/",
            "//",
            "\\",
            ".",
            "..",
            "%2e%2e",
            "%2E",
            "%2f",
            "%5c",
            "a",
            "é",
            "%ff",
            "%00",
            " ",
        ),
        *(
            "?",
            "&",
            "#",
            "v=1",
            "start=0",
            "end=5",
            "&start=1&end=2",
            "until=9",
            "mark=m",
            "cited=/articles/a",
        ),
        *(
            "https:",
            "javascript:",
            "evil.example",
            "@",
            ":",
            "\n",
            "\t",
            "\u202e",
            "\ud800",
            "/v1/answers",
            "%09",
        ),
    ]
)


@given(
    st.lists(
        st.one_of(st.text(), st.lists(PIECES, max_size=9).map("".join)).flatmap(
            lambda text: st.sampled_from([text, "/articles/" + text, f"/articles/{text}?start=1&end=2"])
        ),
        max_size=25,
    )
)
def test_no_link_ever_leads_away_from_the_articles(values: list[str]) -> None:
    links = cited_links(values)
    for link in links:
        address = link.address(links)
        there = urlsplit(urljoin("https://archive.example/articles/x", address))
        assert address.isascii() and "\\" not in address and address.isprintable() and " " not in address
        assert (there.scheme, there.netloc) == ("https", "archive.example")
        # As browsers resolve it: `%2e%2e` is a step up, too.
        steps = [unquote(step) for step in there.path.split("/")]
        assert there.path.startswith("/articles/") and not {".", "..", ""} & set(steps[2:3])
        assert len(there.path.split("/")) == 3
        assert {name for name, _ in parse_qsl(there.query)} <= {"v", "start", "end", "until", "mark", "cited"}
        assert there.fragment == "quote"


@given(
    st.text(min_size=1), st.text("0123456789abcdef", min_size=1), st.integers(0, 9**9), st.integers(1, 9**9)
)
def test_the_link_of_a_citation_comes_back_as_it_was(
    article_id: str, version: str, start: int, length: int
) -> None:
    link = article_link(article_id, version, start, start + length)
    found = cited_links([link, link + "&until=1790000000&mark=Abc-_9"])
    if article_id in (".", ".."):
        assert not found
        return
    [one] = found  # the second is the same place
    assert one.link == link
    assert one.place == (article_id, version, start, start + length)
    [signed] = cited_links([link + "&until=1790000000&mark=Abc-_9"])
    assert signed.link == link + "&until=1790000000&mark=Abc-_9"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "/articles/",
        "/articles/a",
        "/articles/a?start=1",
        "/articles/a?start=2&end=1",
        "/articles/a?start=1&end=x",
        "/articles/a?start=١&end=٢",
        "/articles/a?start=1&end=2#quote",
        "/articles/a?start=1&end=2&until=9",
        "/articles/a?start=1&end=2&until=9&mark=<b>",
        "/articles/a/b?start=1&end=2",
        "/articles/..?start=1&end=2",
        "/articles/%2e%2e?start=1&end=2",
        "/articles/.?start=1&end=2",
        "/articles//evil.example?start=1&end=2",
        "/articles/a\\b?start=1&end=2",
        "/articles/%ff?start=1&end=2",
        "//evil.example/articles/a?start=1&end=2",
        "https://evil.example/articles/a?start=1&end=2",
        "articles/a?start=1&end=2",
        "/v1/articles/a?start=1&end=2",
        " /articles/a?start=1&end=2",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_link_of_an_answer_is_left_out(value: str) -> None:
    assert cited_links([value]) == []


def test_quotes_keep_their_numbers_and_only_the_first_twenty_count() -> None:
    values = [f"/articles/a?v=1&start={number}&end=99" for number in range(25)]
    assert [link.number for link in cited_links(values)] == list(range(1, MOST_CITED + 1))
    assert [link.number for link in cited_links(["x", values[0], values[0], values[1]])] == [2, 4]
