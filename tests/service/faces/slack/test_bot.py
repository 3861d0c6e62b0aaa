"""A bot by itself: it changes nobody else's log, and without a secret takes nothing that comes over HTTP."""

import json
import logging

import pytest
from slack_bolt.request.async_request import AsyncBoltRequest

from service.faces.signed_links import LinkSigner
from service.faces.slack.bot import SlackServices, build_bot
from service.faces.slack.seen_events import RememberedEvents
from service.faces.slack.workspaces import Workspaces
from tests.service.faces.slack.scripted_answering import ScriptedAnswering
from tests.service.faces.slack.served_bot import Shelf, Suggesting
from tests.slack_stub.deliveries import signed


@pytest.fixture
def services() -> SlackServices:
    """The parts of a bot that hears of questions over Socket Mode alone."""
    return SlackServices(
        answering=ScriptedAnswering(),  # type: ignore[arg-type]
        archive=Shelf(),  # type: ignore[arg-type]
        links=LinkSigner((), pages_need_key=False),
        workspaces=Workspaces((), "http://127.0.0.1:9/api/"),
        seen=RememberedEvents(),
        suggestions=Suggesting(),  # type: ignore[arg-type]
    )


async def test_log_of_the_service_stays_as_it_is(
    services: SlackServices, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    before = [logging.getLogger(name).level for name in ("citewell", "citewell.slack", "service")]
    build_bot(services)
    assert [logging.getLogger(name).level for name in ("citewell", "citewell.slack", "service")] == before
    assert caplog.text == ""


@pytest.mark.parametrize("secret", ["", "None", "guessed"])
async def test_without_a_secret_nothing_is_taken_over_http(services: SlackServices, secret: str) -> None:
    bot = build_bot(services)
    body = json.dumps({"type": "event_callback", "team_id": "T1", "event": {"type": "app_mention"}})
    reply = await bot.app.async_dispatch(AsyncBoltRequest(body=body, headers=signed(secret, body)))
    assert reply.status == 401
    assert await bot.stop(0) == 0
