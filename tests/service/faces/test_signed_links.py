"""Links to article pages: their shape, their mark, and everything that makes a mark invalid."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.answering.answer import Answer, Citation, CitedArticle, Refusal
from service.faces.signed_links import LINK_SECONDS, LinkSigner

NOW = 1_700_000_000.0
ID = "a~1"
VERSION = "0123456789abcdef"


def signer(*keys: str, now: float = NOW) -> LinkSigner:
    return LinkSigner(keys, pages_need_key=True, clock=lambda: now)


def parts(link: str) -> tuple[str, dict[str, str]]:
    split = urlsplit(link)
    return split.path, {name: values[0] for name, values in parse_qs(split.query).items()}


def test_link_without_keys_is_the_plain_one() -> None:
    link = LinkSigner([], pages_need_key=False).link(ID, VERSION, 694, 719)
    assert link == f"/articles/{ID}?v={VERSION}&start=694&end=719"


def test_link_to_public_pages_is_not_signed() -> None:
    assert "mark" not in LinkSigner(["key"], pages_need_key=False).link(ID, VERSION, 1, 2)


def test_signed_link_is_valid_until_it_expires() -> None:
    _, query = parts(signer("key").link(ID, VERSION, 1, 2))
    assert int(query["until"]) == int(NOW) + LINK_SECONDS
    for later, valid in (
        (0, True),
        (LINK_SECONDS - 1, True),
        (LINK_SECONDS, False),
        (LINK_SECONDS * 9, False),
    ):
        assert signer("key", now=NOW + later).valid(ID, VERSION, query["until"], query["mark"]) is valid


def test_every_key_verifies_and_the_first_signs() -> None:
    _, query = parts(signer("old", "other").link(ID, VERSION))
    assert signer("new", "old").valid(ID, VERSION, query["until"], query["mark"])
    assert not signer("new", "other").valid(ID, VERSION, query["until"], query["mark"])


@pytest.mark.parametrize(
    "change",
    [
        {"id": "other"},
        {"version": "fedcba9876543210"},
        {"version": None},
        {"until": str(int(NOW) + LINK_SECONDS + 1)},
        {"until": None},
        {"until": ""},
        {"until": "-1"},
        {"until": "٣"},
        {"until": "9" * 5_000},
        {"until": " 1700604800"},
        {"mark": None},
        {"mark": ""},
        {"mark": "AAAA"},
        {"mark": "ключ"},
        {"mark": "\ud800"},
    ],
)
def test_anything_changed_is_invalid(change: dict[str, str | None]) -> None:
    _, query = parts(signer("key").link(ID, VERSION))
    given: dict[str, str | None] = {"id": ID, "version": VERSION, **query, **change}
    assert given["id"] is not None
    assert not signer("key").valid(given["id"], given["version"], given["until"], given["mark"])


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_mark_of_one_article_opens_no_other(id: str, version: str, other_id: str, other_version: str) -> None:
    _, query = parts(signer("key").link(id, version))
    assert signer("key").valid(id, version, query["until"], query["mark"])
    same = (id, version) == (other_id, other_version)
    assert signer("key").valid(other_id, other_version, query["until"], query["mark"]) is same


def test_id_is_encoded_as_one_segment() -> None:
    path, _ = parts(LinkSigner([], pages_need_key=False).link("a/b ü?#%", VERSION))
    assert path == "/articles/a%2Fb%20%C3%BC%3F%23%25"


def test_citations_and_nearest_passages_get_links() -> None:
    article = CitedArticle(ID, VERSION, "Title", None, None, "fr", None)
    citation = Citation(1, "q", 5, 6, "p", article)
    answer = Answer("ans", "q", "q", "en", True, "q [1]", citations=(citation,))
    linked = LinkSigner([], pages_need_key=False).with_links(answer)
    assert linked.citations[0].link == f"/articles/{ID}?v={VERSION}&start=5&end=6"
    refused = Answer(
        "ans", "q", "q", "en", False, "no", refusal=Refusal("nothing_relevant", "no", (citation,))
    )
    linked = signer("key").with_links(refused)
    assert linked.refusal is not None
    assert "&mark=" in linked.refusal.nearest[0].link
