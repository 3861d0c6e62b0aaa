"""Bytes that are no HTTP request, or not one in time, in; a problem with a request id out.

The application never sees them.
"""

import asyncio
import json

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from service.faces.problems import PROBLEM_JSON, Problem, problem_object

HEAD_SECONDS = 30.0  # from a request's first byte, or the connection, to the end of its head
# Between two pieces of a body. `citewell add` reads and extracts files while it sends them, a long PDF for minutes.
SILENT_SECONDS = 600.0


class ProblemProtocol(H11Protocol):
    """uvicorn's protocol, whose own 400 is plain text without an id, and which waits for a request for ever."""

    head_seconds = HEAD_SECONDS
    silent_seconds = SILENT_SECONDS

    _clock: asyncio.TimerHandle | None = None
    _of_head = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first head."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take what came, and wait for the rest."""
        super().data_received(data)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop_clock()
        super().connection_lost(exc)

    def _wait(self) -> None:
        """Run the clock while the client has something to send: on through a head, anew with each piece of a body."""
        head = self.conn.their_state is h11.IDLE
        if head and self._clock is not None and self._of_head:
            return
        self._stop_clock()
        if (head or self.conn.their_state is h11.SEND_BODY) and not self.transport.is_closing():
            self._of_head = head
            self._clock = self.loop.call_later(
                self.head_seconds if head else self.silent_seconds, self._too_late
            )

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _too_late(self) -> None:
        self._clock = None
        if self.flow.read_paused:  # we have not taken in what there is, so the client may not send
            self._wait()
        elif self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            waited = self.head_seconds if self._of_head else self.silent_seconds
            self._refuse(
                Problem(408, f"waited {waited:g} seconds for the rest of the request; send it again")
            )

    def send_400_response(self, msg: str) -> None:
        """Refuse and close."""
        self._refuse(
            Problem(
                400,
                f"{msg} Allowed is HTTP/1.1 with one Host header, a body as long as its Content-Length says "
                f"and a head of at most {self.config.h11_max_incomplete_event_size:,} bytes.",
            )
        )

    def _refuse(self, problem: Problem) -> None:
        """Reply and close; when a reply has begun already, only close, since nothing can replace it."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._send(problem)
        self.transport.close()

    def _send(self, problem: Problem) -> None:
        body = problem_object({}, problem)
        content = json.dumps(body, ensure_ascii=False).encode("utf-8")
        headers = {
            "Content-Type": PROBLEM_JSON,
            "Content-Length": str(len(content)),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "X-Request-ID": body["request_id"],
            "Connection": "close",
        }
        reply = h11.Response(status_code=problem.status, headers=list(headers.items()), reason=body["title"])
        for event in (reply, h11.Data(data=content), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
