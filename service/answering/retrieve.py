"""A question in, the passages that may answer it out: dense and term search, made comparable across languages.

Plain hybrid search ruins search across languages: a question shares words with passages of its own language only, and
its cosines are higher there too. So each language is searched by itself, and a passage's score is

    cosine - what is usual for this question in that language + BETA * coverage beyond chance

where coverage is the share of the question's terms, weighed by inverse document frequency, that the passage holds.
Translations of the best passage are placed right after it. The constants were chosen together on the pools of
`citewell evaluate`, whose report shows what they give.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from haystack import component
from numpy.typing import NDArray

from indexing.archive.archive import Archive
from indexing.archive.article import Passage
from indexing.archive.language_samples import LARGE, LanguageSample, rarest_terms
from indexing.archive.search_passages import Candidate, CandidateSearch, Version
from indexing.archive.terms import Terms
from service.answering.coverage import Coverage
from service.answering.events import Status, is_heard, tell
from service.answering.fold_passages import fold_passages
from service.answering.timings import timed
from service.answering.understand_question import Understood

BY_VECTOR = 50  # candidates a language
BY_TERMS = 20
COVERAGE_WEIGHT = 0.12
CHANCE_COVERAGE = 0.15  # what a passage of the question's language covers without being about it
CHANCE_COVERAGE_ACROSS = (
    0.40  # in another language, where names and figures are shared; 0.30 lost a question en to de
)
USUAL_AT = 50  # passages at which a language's own mean counts half, the whole archive's the other half
OWN_LANGUAGE_GAP = 0.02  # how much higher a question's cosines are in its own language
TRANSLATION_COSINE = 0.80  # to the best passage
TRANSLATIONS = 4
# Below both, nothing is relevant. A weak filter, for the bundled encoder only (the report has what it refuses, rightly
# and wrongly): chosen to refuse at most 1 % of answerable questions; near misses are the reader's to refuse.
RELEVANT_OWN = 0.84  # cosine + RELEVANT_COVERAGE * coverage, in the question's language
RELEVANT_COVERAGE = 0.1
RELEVANT_ACROSS = 0.755  # cosine, in another language or when the question's is uncertain
MEASURED_ENCODER = "multilingual-e5-small"
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Found:
    """A passage with its score (comparable within one question), and the near-identical ones it stands for."""

    passage: Passage
    language: str
    score: float
    same: tuple[Passage, ...] = ()


class _Ranked(NamedTuple):
    candidate: Candidate
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
            if is_heard():
                tell(Status("searching", {"articles": await self._archive.article_count()}))
            samples = dict(await self._archive.language_samples())
            coverage = Coverage(understood.standalone, self._terms, samples)
            search = CandidateSearch(
                vector, coverage.question, list(samples), question.filters, BY_VECTOR, BY_TERMS
            )
            if sum(sample.count for sample in samples.values()) > LARGE:
                rare = rarest_terms(coverage.question, list(samples.values()))
                search = replace(
                    search,
                    rare={language: coverage.weighed(language, rare) for language in samples},
                    weighed={language: coverage.weighed(language) for language in samples},
                )
            usual = _usual_cosines(vector, samples, understood.languages)
            others: set[Version] = set()
            for _ in range(ATTEMPTS):
                candidates = await self._archive.candidates(search, others)
                ranked = _rank(candidates, usual, coverage, understood)
                # Twice as many as wanted, since near-identical ones are folded into one.
                best = (await self._with_translations(ranked))[: 2 * question.top_k]
                passages, outdated = await self._archive.current_passages(
                    [one.candidate.id for one in best], others
                )
                if len(passages) == len(best) and outdated == others:
                    break
                others = outdated  # an article changed meanwhile: its new version is found now
            places = {one.candidate.id: one for one in best}
            found = [
                Found(passage, places[passage.id].candidate.language, round(places[passage.id].score, 4))
                for passage in passages
            ]
            # Without words ("?", "🙂") a vector still lies near something, and means nothing.
            words = bool(coverage.question.indices) and any(map(str.isalnum, understood.standalone))
            relevant = words and any(self._relevant(one, understood.languages) for one in ranked)
            return {"found": _folded(found)[: question.top_k], "coverage": coverage, "relevant": relevant}

    def _relevant(self, one: _Ranked, languages: Sequence[str]) -> bool:
        if self._archive.manifest.encoder != MEASURED_ENCODER:
            return True
        if languages == (one.candidate.language,):
            return one.candidate.cosine + RELEVANT_COVERAGE * one.coverage >= RELEVANT_OWN
        return one.candidate.cosine >= RELEVANT_ACROSS

    async def _with_translations(self, ranked: list[_Ranked]) -> list[_Ranked]:
        """Put the passage that says the same in each other language right after the best one."""
        others: dict[str, list[str]] = {}
        for one in ranked:
            if one.candidate.language != ranked[0].candidate.language:
                others.setdefault(one.candidate.language, []).append(one.candidate.id)
        if not others:
            return ranked
        alike = await self._archive.most_alike(ranked[0].candidate.id, list(others.values()))
        alike = sorted((pair for pair in alike if pair[1] >= TRANSLATION_COSINE), key=lambda pair: -pair[1])
        places = {id: place for place, (id, _) in enumerate(alike[:TRANSLATIONS])}
        translations = [one for one in ranked if one.candidate.id in places]
        rest = [one for one in ranked[1:] if one.candidate.id not in places]
        return [ranked[0], *sorted(translations, key=lambda one: places[one.candidate.id]), *rest]


def _rank(
    candidates: Sequence[Candidate], usual: Mapping[str, float], coverage: Coverage, understood: Understood
) -> list[_Ranked]:
    """Best first, by the score that this file's first lines explain."""
    ranked = []
    for one in candidates:
        covered = coverage.of_score(one.weight, one.language)
        chance = CHANCE_COVERAGE if one.language in understood.languages else CHANCE_COVERAGE_ACROSS
        score = one.cosine - usual[one.language] + COVERAGE_WEIGHT * max(0.0, covered - chance)
        ranked.append(_Ranked(one, covered, score))
    return sorted(ranked, key=lambda one: (-one.score, one.candidate.id))


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
