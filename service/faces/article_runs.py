"""A text, the quote to show and the other quotes in it in, the text in runs out; joined they are the text."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.faces.cited_links import CitedLink


@dataclass(frozen=True, slots=True)
class Offsets:
    """A run of an article's text, in code points, end exclusive."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Run:
    """A run of the text: the quote that is shown, a part of another quote, or neither."""

    text: str
    shown: bool = False
    other: CitedLink | None = None


def cut_at_quotes(text: str, shown: Offsets | None, others: Sequence[CitedLink]) -> list[Run]:
    """Cut the text at its quotes. The shown one stays whole: it is one run, and others only get what lies outside.

    Of others that overlap the earlier one in the list takes what both cover. Places beyond the text are passed over.
    """
    taken: list[tuple[Offsets, CitedLink | None]] = [(shown, None)] if shown else []
    for other in others:
        if other.end <= len(text):
            free = _outside(Offsets(other.start, other.end), [place for place, _ in taken])
            taken += [(place, other) for place in free]
    runs: list[Run] = []
    done = 0
    for place, owner in sorted(taken, key=lambda one: one[0].start):
        runs += [Run(text[done : place.start]), Run(text[place.start : place.end], owner is None, owner)]
        done = place.end
    return [run for run in (*runs, Run(text[done:])) if run.text]


def _outside(place: Offsets, taken: Sequence[Offsets]) -> list[Offsets]:
    """What of `place` none of `taken`, which do not overlap each other, covers."""
    free: list[Offsets] = []
    start = place.start
    for one in sorted(taken, key=lambda one: one.start):
        if one.end <= start or one.start >= place.end:
            continue
        if start < one.start:
            free.append(Offsets(start, one.start))
        start = max(start, one.end)
    if start < place.end:
        free.append(Offsets(start, place.end))
    return free
