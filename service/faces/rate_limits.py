"""Who does something in, whether it may be done now out; counted in this process, or by all replicas in one Redis."""

import asyncio
import hashlib
import logging
import math
import time

from limits import parse_many
from limits.errors import ConfigurationError, StorageError
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from service.errors import SettingsError

logger = logging.getLogger("citewell.rates")

REDIS_SCHEMES = ("redis://", "rediss://", "redis+unix://")
REDIS_SECONDS = 0.5
RETRY_SECONDS = 5.0


class SharedCounts:
    """A Redis in which replicas count together; while it does not answer, each counts for itself."""

    def __init__(self, address: str) -> None:
        """Connects at the first use; raises SettingsError for what is no address or when its client is missing."""
        if not address.startswith(REDIS_SCHEMES):
            raise SettingsError(
                "CITEWELL_RATE_STORE is no address of a Redis; allowed are redis://HOST:PORT/NUMBER, rediss:// and "
                "redis+unix:///SOCKET"
            )
        try:
            options = {"socket_timeout": REDIS_SECONDS, "socket_connect_timeout": REDIS_SECONDS}
            self.storage: Storage = storage_from_string(address, wrap_exceptions=True, **options)  # type: ignore[assignment]
        except (ConfigurationError, ValueError):
            raise SettingsError(
                "CITEWELL_RATE_STORE is set, but no client for Redis is installed or the address is none; "
                "run `pip install redis` in this environment, or unset it"
            ) from None
        self._silent_until = 0.0

    @property
    def answers(self) -> bool:
        """Whether to ask it: not within a few seconds after it did not answer."""
        return time.monotonic() >= self._silent_until

    def did_not_answer(self, error: StorageError) -> None:
        """Leave it alone for a few seconds, and say so."""
        if self.answers:
            logger.warning(
                "CITEWELL_RATE_STORE does not answer (%s); calls are counted in this process until it does",
                type(error.storage_error).__name__,
            )
        self._silent_until = time.monotonic() + RETRY_SECONDS


class RateLimit:
    """Lets each caller do something so often in a time, which runs from the first of the counted ones."""

    def __init__(self, rate: str, name: str = "", shared: SharedCounts | None = None) -> None:
        """`rate` as the settings have checked it: `20/minute`; of several, separated by `;`, all hold.

        With `shared` counts `name` tells this limit from the others there.
        """
        self._items = parse_many(rate)
        self._name = name
        self._own = FixedWindowRateLimiter(MemoryStorage())
        self._shared = shared
        self._together = FixedWindowRateLimiter(shared.storage) if shared else None

    def wait(self, *caller: str) -> int:
        """Seconds until `caller` may go on, counted in this process: 0 for at once; else at least 1."""
        return self._wait(self._own, caller)

    async def turn(self, *caller: str) -> int:
        """The same, counted by all replicas where they share their counts."""
        if self._shared is None or self._together is None or not self._shared.answers:
            return self.wait(*caller)
        # Names and addresses stay here: the others need only the same digest.
        digest = hashlib.sha256("\n".join(caller).encode()).hexdigest()
        try:
            return await asyncio.to_thread(self._wait, self._together, (self._name, digest))
        except StorageError as error:
            self._shared.did_not_answer(error)
            return self.wait(*caller)

    def _wait(self, limiter: FixedWindowRateLimiter, caller: tuple[str, ...]) -> int:
        full = [item for item in self._items if not limiter.test(item, *caller)]
        if not full:
            for item in self._items:
                limiter.hit(item, *caller)
            return 0
        until = max(limiter.get_window_stats(item, *caller).reset_time for item in full)
        return max(1, math.ceil(until - time.time()))


class CallerRates:
    """How often anybody may call: by the name of the key that was sent, else by address."""

    def __init__(
        self, per_key: str | None, per_address: str | None, shared: SharedCounts | None = None
    ) -> None:
        """Rates as the settings have checked them; None: as often as one likes."""
        self._per_key = RateLimit(per_key, "key", shared) if per_key else None
        self._per_address = RateLimit(per_address, "address", shared) if per_address else None

    async def turn(self, key: str | None, address: str) -> int:
        """Seconds until this caller may go on: 0 for at once, and then this is counted."""
        limit = self._per_address if key is None else self._per_key
        return await limit.turn(address if key is None else key) if limit else 0
