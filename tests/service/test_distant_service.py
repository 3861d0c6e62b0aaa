"""What the Slack bot asks of a running service: its steps and answer as events, ratings that it keeps."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from indexing.archive.records import CitedPlace, Feedback
from service.answering.events import Answered, Event, Status
from service.answering.question import Question
from service.connection import ServiceConnection, connect
from service.distant_service import DistantAnswering, DistantArchive, NoSuggestions
from service.errors import ServiceError
from service.settings import Settings
from tests.service.scripted_service import Plain, Scripted, answered, event, told

RATING = Feedback(
    "of-the-bot",
    "ans_1",
    "up",
    None,
    "What did it cost?",
    "340 000 euros [1]",
    (CitedPlace("pont", "v1", 30, 51),),
    "2026-11-29T00:00:00.000000Z",
)


@pytest_asyncio.fixture
async def connection(scripted: Scripted) -> AsyncIterator[ServiceConnection]:
    """To a service that says what the test tells it to."""
    async with connect(Settings(), scripted.address) as found:
        assert isinstance(found, ServiceConnection)
        yield found


async def heard(connection: ServiceConnection) -> list[Event]:
    stream = DistantAnswering(connection).stream(Question("What did it cost?"), "slack:T1:U1")
    return [one async for one in stream]


async def test_steps_and_answer_come_as_they_do_here(
    scripted: Scripted, connection: ServiceConnection
) -> None:
    unknown = event("status", {"step": "dreaming"})
    scripted.replies.append([unknown, *told(answered())])
    searching, whole = await heard(connection)
    assert searching == Status("searching", {"articles": 27})
    assert isinstance(whole, Answered) and whole.answer.to_dict() == answered()


async def test_a_service_that_is_busy_says_so(scripted: Scripted, connection: ServiceConnection) -> None:
    scripted.replies.append(Plain(503, b'{"detail": "the queue of questions is full"}'))
    with pytest.raises(ServiceError, match="the queue of questions is full"):
        await heard(connection)


async def test_a_rating_is_sent_as_the_service_takes_it(
    scripted: Scripted, connection: ServiceConnection
) -> None:
    scripted.replies.append(Plain(204, b""))
    await DistantArchive(connection).put_feedback(RATING)
    (sent,) = scripted.asked
    assert sent == {
        "answer_id": "ans_1",
        "rating": "up",
        "comment": None,
        "question": "What did it cost?",
        "answer": "340 000 euros [1]",
        "citations": [{"article_id": "pont", "version": "v1", "start": 30, "end": 51}],
    }
    scripted.replies.append(Plain(503, b"{}"))
    with pytest.raises(ServiceError):
        await DistantArchive(connection).put_feedback(RATING)


async def test_what_is_not_told_over_http_is_left_out(connection: ServiceConnection) -> None:
    assert await DistantArchive(connection).language_samples() == ()
    assert await NoSuggestions().for_language("en") is None
