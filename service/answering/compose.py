"""Passages in, a draft answer out: the sentences that answer best, each quoted whole with its article."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from haystack import component
from numpy.typing import NDArray

from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from indexing.archive.records import Record, brief
from service.answering.answer import Citation, CitedArticle, Statement
from service.answering.article_link import article_link
from service.answering.coverage import Coverage
from service.answering.retrieve import Found
from service.answering.timings import timed
from service.answering.verify import Draft

STATEMENTS = 3
# How far below the best sentence another one may score and still be a statement: 1.2 statements on average in the
# same language, 1.5 to 1.8 across languages; the share with the answer rises by 4 points (en) to 16 (ru to en).
MARGIN = 0.02
COVERAGE_WEIGHT = 0.06


@dataclass(frozen=True, slots=True)
class _Sentence:
    found: Found
    start: int
    end: int

    @property
    def text(self) -> str:
        passage = self.found.passage
        return passage.text[self.start - passage.start : self.end - passage.start]

    @property
    def place(self) -> tuple[str, int, int]:
        return self.found.passage.article_id, self.start, self.end


@component
class Compose:
    """Scores every sentence of the best passages against the question and drafts statements from the best ones."""

    def __init__(self, archive: Archive, encoder: Encoder) -> None:
        """Take article metadata from `archive`, score sentences with `encoder`."""
        self._archive = archive
        self._encoder = encoder

    @component.output_types(draft=Draft)
    def run(
        self, found: list[Found], vector: NDArray[np.float32], coverage: Coverage, relevant: bool
    ) -> dict[str, Any]:
        """The same as `run_async`, for use without a running loop."""
        return asyncio.run(self.run_async(found, vector, coverage, relevant))

    @component.output_types(draft=Draft)
    async def run_async(
        self, found: list[Found], vector: NDArray[np.float32], coverage: Coverage, relevant: bool
    ) -> dict[str, Any]:
        """Statements, or when nothing is relevant the best sentence of each article for a refusal to show."""
        with timed("read"):
            records = await self._archive.records([one.passage.article_id for one in found])
            sentences = _without_headlines(_sentences(found), records)
            scores = await asyncio.to_thread(self._score, sentences, vector, coverage)
            ranked = [
                one for _, one in sorted(zip(scores, sentences, strict=True), key=lambda pair: -pair[0])
            ]
            near = sum(score >= max(scores) - MARGIN for score in scores)
            if not relevant:
                return {"draft": Draft(nearest=await self._cite(_best_of_each(ranked), records))}
            citations = await self._cite(ranked[: min(near, STATEMENTS)], records)
            statements = tuple(Statement(c.quote, (c.number,), c.start, c.end) for c in citations)
            return {"draft": Draft(statements, citations)}

    def _score(
        self, sentences: Sequence[_Sentence], vector: NDArray[np.float32], coverage: Coverage
    ) -> list[float]:
        """Cosine of the sentence, score of its passage, coverage of the question by the sentence."""
        if not sentences:
            return []
        cosines = self._encoder.encode_passages([sentence.text for sentence in sentences]) @ vector
        return [
            float(cosine)
            + sentence.found.score
            + COVERAGE_WEIGHT * coverage.of_text(sentence.text, sentence.found.language)
            for cosine, sentence in zip(cosines, sentences, strict=True)
        ]

    async def _cite(self, sentences: Sequence[_Sentence], records: dict[str, Record]) -> tuple[Citation, ...]:
        return tuple(
            [
                _citation(
                    number, sentence, records[sentence.found.passage.article_id], await self._copies(sentence)
                )
                for number, sentence in enumerate(sentences, start=1)
                if sentence.found.passage.article_id in records
            ]
        )

    async def _copies(self, sentence: _Sentence) -> tuple[dict[str, object], ...]:
        """The same text under other ids, and other articles whose near-identical passage has this very sentence."""
        copies = await self._archive.copies(sentence.found.passage.article_id)
        same = [passage.article_id for passage in sentence.found.same if sentence.text in passage.text]
        others = await self._archive.records(same) if same else {}
        return (*copies, *(brief(record) for record in others.values()))


def _sentences(found: Sequence[Found]) -> list[_Sentence]:
    """Each sentence once, though passages overlap."""
    places: dict[tuple[str, int, int], _Sentence] = {}
    for one in found:
        for start, end in one.passage.sentences:
            sentence = _Sentence(one, start, end)
            places.setdefault(sentence.place, sentence)
    return list(places.values())


def _without_headlines(sentences: list[_Sentence], records: Mapping[str, Record]) -> list[_Sentence]:
    """A headline names the subject of many questions and answers few, so it only serves where nothing else is."""

    def is_headline(sentence: _Sentence) -> bool:
        record = records.get(sentence.found.passage.article_id)
        return record is not None and sentence.text.strip() == record.metadata["title"].strip()

    return [sentence for sentence in sentences if not is_headline(sentence)] or sentences


def _best_of_each(ranked: Sequence[_Sentence]) -> list[_Sentence]:
    """The best sentence of each article, best first."""
    best: dict[str, _Sentence] = {}
    for sentence in ranked:
        best.setdefault(sentence.found.passage.article_id, sentence)
    return list(best.values())


def _citation(
    number: int, sentence: _Sentence, record: Record, also_in: tuple[dict[str, object], ...]
) -> Citation:
    version = sentence.found.passage.version
    fields = record.metadata
    return Citation(
        number=number,
        quote=sentence.text,
        start=sentence.start,
        end=sentence.end,
        passage_id=sentence.found.passage.id,
        article=CitedArticle(
            id=record.id,
            version=version,
            title=fields["title"],
            source=fields["source"],
            url=fields["url"],
            language=fields["language"],
            published=fields["published"],
            tags=tuple(fields["tags"]),
        ),
        also_in=also_in,
        newer_version=record.version if record.version != version else None,
        link=article_link(record.id, version, sentence.start, sentence.end),
    )
