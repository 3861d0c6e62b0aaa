"""A method called for a workspace in, whether Slack still takes it and else after how many seconds it would out.

https://docs.slack.dev/apis/web-api/rate-limits: limits count each method for each workspace; the tiers are calls a
minute. chat.postMessage takes one message a second and channel with short bursts.
"""

import math
import time
from collections import deque
from collections.abc import Callable

MINUTE_S = 60.0
TIERS = {1: 1, 2: 20, 3: 50, 4: 100}
# As the page of each method says; where older and newer pages differ (apps.connections.open), the newer.
TIER_OF = {
    "chat.update": 3,
    "chat.delete": 3,
    "chat.postEphemeral": 4,
    "chat.startStream": 2,
    "chat.appendStream": 4,
    "chat.stopStream": 2,
    "conversations.replies": 3,
    "conversations.history": 3,
    "conversations.info": 3,
    "conversations.members": 4,
    "conversations.open": 3,
    "conversations.list": 2,
    "assistant.threads.setSuggestedPrompts": 4,
    "assistant.threads.setTitle": 4,
    "reactions.add": 3,
    "reactions.remove": 2,
    "users.info": 4,
    "bots.info": 3,
    "views.open": 4,
    "apps.connections.open": 3,
}
# Special ones. auth.test: "hundreds of requests per minute"; setStatus: 600 a minute for an app and workspace.
SPECIAL = {"auth.test": 300, "assistant.threads.setStatus": 600, "chat.getPermalink": 300}
BURST = 5  # messages to a channel before one a second counts
POSTS_A_MINUTE = 60


class RateLimits:
    """Counts calls; `pace` is how many times faster than real the minutes pass."""

    def __init__(self, pace: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.pace = pace
        self._clock = clock
        self._calls: dict[tuple[str, str], deque[float]] = {}
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}

    def wait_s(self, method: str, team: str, channel: str = "") -> int:
        """0 when the call is taken, and then it counts; else the whole seconds for `Retry-After`."""
        if method == "chat.postMessage":
            return self._wait_for_channel(team, channel)
        limit = TIERS[TIER_OF[method]] if method in TIER_OF else SPECIAL.get(method)
        if limit is None:
            return 0
        window = MINUTE_S / self.pace
        calls = self._calls.setdefault((method, team), deque())
        now = self._clock()
        while calls and calls[0] <= now - window:
            calls.popleft()
        if len(calls) < limit:
            calls.append(now)
            return 0
        return max(1, math.ceil(calls[0] + window - now))

    def _wait_for_channel(self, team: str, channel: str) -> int:
        now, a_second = self._clock(), POSTS_A_MINUTE / MINUTE_S * self.pace
        left, since = self._buckets.get((team, channel), (float(BURST), now))
        left = min(float(BURST), left + (now - since) * a_second)
        taken = left >= 1
        self._buckets[team, channel] = (left - 1 if taken else left, now)
        return 0 if taken else max(1, math.ceil((1 - left) / a_second))
