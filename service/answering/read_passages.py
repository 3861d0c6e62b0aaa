"""Found passages in, the spans that may answer out: the reader looks into each, best passages first."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from haystack import component

from service.answering.answer import ConsideredPassage
from service.answering.events import Considered, Status, tell
from service.answering.reader import Reader, Span
from service.answering.retrieve import Found
from service.answering.timings import timed
from service.answering.trim_span import trim_span
from service.answering.understand_question import Understood

SPANS = 4  # of a passage
RETRIEVAL_WEIGHT = 30.0  # log-odds that a passage's retrieval score of 1 is worth
AT_ONCE = 2  # passages, one a core
# A passage that could not win even with this score is not read. No span of the development questions has one above
# 14.6; the rest is room for articles that agree or disagree, which need not win.
HIGHEST_SCORE = 22.0
UNREAD_SCORE = -10.0  # log-odds put in the place of a reading where there is none


@dataclass(frozen=True, slots=True)
class Reading:
    """A span that may be the answer, in code points of its article's canonical text."""

    found: Found
    start: int
    end: int
    score: float
    """Log-odds against "not stated" (see reader.py)."""
    sharpness: float = math.nan
    """How little the reader wavers between places of the passage (see reader.py)."""

    @property
    def total(self) -> float:
        """What readings of different passages are ranked by."""
        return self.score + RETRIEVAL_WEIGHT * self.found.score

    @property
    def text(self) -> str:
        """The span itself."""
        start = self.found.passage.start
        return self.found.passage.text[self.start - start : self.end - start]

    @property
    def sentence(self) -> tuple[int, int]:
        """The sentence that holds the span, from the first to the last where it runs over several."""
        held = [
            (start, end)
            for start, end in self.found.passage.sentences
            if start < self.end and self.start < end
        ]
        return (held[0][0], held[-1][1]) if held else (self.start, self.end)


@dataclass(frozen=True, slots=True)
class ReadPassage:
    """A passage with what reader and retrieval say together: the total of its best reading."""

    found: Found
    total: float

    @property
    def score(self) -> float:
        """The total as a share between 0 and 1, for people and programs to compare within one answer."""
        return round(1 / (1 + math.exp(-self.total)), 4)


@component
class ReadPassages:
    """Reads passages in the order of retrieval, two at a time, until none that is left can win."""

    def __init__(self, reader: Reader) -> None:
        """Read with the one reader of this process."""
        self._reader = reader

    @component.output_types(readings=list[Reading], passages=list[ReadPassage])
    def run(self, understood: Understood, found: list[Found]) -> dict[str, Any]:
        """Return the readings of the passages that were read, one at most for each place, and all passages.

        Both best first.
        """
        tell(Status("reading", {"passages": len(found)}))
        with timed("read"):
            readings: dict[tuple[str, int, int], Reading] = {}
            for first in range(0, len(found), AT_ONCE):
                best = max((reading.total for reading in readings.values()), default=-1e9)
                if best > HIGHEST_SCORE + RETRIEVAL_WEIGHT * max(one.score for one in found[first:]):
                    break
                batch = found[first : first + AT_ONCE]
                spans = self._reader.read(understood.standalone, [one.passage.text for one in batch], SPANS)
                for one, of_passage in zip(batch, spans, strict=True):
                    for reading in _readings(one, of_passage):
                        readings.setdefault((one.passage.article_id, reading.start, reading.end), reading)
            ranked = sorted(readings.values(), key=lambda reading: -reading.total)
            passages = _ranked(found, ranked)
        tell(Considered(considered(passages)))
        return {"readings": ranked, "passages": passages}

    @component.output_types(readings=list[Reading], passages=list[ReadPassage])
    async def run_async(self, understood: Understood, found: list[Found]) -> dict[str, Any]:
        """The same as `run`, beside the event loop."""
        return await asyncio.to_thread(self.run, understood, found)


def considered(passages: Sequence[ReadPassage]) -> tuple[ConsideredPassage, ...]:
    """The passages as the answer shows them."""
    return tuple(
        ConsideredPassage(passage.id, passage.article_id, passage.start, passage.end, passage.text, one.score)
        for one in passages
        for passage in [one.found.passage]
    )


def _ranked(found: Sequence[Found], readings: Sequence[Reading]) -> list[ReadPassage]:
    """Passages by their best reading; those without one by retrieval alone."""
    best: dict[str, float] = {}
    for reading in readings:
        best.setdefault(reading.found.passage.id, reading.total)
    passages = [
        ReadPassage(one, best.get(one.passage.id, UNREAD_SCORE + RETRIEVAL_WEIGHT * one.score))
        for one in found
    ]
    return sorted(passages, key=lambda passage: -passage.total)


def _readings(found: Found, spans: Sequence[Span]) -> list[Reading]:
    """Trimmed spans at their places in the article; the best one where two become the same."""
    readings: dict[tuple[int, int], Reading] = {}
    for span in spans:
        start, end = trim_span(found.passage.text, span.start, span.end)
        place = (found.passage.start + start, found.passage.start + end)
        readings.setdefault(place, Reading(found, *place, round(span.score, 3), round(span.sharpness, 3)))
    return list(readings.values())
