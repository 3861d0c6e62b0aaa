"""An article, its version and a place in, the address of its page out; signed where pages need a key."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from service.answering.answer import Answer, Citation
from service.answering.article_link import article_link

# A cited answer is read and passed on within days; a week keeps links in a thread alive without opening
# the archive for good.
LINK_SECONDS = 7 * 24 * 3600


class LinkSigner:
    """Makes links to article pages, and checks the marks of links that come back."""

    def __init__(
        self,
        keys: Sequence[str],
        *,
        pages_need_key: bool,
        seconds: int = LINK_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """The first key signs, every key verifies, so keys can be rotated; `clock` gives Unix seconds.

        `keys` is kept, not copied: whoever changes what it holds changes what signs and counts.
        """
        self._keys = keys
        self._pages_need_key = pages_need_key
        self._seconds = seconds
        self._clock = clock

    def link(
        self,
        article_id: str,
        version: str | None,
        start: int | None = None,
        end: int | None = None,
        *,
        until: int | None = None,
    ) -> str:
        """Path and query of a version's page with `text[start:end]` marked; `until` in Unix seconds."""
        link = article_link(article_id, version, start, end)
        if not (self._pages_need_key and version and self._keys):
            return link
        expiry = int(self._clock()) + self._seconds if until is None else until
        return f"{link}&until={expiry}&mark={_mark(_signing_key(self._keys[0]), article_id, version, expiry)}"

    def valid(self, article_id: str, version: str | None, until: str | None, mark: str | None) -> bool:
        """Whether `mark` was made with one of the keys for this article and version, and has not expired."""
        if not (version and mark and until and until.isascii() and until.isdigit() and len(until) <= 12):
            return False
        expiry = int(until)
        given = mark.encode("utf-8", "replace")
        matches = [
            hmac.compare_digest(_mark(_signing_key(key), article_id, version, expiry).encode("ascii"), given)
            for key in self._keys
        ]
        return any(matches) and self._clock() < expiry

    def with_links(self, answer: Answer) -> Answer:
        """The same answer, every citation linked to its place in the article's page."""
        refusal = answer.refusal
        return replace(
            answer,
            citations=tuple(self._linked(citation) for citation in answer.citations),
            refusal=refusal
            and replace(refusal, nearest=tuple(self._linked(near) for near in refusal.nearest)),
        )

    def _linked(self, citation: Citation) -> Citation:
        article = citation.article
        return replace(citation, link=self.link(article.id, article.version, citation.start, citation.end))


def _signing_key(key: str) -> bytes:
    # A key of its own for links: a mark says nothing about the key that callers send.
    return hmac.digest(key.encode("utf-8"), b"citewell article links", "sha256")


def _mark(key: bytes, article_id: str, version: str, until: int) -> str:
    signed = json.dumps([article_id, version, until]).encode("ascii")
    return base64.urlsafe_b64encode(hmac.digest(key, signed, hashlib.sha256)).rstrip(b"=").decode("ascii")
