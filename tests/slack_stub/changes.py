"""Notices of changes in, a wait for what one of them brings about out."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


class Changes:
    """Wakes whoever waits whenever something happened."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def happened(self) -> None:
        """Something is different now."""
        self._next.set()
        self._next = asyncio.Event()

    async def until(self, look: Callable[[], Found | None], seconds: float) -> Found | None:
        """What `look` finds as soon as it finds something; None when the time is over."""
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            coming = self._next
            found = look()
            left = deadline - asyncio.get_running_loop().time()
            if found is not None or left <= 0:
                return found
            try:
                await asyncio.wait_for(coming.wait(), left)
            except TimeoutError:
                return look()
