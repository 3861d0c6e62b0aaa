"""The queue of questions: callers take turns, a full queue says so, and whoever leaves takes nothing along."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.answering.fair_queue import FairQueue
from service.errors import Busy


class Visitor:
    """A task that takes a place and keeps it until it is told to finish."""

    def __init__(self, queue: FairQueue, caller: str, log: list["Visitor"]) -> None:
        self.caller = caller
        self.finish = asyncio.Event()
        self.log = log
        self.before = -1
        self.task = asyncio.create_task(self._visit(queue))

    async def _visit(self, queue: FairQueue) -> None:
        async with queue.place(self.caller) as self.before:
            self.log.append(self)
            await self.finish.wait()

    @property
    def waits(self) -> bool:
        return self not in self.log and not self.task.done()

    @property
    def works(self) -> bool:
        return self in self.log and not self.task.done()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def visitors(queue: FairQueue, callers: str, log: list[Visitor]) -> list[Visitor]:
    """One visitor a letter, in this order."""
    come = []
    for caller in callers:
        come.append(Visitor(queue, caller, log))
        await settle()
    return come


async def finish_all(log: list[Visitor]) -> str:
    """Let each finish once it has its turn; the callers in the order of their turns."""
    for one in log:  # which grows meanwhile
        one.finish.set()
        await settle()
    return "".join(one.caller for one in log)


async def test_waiting_callers_take_turns_whoever_asked_most() -> None:
    log: list[Visitor] = []
    come = await visitors(FairQueue(10, 1, 1.0), "aaaabbc", log)
    assert [one.caller for one in log] == ["a"]
    assert await finish_all(log) == "aabcaba"
    by_a = [one for one in log if one.caller == "a"]
    assert by_a == [one for one in come if one.caller == "a"], "one caller's own come in their order"


async def test_as_many_work_at_once_as_may() -> None:
    log: list[Visitor] = []
    queue = FairQueue(10, 2, 1.0)
    come = await visitors(queue, "abab", log)
    assert log == come[:2]
    assert len(queue) == 4
    come[1].finish.set()
    await settle()
    assert log == come[:3]
    assert [one.before for one in log] == [0, 1, 2], "what `place` gives is how many were there before"
    await finish_all(log)
    assert len(queue) == 0


@pytest.mark.parametrize(("seconds_each", "retry_after"), [(10.0, 20), (0.3, 1), (0.0, 1)])
async def test_full_queue_is_busy_and_says_when_to_come_again(seconds_each: float, retry_after: int) -> None:
    log: list[Visitor] = []
    queue = FairQueue(4, 2, seconds_each)
    await visitors(queue, "aabc", log)
    with pytest.raises(Busy, match=f"try again in {retry_after} s") as refused:
        queue.require_room()
    assert refused.value.retry_after == retry_after
    [late] = await visitors(queue, "d", log)
    with pytest.raises(Busy):
        await late.task
    log[0].finish.set()
    await settle()
    queue.require_room()
    await finish_all(log)


async def test_caller_that_leaves_while_waiting_leaves_no_hole() -> None:
    log: list[Visitor] = []
    queue = FairQueue(4, 1, 1.0)
    come = await visitors(queue, "abca", log)
    come[1].task.cancel()
    come[3].task.cancel()
    await settle()
    assert len(queue) == 2
    assert await finish_all(log) == "ac"
    assert len(queue) == 0


@pytest.mark.parametrize(("waiting", "then"), [("b", ""), ("bb", "b"), ("bbc", "cb"), ("bcb", "cb")])
async def test_caller_that_leaves_as_its_turn_comes_passes_it_on(waiting: str, then: str) -> None:
    log: list[Visitor] = []
    queue = FairQueue(10, 1, 1.0)
    working, next_one, *others = await visitors(queue, "a" + waiting, log)
    working.finish.set()
    while working.works:
        await asyncio.sleep(0)
    assert next_one.waits, "its turn has come, and its task has not run since"
    next_one.task.cancel()
    await settle()
    assert next_one not in log
    assert await finish_all(log) == "a" + then
    assert len(queue) == 0
    assert all(one.task.done() for one in others)


@pytest.mark.parametrize(("waiting", "then"), [("b", ""), ("bb", "b"), ("bbc", "bc"), ("bcb", "bc")])
async def test_turn_that_comes_to_a_caller_on_its_way_out_goes_to_the_next(waiting: str, then: str) -> None:
    """Cancelled, but its task has not run since: for a moment it still stands in the line."""
    log: list[Visitor] = []
    queue = FairQueue(10, 1, 1.0)
    leaving_now = asyncio.Event()

    async def leave_within_the_place(victim: list[Visitor]) -> None:
        async with queue.place("a"):
            await leaving_now.wait()
            victim[0].task.cancel()

    victim: list[Visitor] = []
    working = asyncio.create_task(leave_within_the_place(victim))
    await settle()
    victim += await visitors(queue, waiting, log)
    leaving_now.set()
    await settle()
    assert working.done() and working.exception() is None
    assert await finish_all(log) == then
    assert len(queue) == 0


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("come"), st.sampled_from(["a", "b", "c"])),
        st.tuples(st.sampled_from(["finish", "leave"]), st.integers(0, 9)),
        st.just(("settle", 0)),
    ),
    min_size=5,
    max_size=30,
)


@settings(max_examples=150, deadline=None)
@given(waiting=st.text("abc", max_size=6), acts=ACTS, at_once=st.integers(1, 3))
def test_whatever_happens_nothing_leaks_and_nobody_is_passed_over(
    waiting: str, acts: list[tuple[str, Any]], at_once: int
) -> None:
    asyncio.run(_play([*(("come", caller) for caller in waiting), *acts], at_once))


async def _play(acts: list[tuple[str, Any]], at_once: int) -> None:
    queue = FairQueue(1_000, at_once, 1.0)
    log: list[Visitor] = []
    come: list[Visitor] = []
    ahead: dict[Visitor, tuple[int, int]] = {}
    """How many turns there had been when somebody came to wait, and how many of the same caller waited then."""
    for act, which in acts:
        if act in ("finish", "leave"):
            chosen = [one for one in come if one.works or (act == "leave" and one.waits)]
            for one in chosen[which % len(chosen) :][:1] if chosen else []:
                one.finish.set() if act == "finish" else one.task.cancel()
            continue  # what comes next happens before anyone has noticed
        await settle()
        if act == "come":
            own = sum(one.waits and one.caller == which for one in come)
            come.append(Visitor(queue, which, log))
            ahead[come[-1]] = (len(log), own)
            await settle()
        there = [one for one in come if not one.task.done()]
        assert len(queue) == len(there)
        assert sum(one.works for one in there) == min(at_once, len(there)), (
            "a place is empty or was given twice"
        )
    for one in come:
        one.finish.set()
    for _ in come:
        await settle()
    assert all(one.task.done() for one in come), "somebody waits for ever"
    assert len(queue) == 0
    for place, one in enumerate(log):
        turns, own = ahead[one]
        between = Counter(other.caller for other in log[turns:place])
        assert all(count <= own + 1 for count in between.values()), "somebody had two turns in a round"
    for task in [one.task for one in come]:
        assert task.cancelled() or task.exception() is None


async def test_one_who_waits_elsewhere_has_a_place_and_no_turn() -> None:
    queue = FairQueue(3, 1, 0.3)
    with queue.elsewhere(), queue.elsewhere():
        assert len(queue) == 2
        async with queue.place("a"):
            assert len(queue) == 3
            with pytest.raises(Busy):
                queue.require_room()
    assert len(queue) == 0
