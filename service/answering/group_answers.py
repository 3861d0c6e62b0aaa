"""Readings in, answers out: the spans that say the same, in whatever article and language, are one answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from service.answering.read_passages import Reading

Same = Callable[[Reading, Reading], bool]


@dataclass(frozen=True, slots=True)
class AnswerGroup:
    """Readings with one value, best first."""

    readings: tuple[Reading, ...]

    @property
    def best(self) -> Reading:
        """The reading that speaks for the group."""
        return self.readings[0]

    @property
    def articles(self) -> int:
        """How many articles say so."""
        return len({reading.found.passage.article_id for reading in self.readings})

    @property
    def of_each_article(self) -> list[Reading]:
        """The best reading of each article, best first."""
        best: dict[str, Reading] = {}
        for reading in self.readings:
            best.setdefault(reading.found.passage.article_id, reading)
        return list(best.values())


def group_answers(readings: Sequence[Reading], same: Same) -> list[AnswerGroup]:
    """Group readings (best first) by what they say; a reading joins the first group whose best one says the same.

    Spans of one place that overlap are one reading: the best.
    """
    groups: list[list[Reading]] = []
    for reading in readings:
        if any(_overlap(reading, other) for group in groups for other in group):
            continue
        for group in groups:
            if same(group[0], reading):
                group.append(reading)
                break
        else:
            groups.append([reading])
    return [AnswerGroup(tuple(group)) for group in groups]


def _overlap(one: Reading, other: Reading) -> bool:
    return (
        one.found.passage.article_id == other.found.passage.article_id
        and one.start < other.end
        and other.start < one.end
    )
