"""Faults that a test scripts in, the one that meets a call out."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

Kind = Literal["error", "status", "ratelimited", "slow", "cut_before", "cut_after", "garbage"]


@dataclass
class Fault:
    """What goes wrong with calls of a method (a pattern as chat.*), so many times (none: until told otherwise).

    error: Slack's error `error`. status: an HTTP status without JSON. ratelimited: 429 with `seconds`. slow: the reply
    takes `seconds`. cut_before, cut_after: the connection ends before or after the call was carried out. garbage:
    a page of a proxy with status 200.
    """

    method: str = "*"
    kind: Kind = "error"
    error: str = "internal_error"
    status: int = 500
    seconds: float = 1.0
    times: int | None = None
    skip: int = 0
    team: str = "*"


class Faults:
    """The faults that are set."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def set(self, faults: list[dict[str, Any]]) -> None:
        """From now on these, and none that were told before."""
        self._faults = [Fault(**one) for one in faults]

    def meeting(self, method: str, team: str) -> Fault | None:
        """The first fault that a call meets; it counts as met."""
        for fault in self._faults:
            if not fnmatchcase(method, fault.method) or not fnmatchcase(team, fault.team):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if fault.times is None:
                return fault
            if fault.times > 0:
                fault.times -= 1
                return fault
        return None
