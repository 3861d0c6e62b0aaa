"""Connections of Socket Mode in, envelopes sent over them and their acknowledgements out.

https://docs.slack.dev/apis/events-api/using-socket-mode: an address from apps.connections.open opens one connection;
`hello` comes first; every envelope is acknowledged by its id; Slack asks to refresh a connection by `disconnect`;
an app has at most ten.
"""

import asyncio
import json
import secrets
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web

from tests.slack_stub.changes import Changes

MOST_CONNECTIONS = 10
# Slack says so about ten seconds ahead; until then the app may open another connection and leave by itself.
LEAVE_S = 10.0


class Sockets:
    """The open connections of the app."""

    def __init__(
        self, app: str, changes: Changes, pace: float, refuse: Callable[[str, dict[str, Any]], None]
    ) -> None:
        """`refuse` is told of acknowledgements that fit nothing."""
        self._app = app
        self._pace = pace
        self.used = False
        """Whether the app has opened a connection: from then on nothing is sent to an address."""
        self._left: list[web.WebSocketResponse] = []
        self._closing: set[asyncio.Task[None]] = set()
        self._changes = changes
        self._refuse = refuse
        self._tickets: set[str] = set()
        self._open: list[tuple[web.WebSocketResponse, web.Request]] = []
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._known: set[str] = set()
        self._turn = 0

    def __len__(self) -> int:
        """How many there are that need not be replaced."""
        return len(self._open)

    def new_ticket(self) -> str:
        """What opens one connection."""
        ticket = secrets.token_hex(16)
        self._tickets.add(ticket)
        return ticket

    async def serve(self, request: web.Request) -> web.WebSocketResponse | web.Response:
        """One connection, as long as it lasts."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=401, text="no such ticket")
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if len(self._open) >= MOST_CONNECTIONS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        self._open.append((socket, request))
        self.used = True
        try:
            hello = {
                "type": "hello",
                "num_connections": len(self._open),
                "debug_info": {"host": "applink-stub", "approximate_connection_time": 18060},
                "connection_info": {"app_id": self._app},
            }
            await socket.send_json(hello)
            self._changes.happened()
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._acknowledge(message.data)
        finally:
            self._open = [one for one in self._open if one[0] is not socket]
            self._left = [one for one in self._left if one is not socket]
        return socket

    async def send(self, envelope: dict[str, Any], seconds: float) -> dict[str, Any] | None:
        """The acknowledgement of an envelope, over one connection after the other; None when none came in time.

        Connections that are to be replaced are used as long as there are no others.
        """
        self._turn += 1
        usable = [socket for socket, _ in self._open] or self._left
        if not usable:
            return None
        socket = usable[self._turn % len(usable)]
        waiting = self._waiting[envelope["envelope_id"]] = asyncio.get_running_loop().create_future()
        self._known.add(envelope["envelope_id"])
        try:
            await socket.send_json(envelope)
            return await asyncio.wait_for(waiting, seconds)
        except (TimeoutError, ConnectionError):
            return None
        finally:
            self._waiting.pop(envelope["envelope_id"], None)

    async def disconnect(self, reason: str) -> None:
        """Ask every connection to be opened anew, and close it after a while; `cut` ends them without a word."""
        leaving, self._open = self._open, []
        for socket, request in leaving:
            if reason == "cut":
                if request.transport is not None:
                    request.transport.abort()
                continue
            self._left.append(socket)
            await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {}})
            task = asyncio.create_task(self._close(socket))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def _close(self, socket: web.WebSocketResponse) -> None:
        await asyncio.sleep(LEAVE_S / self._pace)
        await socket.close()

    def _acknowledge(self, text: str) -> None:
        try:
            given = json.loads(text)
            envelope = given["envelope_id"]
        except (ValueError, KeyError, TypeError):
            self._refuse("malformed_acknowledgement", {"text": text})
            return
        if envelope not in self._known:
            self._refuse("unknown_envelope", given)
        elif (waiting := self._waiting.get(envelope)) is not None and not waiting.done():
            waiting.set_result(given)
