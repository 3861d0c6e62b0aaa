"""Callers in, one after the other let through: a bounded queue that takes turns between those who wait in it."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from service.errors import Busy


class FairQueue:
    """Lets `at_once` work at the same time and at most `places` wait or work; the waiting take turns by caller.

    Someone who asks fifty questions at once has one place in the round, like everyone else (round robin, Nagle 1987).
    """

    def __init__(self, places: int, at_once: int, seconds_each: float) -> None:
        """`seconds_each` is what one piece of work usually takes, for telling when to come again."""
        self._places = places
        self._at_once = at_once
        self._seconds_each = seconds_each
        self._working = 0
        self._elsewhere = 0
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    def __len__(self) -> int:
        """How many wait or work."""
        return self._working + self._elsewhere + sum(map(len, self._waiting.values()))

    def require_room(self) -> None:
        """Raise Busy when it is full: for who has to know before `place` is waited for."""
        if len(self) >= self._places:
            raise Busy(retry_after=max(1, round(len(self) * self._seconds_each / self._at_once)))

    @asynccontextmanager
    async def place(self, caller: str) -> AsyncIterator[int]:
        """Wait for one's turn and have it inside; gives how many were there before. Raises Busy when it is full."""
        self.require_room()
        before = len(self)
        if self._working < self._at_once:
            self._working += 1
        else:
            await self._turn(caller)
        try:
            yield before
        finally:
            self._working -= 1
            self._let_next_in()

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        """Count, without a turn, one that was let in and now waits for another machine."""
        self._elsewhere += 1
        try:
            yield
        finally:
            self._elsewhere -= 1

    async def _turn(self, caller: str) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(caller, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._leave(caller, turn)
            else:  # the turn came at the moment of leaving: pass it on
                self._working -= 1
                self._let_next_in()
            raise

    def _let_next_in(self) -> None:
        while self._waiting and self._working < self._at_once:
            caller, turns = next(iter(self._waiting.items()))
            turn = turns.popleft()
            # One that is cancelled leaves, but its task has not run since: that costs its caller no turn.
            if not turn.cancelled():
                self._working += 1
                turn.set_result(None)
                self._waiting.move_to_end(caller)
            if not turns:
                del self._waiting[caller]

    def _leave(self, caller: str, turn: asyncio.Future[None]) -> None:
        turns = self._waiting.get(caller, deque())
        if turn in turns:  # else it was passed over already
            turns.remove(turn)
            if not turns:
                del self._waiting[caller]
