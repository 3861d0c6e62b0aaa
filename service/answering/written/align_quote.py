"""A passage and what a model calls a quote of it in; the run of the passage that it is, or nothing, out.

A model copies with other quotation marks, dashes, spaces and ligatures than the source has. Those differences are
folded away on both sides, and what is kept is the source's own run. Nothing else is forgiven: no missing word, no
stitching.
"""

import unicodedata
from collections.abc import Sequence

import regex

from service.answering.words_of_text import UNSPACED
from service.answering.written_numbers import numbers_in

LONGEST_FIGURE = 24  # characters
LEAST_LETTERS = 6  # of a quote that was not copied exactly: shorter ones are found anywhere

_QUOTATION = dict.fromkeys("«»“”„‟″‹›「」『』＂〝〞", '"') | dict.fromkeys("‘’‚‛′`´ʼ＇", "'")
_DASHES = dict.fromkeys("‐‑‒–—―−﹘﹣－", "-")
_SPACED_MARKS = frozenset('":;!?%')
_SAME_SIGN = _QUOTATION | _DASHES | {"…": "..."}
_INVISIBLE = regex.compile(r"[\p{Cf}\u00ad\ufe00-\ufe0f]")
# Marks that a model puts around what it quotes, or where it leaves off.
_AROUND = regex.compile(r'^(?:["\'\s]|\.{3,}|\[\.{3,}\])+|(?:["\'\s]|\.{3,}|\[\.{3,}\])+$')


def align_quote(passage: str, quote: str) -> tuple[int, int] | None:
    """Start and end (code points) of the first run of `passage` that `quote` is, exactly or folded; None: it is none.

    A run that ends inside a word or a figure is widened to the whole of it: 10 is no quote from "102 men".
    """
    bare = quote.strip()
    if not bare:
        return None
    exact = passage.find(bare)
    if exact >= 0:
        return _whole(passage, exact, exact + len(bare))
    folded, places = _folded(passage)
    wanted = _AROUND.sub("", _folded(bare)[0])
    if sum(sign.isalnum() for sign in wanted) < LEAST_LETTERS:
        return None
    found = folded.find(wanted)
    if found < 0:
        return None
    # Folding makes several signs of one (a ligature): half of one is no run of the source.
    first, last = places[found], places[found + len(wanted) - 1]
    if found > 0 and places[found - 1] == first:
        return None
    end = found + len(wanted)
    if end < len(places) and places[end] == last:
        return None
    return _whole(passage, first, last + 1)


def _folded(text: str) -> tuple[str, list[int]]:
    """The text with interchangeable signs made one, and of each sign of it the place in `text` that it is from."""
    signs: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(text):
        if sign.isspace():
            if not signs or signs[-1] != " ":
                signs.append(" ")
                places.append(place)
        elif not _INVISIBLE.match(sign):
            for one in _SAME_SIGN.get(sign) or unicodedata.normalize("NFKD", sign):
                signs.append(_SAME_SIGN.get(one, one))
                places.append(place)
    kept = [at for at in range(len(signs)) if not _is_spacing(signs, at)]
    return "".join(signs[at] for at in kept), [places[at] for at in kept]


def _is_spacing(signs: Sequence[str], at: int) -> bool:
    """Whether it is a space that one language sets beside a mark and another does not: « oui » and "oui"."""
    if signs[at] != " ":
        return False
    after = signs[at + 1] if at + 1 < len(signs) else ""
    return after in _SPACED_MARKS or (at > 0 and signs[at - 1] == '"')


def _whole(text: str, start: int, end: int) -> tuple[int, int]:
    while start > 0 and _joined(text, start):
        start -= 1
    while end < len(text) and _joined(text, end):
        end += 1
    reach = max(0, start - LONGEST_FIGURE)
    for figure in numbers_in(text[reach : end + LONGEST_FIGURE]):
        left, right = figure.start + reach, figure.end + reach
        if left < start < right:
            start = left
        if left < end < right:
            end = right
    return start, end


def _joined(text: str, place: int) -> bool:
    """Whether a cut before `place` would part a word, or a letter from its combining marks."""
    before, after = text[place - 1], text[place]
    if unicodedata.category(after).startswith("M"):
        return True
    return before.isalnum() and after.isalnum() and not (UNSPACED.match(before) or UNSPACED.match(after))
