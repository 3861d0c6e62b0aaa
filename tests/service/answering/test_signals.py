"""What lifts one answer over another, and the signals that are told of the first."""

import math

from service.answering.group_answers import group_answers
from service.answering.question import Question
from service.answering.read_passages import Reading
from service.answering.same_answer import SameAnswer
from service.answering.signals import (
    OTHER_ARTICLES,
    Asked,
    RankedAnswer,
    language_pair,
    rank_answers,
    signals,
)
from service.answering.understand_question import Understood
from tests.service.answering.readings import reading


def _asked(text: str) -> Asked:
    return Asked.of(Understood(Question(text), text, "en", ("en",)), lambda word: word.islower())


HEADINGS = dict.fromkeys("abc", "2021-07-05")


def _ranked(question: str, *readings: Reading) -> tuple[list[RankedAnswer], Asked]:
    asked = _asked(question)
    return rank_answers(group_answers(readings, SameAnswer(asked.type)), asked, HEADINGS), asked


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
    told = signals(ranked, asked, HEADINGS)
    assert (told["score"], told["others_below"]) == (6.0, -2.0)
    assert told["names"] == told["type_fits"] == 1.0
    assert told["agreement"] == 0.0


def test_other_articles_count_by_the_mean_of_their_best() -> None:
    ranked, asked = _ranked(
        "How many soldiers entered via Ishkashim?",
        reading("At Ishkashim 102 soldiers came.", "102", "a", score=6.0),
        reading("At Langar 50 soldiers came.", "50", "a", score=5.5),
        reading("At Velm 7 soldiers came.", "7", "b", score=1.0),
        reading("At Velm 7 of 9 soldiers came.", "9", "b", score=-2.0),
        reading("At Korvel 8 soldiers came.", "8", "c", score=-3.0),
    )
    assert signals(ranked, asked, HEADINGS)["others_below"] == 1.0


def test_an_article_that_agrees_is_none_of_the_others() -> None:
    ranked, asked = _ranked(
        "How many came?",
        reading("Some 102 came.", "102", "a", score=6.0),
        reading("In all 102 came.", "102", "b", score=5.0),
        reading("Some 7 came.", "7", "c", score=-2.0),
    )
    assert signals(ranked, asked, HEADINGS)["others_below"] == 2.0


def test_alone_an_article_is_measured_against_what_others_usually_reach() -> None:
    ranked, asked = _ranked("How many came?", reading("Some 102 came.", "102", score=6.0))
    assert signals(ranked, asked, HEADINGS)["others_below"] == -OTHER_ARTICLES


def test_the_pair_is_the_questions_language_and_the_articles() -> None:
    ranked, asked = _ranked("How many soldiers came?", reading("Some 312 soldiers came.", "312"))
    assert language_pair(asked, ranked[0]) == f"en-{ranked[0].best.found.language}"


def test_a_question_without_names_tells_nothing_by_them() -> None:
    ranked, asked = _ranked("what came of it?", reading("It was closed.", "closed"))
    told = signals(ranked, asked, HEADINGS)
    assert math.isnan(told["names"])


def test_a_denial_and_a_year_that_do_not_fit_are_told() -> None:
    def told(question: str, text: str, span: str) -> dict[str, float]:
        ranked, asked = _ranked(question, reading(text, span))
        return signals(ranked, asked, HEADINGS)

    unmet = told("Which train did not stop at Velm?", "The Aurora stopped at Velm.", "The Aurora")
    assert (unmet["denial_met"], unmet["year_met"]) == (0.0, 1.0)
    other = told("Who crossed in 1999?", "In 2004 Amara Kessou crossed.", "Amara Kessou")
    assert (other["denial_met"], other["year_met"]) == (1.0, 0.0)
    dated = told("Who crossed in 2021?", "As in 2004, Amara Kessou crossed.", "Amara Kessou")
    assert dated["year_met"] == 1.0


def test_crossing_is_told_by_the_base_of_the_tag() -> None:
    ranked, asked = _ranked("Who crossed?", reading("Amara Kessou crossed.", "Amara", language="en-GB"))
    assert signals(ranked, asked, HEADINGS)["crossing"] == 0.0
    ranked, asked = _ranked("Who crossed?", reading("Amara Kessou a traversé.", "Amara", language="fr"))
    assert signals(ranked, asked, HEADINGS)["crossing"] == 1.0
