"""A question and an archive in; what Citewell, dense search alone and plain hybrid search find in it out."""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics import fuse_ranks
from indexing.archive.archive import Archive
from indexing.archive.article import Passage
from indexing.archive.encoder import Encoder
from indexing.archive.filters import Filters
from indexing.archive.search_passages import PassageQuery
from service.answering.question import Question
from service.answering.retrieve import Retrieve
from service.answering.understand_question import UnderstandQuestion, Understood

CITEWELL, DENSE, HYBRID = METHODS = ("citewell", "dense", "hybrid")
TOP_K = 8  # what a question looks at by default, and so what every method may return
HYBRID_DEPTH = 100  # passages of each branch that plain hybrid search fuses


@dataclass(frozen=True, slots=True)
class Ranked:
    """At most TOP_K passages by method, best first; milliseconds are those of Citewell's own step."""

    language: str
    passages: dict[str, list[Passage]]
    milliseconds: float


class Rankings:
    """Asks one archive by three methods with the same vector; the language is detected, never given."""

    def __init__(self, archive: Archive, encoder: Encoder) -> None:
        """Search in `archive`, which was written with `encoder`."""
        self._archive = archive
        self._encoder = encoder
        self._terms = encoder.terms
        self._understand = UnderstandQuestion()
        self._retrieve = Retrieve(archive, self._terms)

    async def rank(self, text: str) -> Ranked:
        """The passages that each method finds for a question."""
        understood: Understood = self._understand.run(Question(text, top_k=TOP_K))["understood"]
        vector = self._encoder.encode_questions([understood.standalone])[0]
        started = time.perf_counter()
        found = (await self._retrieve.run_async(understood, vector))["found"]
        milliseconds = 1000 * (time.perf_counter() - started)
        passages = await self._baselines(understood.standalone, vector)
        # Near-identical passages are folded into one place; they count at that place.
        passages[CITEWELL] = [passage for one in found for passage in (one.passage, *one.same)]
        return Ranked(understood.language, passages, milliseconds)

    async def _baselines(self, text: str, vector: NDArray[np.float32]) -> dict[str, list[Passage]]:
        queries = [PassageQuery(HYBRID_DEPTH, vector=vector)]
        terms = self._terms.question(text)
        if terms.indices:
            queries.append(PassageQuery(HYBRID_DEPTH, terms=terms))
        answers = await self._archive.search(queries, Filters())
        branches = [[hit.id for hit in hits] for hits in answers]
        return {
            DENSE: await self._archive.passages(branches[0][:TOP_K]),
            HYBRID: await self._archive.passages(fuse_ranks(branches)[:TOP_K]),
        }
