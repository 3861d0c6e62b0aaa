"""What happens while a question is answered in, server-sent events out; a client that leaves stops the work."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import asdict
from typing import Any

from fastapi import Request
from fastapi.sse import format_sse_event
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from service.answering.events import Answered, Considered, Delta, Event, Status
from service.faces.problems import logged_problem, problem_object
from service.faces.request_body import gone
from service.faces.signed_links import LinkSigner

EVENT_STREAM = "text/event-stream"
PING_SECONDS = 15.0  # of silence; proxies usually cut a silent connection after 30 or 60
PING = format_sse_event(comment="ping")
# An event ends a line at \n and \r only, but clients that cut with str.splitlines (httpx's iter_lines) also do here.
_OTHER_LINE_ENDS = {ord(mark): f"\\u{ord(mark):04x}" for mark in "\u0085\u2028\u2029"}


class EventStream(StreamingResponse):
    """Sends pieces as they come; what fails before the first one is an ordinary problem.

    Whoever makes the pieces must not wait for them to be taken: then a client that reads slowly keeps no place.
    """

    media_type = EVENT_STREAM

    def __init__(
        self, request: Request, pieces: AsyncGenerator[bytes], ping_seconds: float = PING_SECONDS
    ) -> None:
        """Nothing is begun before the reply is asked for; `pieces` are closed as soon as the client leaves."""
        super().__init__(pieces, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._request = request
        self._pieces = pieces
        self._ping_seconds = ping_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the pieces, the head with the first one; raises ClientDisconnect when nobody is there any more."""
        begun = False
        async with aclosing(self._while_connected()) as pieces:
            async for piece in pieces:
                if not begun:
                    await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                    begun = True
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _while_connected(self) -> AsyncGenerator[bytes]:
        """The pieces, and a ping after each silence but the one before the first, which may still become a problem."""
        left = asyncio.create_task(gone(self._request))
        coming = asyncio.create_task(self._next())
        silence: float | None = None
        try:
            while True:
                await asyncio.wait((left, coming), timeout=silence, return_when=asyncio.FIRST_COMPLETED)
                if left.done():
                    raise ClientDisconnect
                if not coming.done():
                    yield PING
                    continue
                if not (piece := coming.result()):
                    return
                yield piece
                silence = self._ping_seconds
                coming = asyncio.create_task(self._next())
        finally:
            for task in (left, coming):
                task.cancel()
            await asyncio.gather(left, coming, return_exceptions=True)
            await self._pieces.aclose()

    async def _next(self) -> bytes:
        return await anext(self._pieces, b"")


async def answer_events(
    scope: Scope, events: AsyncGenerator[Event], links: LinkSigner
) -> AsyncGenerator[bytes]:
    """The events as they go out, then `done`; what fails after the first one ends them with `error` instead."""
    begun = False
    try:
        async with aclosing(events):
            async for event in events:
                yield _written(event, links)
                begun = True
        yield event_bytes("done", {})
    except Exception as error:
        if not begun:
            raise
        yield event_bytes("error", problem_object(scope, logged_problem(scope, error)))


def event_bytes(name: str | None, value: Any) -> bytes:
    """One event with JSON as its data."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return format_sse_event(event=name, data_str=text.translate(_OTHER_LINE_ENDS))


def _written(event: Event, links: LinkSigner) -> bytes:
    match event:
        case Status():
            return event_bytes("status", {"step": event.step, **event.figures})
        case Considered():
            return event_bytes("passages", {"passages": [asdict(passage) for passage in event.passages]})
        case Delta():
            return event_bytes("delta", {"text": event.text})
        case Answered():
            return event_bytes("answer", links.with_links(event.answer).to_dict())
