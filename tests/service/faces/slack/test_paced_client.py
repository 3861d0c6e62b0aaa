"""Slack's rate limits are obeyed: nothing is sent before it may be, and nothing is lost for it."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from slack_sdk.errors import SlackApiError

from service.faces.slack.log_faults import slack_error
from service.faces.slack.paced_client import Paces, SlackClients
from tests.slack_stub.running_stub import NEWS, OTHER_TOKEN, PAPER, TOKEN, RunningSlack, running_slack


@pytest.fixture(scope="module")
def module_slack() -> Iterator[RunningSlack]:
    """A pretended Slack that limits the rates, with minutes of a second."""
    with running_slack(pace=60) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def clients(slack: RunningSlack) -> AsyncIterator[SlackClients]:
    """Clients of that Slack, which tells the bot of nothing."""
    slack.events_to()
    opened = SlackClients(slack.api_url)
    yield opened
    await opened.close()


async def test_call_goes_out_once_it_may(slack: RunningSlack, clients: SlackClients) -> None:
    slack.fail({"method": "chat.postMessage", "kind": "ratelimited", "seconds": 1, "times": 1})
    client = clients.client(TOKEN)
    await client.chat_postMessage(channel=NEWS, text="hello")
    limited, taken = slack.calls("chat.postMessage")
    assert (limited["status"], taken["ok"]) == (429, True)
    assert taken["at"] - limited["at"] >= 1


async def test_others_wait_too_and_go_on_one_by_one(
    slack: RunningSlack, clients: SlackClients, caplog: pytest.LogCaptureFixture
) -> None:
    slack.fail({"method": "chat.update", "kind": "ratelimited", "seconds": 1, "times": 1})
    client, other = clients.client(TOKEN), clients.client(TOKEN)
    ts = (await client.chat_postMessage(channel=NEWS, text="hello"))["ts"]
    first = asyncio.create_task(client.chat_update(channel=NEWS, ts=ts, text="one"))
    while "rate limited" not in caplog.text:
        await asyncio.sleep(0.01)
    await asyncio.gather(first, *(other.chat_update(channel=NEWS, ts=ts, text=str(n)) for n in range(2)))
    limited, *taken = slack.calls("chat.update")
    assert len(taken) == 3 and all(one["ok"] for one in taken)
    # The second one second later than the first, and so on; any of them may be on its way for longer.
    assert all(one["at"] - limited["at"] >= 1 + number for number, one in enumerate(taken))


async def test_limits_are_each_workspaces_own(slack: RunningSlack, clients: SlackClients) -> None:
    fault = {"method": "chat.postMessage", "kind": "ratelimited", "seconds": 30, "times": 1, "team": "T0NEWS"}
    slack.fail(fault)
    waits = asyncio.create_task(clients.client(TOKEN).chat_postMessage(channel=NEWS, text="hello"))
    while not slack.calls("chat.postMessage"):
        await asyncio.sleep(0.01)
    await clients.client(OTHER_TOKEN).chat_postMessage(channel=PAPER, text="hello")
    assert not waits.done()
    waits.cancel()


@pytest.mark.parametrize("method", ["assistant.threads.setStatus", "chat.startStream"])
async def test_what_is_not_worth_waiting_for_is_given_up_at_once(
    slack: RunningSlack, clients: SlackClients, method: str
) -> None:
    slack.fail({"method": method, "kind": "ratelimited", "seconds": 60})
    client = clients.client(TOKEN)
    for _ in range(2):
        with pytest.raises(SlackApiError) as refusal:
            await client.api_call(method, json={"channel": NEWS})
        assert slack_error(refusal.value) == "ratelimited"
    assert len(slack.calls(method)) == 1, "the second was sent though it could not be taken"


async def test_limit_that_lasts_is_given_up(slack: RunningSlack, clients: SlackClients) -> None:
    slack.fail({"method": "chat.delete", "kind": "ratelimited", "seconds": 600})
    with pytest.raises(SlackApiError):
        await clients.client(TOKEN).chat_delete(channel=NEWS, ts="1.000001")
    assert len(slack.calls("chat.delete")) == 1


async def test_many_posts_to_a_channel_all_arrive(slack: RunningSlack, clients: SlackClients) -> None:
    client = clients.client(TOKEN)
    await asyncio.gather(*(client.chat_postMessage(channel=NEWS, text=str(n)) for n in range(8)))
    assert len([call for call in slack.calls("chat.postMessage") if call["ok"]]) == 8


async def test_turns_come_one_second_apart() -> None:
    paces = Paces()
    assert await paces.turn(("a",), wait=False)
    paces.hold(("a",), 100)
    assert not await paces.turn(("a",), wait=False)
    assert await paces.turn(("b",), wait=False)
