"""The `cited` values of an article page's address in, links to the quotes of an answer out; nothing else passes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlencode

from service.answering.article_link import article_link

MOST_CITED = 20
FRAGMENT = "#quote"
_LINK = re.compile(r"/articles/(?P<id>[^/?#\\\s]+)\?(?P<query>[^#\\\s]+)")
_NUMBER = re.compile(r"[0-9]{1,12}")
_MARK = re.compile(r"[A-Za-z0-9_-]{1,128}")


@dataclass(frozen=True, slots=True)
class CitedLink:
    """The place of quote `number` of an answer: `text[start:end]` of a version, and the mark that opens its page."""

    number: int
    article_id: str
    version: str | None
    start: int
    end: int
    signature: tuple[str, str] | None = None
    """`until` and `mark`, as they came; the page that they open checks them."""

    @property
    def place(self) -> tuple[str, str | None, int, int]:
        """Article, version, start and end."""
        return (self.article_id, self.version, self.start, self.end)

    def address(self, others: Sequence["CitedLink"] = ()) -> str:
        """Path, query and fragment of the quote; `others` are handed on in the query as the quotes of the answer."""
        cited = [("cited", other.link) for other in others]
        return f"{self.link}&{urlencode(cited)}{FRAGMENT}" if cited else self.link + FRAGMENT

    @property
    def link(self) -> str:
        """Path and query, made anew: always below /articles/, whatever came."""
        link = article_link(self.article_id, self.version, self.start, self.end)
        if self.signature is None:
            return link
        return f"{link}&{urlencode(dict(zip(('until', 'mark'), self.signature, strict=True)))}"


def cited_links(values: Sequence[str]) -> list[CitedLink]:
    """The links among the first 20 values, numbered by their place there; a place that came before is left out."""
    links: dict[tuple[str, str | None, int, int], CitedLink] = {}
    for number, value in enumerate(values[:MOST_CITED], 1):
        link = _read(number, value)
        if link is not None:
            links.setdefault(link.place, link)
    return list(links.values())


def _read(number: int, value: str) -> CitedLink | None:
    match = _LINK.fullmatch(value)
    if match is None or not match["query"].isascii():
        return None
    try:
        article_id = unquote(match["id"], errors="strict")
        query = {name: given[0] for name, given in parse_qs(match["query"], errors="strict").items()}
        article_id.encode("utf-8")
    except ValueError:
        return None
    start, end, until, mark = (query.get(name, "") for name in ("start", "end", "until", "mark"))
    # A browser reads the segments `.` and `..`, in any spelling, as steps to another folder.
    if article_id in (".", "..") or not (_NUMBER.fullmatch(start) and _NUMBER.fullmatch(end)):
        return None
    if not int(start) < int(end):
        return None
    signed = bool(_NUMBER.fullmatch(until) and _MARK.fullmatch(mark))
    if (until or mark) and not signed:
        return None
    signature = (until, mark) if signed else None
    return CitedLink(number, article_id, query.get("v"), int(start), int(end), signature)
