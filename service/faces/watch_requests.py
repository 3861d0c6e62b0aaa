"""ASGI middleware: each request and question counted, and a request logged on demand, by its route's template."""

import logging
import time

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.answering.observe import watched_by
from service.faces.access import AccessRules
from service.faces.metrics import Metrics
from service.faces.problems import request_id
from service.faces.protocol_errors import MCP

logger = logging.getLogger("citewell.requests")

METHODS = frozenset({"GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH"})
OTHER = "other"
CLIENT_LEFT = 499  # as nginx has it: no reply had begun when the client was gone


class WatchRequests:
    """Watches from a request's head to the last byte of its reply."""

    def __init__(self, app: ASGIApp, rules: AccessRules, metrics: Metrics) -> None:
        """`rules` know the names of keys."""
        self.app = app
        self.rules = rules
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = CLIENT_LEFT
        started = time.perf_counter()

        async def send_and_see(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            with watched_by(self.metrics.question_done):
                await self.app(scope, receive, send_and_see)
        finally:
            self._done(scope, status, time.perf_counter() - started)

    def _done(self, scope: Scope, status: int, seconds: float) -> None:
        route = route_of(scope)
        method = scope["method"] if scope["method"] in METHODS else OTHER
        self.metrics.request_done(route, method, status, seconds)
        if logger.isEnabledFor(logging.INFO):
            fields = {
                "request_id": request_id(scope),
                "method": method,
                "route": route,
                "status": status,
                "ms": round(seconds * 1000, 1),
                "key": self.rules.key_name(Headers(scope=scope)),
            }
            logger.info(
                "%(request_id)s %(method)s %(route)s %(status)s %(ms)s ms key=%(key)s",
                fields,
                extra={"fields": fields},
            )


def route_of(scope: Scope) -> str:
    """The template of the route that answered (`/v1/articles/{article_id}`); `other` where none did."""
    template = getattr(scope.get("route"), "path", None)
    if isinstance(template, str):
        return template
    return MCP if "endpoint" in scope and scope["path"] == MCP else OTHER
