"""What lifts one answer over another, and the signals that are told of the first."""

import math

from service.answering.group_answers import group_answers
from service.answering.question import Question
from service.answering.same_answer import SameAnswer
from service.answering.signals import Asked, RankedAnswer, rank_answers, signals
from service.answering.understand_question import Understood
from tests.service.answering.readings import reading


def _asked(text: str) -> Asked:
    return Asked.of(Understood(Question(text), text, "en", ("en",)), lambda word: word.islower())


def _ranked(question: str, *readings: object) -> tuple[list[RankedAnswer], Asked]:
    asked = _asked(question)
    titles = {one.found.passage.article_id: "" for one in readings}  # type: ignore[attr-defined]
    groups = group_answers(list(readings), SameAnswer(asked.type))  # type: ignore[arg-type]
    return rank_answers(groups, asked, titles), asked


def test_the_passage_that_names_what_is_asked_about_comes_first() -> None:
    ranked, _ = _ranked(
        "How many soldiers entered via Ishkashim?",
        reading("In all 1037 soldiers came over the border.", "1037", "a", score=6.0),
        reading("102 soldiers came over at Ishkashim.", "102", "b", score=5.0),
    )
    assert ranked[0].best.text == "102"
    assert ranked[0].names == 1.0


def test_a_name_is_no_number() -> None:
    ranked, _ = _ranked(
        "How many soldiers came?",
        reading("Soldiers of Khorog came.", "Khorog", "a", score=7.0),
        reading("Some 312 soldiers came.", "312", "b", score=5.0),
    )
    assert [answer.best.text for answer in ranked] == ["312", "Khorog"]
    assert ranked[1].fits is False


def test_articles_that_agree_lift_their_answer() -> None:
    ranked, _ = _ranked(
        "How many soldiers came?",
        reading("Some 104 soldiers came.", "104", "a", score=5.2),
        reading("Some 102 soldiers came.", "102", "b", score=5.0),
        reading("102 soldiers were there.", "102", "c", score=5.0),
    )
    assert ranked[0].best.text == "102"


def test_the_signals_are_those_of_the_first_answer() -> None:
    ranked, asked = _ranked(
        "How many soldiers entered via Ishkashim?",
        reading("102 soldiers came over at Ishkashim.", "102", "a", score=6.0, found=0.1),
        reading("At Langar 50 came.", "50", "b", score=2.0),
    )
    told = signals(ranked, asked)
    assert told["score"] == 6.0
    assert told["names"] == told["names_in_sentence"] == told["type_fits"] == 1.0
    assert told["agreement"] == 0.0
    assert told["margin"] == ranked[0].total - ranked[1].total


def test_a_question_without_names_tells_nothing_by_them() -> None:
    ranked, asked = _ranked("what came of it?", reading("It was closed.", "closed"))
    told = signals(ranked, asked)
    assert math.isnan(told["names"]) and math.isnan(told["names_in_sentence"])
    assert told["margin"] == 12.0
