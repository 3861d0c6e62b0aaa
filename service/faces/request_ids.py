"""ASGI middleware around everything: a request in, its reply with an id out, whatever goes wrong inside.

There is no log of requests, since an address may hold a question; an error is logged under its request id.
"""

import asyncio
import re
from abc import ABC, abstractmethod

from opentelemetry.trace import get_current_span
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.faces.problems import (
    REQUEST_ID_KEY,
    RETRY_SECONDS,
    Problem,
    as_problem,
    problem_reply,
    request_id,
    unforeseen,
)

REQUEST_ID_ATTRIBUTE = "citewell.request_id"
STOPPING = "the service is being stopped and could not finish this in time; send it again in a few seconds"
_SANE_ID = re.compile(r"[A-Za-z0-9._:+/=-]{1,128}")


class _AroundRequests(ABC):
    """Passes on what is no HTTP request."""

    def __init__(self, app: ASGIApp) -> None:
        """`app` is everything inside."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request, or let start-up and end pass."""
        await (self.handle if scope["type"] == "http" else self.app)(scope, receive, send)

    @abstractmethod
    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one HTTP request."""


class RequestIds(_AroundRequests):
    """Gives every request and its reply an id: its own `X-Request-ID` when it is sane, else a new one."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        given = Headers(scope=scope).get("x-request-id", "")
        if _SANE_ID.fullmatch(given):
            scope[REQUEST_ID_KEY] = given
        # Of the request's trace; where nothing is traced, this does nothing.
        get_current_span().set_attribute(REQUEST_ID_ATTRIBUTE, request_id(scope))

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-ID"] = request_id(scope)
            await send(message)

        await self.app(scope, receive, send_with_id)


class CatchErrors(_AroundRequests):
    """Innermost: what nobody foresaw becomes a 500 without a trace, what the end of the service cuts off a 503.

    A client that left needs no reply.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        started = False

        async def send_and_see(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, send_and_see)
        except ClientDisconnect:
            return
        except asyncio.CancelledError:
            # Only the server's own end does that, to what takes longer than it waits.
            if started:
                raise
            refused = Problem(503, STOPPING, headers={"Retry-After": str(RETRY_SECONDS)})
            await problem_reply(scope, refused)(scope, receive, send_and_see)
        except Exception as error:
            problem = as_problem(error) or unforeseen(scope, error)
            if started:
                # The server cuts the connection, and logs this: it says nothing of the question.
                raise RuntimeError(f"reply to {request_id(scope)} cut short") from None
            await problem_reply(scope, problem)(scope, receive, send_and_see)
