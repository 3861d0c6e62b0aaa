"""Passages in, a draft answer out: the sentences that answer best, each quoted whole with its article."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from haystack import component
from numpy.typing import NDArray

from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from indexing.archive.records import Record
from service.answering.answer import Citation, CitedArticle, Statement
from service.answering.retrieve import Found
from service.answering.verify import Draft

PASSAGES_READ = 4
STATEMENTS = 3
MARGIN = 0.02  # how far below the best sentence another one may score and still be a statement


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

    @component.output_types(draft=Draft, nearest=tuple[Citation, ...])
    def run(self, found: list[Found], vector: NDArray[np.float32]) -> dict[str, Draft | tuple[Citation, ...]]:
        """The same as `run_async`, for use without a running loop."""
        return asyncio.run(self.run_async(found, vector))

    @component.output_types(draft=Draft, nearest=tuple[Citation, ...])
    async def run_async(
        self, found: list[Found], vector: NDArray[np.float32]
    ) -> dict[str, Draft | tuple[Citation, ...]]:
        """The draft, and the best sentence of each nearest passage for a refusal to show."""
        sentences = _sentences(found[:PASSAGES_READ])
        scores = await asyncio.to_thread(self._score, sentences, vector)
        order = sorted(range(len(sentences)), key=lambda place: scores[place], reverse=True)
        chosen = [place for place in order[:STATEMENTS] if scores[place] >= scores[order[0]] - MARGIN]
        records = await self._archive.records([one.passage.article_id for one in found])
        citations = await self._cite([sentences[place] for place in chosen], records)
        statements = tuple(Statement(c.quote, (c.number,), c.start, c.end) for c in citations)
        nearest = await self._cite([sentences[place] for place in _best_of_each(order, sentences)], records)
        return {"draft": Draft(statements, citations), "nearest": nearest}

    def _score(self, sentences: Sequence[_Sentence], vector: NDArray[np.float32]) -> list[float]:
        if not sentences:
            return []
        own = self._encoder.encode_passages([sentence.text for sentence in sentences]) @ vector
        return [float(score) + sentence.found.score for score, sentence in zip(own, sentences, strict=True)]

    async def _cite(self, sentences: Sequence[_Sentence], records: dict[str, Record]) -> tuple[Citation, ...]:
        return tuple(
            [
                _citation(number, sentence, records[sentence.found.passage.article_id], await self._copies(sentence))
                for number, sentence in enumerate(sentences, start=1)
                if sentence.found.passage.article_id in records
            ]
        )

    async def _copies(self, sentence: _Sentence) -> tuple[dict[str, object], ...]:
        return tuple(await self._archive.copies(sentence.found.passage.article_id))


def _sentences(found: Sequence[Found]) -> list[_Sentence]:
    """Each sentence once, though passages overlap."""
    places: dict[tuple[str, int, int], _Sentence] = {}
    for one in found:
        for start, end in one.passage.sentences:
            sentence = _Sentence(one, start, end)
            places.setdefault(sentence.place, sentence)
    return list(places.values())


def _best_of_each(order: Sequence[int], sentences: Sequence[_Sentence]) -> list[int]:
    """The best sentence of each article, best first."""
    best: dict[str, int] = {}
    for place in order:
        best.setdefault(sentences[place].found.passage.article_id, place)
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
        link=f"/articles/{record.id}?v={version}&start={sentence.start}&end={sentence.end}",
    )
