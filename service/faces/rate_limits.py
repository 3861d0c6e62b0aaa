"""Who does something in, whether it may be done now out; counted in this process and forgotten with it."""

import math
import time

from limits import parse_many
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter


class RateLimit:
    """Lets each caller do something so often in a time, which runs from the first of the counted ones."""

    def __init__(self, rate: str) -> None:
        """`rate` as the settings have checked it: `20/minute`; of several, separated by `;`, all hold."""
        self._items = parse_many(rate)
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def wait(self, *caller: str) -> int:
        """Seconds until `caller` may go on: 0 for at once, and then this is counted; else at least 1."""
        full = [item for item in self._items if not self._limiter.test(item, *caller)]
        if not full:
            for item in self._items:
                self._limiter.hit(item, *caller)
            return 0
        until = max(self._limiter.get_window_stats(item, *caller).reset_time for item in full)
        return max(1, math.ceil(until - time.time()))
