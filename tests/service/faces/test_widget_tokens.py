"""Widget tokens: for one origin, for a time, from any of the keys, and everything that makes one worthless."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.faces.signed_links import LinkSigner
from service.faces.widget_tokens import PREFIX, TOKEN_SECONDS, WidgetTokens, is_widget_token

NOW = 1_700_000_000.0
PAGE = "https://news.example"


def tokens(*keys: str, now: float = NOW) -> WidgetTokens:
    return WidgetTokens(keys, clock=lambda: now)


def issued(*keys: str, origin: str = PAGE) -> str:
    token = tokens(*keys).issue(origin)
    assert token is not None
    return token


def test_without_keys_there_is_no_token_and_none_counts() -> None:
    assert tokens().issue(PAGE) is None
    assert tokens().standing(issued("key"), PAGE) == "not ours"


def test_token_counts_until_it_expires() -> None:
    token = issued("key")
    for later, standing in (
        (0, "valid"),
        (TOKEN_SECONDS - 1, "valid"),
        (TOKEN_SECONDS, "expired"),
        (TOKEN_SECONDS * 99, "expired"),
    ):
        assert tokens("key", now=NOW + later).standing(token, PAGE) == standing


@pytest.mark.parametrize("origin", ["https://other.example", "http://news.example", f"{PAGE}:8443", "", None])
def test_token_of_one_page_is_worth_nothing_on_another(origin: str | None) -> None:
    assert tokens("key").standing(issued("key"), origin) == "of another page"
    late = tokens("key", now=NOW + TOKEN_SECONDS)
    assert late.standing(issued("key"), origin) == "of another page"


def test_every_key_verifies_and_the_first_signs() -> None:
    token = issued("old", "other")
    assert tokens("new", "old").standing(token, PAGE) == "valid"
    assert tokens("new", "other").standing(token, PAGE) == "not ours"


def test_replicas_accept_each_others_tokens() -> None:
    assert tokens("key").standing(issued("key"), PAGE) == "valid"
    assert issued("key") == issued("key")


@pytest.mark.parametrize(
    "forged",
    [
        "",
        PREFIX,
        f"{PREFIX}.",
        f"{PREFIX}x.y",
        f"{PREFIX}Ключ.ключ",
        f"{PREFIX}\ud800.\ud800",
        PREFIX + "A" * 100_000,
        "key",
    ],
)
def test_what_is_no_token_is_not_ours(forged: str) -> None:
    assert tokens("key").standing(forged, PAGE) == "not ours"


def test_token_with_anything_changed_is_not_ours() -> None:
    token = issued("key")
    content, _, mark = token.removeprefix(PREFIX).partition(".")
    longer, _, _ = issued("key", origin="https://other.example").removeprefix(PREFIX).partition(".")
    for changed in (
        token[:-1],
        token + "A",
        token.removeprefix(PREFIX),
        f"cw2.{content}.{mark}",
        f"{PREFIX}{longer}.{mark}",
        f"{PREFIX}{content}",
        f"{PREFIX}{content}.{mark}.{mark}",
    ):
        assert tokens("key").standing(changed, PAGE) == "not ours", changed


@given(st.text(), st.text(st.characters(codec="utf-8")))
def test_no_text_is_a_token_by_chance(text: str, origin: str) -> None:
    assert tokens("key").standing(PREFIX + text, origin) == "not ours"


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_any_origin_comes_back_as_it_went_in(origin: str) -> None:
    assert tokens("key").standing(issued("key", origin=origin), origin) == "valid"


def test_neither_key_nor_link_is_a_token() -> None:
    mark = LinkSigner(["key"], pages_need_key=True).link("a", "v").rpartition("mark=")[2]
    assert tokens("key").standing(f"{PREFIX}WyJhIiwidiJd.{mark}", PAGE) == "not ours"
    assert "key" not in issued("key")
    assert is_widget_token(issued("key")) and not is_widget_token("key")
