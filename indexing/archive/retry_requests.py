"""Requests to a Qdrant server in, their replies out, some of them only at the second or third attempt.

All that Citewell sends may be sent twice but for the making of a collection: points are named by their content
and written whole. Yet a write that timed out is not repeated: the server may still be about to apply it, after
whatever follows, and an old record would stand again. What it concerns is marked, so that the next write clears up.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

import httpx
from qdrant_client.http.exceptions import ResponseHandlingException

FIRST_PAUSE = 0.2  # seconds, doubled at every attempt
LONGEST_PAUSE = 5.0
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
BUSY = (429, 503)
GATEWAY = (502, 504)

Send = Callable[[httpx.Request], Awaitable[httpx.Response]]


class RetryRequests:
    """A middleware of qdrant-client: at most `attempts`, and none that would begin later than `seconds`."""

    def __init__(
        self,
        attempts: int,
        seconds: float,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`sleep` and `clock` (monotonic seconds) are given by tests."""
        self._attempts = attempts
        self._seconds = seconds
        self._sleep = sleep
        self._clock = clock

    async def __call__(self, request: httpx.Request, send: Send) -> httpx.Response:
        """Send until there is a reply that is worth having, or no sense in going on."""
        started = self._clock()
        for attempt in range(1, self._attempts + 1):
            pause = min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE) * random.uniform(0.5, 1.0)
            reply: httpx.Response | None = None
            fault: ResponseHandlingException | None = None
            try:
                reply = await send(request)
                again = reply.status_code in (BUSY + GATEWAY) and may_repeat(request, reply.status_code)
                pause = max(pause, _asked_to_wait(reply))
            except ResponseHandlingException as error:
                fault = error
                again = isinstance(error.source, httpx.TransportError) and may_repeat(request, error.source)
            late = self._clock() - started + pause > self._seconds
            if not again or late or attempt == self._attempts:
                break
            await self._sleep(pause)
        if fault is not None:
            raise fault
        assert reply is not None, "a request ends with a reply or a fault"
        return reply


def may_repeat(request: httpx.Request, fault: int | httpx.TransportError) -> bool:
    """Whether sending this once more can do no harm, after a status code or a fault of the connection."""
    if isinstance(fault, NOT_SENT) or fault in BUSY:
        return True
    if not _writes(request):
        return True
    if _makes_collection(request):
        return False  # it may be there now, and then the second attempt would be refused
    return not isinstance(fault, httpx.TimeoutException) and fault != 504


def _writes(request: httpx.Request) -> bool:
    path = request.url.path
    return request.method in ("PUT", "PATCH", "DELETE") or path.endswith(
        ("/points/delete", "/points/payload")
    )


def _makes_collection(request: httpx.Request) -> bool:
    return request.method in ("PUT", "DELETE") and request.url.path.count("/") == len(("", "collections"))


def _asked_to_wait(reply: httpx.Response) -> float:
    """Seconds of Retry-After; a date is not read, Qdrant sends seconds."""
    try:
        seconds = float(reply.headers.get("Retry-After", "0"))
    except ValueError:
        return 0.0
    return seconds if 0.0 <= seconds < float("inf") else 0.0
