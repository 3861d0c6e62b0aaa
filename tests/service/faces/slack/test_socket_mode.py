"""A connection of Socket Mode: events come and are acknowledged, and it is opened anew whatever ends it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp

from service.faces.slack import socket_mode
from service.faces.slack.socket_mode import SocketMode
from service.faces.slack.workspaces import Workspaces
from tests.slack_stub.running_stub import APP_TOKEN, TOKEN, RunningSlack, running_slack

CONNECTED_S = 20.0


@dataclass
class Heard:
    """What reached the bot, and how it was waited."""

    texts: list[str] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        """Note it, and go on."""
        self.pauses.append(seconds)
        await asyncio.sleep(0)


Connecting = Callable[..., Any]


@pytest.fixture
async def connecting() -> Connecting:
    """Open Socket Mode for a bot that notes what it hears: `async with connecting(slack) as (mode, heard)`."""

    @asynccontextmanager
    async def connect(
        slack: RunningSlack, app_token: str = APP_TOKEN, **options: Any
    ) -> AsyncIterator[tuple[SocketMode, Heard]]:
        heard = Heard()
        app = AsyncApp(signing_secret="unused", authorize=await Workspaces.open((TOKEN,), slack.api_url))

        @app.event("message")
        async def said(event: dict[str, Any]) -> None:
            heard.texts.append(event["text"])

        @app.command("/citewell")
        async def asked(ack: Callable[..., Awaitable[None]], command: dict[str, Any]) -> None:
            if command["text"] == "break":
                raise RuntimeError("the secret of somebody")
            await ack("One moment.")

        mode = SocketMode(app, app_token, slack.api_url, **({"sleep": heard.sleep} | options))
        mode.start()
        try:
            yield mode, heard
        finally:
            await mode.stop()

    return connect


async def connected(mode: SocketMode) -> None:
    async with asyncio.timeout(CONNECTED_S):
        await mode.connected.wait()


async def do(work: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """The pretended Slack is asked from a thread: this loop has to answer it meanwhile."""
    return await asyncio.to_thread(work, *arguments, **options)


async def test_events_and_commands_are_heard_and_acknowledged(
    slack: RunningSlack, connecting: Connecting
) -> None:
    async with connecting(slack) as (mode, heard):
        await connected(mode)
        await do(slack.user_message, "who?", channel="im")
        await do(slack.slash_command, "who?")
        assert heard.texts == ["who?"]
        for one in await do(slack.deliveries):
            assert len(one["attempts"]) == 1, one
        shown = await do(slack.shown)
        assert [one["text"] for one in shown["ephemeral"]] == ["One moment."]
        assert not await do(slack.refused_calls)
    assert not mode.connected.is_set()


async def test_what_nobody_acts_on_or_what_fails_does_not_stop_the_next(
    slack: RunningSlack, connecting: Connecting
) -> None:
    async with connecting(slack) as (mode, heard):
        await connected(mode)
        await do(slack.post_event, {"type": "reaction_added", "user": "UALICE"})
        await do(slack.slash_command, "break")
        await do(slack.user_message, "who?", channel="im")
        assert heard.texts == ["who?"]
        first = (await do(slack.deliveries))[0]
        assert len(first["attempts"]) == 1, "sent once"


@pytest.mark.parametrize("reason", ["refresh_requested", "warning", "cut"])
async def test_a_connection_that_slack_ends_is_replaced(
    slack: RunningSlack, connecting: Connecting, reason: str
) -> None:
    async with connecting(slack) as (mode, heard):
        await connected(mode)
        opened = len(await do(slack.calls, "apps.connections.open"))
        await do(slack.disconnect, reason)
        await do(slack.calls, "apps.connections.open", at_least=opened + 1)
        # Over the old one it might come twice: its end may be faster than the acknowledgement.
        await do(slack.connected)
        await do(slack.user_message, "again", channel="im")
        assert heard.texts == ["again"]


async def test_while_slack_is_down_it_is_tried_less_and_less_often(
    connecting: Connecting, caplog: pytest.LogCaptureFixture
) -> None:
    """Each attempt takes a new address: one that was good before the fault is not by then."""
    with running_slack() as slack:
        async with connecting(slack) as (mode, heard):
            await connected(mode)
            heard.pauses.clear()
            with caplog.at_level(logging.WARNING):
                await do(slack.kill)
                async with asyncio.timeout(CONNECTED_S):
                    while len(heard.pauses) < 9:
                        await asyncio.sleep(0.01)
            assert heard.pauses[:9] == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]
            assert "Socket Mode is not connected" in caplog.text
            await do(slack.restart)
            await connected(mode)
            await do(slack.user_message, "back", channel="im")
            assert heard.texts == ["back"]


async def test_a_refused_token_is_said_and_hardly_tried_again(
    slack: RunningSlack, connecting: Connecting, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        async with connecting(slack, "xapp-2-wrong") as (_, heard), asyncio.timeout(CONNECTED_S):
            while not heard.pauses:
                await asyncio.sleep(0.01)
    assert heard.pauses[0] == socket_mode.REFUSED_PAUSE
    assert "SLACK_APP_TOKEN is refused" in caplog.text and "xapp" not in caplog.text


async def test_a_rate_limit_is_obeyed(slack: RunningSlack, connecting: Connecting) -> None:
    slack.fail({"method": "apps.connections.open", "kind": "ratelimited", "seconds": 7, "times": 1})
    async with connecting(slack) as (mode, heard):
        await connected(mode)
        assert heard.pauses == [7.0]
