"""Pools and questions in; one row of scores a set, for Citewell and both baselines side by side, out."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tqdm import tqdm

from evaluation.evaluation_sets import SetQuestion
from evaluation.metrics import Counted, Scores, rank_of, scores, share_of
from evaluation.pools import Pool
from evaluation.rankings import CITEWELL, DENSE, METHODS, Ranked, Rankings
from indexing.archive.article import Passage
from indexing.archive.encoder import Encoder

Outcome = tuple[SetQuestion, Ranked]


@dataclass(frozen=True, slots=True)
class Row:
    """One set of questions asked of one pool."""

    name: str
    group: str
    pool: str
    question_language: str
    questions: int
    scores: dict[str, Scores]
    won: int
    """Questions whose right article Citewell puts first and dense search does not."""
    lost: int
    detected: dict[str, Counted]
    """Questions whose language was detected right, by language."""
    extra: dict[str, dict[str, Counted]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON."""
        return {
            "set": self.name,
            "group": self.group,
            "pool": self.pool,
            "question_language": self.question_language,
            "questions": self.questions,
            "language_detected": {name: one.to_dict() for name, one in self.detected.items()},
            "methods": {method: one.to_dict() for method, one in self.scores.items()},
            "first_against_dense": {"won": self.won, "lost": self.lost},
            **{
                name: {method: counted.to_dict() for method, counted in counts.items()}
                for name, counts in self.extra.items()
            },
        }


class RetrievalMeasure:
    """Asks sets of questions of one pool and keeps every time it took."""

    def __init__(self, pool: Pool, encoder: Encoder) -> None:
        """Measure `pool`, which was written with `encoder`."""
        self.milliseconds: list[float] = []
        self._pool = pool
        self._rankings = Rankings(pool.archive, encoder)

    async def parallel(self, name: str, group: str, questions: Sequence[SetQuestion]) -> Row:
        """Questions whose right article is the one of the same story, in the language of the pool."""
        outcomes = await self._asked(name, questions)
        return self._row(name, group, outcomes, self._story)

    async def mixed(self, name: str, questions: Sequence[SetQuestion]) -> Row:
        """Story first, in any language; and whether all its versions are among the passages."""
        outcomes = await self._asked(name, questions)
        complete = {
            method: share_of(
                set(self._story(question)) <= {passage.article_id for passage in ranked.passages[method]}
                for question, ranked in outcomes
            )
            for method in METHODS
        }
        return self._row(name, "mixed", outcomes, self._story, {"all_versions_in_top_8": complete})

    async def single(self, name: str, group: str, questions: Sequence[SetQuestion]) -> Row:
        """Questions with one right article; and whether a passage that holds the whole answer is found."""
        outcomes = await self._asked(name, questions)
        holding = {
            method: share_of(
                any(self._holds(question, passage) for passage in ranked.passages[method])
                for question, ranked in outcomes
            )
            for method in METHODS
        }
        return self._row(name, group, outcomes, self._article, {"answer_passage_in_top_8": holding})

    async def _asked(self, name: str, questions: Sequence[SetQuestion]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for question in tqdm(questions, desc=name, delay=2, disable=None, leave=False, file=sys.stderr):
            outcomes.append((question, await self._rankings.rank(question.text)))
        self.milliseconds += [ranked.milliseconds for _, ranked in outcomes]
        return outcomes

    def _story(self, question: SetQuestion) -> tuple[str, ...]:
        assert question.story is not None, "a question of a parallel set belongs to a story"
        return self._pool.stories[question.story]

    def _article(self, question: SetQuestion) -> tuple[str, ...]:
        assert question.article_id is not None, "an answerable question names its article"
        return (self._pool.homes[question.article_id],)

    def _holds(self, question: SetQuestion, passage: Passage) -> bool:
        return passage.article_id in self._article(question) and any(
            passage.start <= answer.start and answer.end <= passage.end for answer in question.answers
        )

    def _row(
        self,
        name: str,
        group: str,
        outcomes: Sequence[Outcome],
        right: Callable[[SetQuestion], tuple[str, ...]],
        extra: dict[str, dict[str, Counted]] | None = None,
    ) -> Row:
        ranks = {
            method: [_rank(right(question), ranked.passages[method]) for question, ranked in outcomes]
            for method in METHODS
        }
        first = list(zip(ranks[CITEWELL], ranks[DENSE], strict=True))
        return Row(
            name=name,
            group=group,
            pool=self._pool.name,
            question_language="+".join(sorted({question.language for question, _ in outcomes})),
            questions=len(outcomes),
            scores={method: scores(ranks[method]) for method in METHODS},
            won=sum(ours == 1 and dense != 1 for ours, dense in first),
            lost=sum(ours != 1 and dense == 1 for ours, dense in first),
            detected=_detected(outcomes),
            extra=extra or {},
        )


def _detected(outcomes: Sequence[Outcome]) -> dict[str, Counted]:
    languages = sorted({question.language for question, _ in outcomes})
    return {
        language: share_of(
            ranked.language == language for question, ranked in outcomes if question.language == language
        )
        for language in languages
    }


def _rank(right: Sequence[str], passages: Sequence[Passage]) -> int | None:
    """Rank of the best of the right articles: versions of one story count as one."""
    told = ["" if passage.article_id in right else passage.article_id for passage in passages]
    return rank_of("", told)
