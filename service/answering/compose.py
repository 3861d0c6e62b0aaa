"""Readings in, a draft out: the answer with the quotes that prove it, or why there is none."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from haystack import component

from indexing.archive.archive import Archive
from indexing.archive.records import Record, brief
from service.answering.answer import Citation, CitedArticle, RefusalReason, Statement
from service.answering.article_link import article_link
from service.answering.confidence import Confidence
from service.answering.group_answers import AnswerGroup, group_answers
from service.answering.places_of_name import places_of_name
from service.answering.proving_quote import proving_quote
from service.answering.read_passages import Reading
from service.answering.same_answer import SameAnswer
from service.answering.signals import Asked, RankedAnswer, missing_names, rank_answers, signals
from service.answering.timings import timed
from service.answering.understand_question import Understood
from service.answering.verify import Draft

WITHOUT_SHORT_ANSWER = ("yes_no", "event")  # the proving sentence answers, no part of it does
ARTICLES_EACH = 4  # citations of one value: more prove nothing more
VALUES = 12  # of a question that asks for several
SEVERAL_MARGIN = 3.0  # log-odds below the best at which a further value of a list is still one
DIFFERS_MARGIN = 2.5  # log-odds below the best at which another article's value is shown beside it


@dataclass(frozen=True, slots=True)
class _Value:
    """A value of the answer with the readings that prove it, one an article."""

    readings: tuple[Reading, ...]
    differs: bool = False


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
            asked = Asked.of(understood, self._is_common)
            titles = {id: record.metadata["title"] for id, record in records.items()}
            ranked = rank_answers(group_answers(readings, SameAnswer(asked.type)), asked, titles)
            told = signals(ranked, asked)
            confidence = self._confidence.of(told)
            cite = _Citing(self._archive, records, asked)
            if not relevant or confidence < self._threshold:
                nearest = await cite.sentences(_best_of_each_article(readings))
                reason: RefusalReason = "not_stated" if relevant else "nothing_relevant"
                missing = missing_names(readings, asked, titles)
                draft = Draft(nearest=nearest, refusal=reason, missing=missing)
                return {"draft": replace(draft, signals=told, confidence=confidence)}
            if asked.type in WITHOUT_SHORT_ANSWER:
                draft = await cite.proving_sentences(ranked[0].group)
            else:
                draft = await cite.values(_values(ranked, asked))
            return {"draft": replace(draft, signals=told, confidence=confidence)}


def _values(ranked: Sequence[RankedAnswer], asked: Asked) -> list[_Value]:
    """The best answer; the further ones of a list; and what other articles say instead."""
    best = ranked[0]
    said = {reading.found.passage.article_id for reading in best.group.readings}
    values = [_Value(tuple(best.group.of_each_article[:ARTICLES_EACH]))]
    for answer in ranked[1:VALUES]:
        behind = best.total - answer.total
        if answer.best.score < 0 or answer.fits is not best.fits:
            continue
        if asked.several:
            if behind <= SEVERAL_MARGIN and answer.best.sentence == best.best.sentence:
                values.append(_Value(tuple(answer.group.of_each_article[:ARTICLES_EACH])))
        elif behind <= DIFFERS_MARGIN and answer.names >= best.names:
            others = tuple(
                one for one in answer.group.of_each_article if one.found.passage.article_id not in said
            )
            if others:
                values.append(_Value(others[:ARTICLES_EACH], differs=True))
                break  # one value beside it says that they disagree
    return values


def _best_of_each_article(readings: Sequence[Reading]) -> list[Reading]:
    best: dict[str, Reading] = {}
    for reading in readings:
        best.setdefault(reading.found.passage.article_id, reading)
    return list(best.values())


class _Citing:
    """Makes citations, numbered as they come."""

    def __init__(self, archive: Archive, records: Mapping[str, Record], asked: Asked) -> None:
        self._archive = archive
        self._records = records
        self._asked = asked
        self._citations: list[Citation] = []

    async def sentences(self, readings: Sequence[Reading]) -> tuple[Citation, ...]:
        """The whole sentence of each reading."""
        cited = [await self._cite(reading, reading.sentence) for reading in readings]
        return tuple(replace(citation, answer_start=None, answer_end=None) for citation in cited)

    async def proving_sentences(self, group: AnswerGroup) -> Draft:
        """A statement an article, each its whole sentence."""
        citations = await self.sentences(group.of_each_article[:ARTICLES_EACH])
        return Draft(tuple(Statement(c.quote, (c.number,), c.start, c.end) for c in citations), citations)

    async def values(self, values: Sequence[_Value]) -> Draft:
        """A statement a sentence; each value with its quotes."""
        statements: dict[tuple[str, int, int], Statement] = {}
        numbers: list[tuple[int, ...]] = []
        for value in values:
            citations = [await self._cite(one, self._proof(one), value.differs) for one in value.readings]
            numbers.append(tuple(citation.number for citation in citations))
            first = value.readings[0]
            start, end = first.sentence
            place = (first.found.passage.article_id, start, end)
            text = first.found.passage.text[
                start - first.found.passage.start : end - first.found.passage.start
            ]
            statement = statements.get(place, Statement(text, (), start, end))
            statements[place] = replace(statement, citations=(*statement.citations, *numbers[-1]))
        return Draft(tuple(statements.values()), tuple(self._citations), values=tuple(numbers))

    def _proof(self, reading: Reading) -> tuple[int, int]:
        passage = reading.found.passage
        shift = passage.start
        start, end = reading.sentence
        sentence = passage.text[start - shift : end - shift]
        asked = self._asked
        named = [
            places_of_name(name, sentence, reading.found.language, asked.language) for name in asked.names
        ]
        quote = proving_quote(sentence, (reading.start - start, reading.end - start), named)
        return quote[0] + start, quote[1] + start

    async def _cite(self, reading: Reading, run: tuple[int, int], differs: bool = False) -> Citation:
        passage = reading.found.passage
        record = self._records[passage.article_id]
        start, end = run
        fields = record.metadata
        inside = start <= reading.start and reading.end <= end
        citation = Citation(
            number=len(self._citations) + 1,
            quote=passage.text[start - passage.start : end - passage.start],
            start=start,
            end=end,
            answer_start=reading.start if inside else None,
            answer_end=reading.end if inside else None,
            passage_id=passage.id,
            article=CitedArticle(
                id=record.id,
                version=passage.version,
                title=fields["title"],
                source=fields["source"],
                url=fields["url"],
                language=fields["language"],
                published=fields["published"],
                tags=tuple(fields["tags"]),
            ),
            also_in=await self._copies(reading, passage.text[start - passage.start : end - passage.start]),
            stance="differs" if differs else "supports",
            newer_version=record.version if record.version != passage.version else None,
            link=article_link(record.id, passage.version, start, end),
        )
        self._citations.append(citation)
        return citation

    async def _copies(self, reading: Reading, quote: str) -> tuple[dict[str, object], ...]:
        """The same text under other ids, and other articles whose near-identical passage has this very quote."""
        copies = await self._archive.copies(reading.found.passage.article_id)
        same = [passage.article_id for passage in reading.found.same if quote in passage.text]
        others = await self._archive.records(same) if same else {}
        return (*copies, *(brief(record) for record in others.values()))
