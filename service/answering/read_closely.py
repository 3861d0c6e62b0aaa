"""Readings in; the best of them read a second time, in their sentence and its neighbours alone, out.

What a whole passage suggests and its sentence does not say loses here: on the development questions the second reading
tells right answers from wrong ones better than the first, and the mean of both better than either.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from haystack import component

from service.answering.read_passages import SPANS, Reading
from service.answering.reader import Reader, Span
from service.answering.timings import timed
from service.answering.understand_question import Understood

SENTENCES = 3  # the sentences of the best readings; more cost time and change no answer


@component
class ReadClosely:
    """Reads the sentences of the best readings again."""

    def __init__(self, reader: Reader) -> None:
        """Read with the one reader of this process."""
        self._reader = reader

    @component.output_types(readings=list[Reading])
    def run(self, understood: Understood, readings: list[Reading]) -> dict[str, Any]:
        """Return all readings, best first; those of the best sentences with the mean of both scores."""
        with timed("read"):
            sentences = list(dict.fromkeys(map(_sentence, readings)))[:SENTENCES]
            if not sentences:
                return {"readings": readings}
            first = {_sentence(reading): reading for reading in reversed(readings)}
            around = [_with_neighbours(first[sentence]) for sentence in sentences]
            texts = [
                _text(first[sentence], *place) for sentence, place in zip(sentences, around, strict=True)
            ]
            spans = dict(zip(sentences, self._reader.read(understood.standalone, texts, SPANS), strict=True))
            places = dict(zip(sentences, around, strict=True))
            closely = [
                _again(reading, spans[sentence], places[sentence][0])
                if (sentence := _sentence(reading)) in spans
                else reading
                for reading in readings
            ]
            return {"readings": sorted(closely, key=lambda reading: -reading.total)}

    @component.output_types(readings=list[Reading])
    async def run_async(self, understood: Understood, readings: list[Reading]) -> dict[str, Any]:
        """The same as `run`, beside the event loop."""
        return await asyncio.to_thread(self.run, understood, readings)


Sentence = tuple[str, tuple[int, int]]


def _sentence(reading: Reading) -> Sentence:
    return reading.found.passage.id, reading.sentence


def _with_neighbours(reading: Reading) -> tuple[int, int]:
    """The reading's sentence, with the one before and the one after where the passage has them."""
    start, end = reading.sentence
    sentences = reading.found.passage.sentences
    before = [place for place in sentences if place[1] <= start]
    after = [place for place in sentences if place[0] >= end]
    return (before[-1][0] if before else start), (after[0][1] if after else end)


def _text(reading: Reading, start: int, end: int) -> str:
    passage = reading.found.passage
    return passage.text[start - passage.start : end - passage.start]


def _again(reading: Reading, spans: Sequence[Span], start: int) -> Reading:
    """With the mean of both scores; a place that is not among the spans is at most as good as the last of them."""
    if not spans:
        return reading
    same = [
        span.score for span in spans if span.start + start < reading.end and reading.start < span.end + start
    ]
    score = max(same, default=spans[-1].score)
    return replace(reading, score=round((reading.score + score) / 2, 3))
