"""Which passages are read and what comes out: absolute places, best first, no more than can win."""

from collections.abc import Sequence
from typing import Any, cast

from indexing.archive.article import Passage
from service.answering.question import Question
from service.answering.read_passages import HIGHEST_SCORE, RETRIEVAL_WEIGHT, ReadPassages
from service.answering.reader import Reader, Span
from service.answering.retrieve import Found
from service.answering.understand_question import Understood

UNDERSTOOD = Understood(Question("How many?"), "How many?", "en", ("en",))


class ScriptedReader:
    """Marks the first figure of each passage with the score that stands before a colon; keeps what it was given."""

    def __init__(self) -> None:
        self.passages: list[str] = []

    def read(self, question: str, passages: Sequence[str], most: int = 5) -> list[list[Span]]:
        self.passages += passages
        return [self._spans(passage) for passage in passages]

    def _spans(self, passage: str) -> list[Span]:
        score, _, rest = passage.partition(":")
        if not rest:
            return []
        start = next(place for place, sign in enumerate(passage) if place > len(score) and sign.isdigit())
        end = start
        while end < len(passage) and passage[end].isdigit():
            end += 1
        return [Span(start, end, float(score))]


def _found(texts: Sequence[str], scores: Sequence[float]) -> list[Found]:
    return [
        Found(
            Passage(f"a{place}", "v", 1000, 1000 + len(text), text, ((1000, 1000 + len(text)),)), "en", score
        )
        for place, (text, score) in enumerate(zip(texts, scores, strict=True))
    ]


def _read(texts: Sequence[str], scores: Sequence[float]) -> tuple[list[Any], list[str]]:
    reader = ScriptedReader()
    component = ReadPassages(cast(Reader, reader))
    return component.run(UNDERSTOOD, _found(texts, scores))["readings"], reader.passages


def test_places_are_those_of_the_article() -> None:
    [reading], _ = _read(["3.5: there were 102 of them"], [0.1])
    assert (reading.start, reading.end) == (1016, 1019)
    assert reading.text == "102"
    assert reading.sentence == (1000, 1027)


def test_score_and_retrieval_rank_together() -> None:
    readings, _ = _read(["5: 11", "5: 22", "4.9: 33"], [0.1, 0.2, 0.0])
    assert [reading.text for reading in readings] == ["22", "11", "33"]
    assert readings[0].total == 5 + RETRIEVAL_WEIGHT * 0.2


def test_every_passage_is_read_while_one_may_win() -> None:
    texts = [f"{score}: {score}" for score in (9, 8, 7, 6, 5)]
    _, read = _read(texts, [0.05, 0.04, 0.03, 0.02, 0.01])
    assert read == texts


def test_what_cannot_win_is_not_read() -> None:
    sure = HIGHEST_SCORE - 0.5
    texts = [f"{sure}: 1", "3: 2", "9: 3", "9: 4"]
    readings, read = _read(texts, [0.5, 0.4, 0.2, 0.1])
    assert read == texts[:2]
    assert readings[0].text == "1"


def test_a_passage_without_a_span_gives_none() -> None:
    readings, _ = _read(["nothing here", "2: 7"], [0.2, 0.1])
    assert [reading.text for reading in readings] == ["7"]


def test_nothing_found_is_nothing_read() -> None:
    assert _read([], []) == ([], [])


def test_passages_come_out_by_reader_and_retrieval_together() -> None:
    reader = ScriptedReader()
    found = _found(["1: 11", "no figure", "6: 33"], [0.2, 0.15, 0.1])
    passages = ReadPassages(cast(Reader, reader)).run(UNDERSTOOD, found)["passages"]
    assert [one.found.passage.text for one in passages] == ["6: 33", "1: 11", "no figure"]
    assert all(0 <= one.score <= 1 for one in passages)
