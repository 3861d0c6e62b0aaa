"""A small sample of each language's passages in memory: how near its passages lie to a question by mere chance."""

import math
import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexing.archive.engine import Engine
from indexing.archive.filters import passages_where
from indexing.archive.records import PASSAGE_FIELDS
from indexing.archive.terms import SparseTerms

SIZE = 1_000  # passages a language: the standard error of a mean is then 3 % of the spread
COUNTS_LAST_S = 10.0  # counting 50,000 passages takes 8 ms, half of what a whole search may
COUNTING_SHARE = 500  # times as long as counting took it lasts at least: 100 s at a million passages
LARGE = 50_000  # passages of an archive from which on what grows with it is done less often, or less of it
# Of 400 questions each found the same first passage at 100,000 and at a million passages as with twice as many postings
# and one more term, and 99.9 % of the first eight were the same; with half as many postings one found another.
POSTINGS = 10_000
RAREST = 2
DRIFT = 0.1  # share by which a language may grow or shrink before its sample is drawn anew


@dataclass(frozen=True, slots=True)
class LanguageSample:
    """Of the `count` passages in a base language: the mean vector (dimension,), and in how many a term occurs."""

    count: int
    mean: NDArray[np.float32]
    drawn: int
    occurrences: Counter[int]

    def inverse_document_frequency(self, term: int) -> float:
        """The engine's own formula; exact while the sample is the whole language, else estimated from it."""
        found = self.occurrences[term] or (0.5 if self.drawn < self.count else 0.0)
        frequency = found * self.count / max(self.drawn, 1)
        return math.log((self.count - frequency + 0.5) / (frequency + 0.5) + 1.0)


def rarest_terms(terms: SparseTerms, samples: Sequence[LanguageSample]) -> list[int]:
    """Of a question's terms the rarest, as many as stand in POSTINGS passages of all languages together, and some more.

    The search for all of them goes through each passage that has one, and grows with the archive; the common ones
    hardly decide what it finds.
    """

    def passages(term: int) -> float:
        return sum(sample.occurrences[term] * sample.count / sample.drawn for sample in samples)

    kept: list[int] = []
    total = 0.0
    for term in sorted(terms.indices, key=passages):
        total += passages(term)
        if total > POSTINGS and len(kept) >= RAREST:
            break
        kept.append(term)
    return kept


class LanguageSamples:
    """Draws samples when they are first asked for, and anew when much of a language has changed."""

    def __init__(self, engine: Engine) -> None:
        """Draw through `engine`."""
        self._engine = engine
        self._drawn: dict[str, tuple[int, LanguageSample]] = {}
        self._written = 0
        self._languages: dict[str, int] = {}
        self._until = -math.inf
        self._changes = 0

    async def samples(self) -> Sequence[tuple[str, LanguageSample]]:
        """Every base language that has passages, with its sample."""
        drawn = [(name, await self._sample(name, count)) for name, count in (await self._counts()).items()]
        return [(name, sample) for name, sample in drawn if sample is not None]

    def written(self, passages: int, languages: Collection[str]) -> None:
        """Say how many passages in which base languages were stored here, since one may have replaced another."""
        self._written += passages
        if not (self._large() and self._languages.keys() >= set(languages)):
            self._to_count()

    def forget(self) -> None:
        """Draw every sample anew when it is next asked for; of a large archive one article changes none."""
        if not self._large():
            self._drawn.clear()
            self._to_count()

    def _large(self) -> bool:
        return sum(self._languages.values()) > LARGE

    def _to_count(self) -> None:
        self._changes += 1
        self._until = -math.inf

    async def _counts(self) -> dict[str, int]:
        """Passages per base language: counted anew after a write of our own, and now and then for those of others."""
        if time.monotonic() > self._until:
            started, changes = time.monotonic(), self._changes
            self._languages = await self._engine.facet("meta.branch", passages_where())
            if changes == self._changes:  # else something was stored meanwhile: the next caller counts again
                took = time.monotonic() - started
                self._until = started + max(COUNTS_LAST_S, COUNTING_SHARE * took if self._large() else 0.0)
        return self._languages

    async def _sample(self, language: str, count: int) -> LanguageSample | None:
        written, sample = self._drawn.get(language, (0, None))
        if sample is not None:
            changed = max(abs(sample.count - count), self._written - written)
            if changed <= DRIFT * sample.count:
                return sample
        written, sample = self._written, await self._draw(language, count)
        if sample is not None:
            self._drawn[language] = written, sample
        return sample

    async def _draw(self, language: str, count: int) -> LanguageSample | None:
        """Point ids are hashes, so the first ones in their order are a fair sample, the same on every replica."""
        where = passages_where(language=language)
        points, _ = await self._engine.scroll(where, SIZE, vectors=True, fields=PASSAGE_FIELDS)
        vectors = np.asarray([point.dense for point in points if point.dense is not None], np.float32)
        if not len(vectors):  # removed since they were counted
            return None
        occurrences = Counter(term for point in points if point.terms for term in point.terms.indices)
        return LanguageSample(count, vectors.mean(axis=0), len(points), occurrences)
