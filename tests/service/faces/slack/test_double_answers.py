"""Two services over one archive get the same events, many of them several times; each question has one answer."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial

import pytest

from indexing.archive.connect_server import connect_client
from indexing.archive.seen_events import StoredEvents
from indexing.archive.server_address import Server
from service.faces.slack.seen_events import SeenEvents
from tests.qdrant_stub.running_stub import RunningStub, running_stub
from tests.service.faces.slack.served_bot import ServedBot, served_bot
from tests.slack_stub.running_stub import BOT, NEWS, RunningSlack

QUESTIONS = 60


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStub]:
    with running_stub(tmp_path_factory.mktemp("stub")) as running:
        yield running


@asynccontextmanager
async def stored(url: str) -> AsyncIterator[SeenEvents]:
    """What one of several services asks."""
    server = Server(url)
    client = connect_client(server)
    yield StoredEvents(client, server)
    await client.close()


@pytest.fixture
def bots(slack: RunningSlack, stub: RunningStub) -> Iterator[tuple[ServedBot, ServedBot]]:
    """Two services of one archive."""
    seen = partial(stored, stub.url)
    with served_bot(slack, seen=seen) as one, served_bot(slack, seen=seen) as other:
        yield one, other


def test_no_question_is_answered_twice_nor_left_out(
    slack: RunningSlack, bots: tuple[ServedBot, ServedBot]
) -> None:
    one, other = bots
    urls = [one.url, other.url]
    sending = (
        {"to": urls},
        {"to": urls[::-1], "repeats": 1, "at_once": True},
        {"to": urls, "repeats": 2},
    )
    asked = [
        slack.mention(f"Question {number}?", **sending[number % 3])["message"]["ts"]
        for number in range(QUESTIONS)
    ]
    assert all(delivery["acknowledged"] for delivery in slack.deliveries())
    one.until_idle()
    other.until_idle()
    answered = Counter(call["arguments"]["thread_ts"] for call in slack.calls("chat.startStream"))
    assert answered == Counter(asked)
    assert len(one.answering.asked) + len(other.answering.asked) == QUESTIONS
    assert one.answering.asked and other.answering.asked
    assert all(len(slack.thread_of(NEWS, ts)) == 2 for ts in asked)
    assert slack.refused_calls() == []


def test_edit_that_the_other_service_hears_of_is_answered_by_the_one_at_work(
    slack: RunningSlack, bots: tuple[ServedBot, ServedBot]
) -> None:
    one, other = bots
    held = one.answering.hold("First?")
    asked = slack.mention("First?", to=[one.url])["message"]
    one.answering.until_asked(1)
    slack.edit_message(NEWS, asked["ts"], f"<@{BOT}> Second?", to=[other.url], repeats=1)
    other.until_idle()
    held.set()
    one.answering.until_asked(2)
    one.until_idle()
    (_, said) = slack.thread_of(NEWS, asked["ts"], at_least=2)
    assert said["metadata"]["event_payload"]["question"] == "Second?"
    assert other.answering.asked == [] and slack.refused_calls() == []


def test_deletion_that_the_other_service_hears_of_takes_the_answer_away(
    slack: RunningSlack, bots: tuple[ServedBot, ServedBot]
) -> None:
    one, other = bots
    held = one.answering.hold("First?")
    root = slack.user_message("The bridge is open again.")["message"]
    asked = slack.mention("First?", thread_ts=root["ts"], to=[one.url])["message"]
    one.answering.until_asked(1)
    slack.delete_message(NEWS, asked["ts"], to=[other.url])
    other.until_idle()
    held.set()
    one.until_idle()
    assert len(slack.thread_of(NEWS, root["ts"])) == 1
    assert slack.refused_calls() == []


def test_edit_of_an_answered_question_is_answered_once_by_either(
    slack: RunningSlack, bots: tuple[ServedBot, ServedBot]
) -> None:
    one, other = bots
    asked = slack.mention("First?", to=[one.url])["message"]
    slack.thread_of(NEWS, asked["ts"], at_least=2)
    one.until_idle()
    urls = [other.url, one.url]
    slack.edit_message(NEWS, asked["ts"], f"<@{BOT}> Second?", to=urls, repeats=1, at_once=True)
    one.until_idle()
    other.until_idle()
    (_, said) = slack.thread_of(NEWS, asked["ts"], at_least=2)
    assert said["metadata"]["event_payload"]["question"] == "Second?"
    assert len(one.answering.asked) + len(other.answering.asked) == 2
