"""Items in, the result of some work on each out, in their order: several are worked on ahead of whoever takes them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


async def side_by_side(
    items: AsyncGenerator[T, None], work: Callable[[T], Awaitable[R]], at_once: int
) -> AsyncGenerator[R, None]:
    """Yield the results; at most `at_once` items are taken whose results were not.

    What `items` or `work` raises comes in its place, after the results before it. Close it (`aclosing`): that ends
    the work under way and closes `items`.
    """
    free = asyncio.Semaphore(at_once)
    started: asyncio.Queue[asyncio.Task[R] | None] = asyncio.Queue()
    untaken: set[asyncio.Task[R]] = set()

    async def start() -> None:
        try:
            async with aclosing(items):
                while True:
                    await free.acquire()
                    task = asyncio.create_task(_awaited(work, await anext(items)))
                    untaken.add(task)
                    started.put_nowait(task)
        except StopAsyncIteration:
            pass
        finally:
            started.put_nowait(None)

    starting = asyncio.create_task(start())
    try:
        while (task := await started.get()) is not None:
            result = await task
            untaken.discard(task)
            free.release()
            yield result
        await starting
    finally:
        ending = [starting, *untaken]
        for one in ending:
            one.cancel()
        await asyncio.gather(*ending, return_exceptions=True)


async def _awaited(work: Callable[[T], Awaitable[R]], item: T) -> R:
    return await work(item)
