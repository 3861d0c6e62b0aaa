"""The token of a Slack app in; Slack's events reach the bot over a connection that we open (Socket Mode).

slack_sdk's own client tries one address over and over when Slack is down at the wrong moment, though each is good for
half a minute only. This one asks for a new address at every attempt.
https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from service.faces.slack.log_faults import SLACK_FAULTS, fault_name, log_unforeseen
from service.faces.slack.workspaces import REFUSALS

logger = logging.getLogger("citewell.slack")

OPEN_SECONDS = 10
PING_SECONDS = 15.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
REFUSED_PAUSE = 300.0  # the token will hardly be good then; Socket Mode may have been switched on
LASTING_SECONDS = 30.0  # one that ended sooner was of no use, and the next one waits
ACKNOWLEDGED_SECONDS = 3.0
# At its level DEBUG the library writes down what it sends. It looks at the logger's own level, not its parents'.
_library_logger = logging.getLogger("citewell.slack.socket")
_library_logger.setLevel(logging.ERROR)


async def open_connection(app_token: str, api_url: str) -> str:
    """The address of a new connection, good for half a minute; raises what `SLACK_FAULTS` lists."""
    client = AsyncWebClient(base_url=api_url, timeout=OPEN_SECONDS, retry_handlers=[], logger=_library_logger)
    return str((await client.apps_connections_open(app_token=app_token))["url"])


class SocketMode:
    """Keeps one connection to Slack; while Slack replaces it, two."""

    def __init__(
        self,
        app: AsyncApp,
        app_token: str,
        api_url: str,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Nothing is opened yet; `sleep` is given by tests."""
        self._app, self._app_token, self._api_url, self._sleep = app, app_token, api_url, sleep
        self._keeping: asyncio.Task[None] | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._acknowledging: set[asyncio.Task[None]] = set()
        self._greeted: set[aiohttp.ClientWebSocketResponse] = set()
        self.connected = asyncio.Event()
        """Set while Slack has said hello on a connection."""

    def start(self) -> None:
        """Begin to connect, and go on until `stop`."""
        self._keeping = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Take nothing more; what came is acknowledged first."""
        tasks = [*self._connections, *([self._keeping] if self._keeping else [])]
        if self._keeping:
            self._keeping.cancel()
        if self._acknowledging:
            await asyncio.wait(self._acknowledging, timeout=ACKNOWLEDGED_SECONDS)
        for task in [*tasks, *self._acknowledging]:
            task.cancel()
        await asyncio.gather(*tasks, *self._acknowledging, return_exceptions=True)
        self.connected.clear()

    async def _keep(self) -> None:
        pause = FIRST_PAUSE
        while True:
            replaced = asyncio.Event()
            began = asyncio.get_running_loop().time()
            connection = asyncio.create_task(self._connect(replaced))
            self._connections.add(connection)
            connection.add_done_callback(self._connections.discard)
            error = await _ended_or(replaced, connection)
            refused = error is not None and fault_name(error) in REFUSALS
            if error is not None:
                self._tell(error, refused)
            elif asyncio.get_running_loop().time() - began > LASTING_SECONDS:
                pause = FIRST_PAUSE
                continue
            await self._sleep(REFUSED_PAUSE if refused else max(pause, _asked_to_wait(error)))
            pause = min(pause * 2, LONGEST_PAUSE)

    def _tell(self, error: BaseException, refused: bool) -> None:
        if not isinstance(error, SLACK_FAULTS):
            log_unforeseen("the connection of Socket Mode", error)
        elif refused:
            logger.error(
                "Slack: SLACK_APP_TOKEN is refused (%s); `citewell slack --check` says what to do",
                fault_name(error),
            )
        else:
            logger.warning("Slack: Socket Mode is not connected (%s); it is tried again", fault_name(error))

    async def _connect(self, replaced: asyncio.Event) -> None:
        """One connection from its address to its end; `replaced` is set when Slack wants another beside it."""
        address = await open_connection(self._app_token, self._api_url)
        async with aiohttp.ClientSession(trust_env=True) as session:
            async with asyncio.timeout(OPEN_SECONDS):
                socket = await session.ws_connect(address, heartbeat=PING_SECONDS)
            try:
                async for message in socket:
                    if message.type == aiohttp.WSMsgType.TEXT:
                        self._take(socket, message.data, replaced)
            finally:
                self._greeted.discard(socket)
                if not self._greeted:
                    self.connected.clear()
                await socket.close()

    def _take(self, socket: aiohttp.ClientWebSocketResponse, text: str, replaced: asyncio.Event) -> None:
        try:
            said = json.loads(text)
        except ValueError:
            said = None
        if not isinstance(said, dict):
            logger.warning("Slack: got something over Socket Mode that is no JSON object")
            return
        match said.get("type"):
            case "hello":
                self._greeted.add(socket)
                self.connected.set()
            case "disconnect":
                if said.get("reason") == "link_disabled":
                    logger.error("Slack: Socket Mode was switched off on the app's page at Slack")
                replaced.set()
            case _:
                task = asyncio.create_task(self._answer(socket, said))
                self._acknowledging.add(task)
                task.add_done_callback(self._acknowledging.discard)

    async def _answer(self, socket: aiohttp.ClientWebSocketResponse, said: dict[str, Any]) -> None:
        try:
            request = SocketModeRequest.from_dict(said)
            if request is None:
                return
            reply = await run_async_bolt_app(self._app, request)
        except Exception as error:  # whatever is wrong with one event, the next ones are taken
            log_unforeseen("an event over Socket Mode", error)
            return
        with suppress(
            ConnectionError
        ):  # Slack sends again what was not acknowledged, over another connection
            await socket.send_json(_acknowledgement(request.envelope_id, reply))


async def _ended_or(replaced: asyncio.Event, connection: asyncio.Task[None]) -> BaseException | None:
    """Wait until the connection is to be replaced or has ended; what ended it, if it was no good end."""
    replacing = asyncio.create_task(replaced.wait())
    try:
        await asyncio.wait((connection, replacing), return_when=asyncio.FIRST_COMPLETED)
    finally:
        replacing.cancel()
    return connection.exception() if connection.done() and not connection.cancelled() else None


def _asked_to_wait(error: BaseException | None) -> float:
    """Seconds of Retry-After."""
    headers = getattr(error.response, "headers", {}) if isinstance(error, SlackApiError) else {}
    value = {name.lower(): value for name, value in dict(headers).items()}.get("retry-after", "0")
    return float(value) if value.isascii() and value.isdigit() else 0.0


def _acknowledgement(envelope_id: str, reply: BoltResponse) -> dict[str, Any]:
    """What is sent back; also for what nobody acts on, which Slack would send again otherwise."""
    acknowledged: dict[str, Any] = {"envelope_id": envelope_id}
    if reply.status == 200 and reply.body:
        kind = reply.headers.get("content-type", [""])[0]
        as_json = kind.startswith("application/json")
        acknowledged["payload"] = json.loads(reply.body) if as_json else {"text": reply.body}
    return acknowledged
