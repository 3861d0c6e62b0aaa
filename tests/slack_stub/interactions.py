"""Trigger ids and response addresses given out in, whether they may still be used out.

https://docs.slack.dev/interactivity/handling-user-interaction: a trigger id opens one modal and expires after three
seconds; a response_url takes five posts within thirty minutes.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

TRIGGER_S = 3.0
RESPONSE_URL_S = 30 * 60.0
MOST_RESPONSES = 5


@dataclass
class ResponseUrl:
    """Where answers to an interaction may be posted."""

    team: str
    channel: str
    user: str
    expires: float
    message_ts: str | None = None
    thread_ts: str | None = None
    ephemeral: bool = False
    used: int = 0


@dataclass
class Interactions:
    """What was given out, and what is left of it."""

    clock: Callable[[], float] = time.monotonic
    _triggers: dict[str, float] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)
    response_urls: dict[str, ResponseUrl] = field(default_factory=dict)

    def new_trigger(self) -> str:
        """A trigger id, good from now on."""
        trigger = f"{time.time_ns()}.{secrets.randbelow(10**9)}.{secrets.token_hex(8)}"
        self._triggers[trigger] = self.clock() + TRIGGER_S
        return trigger

    def use_trigger(self, trigger: str) -> str:
        """The error of views.open; empty when the modal opens."""
        if trigger in self._used:
            return "exchanged_trigger_id"
        if trigger not in self._triggers:
            return "invalid_trigger_id"
        self._used.add(trigger)
        return "expired_trigger_id" if self._triggers[trigger] < self.clock() else ""

    def new_response_url(self, team: str, channel: str, user: str, **about: str | bool | None) -> str:
        """The key of a response address."""
        key = secrets.token_hex(12)
        expires = self.clock() + RESPONSE_URL_S
        self.response_urls[key] = ResponseUrl(team, channel, user, expires, **about)  # type: ignore[arg-type]
        return key

    def use_response_url(self, key: str) -> ResponseUrl | str:
        """What it stands for, or the error that Slack answers with."""
        found = self.response_urls.get(key)
        if found is None:
            return "no_such_response_url"
        if found.expires < self.clock():
            return "expired_url"
        if found.used >= MOST_RESPONSES:
            return "used_url"
        found.used += 1
        return found
