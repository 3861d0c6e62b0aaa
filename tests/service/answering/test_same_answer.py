"""What counts as the same answer, across units, languages and scripts, and what must be told apart."""

import pytest

from service.answering.answer_type import AnswerType
from service.answering.group_answers import group_answers
from service.answering.same_answer import SameAnswer
from tests.service.answering.readings import reading


@pytest.mark.parametrize(
    ("expected", "one", "other"),
    [
        ("number", "102 personnes", "102 soldiers"),
        ("number", "1 037", "1,037"),
        ("number", "1.037 Soldaten", "١٬٠٣٧"),
        ("number", "1,5 million", "1 500 000"),
        ("date", "5 juillet 2021", "5 July 2021"),
        (None, "Emomali Rahmon", "President Emomali Rahmon"),
        ("person", "Эмомали Рахмон", "Emomali Rahmon"),
        (None, "la frontière", "La Frontière"),
        (None, "38 %", "٣٨٪"),
    ],
)
def test_the_same(expected: AnswerType | None, one: str, other: str) -> None:
    russian = "ru" if one.startswith("Э") else "en"
    assert SameAnswer(expected)(reading(one, one, "a", russian), reading(other, other, "b"))


@pytest.mark.parametrize(
    ("expected", "one", "other"),
    [
        ("number", "102 personnes", "104 personnes"),
        ("number", "102", "1 037"),
        ("number", "20", "20,000"),
        ("date", "5 July 2021", "6 July 2021"),
        ("date", "July 2021", "July 2020"),
        ("person", "Vladimir Putin", "Shavkat Mirziyoyev"),
        (None, "north", "northern army"),
        (None, "Iran", "Iraq"),
    ],
)
def test_not_the_same(expected: AnswerType | None, one: str, other: str) -> None:
    assert not SameAnswer(expected)(reading(one, one, "a"), reading(other, other, "b"))


def test_readings_with_one_value_are_one_answer_of_several_articles() -> None:
    readings = [
        reading("At Ishkashim 102 soldiers came.", "102 soldiers", "en"),
        reading("Khorog took in 312.", "312", "de"),
        reading("À Ishkashim, 102 personnes.", "102 personnes", "fr", "fr"),
    ]
    groups = group_answers(readings, SameAnswer("number"))
    assert [[one.text for one in group.readings] for group in groups] == [
        ["102 soldiers", "102 personnes"],
        ["312"],
    ]
    assert [group.articles for group in groups] == [2, 1]


def test_of_spans_that_overlap_the_best_one_stays() -> None:
    text = "It cost 48 million euros."
    readings = [reading(text, "48 million euros"), reading(text, "48 million"), reading(text, "euros")]
    groups = group_answers(readings, SameAnswer("amount"))
    assert [[one.text for one in group.readings] for group in groups] == [["48 million euros"]]


def test_an_article_speaks_once_for_a_value() -> None:
    text = "102 came. In all 102 stayed."
    readings = [reading(text, "102", "a"), reading(text[10:], "102", "a", score=4.0)]
    [group] = group_answers([readings[0], readings[1]], SameAnswer("number"))
    assert len(group.of_each_article) == 1
    assert group.of_each_article[0].score == 5.0
