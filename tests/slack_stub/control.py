"""What a test does and asks in, over HTTP under /control/; what happened out.

People's acts are POSTs named as the methods of `people.People`; with `wait` (seconds) the reply comes when the app has
answered. `GET /control/calls` and `/control/thread` wait, too, for what is asked of them.
"""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from tests.slack_stub.api_methods import shown
from tests.slack_stub.changes import Changes
from tests.slack_stub.deliveries import Deliveries, Delivery
from tests.slack_stub.people import People
from tests.slack_stub.sockets import Sockets
from tests.slack_stub.web_api import WebApi
from tests.slack_stub.workspace import Channel, Message, State, Workspace

ACTS = (
    "say",
    "edit",
    "delete",
    "open_messages",
    "open_assistant",
    "move_assistant",
    "command",
    "shortcut",
    "click",
    "event",
)
SENDING = ("to", "repeats", "at_once")


class Control:
    """The control routes."""

    def __init__(
        self,
        state: State,
        people: People,
        api: WebApi,
        deliveries: Deliveries,
        sockets: Sockets,
        changes: Changes,
    ) -> None:
        self._state = state
        self._people = people
        self._api = api
        self._deliveries = deliveries
        self._sockets = sockets
        self._changes = changes

    def routes(self) -> list[web.RouteDef]:
        """All of them."""
        return [
            *[web.post(f"/control/{name}", self._act(name)) for name in ACTS],
            web.post("/control/together", self._together),
            web.post("/control/urls", self._urls),
            web.post("/control/verify", self._verify),
            web.post("/control/faults", self._faults),
            web.post("/control/workspace", self._workspace),
            web.post("/control/channel", self._channel),
            web.post("/control/disconnect", self._disconnect),
            web.post("/control/end_streams", self._end_streams),
            web.post("/control/forget", self._forget),
            web.get("/control/calls", self._calls),
            web.get("/control/thread", self._thread),
            web.get("/control/deliveries", self._kept_deliveries),
            web.get("/control/shown", self._shown),
            web.get("/control/connections", self._connections),
        ]

    def _act(self, name: str) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.Response:
            given = await request.json()
            wait = float(given.pop("wait", 0) or 0)
            try:
                outcome = self._begin(name, given)
            except (LookupError, StopIteration) as error:
                return web.json_response({"error": f"there is no {error}"}, status=404)
            [done] = await self._outcomes([outcome], wait)
            return web.json_response(done)

        return handle

    async def _together(self, request: web.Request) -> web.Response:
        """Many acts, begun in one go; the outcomes when all are answered."""
        given = await request.json()
        begun = [self._begin(one.pop("act"), one) for one in given["acts"]]
        return web.json_response(await self._outcomes(begun, float(given["wait"])))

    def _begin(self, name: str, given: dict[str, Any]) -> tuple[Message | None, list[Delivery]]:
        sending = {key: given.pop(key) for key in SENDING if key in given}
        outcome = getattr(self._people, name)(sending=sending, **given)
        self._changes.happened()
        return outcome if isinstance(outcome, tuple) else (None, outcome)

    async def _outcomes(
        self, begun: list[tuple[Message | None, list[Delivery]]], wait: float
    ) -> list[dict[str, Any]]:
        if wait:
            sent = [delivery for _, deliveries in begun for delivery in deliveries]
            await self._changes.until(lambda: all(one.done for one in sent) or None, wait)
        return [
            {"message": message and shown(message), "deliveries": [one.shown() for one in deliveries]}
            for message, deliveries in begun
        ]

    async def _urls(self, request: web.Request) -> web.Response:
        """The addresses of the app; they count until it opens a connection."""
        self._deliveries.urls = (await request.json())["urls"]
        self._sockets.used = len(self._sockets) > 0
        return web.json_response({})

    async def _verify(self, request: web.Request) -> web.Response:
        given = await request.json()
        return web.json_response({"verified": await self._deliveries.verify(given["url"], "a-challenge")})

    async def _faults(self, request: web.Request) -> web.Response:
        self._api.faults.set(await request.json())
        return web.json_response({})

    async def _workspace(self, request: web.Request) -> web.Response:
        """A new workspace, or other `scopes` and `revoked` of one that is there."""
        given = await request.json()
        if "scopes" in given:
            given["scopes"] = tuple(given["scopes"])
        known = self._state.workspaces.get(given["id"])
        if known is None:
            self._state.workspaces[given["id"]] = Workspace(**given)
        else:
            for name, value in given.items():
                setattr(known, name, value)
        return web.json_response({})

    async def _channel(self, request: web.Request) -> web.Response:
        """A new channel, or other `members` and `archived` of one that is there."""
        given = await request.json()
        if "members" in given:
            given["members"] = set(given["members"])
        known = self._state.channels.get(given["id"])
        if known is None:
            self._state.channels[given["id"]] = Channel(**given)
        else:
            for name, value in given.items():
                setattr(known, name, value)
        return web.json_response({})

    async def _disconnect(self, request: web.Request) -> web.Response:
        await self._sockets.disconnect((await request.json())["reason"])
        return web.json_response({})

    async def _end_streams(self, request: web.Request) -> web.Response:
        """Slack ends streams that nothing came for; what was streamed stays."""
        self._state.streams.clear()
        self._changes.happened()
        return web.json_response({})

    async def _forget(self, request: web.Request) -> web.Response:
        """Begin the lists of calls and deliveries, and the faults, anew; messages stay."""
        self._api.calls.clear()
        self._api.faults.set([])
        self._deliveries.kept.clear()
        for kept in (self._state.ephemeral, self._state.statuses, self._state.prompts, self._state.views):
            kept.clear()
        return web.json_response({})

    async def _calls(self, request: web.Request) -> web.Response:
        asked = request.query

        def look() -> list[dict[str, Any]] | None:
            found = [
                call.shown()
                for call in self._api.calls
                if asked.get("method", call.method) == call.method
                and (asked.get("refused") != "1" or call.refused)
                and asked.get("team", call.team) == call.team
            ]
            return found if len(found) >= int(asked.get("at_least", 0)) else None

        return await self._when(look, float(asked.get("wait", 0)))

    async def _thread(self, request: web.Request) -> web.Response:
        """The messages of a thread, when there are enough and none is being written."""
        asked = request.query
        channel = self._state.channels[asked["channel"]]

        def look() -> list[dict[str, Any]] | None:
            thread = channel.thread(asked["ts"])
            writing = any((channel.id, one["ts"]) in self._state.streams for one in thread)
            enough = len(thread) >= int(asked.get("at_least", 0)) and not (
                writing and asked.get("settled") == "1"
            )
            return [shown(one) for one in thread] if enough else None

        return await self._when(look, float(asked.get("wait", 0)))

    async def _kept_deliveries(self, request: web.Request) -> web.Response:
        asked = request.query

        def look() -> list[dict[str, Any]] | None:
            found: list[Delivery] = list(self._deliveries.kept.values())
            if asked.get("done") == "1" and not all(one.done for one in found):
                return None
            return [one.shown() for one in found]

        return await self._when(look, float(asked.get("wait", 0)))

    async def _shown(self, request: web.Request) -> web.Response:
        """What only some see: ephemeral messages, statuses, suggested prompts, modals."""
        state = self._state
        return web.json_response(
            {
                "ephemeral": state.ephemeral,
                "statuses": state.statuses,
                "prompts": state.prompts,
                "views": state.views,
            }
        )

    async def _connections(self, request: web.Request) -> web.Response:
        asked = request.query

        def look() -> list[dict[str, Any]] | None:
            open_now = len(self._sockets)
            return [{"open": open_now}] if open_now >= int(asked["at_least"]) else None

        return await self._when(look, float(asked.get("wait", 0)))

    async def _when(self, look: Callable[[], list[dict[str, Any]] | None], wait: float) -> web.Response:
        found = await self._changes.until(look, wait)
        if found is None:
            return web.json_response({"error": "it did not happen in time"}, status=408)
        return web.json_response(found)
