"""Readings in, a draft out: the answer with the quotes that prove it, or why there is none."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from haystack import component

from indexing.archive.archive import Archive
from service.answering.answer import RefusalReason
from service.answering.cite import ARTICLES, Citing, Value
from service.answering.confidence import Confidence
from service.answering.group_answers import group_answers
from service.answering.read_passages import Reading
from service.answering.same_answer import SameAnswer
from service.answering.signals import (
    Asked,
    RankedAnswer,
    language_pair,
    missing_names,
    rank_answers,
    signals,
)
from service.answering.timings import timed
from service.answering.understand_question import Understood
from service.answering.verify import Draft

WITHOUT_SHORT_ANSWER = ("yes_no", "event")  # the proving sentence answers, no part of it does
VALUES = 12  # of a question that asks for several
SEVERAL_MARGIN = 3.0  # log-odds below the best at which a further value of a list is still one
DIFFERS_MARGIN = 2.5  # log-odds below the best at which another article's value is shown beside it


@component
class Compose:
    """Groups readings into answers, says how sure the best one is, and drafts it or a refusal."""

    def __init__(
        self,
        archive: Archive,
        confidence: Confidence,
        is_common: Callable[[str], bool],
        threshold: float | None = None,
    ) -> None:
        """Take article metadata from `archive`; answers below `threshold` (default: the calibration's) are refused.

        `is_common` tells words of the question that are no names.
        """
        self._archive = archive
        self._is_common = is_common
        self._confidence = confidence
        self._threshold = confidence.threshold if threshold is None else threshold

    @component.output_types(draft=Draft)
    def run(self, understood: Understood, readings: list[Reading], relevant: bool) -> dict[str, Any]:
        """The same as `run_async`, for use without a running loop."""
        return asyncio.run(self.run_async(understood, readings, relevant))

    @component.output_types(draft=Draft)
    async def run_async(
        self, understood: Understood, readings: list[Reading], relevant: bool
    ) -> dict[str, Any]:
        """Statements and citations, or the nearest sentence of each article and the reason for the refusal."""
        with timed("compose"):
            articles = list(dict.fromkeys(reading.found.passage.article_id for reading in readings))
            records = await self._archive.records(articles)
            readings = [reading for reading in readings if reading.found.passage.article_id in records]
            if not readings:
                return {"draft": Draft(refusal="nothing_relevant")}
            headings = {
                id: f"{record.metadata['title']} {record.metadata['published'] or ''}"
                for id, record in records.items()
            }
            # Names are compared letter by letter: some 10 ms that other requests need not wait for.
            asked, ranked = await asyncio.to_thread(self._rank, understood, readings, headings)
            told = signals(ranked, asked, headings)
            confidence = self._confidence.of(told, language_pair(asked, ranked[0]))
            cite = Citing(self._archive, records, asked)
            if not relevant or confidence < self._threshold:
                nearest = await cite.sentences(_best_of_each_article(readings))
                reason: RefusalReason = "not_stated" if relevant else "nothing_relevant"
                missing = missing_names(readings, asked, headings)
                draft = Draft(nearest=nearest, refusal=reason, missing=missing)
            elif asked.type in WITHOUT_SHORT_ANSWER:
                draft = await cite.proving_sentences(ranked[0].group)
            else:
                draft = await cite.values(_values(ranked, asked))
            return {"draft": replace(draft, signals=told, confidence=confidence)}

    def _rank(
        self, understood: Understood, readings: Sequence[Reading], headings: Mapping[str, str]
    ) -> tuple[Asked, list[RankedAnswer]]:
        asked = Asked.of(understood, self._is_common)
        return asked, rank_answers(group_answers(readings, SameAnswer(asked.type)), asked, headings)


def _values(ranked: Sequence[RankedAnswer], asked: Asked) -> list[Value]:
    """The best answer; the further ones of a list; and what other articles say instead."""
    best = ranked[0]
    said = {reading.found.passage.article_id for reading in best.group.readings}
    values = [Value(tuple(best.group.of_each_article[:ARTICLES]))]
    for answer in ranked[1:VALUES]:
        behind = best.total - answer.total
        if answer.best.score < 0 or answer.fits is not best.fits:
            continue
        if asked.several:
            if behind <= SEVERAL_MARGIN and answer.best.sentence == best.best.sentence:
                values.append(Value(tuple(answer.group.of_each_article[:ARTICLES])))
        elif behind <= DIFFERS_MARGIN and answer.names >= best.names:
            others = tuple(
                one for one in answer.group.of_each_article if one.found.passage.article_id not in said
            )
            if others:
                values.append(Value(others[:ARTICLES], differs=True))
                break  # one value beside it says that they disagree
    return values


def _best_of_each_article(readings: Sequence[Reading]) -> list[Reading]:
    best: dict[str, Reading] = {}
    for reading in readings:
        best.setdefault(reading.found.passage.article_id, reading)
    return list(best.values())
