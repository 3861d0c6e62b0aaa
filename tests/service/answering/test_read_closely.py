"""What a second reading changes: scores of the best sentences, their order, and nothing about places."""

from collections.abc import Sequence
from typing import cast

from indexing.archive.article import Passage
from service.answering.question import Question
from service.answering.read_closely import SENTENCES, ReadClosely
from service.answering.read_passages import Reading
from service.answering.reader import Reader, Span
from service.answering.retrieve import Found
from service.answering.understand_question import Understood

UNDERSTOOD = Understood(Question("How many?"), "How many?", "en", ("en",))
TEXT = "Rain fell. 102 came. They left. 50 stayed."
SENTENCE_PLACES = ((0, 10), (11, 20), (21, 31), (32, 42))
START = 1000


class ScriptedReader:
    """Marks the runs it is told to, with their scores, wherever they stand; keeps what it was given."""

    def __init__(self, scores: dict[str, float]) -> None:
        self._scores = scores
        self.passages: list[str] = []

    def read(self, question: str, passages: Sequence[str], most: int = 5) -> list[list[Span]]:
        self.passages += passages
        return [
            sorted(
                (
                    Span(place, place + len(run), score)
                    for run, score in self._scores.items()
                    if (place := passage.find(run)) >= 0
                ),
                key=lambda span: -span.score,
            )[:most]
            for passage in passages
        ]


def _reading(run: str, score: float, article: str = "a", text: str = TEXT) -> Reading:
    places = tuple((START + start, START + end) for start, end in SENTENCE_PLACES)
    passage = Passage(article, "v", START, START + len(text), text, places)
    start = START + text.index(run)
    return Reading(Found(passage, "en", 0.0), start, start + len(run), score)


def _closely(readings: list[Reading], scores: dict[str, float]) -> tuple[list[Reading], list[str]]:
    reader = ScriptedReader(scores)
    component = ReadClosely(cast(Reader, reader))
    return component.run(UNDERSTOOD, readings)["readings"], reader.passages


def test_a_sentence_is_read_with_its_neighbours_and_the_scores_are_averaged() -> None:
    [reading], passages = _closely([_reading("102", 6.0)], {"102": 2.0})
    assert passages == ["Rain fell. 102 came. They left."]
    assert (reading.score, reading.text) == (4.0, "102")


def test_what_the_sentence_does_not_say_falls_behind() -> None:
    readings, _ = _closely([_reading("50", 6.0), _reading("102", 5.0)], {"102": 5.0, "50": -4.0})
    assert [reading.text for reading in readings] == ["102", "50"]


def test_a_place_that_is_not_found_again_is_no_better_than_the_last_that_is() -> None:
    [reading], _ = _closely([_reading("102", 6.0)], {"They": 3.0, "Rain": -2.0})
    assert reading.score == 2.0


def test_readings_of_one_sentence_share_its_second_reading() -> None:
    readings, passages = _closely([_reading("102", 6.0), _reading("102 came", 5.0)], {"102": 4.0})
    assert len(passages) == 1
    assert [(reading.text, reading.score) for reading in readings] == [("102", 5.0), ("102 came", 4.5)]


def test_only_the_best_sentences_are_read_again() -> None:
    many = [_reading("102", 6.0 - place, f"a{place}") for place in range(SENTENCES + 2)]
    readings, passages = _closely(many, {"102": 9.0})
    assert len(passages) == SENTENCES
    before = {reading.found.passage.article_id: reading.score for reading in many}
    assert [reading.score == before[reading.found.passage.article_id] for reading in readings].count(
        True
    ) == 2


def test_nothing_read_gives_nothing() -> None:
    assert _closely([], {}) == ([], [])
