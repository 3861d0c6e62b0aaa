"""The origin of a web page in, a short-lived token for it out; and whether one that comes back still counts."""

import base64
import hmac
import json
import time
from collections.abc import Callable, Sequence
from typing import Literal

from pydantic import TypeAdapter

PREFIX = "cw1."
# Long enough to read an answer before the next question, short enough that a copied one is soon worth nothing.
TOKEN_SECONDS = 600
_LONGEST = 1_000  # characters; an origin has at most some 300
_CONTENT = TypeAdapter(tuple[str, int])

Standing = Literal["valid", "expired", "of another page", "not ours"]


class WidgetTokens:
    """Makes tokens for the pages of an origin and checks them; `None` for every page while there are no keys.

    Replicas with the same keys accept each other's: a token is its origin and its end, signed, and kept nowhere.
    """

    def __init__(
        self, keys: Sequence[str], *, seconds: int = TOKEN_SECONDS, clock: Callable[[], float] = time.time
    ) -> None:
        """The first key signs, every key verifies, so keys can be rotated; `clock` gives Unix seconds.

        `keys` is kept, not copied: whoever changes what it holds changes what signs and counts.
        """
        self._keys = keys
        self._clock = clock
        self.seconds = seconds

    def issue(self, origin: str) -> str | None:
        """A token for pages of this (normalised) origin; None when there are no keys, so that none is needed."""
        if not self._keys:
            return None
        content = _encoded(json.dumps([origin, int(self._clock()) + self.seconds]).encode("utf-8"))
        return f"{PREFIX}{content}.{_mark(_signing_key(self._keys[0]), content)}"

    def standing(self, token: str, origin: str | None) -> Standing:
        """What a token is worth when it comes from this (normalised) origin; None: from no page."""
        content, separator, given = token.removeprefix(PREFIX).partition(".")
        if not (token.startswith(PREFIX) and separator and len(token) <= _LONGEST):
            return "not ours"
        mark = given.encode("utf-8", "replace")
        matches = [
            hmac.compare_digest(_mark(_signing_key(key), content).encode("ascii"), mark) for key in self._keys
        ]
        if not any(matches):
            return "not ours"
        try:
            issued_to, until = _CONTENT.validate_json(base64.urlsafe_b64decode(content + "=="))
        except ValueError:  # signed with our key, but not by this version
            return "not ours"
        if issued_to != origin:
            return "of another page"
        return "valid" if self._clock() < until else "expired"


def is_widget_token(bearer: str) -> bool:
    """Whether this bearer value is meant as a widget token, valid or not."""
    return bearer.startswith(PREFIX)


def _signing_key(key: str) -> bytes:
    # A key of its own for tokens: neither a link's mark nor the key that callers send can be made from one.
    return hmac.digest(key.encode("utf-8"), b"citewell widget tokens", "sha256")


def _mark(key: bytes, content: str) -> str:
    return _encoded(hmac.digest(key, content.encode("utf-8", "replace"), "sha256"))


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")
