"""A request from Slack in, the place where it is answered out."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

Respond = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer goes and whom it is for."""

    client: AsyncWebClient
    team: str
    channel: str
    thread: str | None
    """The thread's first message; None: the answer begins a conversation of its own."""
    user: str
    user_team: str | None = None
    """Where another organisation shares the channel, the asker's own workspace."""
    respond: Respond | None = None
    """Tells the asker alone, where the bot may not post: commands and shortcuts bring one."""

    @property
    def is_direct(self) -> bool:
        """Whether it is a conversation with the bot alone; such channels' ids begin so."""
        return self.channel.startswith("D")
