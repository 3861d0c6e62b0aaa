"""Measured rows in; each number to reach beside what was reached, in the order of the table of goals, out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.measure_retrieval import Row
from evaluation.metrics import Counted
from evaluation.rankings import CITEWELL, DENSE, HYBRID

SAME_LANGUAGE = {"en": 0.960, "es": 0.945, "de": 0.940, "ru": 0.925}
CROSSING = (("en", "de"), ("en", "es"), ("en", "ru"), ("de", "en"), ("es", "en"), ("ru", "en"))
MIXED = {"en": (0.935, 0.930), "ru": (0.915, 0.905)}
NEWS_ALONE_FIRST = 0.97
NEWS_ALONE_PASSAGE = 83 / 84


@dataclass(frozen=True, slots=True)
class Goal:
    """One number to reach; `dense_is_goal` where it is dense search in the same run."""

    what: str
    least: float
    reached: Counted
    dense: Counted
    hybrid: Counted
    dense_is_goal: bool = False

    @property
    def met(self) -> bool:
        """Whether the goal is reached, to the fourth digit."""
        return round(self.reached.share, 4) >= round(self.least, 4)

    def to_dict(self) -> dict[str, Any]:
        """The goal as JSON."""
        return {
            "what": self.what,
            "goal": "dense in the same run" if self.dense_is_goal else round(self.least, 4),
            "at_least": round(self.least, 4),
            "reached": self.reached.to_dict(),
            "dense": self.dense.to_dict(),
            "hybrid": self.hybrid.to_dict(),
            "met": self.met,
        }


def retrieval_goals(rows: Sequence[Row]) -> list[Goal]:
    """Every goal of retrieval whose row was measured."""
    return list(_goals({row.name: row for row in rows}))


def _goals(rows: dict[str, Row]) -> Iterator[Goal]:
    for language, least in SAME_LANGUAGE.items():
        if row := rows.get(f"xquad {language} → {language}"):
            yield _goal(f"{row.name}, right paragraph first", _first(row), least)
    for asked, told in CROSSING:
        if row := rows.get(f"xquad {asked} → {told}"):
            yield _goal(f"{row.name}, right paragraph first", _first(row))
    for language, (first, complete) in MIXED.items():
        if row := rows.get(f"mixed {language}"):
            yield _goal(f"{row.name}, story first", _first(row), first)
            yield _goal(
                f"{row.name}, all four versions in the top 8", row.extra["all_versions_in_top_8"], complete
            )
    alone, diluted = rows.get("news alone"), rows.get("news diluted")
    if alone:
        yield _goal("news alone, article first", _first(alone), NEWS_ALONE_FIRST)
        passage = alone.extra["answer_passage_in_top_8"]
        yield _goal("news alone, passage with the answer in the top 8", passage, NEWS_ALONE_PASSAGE)
    if diluted:
        yield _goal("news diluted, article first", _first(diluted))
        passage = diluted.extra["answer_passage_in_top_8"]
        yield _goal("news diluted, passage with the answer in the top 8", passage)


def _first(row: Row) -> dict[str, Counted]:
    return {method: scores.recall[1] for method, scores in row.scores.items()}


def _goal(what: str, counted: dict[str, Counted], least: float | None = None) -> Goal:
    dense = counted[DENSE]
    return Goal(
        what,
        dense.share if least is None else least,
        counted[CITEWELL],
        dense,
        counted[HYBRID],
        dense_is_goal=least is None,
    )
