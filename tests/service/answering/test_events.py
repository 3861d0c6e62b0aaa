"""What is told while a question is answered: in which order, to whom, and what leaving does."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace

import pytest

from indexing.archive.archive import Archive
from service.answering.answer import Answer
from service.answering.events import Answered, Considered, Delta, Event, Status, heard_by, is_heard, tell
from service.answering.pipeline import Answering
from service.answering.question import Question
from service.errors import Busy, ModeUnavailable
from tests.service.held_archive import HeldArchive

ISHKASHIM = Question("How many soldiers entered via Ishkashim?")
PATIENCE = 60  # seconds until a test that waits for something fails instead of hanging


def test_what_is_told_reaches_the_listener_while_it_listens() -> None:
    heard: list[Event] = []
    tell(Delta("before"))
    assert not is_heard()
    with heard_by(heard.append):
        tell(Delta("during"))
        assert is_heard()
    tell(Delta("after"))
    assert heard == [Delta("during")]


async def test_tasks_and_threads_are_heard_by_whoever_started_them() -> None:
    async def ask(name: str) -> list[Event]:
        heard: list[Event] = []
        with heard_by(heard.append):
            await asyncio.create_task(asyncio.to_thread(tell, Delta(name)))
        return heard

    assert await asyncio.gather(ask("one"), ask("other")) == [[Delta("one")], [Delta("other")]]


@pytest.fixture(scope="session")
def answering(samples: Archive, answer_from: Callable[..., Answering]) -> Answering:
    return answer_from(samples)


async def told(answering: Answering, question: Question) -> tuple[list[Event], Answer]:
    """Everything up to the answer, and the answer, which comes last and once."""
    *events, last = [event async for event in answering.stream(question)]
    assert isinstance(last, Answered)
    assert not [event for event in events if isinstance(event, Answered)]
    return events, last.answer


def same(one: Answer, other: Answer) -> bool:
    """Whether two answers say the same, each made for itself."""
    return replace(one, id=other.id, timings_ms=other.timings_ms) == other


async def test_stream_tells_each_step_with_its_figures_and_then_the_answer_of_ask(
    answering: Answering, samples: Archive
) -> None:
    events, answer = await told(answering, ISHKASHIM)
    steps = [event for event in events if isinstance(event, Status)]
    assert [one.step for one in steps] == ["waiting", "understanding", "searching", "reading", "checking"]
    figures = [dict(one.figures) for one in steps]
    assert figures[0] == {"ahead": 0}
    assert figures[2] == {"articles": await samples.article_count()}
    assert figures[3] == {"passages": len(answer.passages)}
    assert figures[4]["quotes"] >= len(answer.citations)
    assert [event.passages for event in events if isinstance(event, Considered)] == [answer.passages]
    kinds = [type(event) for event in events]
    assert kinds.index(Considered) < kinds.index(Delta) and kinds[-1] is Delta
    alone = await answering.ask(ISHKASHIM)
    assert answer.answered and same(answer, alone)
    assert set(answer.timings_ms) == set(alone.timings_ms) >= {"queued", "queue_length", "total"}


@pytest.mark.parametrize(
    "text",
    [
        "How many soldiers entered via Ishkashim?",
        "Which posts did the soldiers enter through?",
        "What is the recipe for apple pie?",
        "Wie viele Menschen wurden vor der Flut in Sicherheit gebracht?",
    ],
)
async def test_deltas_joined_are_the_answer(answering: Answering, text: str) -> None:
    events, answer = await told(answering, Question(text))
    assert "".join(event.text for event in events if isinstance(event, Delta)) == answer.answer


async def test_empty_archive_tells_its_refusal(
    archive: Archive, answer_from: Callable[..., Answering]
) -> None:
    events, answer = await told(answer_from(archive), ISHKASHIM)
    assert events == [Status("waiting", {"ahead": 0}), Status("understanding"), Delta(answer.answer)]


async def test_missing_mode_is_refused_before_anything_is_told(answering: Answering) -> None:
    with pytest.raises(ModeUnavailable):
        await anext(answering.stream(Question("Who?", mode="generative")))


async def until_it_searches(stream: AsyncGenerator[Event]) -> None:
    async for event in stream:
        if isinstance(event, Status) and event.step == "searching":
            return


async def test_full_queue_is_busy_before_anything_is_told(
    samples: Archive, answer_from: Callable[..., Answering]
) -> None:
    held = HeldArchive(samples)
    answering = answer_from(held, queue=1)
    async with asyncio.timeout(PATIENCE), aclosing(answering.stream(ISHKASHIM)) as first:
        await until_it_searches(first)
        with pytest.raises(Busy):
            await anext(answering.stream(ISHKASHIM))
        held.let_all_go()
        assert isinstance([event async for event in first][-1], Answered)
    assert (await answering.ask(ISHKASHIM)).answered


async def test_listener_that_leaves_stops_the_work_before_its_next_step(
    samples: Archive, answer_from: Callable[..., Answering]
) -> None:
    held = HeldArchive(samples)
    answering = answer_from(held, queue=1)
    async with asyncio.timeout(PATIENCE):
        stream = answering.stream(ISHKASHIM)
        await until_it_searches(stream)
        await held.begun.acquire()
        await stream.aclose()
        await held.cancelled.acquire()
        held.let_all_go()
        assert held.checked == 0
        assert (await answering.ask(ISHKASHIM)).answered, "its place is free again"
    assert len(held.order) == 2


async def test_listener_that_takes_nothing_more_keeps_no_place(
    samples: Archive, answer_from: Callable[..., Answering]
) -> None:
    answering = answer_from(samples, queue=1)
    async with asyncio.timeout(PATIENCE), aclosing(answering.stream(ISHKASHIM)) as stream:
        await anext(stream)
        while True:
            try:
                other = await answering.ask(ISHKASHIM)
                break
            except Busy:
                await asyncio.sleep(0.01)
        last = [event async for event in stream][-1]
    assert isinstance(last, Answered) and same(last.answer, other)
