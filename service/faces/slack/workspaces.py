"""The tokens of bots in; the workspace of each, as Slack's auth.test tells, out: whose token answers an event."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from service.faces.slack.log_faults import SLACK_FAULTS, fault_name

logger = logging.getLogger("citewell.slack")

START_SECONDS = 10
# An event that waits for this must still be acknowledged within 3 s.
ASK_SECONDS = 2
AGAIN_SECONDS = 10.0
# What Slack says of a token that will not be good again (docs.slack.dev/reference/methods/auth.test); else it may be.
REFUSALS = frozenset(
    {
        *("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"),
        *("no_permission", "not_allowed_token_type", "user_removed_from_team", "team_access_not_granted"),
    }
)
# At its level DEBUG the library writes down what it sends. It looks at the logger's own level, not its parents'.
_library_logger = logging.getLogger("citewell.slack.auth")
_library_logger.setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace, or with Enterprise Grid a whole organisation, and who the bot is there."""

    result: AuthorizeResult
    whole_organisation: bool

    @property
    def name(self) -> str:
        """For people."""
        return str(self.result.team or self.result.team_id)

    @property
    def scopes(self) -> frozenset[str]:
        """What the token may do."""
        return frozenset(self.result.bot_scopes or ())


async def ask_workspace(token: str, api_url: str, seconds: int) -> Workspace:
    """The workspace of this token; raises SlackApiError when it is refused, and what `SLACK_FAULTS` lists."""
    client = AsyncWebClient(
        token=token, base_url=api_url, timeout=seconds, retry_handlers=[], logger=_library_logger
    )
    said = await client.auth_test()
    headers = {name.lower(): value for name, value in dict(said.headers).items()}
    whole = bool(said.get("is_enterprise_install"))
    result = AuthorizeResult(
        enterprise_id=said.get("enterprise_id"),
        team_id=said.get("team_id"),
        team=said.get("team"),
        url=said.get("url"),
        bot_id=said.get("bot_id"),
        bot_user_id=said.get("user_id"),
        bot_token=token,
        bot_scopes=[one for one in map(str.strip, headers.get("x-oauth-scopes", "").split(",")) if one],
    )
    return Workspace(result, whole)


class Workspaces(AsyncAuthorize):
    """Finds the token that answers an event: `AsyncApp(authorize=workspaces)`."""

    def __init__(
        self, tokens: Sequence[str], api_url: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Nothing is asked yet; `clock` (monotonic seconds) is given by tests."""
        self._api_url, self._clock = api_url, clock
        self._waiting = dict(enumerate(dict.fromkeys(tokens), start=1))
        self._found: dict[str, Workspace] = {}
        self._asking = asyncio.Lock()
        self._ask_at = 0.0
        self.refused: dict[int, str] = {}
        """Which tokens Slack refuses, by their place in the setting, and what it says of each."""

    @classmethod
    async def open(cls, tokens: Sequence[str], api_url: str) -> "Workspaces":
        """Ask for all; one that Slack refuses is logged, one that it says nothing of is asked for again later."""
        workspaces = cls(tokens, api_url)
        await workspaces._ask(START_SECONDS)
        return workspaces

    @property
    def found(self) -> tuple[Workspace, ...]:
        """Those that are known."""
        return tuple(self._found.values())

    @property
    def waiting(self) -> int:
        """How many tokens Slack has not said anything of yet."""
        return len(self._waiting)

    async def authorize(
        self, enterprise_id: str | None, team_id: str | None, **_: Any
    ) -> AuthorizeResult | None:
        """The bot in this workspace, with its token; None when no token is of there."""
        found = self._known(enterprise_id, team_id)
        if found is None and self._waiting:
            async with self._asking:
                if self._clock() >= self._ask_at:
                    await self._ask(ASK_SECONDS)
            found = self._known(enterprise_id, team_id)
        return found.result if found is not None else None

    async def __call__(self, *, enterprise_id: str | None, team_id: str | None, **_: Any) -> Any:
        """As Bolt asks."""
        return await self.authorize(enterprise_id, team_id)

    def _known(self, enterprise_id: str | None, team_id: str | None) -> Workspace | None:
        found = self._found.get(team_id) if team_id else None
        if found is None and enterprise_id:
            found = self._found.get(enterprise_id)
        return found

    async def _ask(self, seconds: int) -> None:
        await asyncio.gather(
            *(self._ask_one(place, token, seconds) for place, token in [*self._waiting.items()])
        )
        self._ask_at = self._clock() + AGAIN_SECONDS

    async def _ask_one(self, place: int, token: str, seconds: int) -> None:
        try:
            workspace = await ask_workspace(token, self._api_url, seconds)
        except SLACK_FAULTS as error:
            self._could_not(place, error)
            return
        del self._waiting[place]
        result = workspace.result
        of = result.enterprise_id if workspace.whole_organisation else result.team_id
        if (before := self._found.get(str(of))) is not None:
            logger.warning(
                "Slack: number %d of SLACK_BOT_TOKEN is of the workspace %s, as another one; take one out",
                place,
                before.name,
            )
        self._found[str(of)] = workspace

    def _could_not(self, place: int, error: Exception) -> None:
        reason = fault_name(error)
        if isinstance(error, SlackApiError) and reason in REFUSALS:
            del self._waiting[place]
            self.refused[place] = reason
            logger.error(
                "Slack: number %d of SLACK_BOT_TOKEN is refused (%s); `citewell slack --check` says what to do",
                place,
                reason,
            )
        else:
            logger.warning(
                "Slack: whose workspace number %d of SLACK_BOT_TOKEN is, could not be asked (%s); "
                "it is asked again when an event comes",
                place,
                reason,
            )
