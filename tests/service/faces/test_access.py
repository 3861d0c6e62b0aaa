"""Who may call: loopback names, origins, keys, preflights, and where the service may listen."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from service.errors import SettingsError
from service.faces.access import check_binding, is_loopback_host, normalised_origin
from service.settings import Settings

KEY = {"Authorization": "Bearer first-key"}
KEYS = {"api_keys": (SecretStr("first-key"), SecretStr("schlüssel"))}


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LocalHost:8000",
        "localhost.",
        "localhost.:80",
        "127.0.0.1",
        "127.8.8.8:1",
        "[::1]",
        "[::1]:8000",
    ],
)
def test_host_of_this_machine_is_accepted(host: str) -> None:
    assert is_loopback_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "news.example",
        "localhost.news.example",
        "127.0.0.1.news.example",
        "foo.localhost",
        "user@localhost",
        "localhost@news.example",
        "localhost:80@news.example",
        "127.1",
        "127.000.0.1",
        "127.0.0.1.",
        "2130706433",
        "0.0.0.0",
        "::1",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::1%lo]",
        "localhost:",
        "localhost:99999",
        "localhost:8o",
        " localhost",
        "localhost/x",
        "xn--localhost",
    ],
)
def test_host_of_elsewhere_or_oddly_written_is_refused(host: str) -> None:
    assert not is_loopback_host(host)


@pytest.mark.parametrize(
    ("origin", "normalised"),
    [
        ("http://localhost:80", "http://localhost"),
        ("HTTPS://News.Example:443", "https://news.example"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("null", None),
        ("*", None),
        ("", None),
        ("http://x/", None),
        ("http://x?", None),
        ("http://user@x", None),
        ("//x", None),
    ],
)
def test_origin_is_normalised(origin: str, normalised: str | None) -> None:
    assert normalised_origin(origin) == normalised


@pytest.mark.parametrize(
    "host", ["news.example", "news.example:8000", "user@localhost", "localhost.news.example"]
)
@pytest.mark.parametrize("path", ["/", "/healthz", "/v1/status", "/nothing"])
async def test_rebound_name_without_keys_is_refused(client: httpx.AsyncClient, host: str, path: str) -> None:
    reply = await client.get(path, headers={"Host": host})
    assert reply.status_code == 403
    assert reply.headers["content-type"] == "application/problem+json"
    assert host in reply.json()["detail"]


@pytest.mark.parametrize("host", ["LOCALHOST:8000", "localhost.", "127.3.2.1:9", "[::1]:8000"])
async def test_loopback_name_without_keys_is_answered(client: httpx.AsyncClient, host: str) -> None:
    assert (await client.get("/v1/status", headers={"Host": host})).status_code == 200


async def test_two_host_headers_are_refused(client: httpx.AsyncClient) -> None:
    headers = [("Host", "localhost"), ("Host", "news.example")]
    assert (await client.get("/v1/status", headers=headers)).status_code == 403


@pytest.mark.parametrize(
    ("origin", "host", "status"),
    [
        ("http://localhost", "localhost", 200),
        ("http://LOCALHOST:80", "localhost", 200),
        ("http://localhost:8000", "localhost:8000", 200),
        ("http://[::1]:8000", "[::1]:8000", 200),
        ("http://localhost:3000", "localhost:8000", 403),
        ("http://127.0.0.1:8000", "localhost:8000", 403),
        ("https://localhost", "localhost", 403),
        ("https://news.example", "localhost", 403),
        ("http://localhost.news.example", "localhost", 403),
        ("null", "localhost", 403),
        ("", "localhost", 403),
        ("file://", "localhost", 403),
    ],
)
async def test_origin_without_keys(client: httpx.AsyncClient, origin: str, host: str, status: int) -> None:
    for path in ("/v1/status", "/"):
        assert (await client.get(path, headers={"Origin": origin, "Host": host})).status_code == status


async def test_foreign_page_cannot_plant_an_article(client: httpx.AsyncClient) -> None:
    headers = {"Origin": "https://news.example", "Content-Type": "text/plain"}
    assert (await client.post("/v1/articles", content=b'{"text": "x"}', headers=headers)).status_code == 403
    assert (await client.get("/v1/status")).json()["articles"] == 0


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_picture_or_script_of_a_foreign_page_is_refused(client: httpx.AsyncClient, site: str) -> None:
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}
    assert (await client.get("/?question=who", headers=headers)).status_code == 403
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate"}
    assert (await client.get("/", headers=headers)).status_code == 200


async def test_allowed_origin_gets_cors_headers(open_client: Callable[..., httpx.AsyncClient]) -> None:
    client = open_client(allowed_origins=("https://News.example:443/",))
    reply = await client.get("/v1/status", headers={"Origin": "https://news.example"})
    assert reply.status_code == 200
    assert reply.headers["access-control-allow-origin"] == "https://news.example"
    assert "X-Request-ID" in reply.headers["access-control-expose-headers"]
    assert "Origin" in reply.headers["vary"]
    assert "access-control-allow-credentials" not in reply.headers
    reply = await client.get("/nothing", headers={"Origin": "https://news.example"})
    assert (reply.status_code, reply.headers["access-control-allow-origin"]) == (404, "https://news.example")
    reply = await client.get("/v1/status")
    assert "Origin" in reply.headers["vary"]
    assert "access-control-allow-origin" not in reply.headers


@pytest.mark.parametrize("settings", [{}, KEYS])
async def test_preflight_is_answered_without_a_key(
    open_client: Callable[..., httpx.AsyncClient], settings: dict[str, Any]
) -> None:
    client = open_client(allowed_origins=("https://news.example",), **settings)
    asked = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    reply = await client.options("/v1/answers", headers={"Origin": "https://news.example", **asked})
    assert reply.status_code == 204
    assert reply.headers["access-control-allow-origin"] == "https://news.example"
    assert "POST" in reply.headers["access-control-allow-methods"]
    assert {"Authorization", "Content-Type"} <= set(reply.headers["access-control-allow-headers"].split(", "))
    reply = await client.options("/v1/answers", headers={"Origin": "https://other.example", **asked})
    assert reply.status_code == 403
    assert "access-control-allow-origin" not in reply.headers


OPEN = ["/healthz", "/readyz", "/", "/widget.js", "/v1/tokens"]
CLOSED = ["/v1/status", "/v1/articles", "/v1/articles/x", "/docs", "/openapi.json", "/nothing", "/healthz/"]


async def test_with_keys_only_the_listed_paths_are_open(
    open_client: Callable[..., httpx.AsyncClient],
) -> None:
    client = open_client(**KEYS)
    for path in OPEN:
        assert (await client.get(path)).status_code in (200, 404, 405), path
    for path in (*CLOSED, "/articles/x"):
        reply = await client.get(path)
        assert reply.status_code == 401, path
        assert reply.headers["www-authenticate"].startswith("Bearer")
        assert reply.headers["content-type"] == "application/problem+json"
    assert (await client.post("/v1/answers", json={"question": "who?"})).status_code == 401
    assert (await client.delete("/v1/articles/x")).status_code == 401
    assert (await client.post("/healthz")).status_code == 405


@pytest.mark.parametrize("settings", [{}, KEYS, {"rate_per_address": "1/hour"}])
async def test_slack_needs_no_key_and_no_host_name_of_ours(
    open_client: Callable[..., httpx.AsyncClient], settings: dict[str, Any]
) -> None:
    """What it signed is checked behind this; without Slack in the settings there is nothing there."""
    client = open_client(**settings)
    for _ in range(3):
        reply = await client.post("/slack/events", headers={"Host": "archive.example"}, json={})
        assert reply.status_code == 404
    reply = await client.get("/slack/events", headers={"Host": "archive.example"})
    assert reply.status_code == (401 if settings == KEYS else 403)


async def test_every_configured_key_opens(open_client: Callable[..., httpx.AsyncClient]) -> None:
    client = open_client(**KEYS)
    for header in (b"Bearer first-key", b"bearer first-key", "Bearer schlüssel".encode()):
        reply = await client.get("/v1/status", headers=[(b"Authorization", header)])
        assert reply.status_code == 200, header


@pytest.mark.parametrize(
    "headers",
    [
        [("Authorization", "Bearer wrong")],
        [("Authorization", "Bearer first-keyx")],
        [("Authorization", "Bearer first-ke")],
        [("Authorization", "Bearer ")],
        [("Authorization", "Bearer")],
        [("Authorization", "Basic first-key")],
        [("Authorization", "first-key")],
        [("Authorization", "Bearer first-key"), ("Authorization", "Bearer first-key")],
        [("X-API-Key", "first-key")],
    ],
)
async def test_anything_but_a_key_is_refused(
    open_client: Callable[..., httpx.AsyncClient], headers: list[tuple[str, str]]
) -> None:
    client = open_client(**KEYS)
    assert (await client.get("/v1/status", headers=headers)).status_code == 401


async def test_with_keys_any_host_name_is_answered(open_client: Callable[..., httpx.AsyncClient]) -> None:
    client = open_client(**KEYS)
    assert (await client.get("/v1/status", headers={"Host": "news.example", **KEY})).status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "news.example", ""])
def test_listening_elsewhere_without_keys_is_refused(host: str) -> None:
    with pytest.raises(SettingsError, match="CITEWELL_API_KEYS is empty"):
        check_binding(Settings(host=host))
    check_binding(Settings(host=host, **KEYS))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost"])
def test_listening_on_loopback_without_keys_is_allowed(host: str) -> None:
    check_binding(Settings(host=host))


def test_article_pages_by_key_without_keys_are_refused() -> None:
    with pytest.raises(SettingsError, match="nobody could open"):
        check_binding(Settings(article_pages="key"))


@pytest.mark.parametrize("origin", ["*", "null", "news.example", "https://news.example/path"])
def test_allowed_origin_that_is_none_is_refused(origin: str) -> None:
    with pytest.raises(SettingsError, match="CITEWELL_ALLOWED_ORIGINS"):
        check_binding(Settings(allowed_origins=(origin,)))
