"""Socket Mode of the stub is Slack's to the official clients, and refuses what Slack refuses."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import httpx
import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.slack_stub.running_stub import APP_TOKEN, NEWS, TOKEN, RunningSlack, running_slack


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSlack]:
    """It waits long: what a slow machine acknowledges late would come again, in the tests that follow, too."""
    with running_slack(pace=1000, ack_seconds=60, own_events="off") as slack:
        yield slack


@pytest.fixture
def slack(running: RunningSlack) -> RunningSlack:
    running.forget()
    return running


@pytest.fixture
def hasty() -> Iterator[RunningSlack]:
    """One that soon has waited long enough."""
    with running_slack(pace=1000, ack_seconds=0.5, own_events="off") as slack:
        yield slack


def open_address(slack: RunningSlack, token: str = APP_TOKEN) -> dict[str, Any]:
    reply = httpx.post(
        f"{slack.api_url}apps.connections.open", headers={"Authorization": f"Bearer {token}"}, trust_env=False
    )
    found: dict[str, Any] = reply.json()
    return found


@asynccontextmanager
async def connection(slack: RunningSlack) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A connection of our own; the `hello` is still to come."""
    async with aiohttp.ClientSession() as session, session.ws_connect(open_address(slack)["url"]) as socket:
        yield socket


@asynccontextmanager
async def bolt(slack: RunningSlack, app: AsyncApp) -> AsyncIterator[AsyncSocketModeHandler]:
    handler = AsyncSocketModeHandler(
        app, app_token=APP_TOKEN, web_client=AsyncWebClient(base_url=slack.api_url), ping_interval=1
    )
    await handler.connect_async()
    try:
        yield handler
    finally:
        await handler.close_async()


async def in_thread(call: Any, *given: Any, **named: Any) -> Any:
    """The app listens in this thread's loop, so the test acts from another."""
    return await asyncio.to_thread(call, *given, **named)


# https://docs.slack.dev/reference/methods/apps.connections.open


def test_an_address_needs_the_token_of_the_app(slack: RunningSlack) -> None:
    assert open_address(slack)["url"].startswith("ws://127.0.0.1")
    assert open_address(slack, TOKEN)["error"] == "not_allowed_token_type"
    assert open_address(slack, "xapp-wrong")["error"] == "invalid_auth"
    url, token = f"{slack.api_url}apps.connections.open", {"Authorization": f"Bearer {APP_TOKEN}"}
    assert httpx.get(url, headers=token, trust_env=False).json()["error"] == "insecure_request"
    assert httpx.post(url, data={"token": APP_TOKEN}, trust_env=False).json()["error"] == "missing_args"


# https://docs.slack.dev/apis/events-api/using-socket-mode


async def test_an_address_opens_one_connection(slack: RunningSlack) -> None:
    url = open_address(slack)["url"]
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url) as socket:
            hello = await socket.receive_json()
            assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)


async def test_an_event_comes_in_an_envelope_and_is_acknowledged(slack: RunningSlack) -> None:
    async with connection(slack) as socket:
        await socket.receive_json()
        said = asyncio.create_task(in_thread(slack.user_message, "How many?"))
        envelope = await socket.receive_json()
        assert (envelope["type"], envelope["accepts_response_payload"]) == ("events_api", False)
        assert (envelope["retry_attempt"], envelope["retry_reason"]) == (0, "")
        assert envelope["payload"]["event"]["text"] == "How many?"
        await socket.send_json({"envelope_id": envelope["envelope_id"]})
        [sent] = (await said)["deliveries"]
        assert sent["acknowledged"]
        assert len(sent["attempts"]) == 1


async def test_an_event_that_is_not_acknowledged_comes_four_times(hasty: RunningSlack) -> None:
    async with connection(hasty) as socket:
        await socket.receive_json()
        said = asyncio.create_task(in_thread(hasty.user_message, "How many?"))
        envelopes = [await socket.receive_json() for _ in range(4)]
        assert [one["retry_attempt"] for one in envelopes] == [0, 1, 2, 3]
        assert [one["retry_reason"] for one in envelopes] == ["", "timeout", "timeout", "timeout"]
        assert len({one["payload"]["event_id"] for one in envelopes}) == 1
        assert not (await said)["deliveries"][0]["acknowledged"]


async def test_a_command_is_answered_with_its_acknowledgement(slack: RunningSlack) -> None:
    async with connection(slack) as socket:
        await socket.receive_json()
        typed = asyncio.create_task(in_thread(slack.slash_command, "soldiers"))
        envelope = await socket.receive_json()
        assert (envelope["type"], envelope["accepts_response_payload"]) == ("slash_commands", True)
        assert envelope["payload"]["text"] == "soldiers"
        await socket.send_json({"envelope_id": envelope["envelope_id"], "payload": {"text": "Searching"}})
        await typed
        shown = await in_thread(slack.shown)
        assert shown["ephemeral"][0]["text"] == "Searching"


async def test_acknowledgements_of_nothing_are_refused(slack: RunningSlack) -> None:
    async with connection(slack) as socket:
        await socket.receive_json()
        await socket.send_json({"envelope_id": "nothing"})
        await socket.send_str("ok")
        calls = await in_thread(slack.calls, "acknowledgement", at_least=2)
        assert [call["error"] for call in calls] == ["unknown_envelope", "malformed_acknowledgement"]


async def test_an_app_has_ten_connections(slack: RunningSlack) -> None:
    async with aiohttp.ClientSession() as session:
        sockets = [await session.ws_connect(open_address(slack)["url"]) for _ in range(11)]
        firsts = [await socket.receive_json() for socket in sockets]
        assert [one["type"] for one in firsts] == ["hello"] * 10 + ["disconnect"]
        assert firsts[-1]["reason"] == "too_many_websockets"
        for socket in sockets:
            await socket.close()


async def test_connections_take_turns(slack: RunningSlack) -> None:
    async with connection(slack) as first, connection(slack) as second:
        for socket in (first, second):
            await socket.receive_json()
        async with asyncio.TaskGroup() as group:
            group.create_task(in_thread(slack.user_message, "one", wait=0))
            group.create_task(in_thread(slack.user_message, "two", wait=0))
            envelopes = [await socket.receive_json() for socket in (first, second)]
        for socket, envelope in zip((first, second), envelopes, strict=True):
            await socket.send_json({"envelope_id": envelope["envelope_id"]})
        assert {one["payload"]["event"]["text"] for one in envelopes} == {"one", "two"}


async def test_a_connection_is_ended_after_a_warning_or_without(slack: RunningSlack) -> None:
    async with connection(slack) as first, connection(slack) as second:
        assert (await first.receive_json())["type"] == "hello"
        assert (await second.receive_json())["type"] == "hello"
        await in_thread(slack.disconnect, "refresh_requested")
        for socket in (first, second):
            assert (await socket.receive_json()) == {
                "type": "disconnect",
                "reason": "refresh_requested",
                "debug_info": {},
            }
            assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
    async with connection(slack) as third:
        await third.receive_json()
        await in_thread(slack.disconnect, "cut")
        assert (await third.receive()).type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)


# With Bolt


@pytest.fixture
def patient() -> Iterator[RunningSlack]:
    """What is lost while the client changes connections comes again; of the minute until then one second is left."""
    with running_slack(own_events="off") as slack:
        yield slack


async def test_bolt_answers_over_a_connection_and_opens_another_when_asked(patient: RunningSlack) -> None:
    app = AsyncApp(client=AsyncWebClient(token=TOKEN, base_url=patient.api_url))
    retries: list[Any] = []

    @app.event("app_mention")
    async def answer(event: dict[str, Any], say: Any, request: Any) -> None:
        retries.append(request.headers.get("x-slack-retry-num"))
        await say(text="102", thread_ts=event["ts"])

    @app.event("message")
    async def ignore(event: dict[str, Any]) -> None:
        pass

    async with bolt(patient, app):
        for reason in ("", "refresh_requested", "cut"):
            if reason:
                await in_thread(patient.disconnect, reason)
            # A connection that is cut is noticed at the next ping.
            await in_thread(patient.connected)
            asked = await in_thread(patient.mention, "How many?")
            thread = await in_thread(patient.thread_of, NEWS, asked["message"]["ts"], at_least=2)
            assert thread[1]["text"] == "102", reason
        assert json.dumps(await in_thread(patient.refused_calls)) == "[]"
    assert retries[0] == ["0"]
