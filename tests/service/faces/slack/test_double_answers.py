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
from tests.service.faces.slack.served_bot import served_bot
from tests.slack_stub.running_stub import NEWS, RunningSlack

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


def test_no_question_is_answered_twice_nor_left_out(slack: RunningSlack, stub: RunningStub) -> None:
    seen = partial(stored, stub.url)
    with served_bot(slack, seen=seen) as one, served_bot(slack, seen=seen) as other:
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
