"""Calls of Slack's Web API in, each sent when Slack's rate limits let it; one connection pool for all of a bot's.

After a 429 every caller of that method waits as long as Slack says, and they go on one after the other: sent all at
once, they would be refused all at once. https://docs.slack.dev/apis/web-api/rate-limits
"""

import asyncio
import logging
from collections import defaultdict
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from service.faces.slack.log_faults import logger, said_by_slack

CALL_SECONDS = 30.0
ATTEMPTS = 5
LONGEST_WAIT = 120.0  # Slack says some seconds, at most a minute, unless something is wrong with the app
SPACING = 1.0  # seconds between those that waited
TOO_MANY = 429
# A status is old news by then, and an answer that cannot be streamed is posted.
NEVER_WAITED_FOR = frozenset({"assistant.threads.setStatus", "chat.startStream"})
# At its level DEBUG the library would write down what is sent. It looks at the logger's own level, not its parents'.
_library_logger = logging.getLogger("citewell.slack.calls")
_library_logger.setLevel(logging.ERROR)


class Paces:
    """When the next call of a method may be sent, by what is limited: the method, and with posts the channel."""

    def __init__(self) -> None:
        """Nothing is limited yet."""
        self._free_at: defaultdict[tuple[str, ...], float] = defaultdict(float)

    async def turn(self, limited: tuple[str, ...], *, wait: bool) -> bool:
        """Wait for one's turn; False when there would be one to wait for and `wait` says not to."""
        now = asyncio.get_running_loop().time()
        free_at = self._free_at[limited]
        if free_at <= now:
            return True
        if not wait:
            return False
        self._free_at[limited] = free_at + SPACING
        await asyncio.sleep(free_at - now)
        return True

    def hold(self, limited: tuple[str, ...], seconds: float) -> None:
        """Let nobody through for so long."""
        now = asyncio.get_running_loop().time()
        self._free_at[limited] = max(self._free_at[limited], now + seconds)


class PacedClient(AsyncWebClient):
    """The Web API of one workspace; raises SlackApiError as its parent does, for a 429 only after several attempts."""

    def __init__(self, paces: Paces, **options: Any) -> None:
        """`options` as of AsyncWebClient; the paces are those of all clients of the bot."""
        # What breaks off in the middle is not sent again: the message may stand there already.
        super().__init__(retry_handlers=[], logger=_library_logger, timeout=int(CALL_SECONDS), **options)
        self._paces = paces

    async def api_call(self, api_method: str, **arguments: Any) -> AsyncSlackResponse:
        """Send one call, again after a 429."""
        limited = _limited(str(self.token), api_method, arguments)
        waits = api_method not in NEVER_WAITED_FOR
        for attempt in range(1, ATTEMPTS + 1):
            if not await self._paces.turn(limited, wait=waits):
                raise rate_limited(api_method)
            try:
                return await super().api_call(api_method, **arguments)
            except SlackApiError as error:
                seconds = _retry_after(error)
                if seconds is None:
                    raise
                self._paces.hold(limited, seconds)
                logger.warning("Slack: %s is rate limited for %g s", api_method, seconds)
                if not waits or attempt == ATTEMPTS or seconds > LONGEST_WAIT:
                    raise
        raise AssertionError("the last attempt returns or raises")


class SlackClients:
    """Clients by token over one connection pool, made when the first one is asked for."""

    def __init__(self, api_url: str) -> None:
        """Reach Slack at `api_url`."""
        self._api_url = api_url
        self._paces = Paces()
        self._session: aiohttp.ClientSession | None = None

    def client(self, token: str) -> PacedClient:
        """A client of the workspace that this token is of."""
        if self._session is None:  # an aiohttp session belongs to the running loop
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_SECONDS))
        return PacedClient(self._paces, token=token, base_url=self._api_url, session=self._session)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def rate_limited(method: str) -> SlackApiError:
    """What Slack would answer, without asking it."""
    reply = {"ok": False, "error": "ratelimited"}
    return SlackApiError(f"{method} is rate limited", reply)  # type: ignore[no-untyped-call]


def _limited(token: str, method: str, arguments: dict[str, Any]) -> tuple[str, ...]:
    """What a limit counts: a method of a workspace; with chat.postMessage one channel of it."""
    if method == "chat.postMessage":
        return token, method, str((arguments.get("json") or {}).get("channel"))
    return token, method


def _retry_after(error: SlackApiError) -> float | None:
    """The seconds that Slack asks for; None when it is no matter of limits."""
    response = error.response
    if (
        getattr(response, "status_code", None) != TOO_MANY
        and said_by_slack(error).get("error") != "ratelimited"
    ):
        return None
    headers = {name.lower(): value for name, value in dict(getattr(response, "headers", {})).items()}
    try:
        return max(0.0, float(headers.get("retry-after", 1)))
    except ValueError:
        return 1.0
