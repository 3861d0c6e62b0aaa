"""A question in, the passages that may answer it out: dense and term search, weighed by language."""

import asyncio
from dataclasses import dataclass

import numpy as np
from haystack import component
from numpy.typing import NDArray

from indexing.archive.archive import Archive
from indexing.archive.article import Passage
from indexing.archive.search_passages import PassageQuery
from service.answering.understand_question import Understood


@dataclass(frozen=True, slots=True)
class Found:
    """A passage with its retrieval score (comparable within one question only)."""

    passage: Passage
    score: float


@component
class Retrieve:
    """Searches the archive for one question vector."""

    def __init__(self, archive: Archive) -> None:
        """Search in `archive`."""
        self._archive = archive

    @component.output_types(found=list[Found])
    def run(self, understood: Understood, vector: NDArray[np.float32]) -> dict[str, list[Found]]:
        """The same as `run_async`, for use without a running loop."""
        return asyncio.run(self.run_async(understood, vector))

    @component.output_types(found=list[Found])
    async def run_async(self, understood: Understood, vector: NDArray[np.float32]) -> dict[str, list[Found]]:
        """At most `top_k` passages, best first."""
        question = understood.question
        [hits] = await self._archive.search([PassageQuery(question.top_k, vector=vector)], question.filters)
        passages = await self._archive.passages([hit.id for hit in hits])
        scores = {hit.id: hit.score for hit in hits}
        return {"found": [Found(passage, scores[passage.id]) for passage in passages]}
