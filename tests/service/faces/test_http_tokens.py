"""`POST /v1/tokens` and what its tokens open: for listed pages, for a time, so often, and nothing else."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from service.answering.pipeline import Answering
from service.app import create_app
from service.faces.http_tokens import TOKENS_RATE
from service.faces.widget_tokens import TOKEN_SECONDS
from service.settings import Settings

PAGE, OWN = "https://news.example", "http://localhost"
KEYS: dict[str, Any] = {"api_keys": (SecretStr("first-key"),), "allowed_origins": (PAGE,)}
ISHKASHIM = "How many soldiers entered via Ishkashim?"
RATING = {"answer_id": "ans_1", "rating": "up", "question": "who?", "answer": "102", "citations": []}
OpenAt = Callable[..., httpx.AsyncClient]


@pytest.fixture
def open_at(make_app: Callable[..., FastAPI]) -> OpenAt:
    """Open a client at an address, of an application with these settings or of one that is there."""

    def make(app: FastAPI | None = None, address: str = "192.0.2.1", **settings: Any) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app or make_app(**settings), client=(address, 50_000))
        return httpx.AsyncClient(transport=transport, base_url=OWN)

    return make


async def issue(client: httpx.AsyncClient, origin: str | None = PAGE, **fields: Any) -> httpx.Response:
    return await client.post("/v1/tokens", json=fields, headers={"Origin": origin} if origin else {})


async def token_of(client: httpx.AsyncClient, origin: str = PAGE) -> str:
    token = (await issue(client, origin)).json()["token"]
    assert isinstance(token, str)
    return token


async def ask(client: httpx.AsyncClient, token: str | None, origin: str | None = PAGE) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if origin is not None:
        headers["Origin"] = origin
    return await client.post("/v1/answers", json={"question": ISHKASHIM}, headers=headers)


async def test_token_lets_a_page_ask_and_rate(open_at: OpenAt) -> None:
    client = open_at(**KEYS)
    reply = await issue(client)
    assert reply.status_code == 200
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["access-control-allow-origin"] == PAGE
    token = reply.json()["token"]
    assert token.startswith("cw1.") and reply.json()["expires_in"] == TOKEN_SECONDS
    answer = await ask(client, token)
    assert answer.status_code == 200 and answer.headers["access-control-allow-origin"] == PAGE
    headers = {"Authorization": f"Bearer {token}", "Origin": PAGE}
    assert (await client.post("/v1/feedback", json=RATING, headers=headers)).status_code == 204
    stream = {"question": "who?", "stream": True}
    streamed = await client.post("/v1/answers", json=stream, headers=headers)
    assert streamed.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/status"),
        ("GET", "/v1/feedback"),
        ("GET", "/v1/articles"),
        ("POST", "/v1/articles"),
        ("DELETE", "/v1/articles/x"),
        ("GET", "/articles/x"),
        ("POST", "/v1/chat/completions"),
        ("POST", "/mcp"),
        ("GET", "/docs"),
        ("GET", "/v1/answers"),
        ("POST", "/v1/answers/"),
    ],
)
async def test_token_opens_nothing_else(open_at: OpenAt, method: str, path: str) -> None:
    client = open_at(**KEYS)
    headers = {"Authorization": f"Bearer {await token_of(client)}", "Origin": PAGE}
    reply = await client.request(method, path, headers=headers, json=RATING if method == "POST" else None)
    assert reply.status_code == 401
    assert "invalid_token" in reply.headers["www-authenticate"]


@pytest.mark.parametrize("origin", ["https://other.example", OWN, "null", None])
async def test_token_counts_with_its_own_origin_only(open_at: OpenAt, origin: str | None) -> None:
    client = open_at(**{**KEYS, "allowed_origins": (PAGE, OWN)})
    reply = await ask(client, await token_of(client), origin)
    assert reply.status_code == 403
    assert (origin or "no Origin header") in reply.json()["detail"]


async def test_expired_token_is_a_401_and_the_next_one_counts(
    archive: Archive, encoder: Encoder, answer_from: Callable[..., Answering], open_at: OpenAt
) -> None:
    now = [1_700_000_000.0]
    app = create_app(Settings(**KEYS), archive, encoder, answer_from(archive), clock=lambda: now[0])
    client = open_at(app)
    token = await token_of(client)
    now[0] += TOKEN_SECONDS - 1
    assert (await ask(client, token)).status_code == 200
    now[0] += 1
    reply = await ask(client, token)
    assert reply.status_code == 401 and "POST /v1/tokens" in reply.json()["detail"]
    assert "invalid_token" in reply.headers["www-authenticate"]
    assert reply.headers["access-control-allow-origin"] == PAGE  # so that the widget can read it
    assert (await ask(client, await token_of(client))).status_code == 200


async def test_forged_token_is_refused(open_at: OpenAt) -> None:
    client = open_at(**KEYS)
    token = await token_of(client)
    for forged in (token[:-1], token + "A", "cw1.", "cw1.x.y", "cw2" + token[3:]):
        assert (await ask(client, forged)).status_code == 401, forged
    assert (await ask(client, None)).status_code == 401
    twice = [("Authorization", f"Bearer {token}")] * 2 + [("Origin", PAGE)]
    assert (await client.post("/v1/answers", json={"question": "who?"}, headers=twice)).status_code == 401


async def test_token_outlives_a_change_of_keys_while_the_old_one_is_listed(open_at: OpenAt) -> None:
    token = await token_of(open_at(**KEYS))
    old, new, other = SecretStr("first-key"), SecretStr("new-key"), SecretStr("other-key")
    rotated = open_at(**{**KEYS, "api_keys": (new, old)})
    assert (await ask(rotated, token)).status_code == 200
    assert (await ask(open_at(**{**KEYS, "api_keys": (new, other)}), token)).status_code == 401


async def test_token_of_an_origin_that_was_taken_off_the_list_is_refused(open_at: OpenAt) -> None:
    token = await token_of(open_at(**KEYS))
    reply = await ask(open_at(**{**KEYS, "allowed_origins": ("https://other.example",)}), token)
    assert reply.status_code == 403 and "CITEWELL_ALLOWED_ORIGINS" in reply.json()["detail"]


@pytest.mark.parametrize("origin", ["https://other.example", "http://news.example", OWN, "null", "*"])
async def test_page_that_is_not_listed_gets_no_token(open_at: OpenAt, origin: str) -> None:
    reply = await issue(open_at(**KEYS), origin)
    assert reply.status_code == 403
    assert origin in reply.json()["detail"] and "CITEWELL_ALLOWED_ORIGINS" in reply.json()["detail"]
    assert "access-control-allow-origin" not in reply.headers


@pytest.mark.parametrize("settings", [{}, KEYS])
async def test_program_without_an_origin_gets_no_token(open_at: OpenAt, settings: dict[str, Any]) -> None:
    reply = await issue(open_at(**settings), None)
    assert reply.status_code == 403 and "no Origin header" in reply.json()["detail"]


async def test_own_page_gets_a_token_when_it_is_listed(open_at: OpenAt) -> None:
    client = open_at(**{**KEYS, "allowed_origins": ("HTTP://LocalHost:80/",)})
    assert (await ask(client, await token_of(client, OWN), OWN)).status_code == 200


async def test_without_keys_own_and_listed_pages_need_no_token(open_at: OpenAt) -> None:
    client = open_at(allowed_origins=(PAGE,))
    for origin in (OWN, PAGE):
        reply = (await issue(client, origin)).json()
        assert (reply["token"], reply["expires_in"]) == (None, None)
        assert (await ask(client, None, origin)).status_code == 200
    assert (await issue(client, "https://other.example")).status_code == 403


async def test_preflight_of_a_listed_page_is_answered(open_at: OpenAt) -> None:
    client = open_at(**KEYS)
    asked = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    for path in ("/v1/tokens", "/v1/answers", "/v1/feedback"):
        reply = await client.options(path, headers={"Origin": PAGE, **asked})
        assert (reply.status_code, reply.headers["access-control-allow-origin"]) == (204, PAGE)
        assert (await client.options(path, headers={"Origin": OWN, **asked})).status_code == 403


async def test_reply_says_what_the_archive_holds(filled: httpx.AsyncClient) -> None:
    held = (await issue(filled, OWN)).json()["archive"]
    assert held == {
        "articles": 2,
        "languages": {"fr": 1, "de": 1},
        "sources": {"Courrier du Pamir": 1, "Stadtanzeiger": 1},
        "published": {"first": "2021-07-05", "last": "2022-03-01"},
    }


async def test_questions_above_the_rate_are_a_429(open_at: OpenAt, make_app: Callable[..., FastAPI]) -> None:
    app = make_app(widget_rate="2/hour", **{**KEYS, "allowed_origins": (PAGE, OWN)})
    client = open_at(app)
    token = await token_of(client)
    assert [(await ask(client, token)).status_code for _ in range(2)] == [200, 200]
    reply = await ask(client, token)
    assert reply.status_code == 429
    assert reply.headers["content-type"] == "application/problem+json"
    assert 1 <= int(reply.headers["retry-after"]) <= 3600
    assert f"try again in {reply.headers['retry-after']} s" in reply.json()["detail"]
    assert "Retry-After" in reply.headers["access-control-expose-headers"]
    # A fresh token is no way around it; another page, another reader, a rating and a key are counted apart or not.
    assert (await ask(client, await token_of(client))).status_code == 429
    assert (await ask(client, await token_of(client, OWN), OWN)).status_code == 200
    assert (await ask(open_at(app, "192.0.2.2"), token)).status_code == 200
    headers = {"Authorization": f"Bearer {token}", "Origin": PAGE}
    assert (await client.post("/v1/feedback", json=RATING, headers=headers)).status_code == 204
    assert (await ask(client, "first-key")).status_code == 200


async def test_behind_a_proxy_the_readers_count_and_not_the_proxy(
    make_app: Callable[..., FastAPI], serve: Callable[[FastAPI], Any]
) -> None:
    async with (
        serve(make_app(widget_rate="1/hour", **KEYS)) as address,
        httpx.AsyncClient(base_url=address, trust_env=False, timeout=60) as client,
    ):
        headers = {"Authorization": f"Bearer {await token_of(client)}", "Origin": PAGE}
        for forwarded, status in (
            ("192.0.2.1", 200),
            ("192.0.2.1", 429),
            ("192.0.2.2", 200),
            ("198.51.100.9, 192.0.2.2", 429),  # the first one is what the reader wrote himself
        ):
            sent = {**headers, "X-Forwarded-For": forwarded}
            reply = await client.post("/v1/answers", json={"question": ISHKASHIM}, headers=sent)
            assert reply.status_code == status, forwarded


async def test_refused_tokens_do_not_count(open_at: OpenAt) -> None:
    client = open_at(widget_rate="1/hour", **KEYS)
    token = await token_of(client)
    assert (await ask(client, token + "A")).status_code == 401
    assert (await ask(client, token)).status_code == 200


async def test_tokens_for_one_address_have_a_rate_of_their_own(
    open_at: OpenAt, make_app: Callable[..., FastAPI]
) -> None:
    app, allowed = make_app(**KEYS), int(TOKENS_RATE.split("/")[0])
    client = open_at(app)
    statuses = [(await issue(client)).status_code for _ in range(allowed + 1)]
    assert statuses == [200] * allowed + [429]
    reply = await issue(client)
    assert 1 <= int(reply.headers["retry-after"]) <= 60
    assert (await issue(open_at(app, "192.0.2.2"))).status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{}", 200),
        (b'{"language": "any name, even none"}', 200),
        (b'{"language": null}', 200),
        (b"", 422),
        (b"[]", 422),
        (b'{"language": 7}', 422),
        (b'{"token": "x"}', 422),
        (b'{"language": "' + b"x" * 201 + b'"}', 422),
        (b" " * 5_000 + b"{}", 413),
    ],
)
async def test_body(client: httpx.AsyncClient, body: bytes, status: int) -> None:
    headers = {"Origin": OWN, "Content-Type": "application/json"}
    reply = await client.post("/v1/tokens", content=body, headers=headers)
    assert reply.status_code == status
    if status == 200:
        assert reply.json()["suggestions"] is None


async def test_suggestions_are_those_that_the_archive_answers(
    archive: Archive, encoder: Encoder, answer_from: Callable[..., Answering], open_at: OpenAt, filled: Any
) -> None:
    app = create_app(Settings(), archive, encoder, answer_from(archive, threshold=None))
    reply = await issue(open_at(app), OWN, language="en-GB")
    suggestions = reply.json()["suggestions"]
    assert suggestions["language"] == "en"
    for question in suggestions["questions"]:
        assert (await open_at(app).post("/v1/answers", json={"question": question})).json()["answered"]
