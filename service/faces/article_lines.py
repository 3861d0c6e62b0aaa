"""The pieces of a request body in, numbered lines of bounded length and bounded number out."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from dataclasses import dataclass

from fastapi import Request
from starlette.requests import ClientDisconnect

from service.faces.request_body import gone

BATCH_LINES = 256  # at most so many lines are handed on at once; add_articles makes its own batches of them
_WAITING_BYTES = 4 * 1024 * 1024  # read ahead while articles are encoded; a longer line waits alone


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not blank, without its end; `data` is None when it was longer than allowed."""

    number: int
    data: bytes | None


class LineSplitter:
    """Cuts a stream of bytes at `\\n`; of a line above `limit` bytes nothing is kept."""

    def __init__(self, limit: int) -> None:
        """`limit` bounds a line in bytes."""
        self._limit = limit
        self._open = bytearray()
        self._too_long = False
        self._number = 1

    def feed(self, chunk: bytes) -> Iterator[Line]:
        """The lines that end in this piece."""
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            self._extend(chunk[start:end])
            yield from self._finish_line()
            start = end + 1
        self._extend(chunk[start:])

    def finish(self) -> Iterator[Line]:
        """The last line, when it has no end."""
        yield from self._finish_line()

    def _extend(self, piece: bytes) -> None:
        if len(self._open) + len(piece) > self._limit:
            self._too_long = True
            self._open = bytearray()
        if not self._too_long:
            self._open += piece

    def _finish_line(self) -> Iterator[Line]:
        data: bytes | None = None if self._too_long else bytes(self._open)
        if data is None or data.strip():
            yield Line(self._number, data)
        self._number += 1
        self._open, self._too_long = bytearray(), False


class _Waiting:
    """Lines read ahead: the reader stops while they are too many bytes, the taker while there are none."""

    def __init__(self) -> None:
        self._lines: deque[Line] = deque()
        self._bytes = 0
        self._ended = False
        self._error: BaseException | None = None
        self._changed = asyncio.Condition()

    async def put(self, line: Line) -> None:
        size = len(line.data or b"")
        async with self._changed:
            await self._changed.wait_for(lambda: not self._lines or self._bytes + size <= _WAITING_BYTES)
            self._lines.append(line)
            self._bytes += size
            self._changed.notify_all()

    async def end(self, error: BaseException | None = None) -> None:
        async with self._changed:
            self._ended, self._error = True, error
            self._changed.notify_all()

    async def take(self) -> list[Line]:
        async with self._changed:
            await self._changed.wait_for(lambda: bool(self._lines) or self._ended)
            if self._error is not None:
                raise self._error
            taken = [self._lines.popleft() for _ in range(min(BATCH_LINES, len(self._lines)))]
            self._bytes -= sum(len(line.data or b"") for line in taken)
            self._changed.notify_all()
            return taken


async def line_batches(request: Request, limit: int) -> AsyncGenerator[list[Line], None]:
    """What has come in so far, a few lines at a time; raises ClientDisconnect once the client has gone."""
    waiting = _Waiting()
    reading = asyncio.create_task(_read(request, limit, waiting))
    try:
        while batch := await waiting.take():
            yield batch
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading


async def _read(request: Request, limit: int, waiting: _Waiting) -> None:
    splitter = LineSplitter(limit)
    try:
        async for chunk in request.stream():
            for line in splitter.feed(chunk):
                await waiting.put(line)
        for line in splitter.finish():
            await waiting.put(line)
    except Exception as error:
        await waiting.end(error)
        return
    await waiting.end()
    await gone(request)
    await waiting.end(ClientDisconnect())
