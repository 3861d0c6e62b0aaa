"""Rankings and the right article in; ranks, recall and mean reciprocal rank, with counts, out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

CUTS = (1, 5, 8)  # 8 passages are what a question looks at


@dataclass(frozen=True, slots=True)
class Counted:
    """A share that keeps its counts: `count` of `of`."""

    count: int
    of: int

    @property
    def share(self) -> float:
        """Between 0 and 1; 0 where nothing was asked."""
        return self.count / self.of if self.of else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Count, whole and share as JSON."""
        return {"count": self.count, "of": self.of, "share": round(self.share, 4)}


@dataclass(frozen=True, slots=True)
class Scores:
    """How one method ranked the right articles of one set of questions."""

    recall: dict[int, Counted]
    mrr: float

    def to_dict(self) -> dict[str, Any]:
        """R@1, R@5, R@8 with counts, and MRR, as JSON."""
        recalls = {f"r{cut}": counted.to_dict() for cut, counted in self.recall.items()}
        return recalls | {"mrr": round(self.mrr, 4)}


def share_of(outcomes: Iterable[bool]) -> Counted:
    """Count the outcomes that are true."""
    listed = list(outcomes)
    return Counted(sum(listed), len(listed))


def rank_of(right: str, ranking: Sequence[str]) -> int | None:
    """Place of the right article, from 1, each article counted at its best passage; None when absent."""
    distinct = list(dict.fromkeys(ranking))
    return distinct.index(right) + 1 if right in distinct else None


def scores(ranks: Sequence[int | None]) -> Scores:
    """Recall at each cut and the mean of 1/rank; an absent article counts 0."""
    recall = {cut: share_of(rank is not None and rank <= cut for rank in ranks) for cut in CUTS}
    found = [1 / rank for rank in ranks if rank is not None]
    return Scores(recall, sum(found) / len(ranks) if ranks else 0.0)


def fuse_ranks(rankings: Sequence[Sequence[str]], k: int = 60) -> list[str]:
    """Reciprocal rank fusion (Cormack et al. 2009): best first; equal sums keep the order of first sight."""
    sums: dict[str, float] = {}
    for ranking in rankings:
        for place, one in enumerate(ranking, start=1):
            sums[one] = sums.get(one, 0.0) + 1 / (k + place)
    return sorted(sums, key=lambda one: -sums[one])


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """p50, p95, max and count of measured times, in their own unit."""
    if not values:
        return {"count": 0}
    p50, p95 = np.percentile(values, [50, 95])
    return {
        "count": len(values),
        "p50": round(float(p50), 2),
        "p95": round(float(p95), 2),
        "max": round(max(values), 2),
    }
