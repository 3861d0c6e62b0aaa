"""Passages in rank order in, groups of near-identical ones out: the same agency text in five papers is one hit."""

import re
from collections.abc import Sequence

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
    figures = [sorted(_NUMBER.findall(passage.text)) for passage, _ in passages]
    for place, (passage, language) in enumerate(passages):
        for group in groups:
            leader, leader_language = passages[group[0]]
            same = leader_language == language and figures[group[0]] == figures[place]
            if same and _alike(leader, passage):
                group.append(place)
                break
        else:
            groups.append([place])
    return groups


def _alike(one: Passage, other: Passage) -> bool:
    if one.article_id == other.article_id or not 0.7 < len(one.text) / len(other.text) < 1.4:
        return False
    first, second = _grams(one.text), _grams(other.text)
    return len(first & second) >= ALIKE * len(first | second)


def _grams(text: str) -> set[str]:
    folded = _SPACE.sub(" ", text.casefold())
    return {folded[place : place + GRAM] for place in range(max(1, len(folded) - GRAM + 1))}
