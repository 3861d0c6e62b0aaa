"""Parts, kinds and thresholds over attempts drawn by hand; the questions of the pool are the same for the same seed."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from evaluation.attempts import Attempt, Quoted
from evaluation.evaluation_sets import SetQuestion, Span, load_sets
from evaluation.judge_answers import Judged, judge
from evaluation.measure_whole import (
    ES_ON_ES,
    NEWS,
    ON_ES,
    SQUAD2,
    SQUAD2_ES,
    AskedQuestion,
    attempt_all,
    questions_of_the_pool,
    questions_on_spanish,
    summarise,
)


class SaysTheFirstWord:
    """Answers with the first word of the question, as of the article `a`."""

    async def attempt(self, question: str) -> Attempt:
        word = question.split()[0]
        return Attempt(
            word, (Quoted("a", "en", word, word, covers=True, verbatim=True),), ("a",), {"score": 1.0}
        )


def asked(number: int, part: str, answerable: bool, kind: str = "number") -> SetQuestion:
    answers = (Span(0, 2, "12"),) if answerable else ()
    return SetQuestion(f"{part} {number}", "en", "12 of what?", "a", "a", answers, answerable, kind)


def pool(count: int = 300) -> list[Judged]:
    """Right answers score 3 on average, wrong and false ones -3; every fourth news question has no answer."""
    source = random.Random(9)
    judged = []
    for number in range(count):
        part = NEWS if number % 3 == 0 else SQUAD2
        question = asked(number, part, answerable=number % 4 != 0)
        right = question.answerable and number % 2 == 0
        text = "12" if right else "13"
        attempt = Attempt(
            text,
            (Quoted("a", "en", text, text, covers=True, verbatim=True),),
            ("a",),
            {"score": source.gauss(3 if right else -3, 1)},
            given=right,
            confidence=0.9 if right else 0.1,
            milliseconds=100.0 + number,
        )
        judged.append(judge(question, attempt, {"a": "a"}, part, f"article {number // 5}"))
    return judged


def test_a_signal_that_tells_right_from_wrong_leaves_only_right_answers() -> None:
    row = summarise("reader", pool())
    news = row.parts[NEWS]
    assert news.counts.right.of == 75
    assert news.at_threshold.answered_right.count >= 0.9 * news.counts.right.count
    assert row.every.at_threshold.false_answers.share <= 0.12
    assert row.every.at_most_wrong.risk <= 0.1
    assert row.every.ece < 0.05
    assert row.verbatim.share == 1.0
    assert row.milliseconds["count"] == 300
    assert (row.shipped.wrong, row.shipped.false) == (0, 0)
    assert row.shipped_ece == pytest.approx(0.1)
    assert {kind.kind: kind.right.of for kind in row.kinds} == {"number": 75}
    assert row.to_dict()["every"]["right"]["of"] == 225


def test_what_has_no_answer_is_refused_at_every_threshold() -> None:
    judged = pool()
    silent = replace(judged[1], attempt=Attempt(""), right=False)
    row = summarise("reader", [silent, *judged])
    assert row.every.attempted.to_dict()["count"] == 300
    assert row.every.attempted.of == 301
    assert row.curve[-1].answered <= 301


async def test_follow_ups_are_asked_in_full() -> None:
    question = replace(asked(1, NEWS, True), text="And then?", standalone="12 then?")

    one = AskedQuestion(question, NEWS, "a")
    [found] = await attempt_all("words", SaysTheFirstWord(), [one], {"a": "a"})
    assert found.attempt.text == "12"
    assert found.right


def test_questions_of_the_pool_keep_their_article_together(sets: Path) -> None:
    found = questions_of_the_pool(load_sets(sets, 0, 1), 0, 1)
    assert [(one.part, one.question.answerable) for one in found] == [
        (NEWS, True),
        (NEWS, True),
        (NEWS, False),
        (SQUAD2, True),
        (SQUAD2, False),
        (SQUAD2_ES, True),
    ]
    english, spanish = found[3].question, found[5].question
    assert (spanish.text, spanish.language) == ("¿Qué atrae el mar?", "es")
    assert (spanish.article_id, spanish.answers) == (english.article_id, english.answers)
    assert found[3].group == found[4].group == found[5].group == "Tides"
    assert found[2].group == "u"


def test_the_same_questions_are_asked_in_both_languages_on_spanish_passages(sets: Path) -> None:
    found = questions_on_spanish(load_sets(sets, 0, 1), 0, 1)
    assert [(one.part, one.question.text, one.question.language) for one in found] == [
        (ON_ES, "What pulls at the sea?", "en"),
        (ES_ON_ES, "¿Qué atrae el mar?", "es"),
    ]
    assert {one.question.article_id for one in found} == {"t-bridge-es"}
    assert {one.question.answers[0].text for one in found} == {"puente"}
    assert {one.group for one in found} == {"Tides"}


@pytest.mark.evaluation
def test_the_real_pool_has_its_questions(evaluation_data: Path) -> None:
    sets = load_sets(evaluation_data, 300, 1)
    found = questions_of_the_pool(sets, 300, 1)
    news = [one for one in found if one.part == NEWS]
    assert (len(news), sum(one.question.answerable for one in news)) == (113, 90)
    others = [one for one in found if one.part == SQUAD2]
    assert (len(others), sum(one.question.answerable for one in others)) == (600, 300)
    assert len({one.group for one in others}) == 17
    crossing = [one for one in found if one.part == SQUAD2_ES]
    assert {one.question.language for one in crossing} == {"es"}
    assert {one.question.article_id for one in crossing} <= {one.question.article_id for one in others}
    assert len(crossing) >= 300
    assert found == questions_of_the_pool(sets, 300, 1)
