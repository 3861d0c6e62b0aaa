"""A text and a limit in, its pieces out: joined they are the text, and none is longer in Slack than the limit."""

import bisect
from collections.abc import Callable, Iterator

import regex

_GRAPHEME = regex.compile(r"\X")
_SENTENCE = regex.compile(r"""[.!?…؟۔।][\p{Pe}\p{Pf}"']*\s+|[。！？][\p{Pe}\p{Pf}]*\s*""")
_SPACE = regex.compile(r"\s+")
_BREAKS = (regex.compile(r"\n+"), _SENTENCE, _SPACE)
_EARLIEST = 0.5  # of the limit: a better place to cut is not looked for before it


def length(text: str) -> int:
    """How long Slack takes a text to be, at most: UTF-16 units, as JavaScript counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def split_text(text: str, limit: int, escape: Callable[[str], str] = str) -> list[str]:
    """Cut where a line ends, else a sentence, a word, a grapheme; only one longer than the limit is cut itself.

    The limit is for the text as `escape` writes it, each character by itself.
    """
    if length(escape(text)) <= limit:
        return [text] if text else []
    return list(_pieces(text, limit, escape))


def shortened(text: str, limit: int, escape: Callable[[str], str] = str) -> str:
    """The text, or its beginning with `…` where it is longer than the limit."""
    if length(escape(text)) <= limit:
        return text
    return next(_pieces(text, limit - 1, escape)).rstrip() + "…"


def _pieces(text: str, limit: int, escape: Callable[[str], str]) -> Iterator[str]:
    costs = {character: length(escape(character)) for character in set(text)}
    reached = [0]  # at each place of the text: the length of what stands before
    for character in text:
        reached.append(reached[-1] + costs[character])
    graphemes = [0, *(grapheme.end() for grapheme in _GRAPHEME.finditer(text))]
    start = 0
    while start < len(text):
        # At least one character, even where its escape alone is longer than the limit.
        end = max(start + 1, bisect.bisect_right(reached, reached[start] + limit) - 1)
        if end < len(text):
            end = _cut(text, start, end, graphemes)
        yield text[start:end]
        start = end


def _cut(text: str, start: int, end: int, graphemes: list[int]) -> int:
    """The best place to cut at or before `end`."""
    earliest = start + int((end - start) * _EARLIEST)
    for pattern in _BREAKS:
        for place in sorted((found.end() for found in pattern.finditer(text, earliest, end)), reverse=True):
            if place > start and graphemes[bisect.bisect_left(graphemes, place)] == place:
                return place
    grapheme = graphemes[bisect.bisect_right(graphemes, end) - 1]
    return grapheme if grapheme > start else end
