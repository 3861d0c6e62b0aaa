"""`POST /slack/events`: only what Slack signed a moment ago comes in, and nothing that comes is a fault of ours."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from service.faces.slack.slack_events import BODY_LIMIT

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
SETTINGS: dict[str, Any] = {
    "slack_bot_tokens": (SecretStr("xoxb-1"),),
    "slack_signing_secret": SecretStr(SECRET),
}
EVENT = {
    "type": "event_callback",
    "team_id": "T1",
    "event_id": "Ev1",
    "event": {
        "type": "app_mention",
        "channel": "C1",
        "user": "U1",
        "text": "<@UBOT> who?",
        "ts": "1.1",
        "event_ts": "1.1",
    },
}
COMMAND = {"command": "/citewell", "text": "who?", "team_id": "T1", "user_id": "U1", "trigger_id": "1.2"}


class OneWorkspace(AsyncAuthorize):
    def __init__(self) -> None:
        """Nothing to keep."""

    async def __call__(self, **_: Any) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T1", bot_user_id="UBOT", bot_token="xoxb-1")


@pytest.fixture
def heard() -> list[str]:
    """What reached the bot."""
    return []


@pytest.fixture
def client(make_app: Callable[..., FastAPI], heard: list[str]) -> httpx.AsyncClient:
    """A client of an application whose bot notes what it hears."""
    bolt = AsyncApp(
        signing_secret=SECRET,
        authorize=OneWorkspace(),
        client=AsyncWebClient(base_url="http://127.0.0.1:9/api/"),
    )

    @bolt.event("app_mention")
    async def mentioned(event: dict[str, Any]) -> None:
        heard.append(event["text"])

    @bolt.command("/citewell")
    async def asked(ack: Any, command: dict[str, Any]) -> None:
        heard.append(command["text"])
        await ack("One moment.")

    @bolt.action("broken")
    async def broken() -> None:
        raise RuntimeError("the secret of somebody")

    app = make_app(**SETTINGS)
    app.state.services = replace(app.state.services, slack=bolt)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://archive.example")


def signed(
    body: bytes, kind: str = "application/json", at: float | None = None, secret: str = SECRET
) -> dict[str, Any]:
    """The request that Slack makes of this body."""
    sent = str(int(time.time() if at is None else at))
    signature = SignatureVerifier(secret).generate_signature(timestamp=sent, body=body)
    headers = {"Content-Type": kind, "X-Slack-Request-Timestamp": sent, "X-Slack-Signature": str(signature)}
    return {"content": body, "headers": headers}


def form(fields: dict[str, str], **options: Any) -> dict[str, Any]:
    return signed(urlencode(fields).encode(), "application/x-www-form-urlencoded", **options)


def as_json(value: Any, **options: Any) -> dict[str, Any]:
    return signed(json.dumps(value).encode(), **options)


async def test_events_and_commands_reach_the_bot(client: httpx.AsyncClient, heard: list[str]) -> None:
    reply = await client.post("/slack/events", **as_json(EVENT))
    assert (reply.status_code, reply.text) == (200, "")
    reply = await client.post("/slack/events", **form(COMMAND))
    assert (reply.status_code, reply.text) == (200, "One moment.")
    assert heard == ["<@UBOT> who?", "who?"]


async def test_the_challenge_of_the_set_up_page_is_answered(client: httpx.AsyncClient) -> None:
    reply = await client.post("/slack/events", **as_json({"type": "url_verification", "challenge": "3eZbrw"}))
    assert (reply.status_code, reply.json()) == (200, {"challenge": "3eZbrw"})


async def test_what_nobody_acts_on_is_acknowledged(client: httpx.AsyncClient, heard: list[str]) -> None:
    """A 404 would have Slack send it three times more, and in the end switch the events off."""
    event = EVENT["event"]
    assert isinstance(event, dict)
    reply = await client.post(
        "/slack/events", **as_json(EVENT | {"event": event | {"type": "reaction_added"}})
    )
    assert (reply.status_code, reply.text, heard) == (200, "", [])


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (
            lambda: {"content": b"{}", "headers": {"Content-Type": "application/json"}},
            "no signature of Slack",
        ),
        (lambda: {}, "no signature of Slack"),
        (lambda: as_json(EVENT, secret="another"), "not made with SLACK_SIGNING_SECRET"),
        (lambda: as_json(EVENT, at=time.time() - 600), "signed more than 300 s ago or ahead"),
        (lambda: as_json(EVENT, at=time.time() + 600), "signed more than 300 s ago or ahead"),
        (
            lambda: as_json(EVENT) | {"content": json.dumps(EVENT | {"event_id": "Ev2"}).encode()},
            "not made with",
        ),
        (lambda: signed(b'{"ssl_check": 1}', secret="another"), "not made with"),
        (lambda: form({"ssl_check": "1"}, secret="another"), "not made with"),
    ],
)
async def test_what_slack_did_not_sign_just_now_is_refused(
    client: httpx.AsyncClient, heard: list[str], request_: Callable[[], dict[str, Any]], said: str
) -> None:
    reply = await client.post("/slack/events", **request_())
    assert (reply.status_code, reply.headers["content-type"]) == (401, "application/problem+json")
    assert said in reply.json()["detail"]
    assert SECRET not in reply.text and heard == []


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Slack-Request-Timestamp": "soon"},
        {"X-Slack-Request-Timestamp": "1" * 400},
        {"X-Slack-Request-Timestamp": "٣"},
        {"X-Slack-Signature": "v0=schlüssel"},
        {"X-Slack-Signature": ""},
        {"X-Slack-Signature": "v0="},
    ],
)
async def test_signatures_that_are_none_are_refused(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    asked = as_json(EVENT)
    encoded = {name: value.encode() for name, value in (asked["headers"] | headers).items()}
    reply = await client.post("/slack/events", content=asked["content"], headers=encoded)
    assert reply.status_code == 401


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (lambda: signed(b"{nonsense"), 400),
        (lambda: signed(b"[]"), 400),
        (lambda: signed(b"{}"), 400),
        (lambda: signed(b"null"), 400),
        (lambda: signed(b""), 400),
        (lambda: form({"payload": "{nonsense"}), 400),
        (lambda: form({"payload": "1"}), 400),
        (lambda: signed(b"", "application/x-www-form-urlencoded"), 400),
        (lambda: signed(b"x", "text/plain"), 415),
        (lambda: signed(b" " * (BODY_LIMIT + 1)), 413),
        (lambda: {**as_json(EVENT), "content": b"\xff"}, 401),
        (lambda: signed(b'{"type": "event_callback", "event": []}'), 400),
        (lambda: signed(b'{"type": "event_callback", "authorizations": 5}'), 400),
        (lambda: signed(b'{"type": "event_callback", "authorizations": [5]}'), 400),
        (lambda: signed(b'{"type": "event_callback", "team_id": {}, "event": {"type": 1}}'), 200),
        (lambda: form({"command": ""}), 200),
    ],
)
async def test_malformed_payloads_are_no_fault_of_ours(
    client: httpx.AsyncClient, heard: list[str], request_: Callable[[], dict[str, Any]], status: int
) -> None:
    reply = await client.post("/slack/events", **request_())
    assert (reply.status_code, heard) == (status, [])


async def test_a_fault_of_the_bot_is_a_problem_without_its_words(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    action = {"type": "block_actions", "team": {"id": "T1"}, "user": {"id": "U1"}}
    payload = action | {"actions": [{"action_id": "broken", "block_id": "b", "type": "button"}]}
    reply = await client.post("/slack/events", **form({"payload": json.dumps(payload)}))
    assert (reply.status_code, reply.headers["content-type"]) == (500, "application/problem+json")
    assert "secret of somebody" not in reply.text


async def test_until_the_bot_runs_slack_is_asked_to_come_again(make_app: Callable[..., FastAPI]) -> None:
    transport = httpx.ASGITransport(make_app(**SETTINGS))
    async with httpx.AsyncClient(transport=transport, base_url="http://archive.example") as client:
        reply = await client.post("/slack/events", **as_json(EVENT))
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "5")
