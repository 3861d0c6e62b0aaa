"""Measured reading and whole answers in; each number to reach beside what was reached and what no reader gives, out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.measure_reading import MOST_FALSE as MOST_FALSE_READING
from evaluation.measure_reading import NO_READER, READER, ReadingRow, ReadingScores
from evaluation.measure_whole import NEWS, SQUAD2, PartRow, WholeRow
from evaluation.metrics import Counted

# Goal and what a first trial of 65 minutes of training gave, in per cent of F1.
XQUAD = {
    "xquad en → en": (78, 68),
    "xquad es → es": (68, 56),
    "xquad de → de": (66, 54),
    "xquad ru → ru": (64, 52),
    "xquad en → es": (60, 51),
    "xquad en → de": (56, 39),
    "xquad en → ru": (52, 33),
    "xquad ru → en": (55, None),
}
PIAF, SQUAD2_F1 = 62, 66
RIGHT, RIGHT_TRIAL = 75, 59
SURE_RIGHT, SURE_RIGHT_TRIAL = 50, 12
MOST_FALSE = 10
ARTICLE_FIRST, ARTICLE_FIRST_TRIAL = 97, 96
COVERS, VERBATIM = 98, 100
ECE = 0.05
P50, P95 = 250, 450  # milliseconds
READER_MB = 30


@dataclass(frozen=True, slots=True)
class ReadingGoal:
    """One number to reach; `reached` is None where it was not measured."""

    what: str
    unit: str
    goal: float
    reached: float | None
    counts: str = ""
    no_reader: float | None = None
    trial: float | None = None
    at_most: bool = False

    @property
    def met(self) -> bool:
        """Whether the goal is reached, to the second digit (an ECE to the fourth)."""
        if self.reached is None:
            return False
        digits = 4 if self.goal < 1 else 2
        reached, goal = round(self.reached, digits), round(self.goal, digits)
        return reached <= goal if self.at_most else reached >= goal

    def to_dict(self) -> dict[str, Any]:
        """The goal as JSON."""
        return {
            "what": self.what,
            "unit": self.unit,
            "goal": self.goal,
            "at_most": self.at_most,
            "reached": None if self.reached is None else round(self.reached, 4),
            "counts": self.counts,
            "no_reader": None if self.no_reader is None else round(self.no_reader, 4),
            "first_trial": self.trial,
            "met": self.met,
        }


def reading_goals(rows: Sequence[ReadingRow]) -> list[ReadingGoal]:
    """Every goal of reading whose set was measured."""
    return list(_reading({row.name: row for row in rows}))


def answer_goals(whole: Mapping[str, WholeRow]) -> list[ReadingGoal]:
    """Every goal of whole answers; `whole` by method, the one without a reader may be absent."""
    return list(_answers(whole[READER], whole.get(NO_READER)))


def size_goal(megabytes: float) -> ReadingGoal:
    """The size of the reader in the repository."""
    return ReadingGoal("reader in the repository", "MB", READER_MB, megabytes, at_most=True)


def _reading(rows: Mapping[str, ReadingRow]) -> Iterator[ReadingGoal]:
    for name, (goal, trial) in XQUAD.items():
        if name in rows:
            yield _f1(f"{name}, gold passage", rows[name], goal, trial)
    if "piaf" in rows:
        yield _f1("piaf fr → fr, gold passage", rows["piaf"], PIAF, None)
    if "squad2" in rows:
        yield from _squad2(rows["squad2"].methods)


def _f1(what: str, row: ReadingRow, goal: float, trial: float | None) -> ReadingGoal:
    scores, without = row.methods[READER].answerable, row.methods.get(NO_READER)
    return ReadingGoal(
        what,
        "F1",
        goal,
        100 * scores.f1,
        f"{scores.questions} questions",
        None if without is None else 100 * without.answerable.f1,
        trial,
    )


def _squad2(methods: Mapping[str, ReadingScores]) -> Iterator[ReadingGoal]:
    reader = methods[READER].refusing
    without = methods[NO_READER].refusing if NO_READER in methods else None
    if reader is None:
        return
    yield ReadingGoal(
        "squad2, refusals counted",
        "F1",
        SQUAD2_F1,
        100 * reader.scores.f1,
        f"{reader.scores.questions} questions",
        None if without is None else 100 * without.scores.f1,
    )
    yield ReadingGoal(
        "squad2, false answers at that threshold",
        "%",
        100 * MOST_FALSE_READING,
        100 * reader.false_answers.share,
        _counts(reader.false_answers),
        None if without is None else 100 * without.false_answers.share,
        at_most=True,
    )


def _answers(reader: WholeRow, without: WholeRow | None) -> Iterator[ReadingGoal]:
    news, other = reader.parts[NEWS], without.parts[NEWS] if without else None
    right = news.counts.right
    yield _share(
        "news diluted, right answers without a threshold",
        RIGHT,
        right,
        other.counts.holds if other else None,
        RIGHT_TRIAL,
    )
    sure = news.at_threshold.answered_right
    yield _share(
        "news diluted, answered and right at a threshold from other articles",
        SURE_RIGHT,
        sure,
        other.at_threshold.answered_right if other else None,
        SURE_RIGHT_TRIAL,
    )
    yield _share(
        "false answers at that threshold, news and squad2",
        MOST_FALSE,
        _false_answers(reader),
        _false_answers(without) if without else None,
        at_most=True,
    )
    yield _share(
        "news diluted, right article first",
        ARTICLE_FIRST,
        news.counts.article_first,
        other.counts.article_first if other else None,
        ARTICLE_FIRST_TRIAL,
    )
    yield _ece(reader.every, without.every if without else None)
    yield _share("quotes verbatim", VERBATIM, reader.verbatim, without.verbatim if without else None)
    yield _share("quote covers the answer, of right answers", COVERS, news.counts.covers, None)
    for name, goal in (("p50", P50), ("p95", P95)):
        if name in reader.milliseconds:
            count = f"{reader.milliseconds['count']:.0f} answers"
            yield ReadingGoal(
                f"time of a whole answer, {name}", "ms", goal, reader.milliseconds[name], count, at_most=True
            )


def _false_answers(row: WholeRow) -> Counted:
    found = [row.parts[name].at_threshold.false_answers for name in (NEWS, SQUAD2) if name in row.parts]
    return Counted(sum(one.count for one in found), sum(one.of for one in found))


def _ece(reader: PartRow, without: PartRow | None) -> ReadingGoal:
    return ReadingGoal(
        "calibration error of confidence, ten bins, out of fold",
        "ECE",
        ECE,
        reader.ece,
        f"{reader.attempted.count} answers",
        without.ece if without else None,
        at_most=True,
    )


def _share(
    what: str,
    goal: float,
    counted: Counted,
    without: Counted | None,
    trial: float | None = None,
    at_most: bool = False,
) -> ReadingGoal:
    return ReadingGoal(
        what,
        "%",
        goal,
        100 * counted.share,
        _counts(counted),
        None if without is None else 100 * without.share,
        trial,
        at_most,
    )


def _counts(counted: Counted) -> str:
    return f"{counted.count}/{counted.of}"
