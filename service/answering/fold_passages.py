"""Passages in rank order in, groups of near-identical ones out: the same agency text in five papers is one hit."""

import re
from collections.abc import Sequence
from functools import cache

from indexing.archive.article import Passage

ALIKE = 0.8  # share of common character 5-grams (Jaccard; Broder 1997, "On the resemblance of documents")
GRAM = 5
_NUMBER = re.compile(r"\d+")
_SPACE = re.compile(r"\s+")


def fold_passages(passages: Sequence[tuple[Passage, str]]) -> list[list[int]]:
    """Group places of (passage, language) pairs; the first of a group is its best, groups keep the order.

    Only within one language, only between different articles, and only when all figures agree: two reports that
    differ in a number are two reports.
    """
    groups: list[list[int]] = []
    grams = cache(lambda place: _grams(passages[place][0].text))
    figures = [sorted(_NUMBER.findall(passage.text)) for passage, _ in passages]
    for place, (passage, language) in enumerate(passages):
        for group in groups:
            leader, leader_language = passages[group[0]]
            same = leader_language == language and figures[group[0]] == figures[place]
            if same and _may_be_alike(leader, passage) and _is_alike(grams(group[0]), grams(place)):
                group.append(place)
                break
        else:
            groups.append([place])
    return groups


def _may_be_alike(one: Passage, other: Passage) -> bool:
    return one.article_id != other.article_id and 0.7 < len(one.text) / len(other.text) < 1.4


def _is_alike(one: set[str], other: set[str]) -> bool:
    return len(one & other) >= ALIKE * len(one | other)


def _grams(text: str) -> set[str]:
    folded = _SPACE.sub(" ", text.casefold())
    return {folded[place : place + GRAM] for place in range(max(1, len(folded) - GRAM + 1))}
