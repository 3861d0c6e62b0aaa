"""Work that overlaps: results in order, a bounded way ahead, and one end for everything."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from indexing.side_by_side import side_by_side


class Counted:
    """Numbers on demand, and work on them, with a record of how far everything is."""

    def __init__(self, count: int, fails_at: int = -1) -> None:
        self.count, self.fails_at = count, fails_at
        self.taken = self.working = self.most = self.cancelled = 0
        self.closed = False
        self.hold = asyncio.Event()
        self.hold.set()

    async def items(self) -> AsyncGenerator[int, None]:
        try:
            for number in range(self.count):
                if number == self.fails_at:
                    raise LookupError(f"no item {number}")
                self.taken += 1
                yield number
        finally:
            self.closed = True

    async def work(self, number: int) -> int:
        self.working += 1
        self.most = max(self.most, self.working)
        try:
            # The later ones of a group are ready first.
            for _ in range(10 - number % 3 * 4):
                await asyncio.sleep(0)
            await self.hold.wait()
            if number == 1_000:
                raise ValueError("bad item")
            return number * 2
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.working -= 1


async def test_results_come_in_order_and_several_are_worked_on() -> None:
    counted = Counted(20)
    results = [result async for result in side_by_side(counted.items(), counted.work, 3)]
    assert results == [2 * number for number in range(20)]
    assert (counted.most, counted.closed) == (3, True)


async def test_whoever_takes_slowly_holds_everything_back() -> None:
    counted = Counted(100)
    async with aclosing(side_by_side(counted.items(), counted.work, 3)) as results:
        assert await anext(results) == 0
        for _ in range(100):
            await asyncio.sleep(0)
        assert (counted.taken, counted.working) == (4, 0), "the one that was taken, and three ahead"


async def test_what_goes_wrong_comes_in_its_place() -> None:
    counted = Counted(10, fails_at=5)
    got: list[int] = []
    with pytest.raises(LookupError, match="no item 5"):
        async for result in side_by_side(counted.items(), counted.work, 3):
            got.append(result)
    assert got == [0, 2, 4, 6, 8]
    assert (counted.working, counted.closed) == (0, True)


async def test_an_error_of_the_work_ends_what_is_under_way() -> None:
    counted = Counted(10)

    async def numbers() -> AsyncGenerator[int, None]:
        for number in (0, 1_000, 1, 2, 3):
            yield number

    got: list[int] = []
    with pytest.raises(ValueError, match="bad item"):
        async for result in side_by_side(numbers(), counted.work, 2):
            got.append(result)
    assert (got, counted.working) == ([0], 0)


@pytest.mark.parametrize("by", ["closing", "cancelling"])
async def test_the_end_ends_all_of_it(by: str) -> None:
    counted = Counted(10)
    counted.hold.clear()
    results = side_by_side(counted.items(), counted.work, 3)
    waiting = asyncio.create_task(anext(results))  # type: ignore[arg-type]
    while counted.working < 3:
        await asyncio.sleep(0)
    if by == "closing":
        counted.hold.set()
        assert await waiting == 0
        counted.hold.clear()
        await results.aclose()
    else:
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert (counted.working, counted.closed) == (0, True)
    assert counted.cancelled >= (0 if by == "closing" else 3)
