"""One JSON object to a checked article: what is kept and normalised, a clear line on what is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.archive.tags_and_dates import normalised_date, normalised_language
from indexing.article_input import article_input
from indexing.errors import ArticleRefused

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELD_NAMES = [
    "id",
    "title",
    "text",
    "html",
    "url",
    "source",
    "author",
    "language",
    "published",
    "tags",
    "meta",
    "x",
]


def test_article_input_keeps_every_field_of_the_format() -> None:
    """Nothing of the article format gets lost."""
    given_object = {
        "id": "a-1",
        "title": "Title",
        "text": "Text.\r\n",
        "url": "https://example.org/a",
        "source": "Paper",
        "author": "N. N.",
        "language": "fr",
        "published": "2021-07-05",
        "tags": ["a", "b"],
    }
    item = article_input(given_object)
    assert item.model_dump(exclude={"tags", "html", "meta"}) == {
        k: v for k, v in given_object.items() if k != "tags"
    }
    assert item.tags == ("a", "b")


def test_article_input_collects_unknown_keys_under_meta() -> None:
    """A given `meta` object is merged with them."""
    item = article_input({"text": "x", "section": "World", "meta": {"pages": 3, "nested": [{"a": None}]}})
    assert item.meta == {"section": "World", "pages": 3, "nested": [{"a": None}]}


@pytest.mark.parametrize("absent", [None, "", "  "])
@pytest.mark.parametrize("field", ["id", "title", "url", "source", "author"])
def test_article_input_takes_null_and_blank_as_absent(field: str, absent: str | None) -> None:
    """Exports write empty fields in many ways."""
    assert getattr(article_input({"text": "x", field: absent}), field) is None


def test_article_input_brings_short_strings_to_one_composed_line() -> None:
    """Titles and names are one line of NFC; a number is taken as an id."""
    item = article_input(
        {"text": "x", "title": " Re\u0301sume\u0301\n of\tit\x00 ", "tags": ["b ", "a", "b", ""], "id": 17}
    )
    assert (item.title, item.tags, item.id) == ("R\u00e9sum\u00e9 of it", ("b", "a"), "17")


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("FR", "fr"),
        ("zh-hant", "zh-Hant"),
        ("ZH_hant_tw", "zh-Hant-TW"),
        ("en-us", "en-US"),
        ("fon", "fon"),
        ("es-419", "es-419"),
        ("de-1996", "de-1996"),
        ("en-x-Home", "en-x-home"),
        ("french", None),
        ("f", None),
        ("fr fr", None),
        ("", None),
    ],
)
def test_normalised_language_knows_the_shape_of_a_tag(tag: str, expected: str | None) -> None:
    """BCP 47 shape, usual case."""
    assert normalised_language(tag) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2021-07-05", "2021-07-05"),
        ("2021-07-05T14:00:00Z", "2021-07-05T14:00:00Z"),
        ("2021-07-05t23:30:00.25-02:00", "2021-07-06T01:30:00Z"),
        ("2016-12-31 23:59:60Z", "2016-12-31T23:59:59Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00+05:00", None),
        ("2021-02-30", None),
        ("2021-07-05T14:00:00", None),
        ("2021-7-5", None),
        ("yesterday", None),
        ("\u0662\u0660\u0662\u0661-07-05", None),
    ],
)
def test_normalised_date_gives_dates_and_moments_in_utc(value: str, expected: str | None) -> None:
    """RFC 3339 or nothing."""
    assert normalised_date(value) == expected


@pytest.mark.parametrize(
    ("given_object", "message"),
    [
        (
            {"text": "x", "published": "yesterday"},
            r"field 'published': got 'yesterday', allowed: RFC 3339 date such as",
        ),
        ({"text": "x", "language": "French"}, r"field 'language': got 'French', allowed: a BCP 47"),
        ({"text": "x", "tags": "a,b"}, r"field 'tags': got 'a,b', allowed: a list of at most 100 strings"),
        ({"text": "x", "tags": ["a"] * 3 + [1]}, r"field 'tags'"),
        ({"text": "x", "tags": [str(n) for n in range(101)]}, r"field 'tags'"),
        (
            {"text": "x", "url": "javascript:alert(1)"},
            r"field 'url': got 'javascript:alert\(1\)', allowed: an absolute",
        ),
        ({"text": "x", "url": "http://[broken"}, r"field 'url'"),
        ({"text": "x", "title": "t" * 1001}, r"field 'title': got 1,001 characters, allowed: at most 1,000"),
        ({"text": "x", "id": "i" * 2001}, r"field 'id': got 2,001 characters"),
        ({"text": "x", "id": True}, r"field 'id': got True, allowed: a string"),
        ({"text": 5}, r"field 'text': got 5, allowed: a string"),
        ({"text": "x", "meta": []}, r"field 'meta': got \[\], allowed: an object"),
        ({"text": "x", "size": float("nan")}, r"field 'meta'.*no NaN"),
        ({"text": "x", "views": 1 << 63}, r"field 'meta'.*64 bits"),
        ({"text": "x", "meta": {"a": "m" * 100_001}}, r"field 'meta'.*100,000 characters"),
        ({"text": "x", "html": "<p>y"}, r"got both text and html, allowed: exactly one"),
        ({"title": "x"}, r"got neither text nor html"),
        ({"url": "https://example.org/a"}, r"fetching pages comes with a later version; send text or html"),
        (["text"], r"got \['text'\], allowed: a JSON object"),
        (None, r"got None, allowed: a JSON object"),
    ],
)
def test_article_input_refuses_with_one_clear_line(given_object: object, message: str) -> None:
    """What came, what is allowed."""
    with pytest.raises(ArticleRefused, match=message) as refusal:
        article_input(given_object)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 300


@given(st.dictionaries(st.sampled_from(FIELD_NAMES), JSON_VALUES | st.text()))
def test_article_input_takes_or_refuses_any_json_object(data: dict[str, object]) -> None:
    """No other error, and what was taken can be stored as JSON in UTF-8."""
    try:
        item = article_input(data)
    except ArticleRefused:
        return
    stored = item.model_dump(exclude={"text", "html"})
    assert json.dumps(stored, ensure_ascii=False, allow_nan=False).encode("utf-8")
