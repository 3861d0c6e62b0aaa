"""A question in, the passages that may answer it out: dense and term search, made comparable across languages.

Plain hybrid search ruins search across languages: a question shares words with passages of its own language only, and
its cosines are higher there too. So each language is searched by itself, and a passage's score is

    cosine - what is usual for this question in that language + BETA * coverage beyond chance

where coverage is the share of the question's terms, weighed by inverse document frequency, that the passage holds.
Translations of the best passage are placed right after it. The constants were measured together on the pools of
`citewell evaluate`; docs/evaluation.md has the table.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from haystack import component
from numpy.typing import NDArray

from indexing.archive.archive import Archive
from indexing.archive.article import Passage
from indexing.archive.filters import Filters
from indexing.archive.language_samples import LanguageSample
from indexing.archive.search_passages import PassageHit, PassageQuery
from indexing.archive.terms import SparseTerms, Terms
from service.answering.coverage import Coverage
from service.answering.fold_passages import fold_passages
from service.answering.timings import timed
from service.answering.understand_question import Understood

DENSE_CANDIDATES = 50  # a language
TERM_CANDIDATES = 20
COVERAGE_WEIGHT = 0.12
CHANCE_COVERAGE = 0.15  # what a passage of the question's language covers without being about it
CHANCE_COVERAGE_ACROSS = (
    0.40  # in another language, where names and figures are shared; 0.30 lost a question en to de
)
USUAL_AT = 50  # passages at which a language's own mean counts half, the whole archive's the other half
OWN_LANGUAGE_GAP = 0.02  # how much higher a question's cosines are in its own language
TRANSLATION_COSINE = 0.80  # to the best passage
TRANSLATIONS = 4
# Below both, nothing is relevant: 0.5 % of same-language and crossing questions on XQuAD, PIAF and squad2 are refused
# wrongly, and 38 % of questions on other subjects rightly (93 % in an archive of one article). A weak filter, measured
# for the bundled encoder only; near misses in the right story are the reader's to refuse.
RELEVANT_OWN = 0.84  # cosine + RELEVANT_COVERAGE * coverage, in the question's language
RELEVANT_COVERAGE = 0.1
RELEVANT_ACROSS = 0.755  # cosine, in another language or when the question's is uncertain
MEASURED_ENCODER = "multilingual-e5-small"


@dataclass(frozen=True, slots=True)
class Found:
    """A passage with its score (comparable within one question), and the near-identical ones it stands for."""

    passage: Passage
    language: str
    score: float
    same: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class _Candidate:
    hit: PassageHit
    coverage: float
    score: float


@component
class Retrieve:
    """Searches an archive for one question: its vector for meaning, its terms for words."""

    def __init__(self, archive: Archive, terms: Terms) -> None:
        """Search in `archive`, which was written with `terms`."""
        self._archive = archive
        self._terms = terms

    @component.output_types(found=list[Found], coverage=Coverage, relevant=bool)
    def run(self, understood: Understood, vector: NDArray[np.float32]) -> dict[str, Any]:
        """The same as `run_async`, for use without a running loop."""
        return asyncio.run(self.run_async(understood, vector))

    @component.output_types(found=list[Found], coverage=Coverage, relevant=bool)
    async def run_async(self, understood: Understood, vector: NDArray[np.float32]) -> dict[str, Any]:
        """At most `top_k` passages, best first, and whether any of them has to do with the question."""
        with timed("search"):
            question = understood.question
            samples = dict(await self._archive.language_samples())
            coverage = Coverage(understood.standalone, self._terms, samples)
            candidates = await self._rank(understood, vector, samples, coverage)
            relevant = any(self._relevant(one, understood.languages) for one in candidates)
            # Twice as many as wanted, since near-identical ones are folded into one.
            best = (await self._with_translations(candidates))[: 2 * question.top_k]
            passages = {
                passage.id: passage for passage in await self._archive.passages([one.hit.id for one in best])
            }
            found = [
                Found(passages[one.hit.id], one.hit.language, round(one.score, 4))
                for one in best
                if one.hit.id in passages
            ]
            return {"found": _folded(found)[: question.top_k], "coverage": coverage, "relevant": relevant}

    def _relevant(self, candidate: _Candidate, languages: Sequence[str]) -> bool:
        cosine = candidate.hit.score
        if self._archive.manifest.encoder != MEASURED_ENCODER:
            return True
        if languages == (candidate.hit.language,):
            return cosine + RELEVANT_COVERAGE * candidate.coverage >= RELEVANT_OWN
        return cosine >= RELEVANT_ACROSS

    async def _rank(
        self,
        understood: Understood,
        vector: NDArray[np.float32],
        samples: Mapping[str, LanguageSample],
        coverage: Coverage,
    ) -> list[_Candidate]:
        usual = _usual_cosines(vector, samples, understood.languages)
        hits, weights = await self._candidates(
            samples, vector, coverage.question, understood.question.filters
        )
        candidates = []
        for hit in hits.values():
            covered = coverage.of_score(weights.get(hit.id, 0.0), hit.language)
            chance = CHANCE_COVERAGE if hit.language in understood.languages else CHANCE_COVERAGE_ACROSS
            score = hit.score - usual[hit.language] + COVERAGE_WEIGHT * max(0.0, covered - chance)
            candidates.append(_Candidate(hit, covered, score))
        return sorted(candidates, key=lambda one: (-one.score, one.hit.id))

    async def _candidates(
        self,
        languages: Mapping[str, LanguageSample],
        vector: NDArray[np.float32],
        terms: SparseTerms,
        filters: Filters,
    ) -> tuple[dict[str, PassageHit], dict[str, float]]:
        """Dense hits by passage id and term scores by passage id, each complete for all candidates."""
        by_vector = [PassageQuery(DENSE_CANDIDATES, vector=vector, language=name) for name in languages]
        by_terms = (
            [PassageQuery(TERM_CANDIDATES, terms=terms, language=name) for name in languages]
            if terms.indices
            else []
        )
        answers = await self._archive.search([*by_vector, *by_terms], filters)
        dense = {hit.id: hit for hits in answers[: len(by_vector)] for hit in hits}
        weights = {hit.id: hit.score for hits in answers[len(by_vector) :] for hit in hits}
        # What one search found gets its score in the other, too.
        missing = []
        for name, hits in zip(languages, answers[: len(by_vector)], strict=True):
            ids = tuple(hit.id for hit in hits if hit.id not in weights)
            if ids and terms.indices:
                missing.append(PassageQuery(len(ids), terms=terms, language=name, ids=ids))
        only_terms = tuple(id for id in weights if id not in dense)
        if only_terms:
            missing.append(PassageQuery(len(only_terms), vector=vector, ids=only_terms))
        if missing:
            for query, hits in zip(missing, await self._archive.search(missing, filters), strict=True):
                if query.terms is None:
                    dense |= {hit.id: hit for hit in hits}
                else:
                    weights |= {hit.id: hit.score for hit in hits}
        return dense, weights

    async def _with_translations(self, candidates: list[_Candidate]) -> list[_Candidate]:
        """Put the passage that says the same in each other language right after the best one."""
        others: dict[str, list[str]] = {}
        for one in candidates:
            if one.hit.language != candidates[0].hit.language:
                others.setdefault(one.hit.language, []).append(one.hit.id)
        if not others:
            return candidates
        best = candidates[0].hit.id
        vector = (await self._archive.vectors([best])).get(best)
        if vector is None:  # removed since it was found
            return candidates
        queries = [PassageQuery(1, vector=vector, ids=tuple(ids)) for ids in others.values()]
        nearest = [hit for hits in await self._archive.search(queries, Filters()) for hit in hits]
        nearest = sorted(
            (hit for hit in nearest if hit.score >= TRANSLATION_COSINE), key=lambda hit: -hit.score
        )
        first = {hit.id: place for place, hit in enumerate(nearest[:TRANSLATIONS])}
        translations = sorted(
            (one for one in candidates if one.hit.id in first), key=lambda one: first[one.hit.id]
        )
        rest = [one for one in candidates[1:] if one.hit.id not in first]
        return [candidates[0], *translations, *rest]


def _usual_cosines(
    vector: NDArray[np.float32], samples: Mapping[str, LanguageSample], own: Sequence[str]
) -> dict[str, float]:
    """The cosine that this question has by chance with a passage of each language.

    The mean over a language's sample, shrunk towards the whole archive where the language has few passages.
    """
    gap = {language: OWN_LANGUAGE_GAP if language in own else 0.0 for language in samples}
    means = {language: float(sample.mean @ vector) for language, sample in samples.items()}
    total = sum(sample.count for sample in samples.values())
    overall = (
        sum((means[language] - gap[language]) * sample.count for language, sample in samples.items()) / total
    )
    usual = {}
    for language, sample in samples.items():
        trust = sample.count / (sample.count + USUAL_AT)
        usual[language] = trust * means[language] + (1 - trust) * (overall + gap[language])
    return usual


def _folded(found: Sequence[Found]) -> list[Found]:
    """One of each group of near-identical passages of a language, with the others beside it."""
    groups = fold_passages([(one.passage, one.language) for one in found])
    return [
        replace(found[group[0]], same=tuple(found[place].passage for place in group[1:])) for group in groups
    ]
