"""Bytes that are no HTTP request in, a problem with a request id out; the application never sees them."""

import json

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from service.faces.problems import PROBLEM_JSON, Problem, problem_object


class ProblemProtocol(H11Protocol):
    """uvicorn's protocol, whose own 400 is plain text without an id."""

    def send_400_response(self, msg: str) -> None:
        """Refuse and close; when a reply has begun already, only close, since nothing can replace it."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._send(
                Problem(
                    400,
                    f"{msg} Allowed is HTTP/1.1 with one Host header, a body as long as its Content-Length says "
                    f"and a head of at most {self.config.h11_max_incomplete_event_size:,} bytes.",
                )
            )
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
