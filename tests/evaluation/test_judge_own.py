"""Own questions are judged by value, article and quote; lists by every item, yes and no by the decisive run."""

from dataclasses import replace

import pytest

from evaluation.attempts import Attempt, Quoted
from evaluation.judge_own import JudgedOwn, judge_own
from evaluation.measure_reading import NO_READER, READER
from evaluation.own_page import SHOWN, own_counts, own_tables
from evaluation.own_questions import OtherArticle, OwnQuestion

FLOOD = OwnQuestion(
    id="flood",
    language="en",
    text="How many people were evacuated?",
    kind="number",
    answerable=True,
    article_id="de-2",
    short_answers=("4.150", "4.150 Menschen"),
    quotes=("4.150 Menschen evakuiert",),
    start=0,
    all_answers=(),
    also=(OtherArticle("ru-1", ("4150",)),),
    differs=(OtherArticle("fr-1", ("3 900",)),),
    note="",
    origin="test:1",
)
LISTED = replace(
    FLOOD, kind="list", short_answers=("Belanga y Osuri",), all_answers=("Belanga", "Osuri"), differs=()
)
DOGS = replace(
    FLOOD, kind="yes_no", short_answers=("Dogs are allowed", "allowed in single cabins"), differs=()
)
NOT_STATED = replace(
    FLOOD, answerable=False, short_answers=(), quotes=(), start=None, also=(), differs=(), note="why"
)


def quoted(article: str, quote: str, value: str = "", language: str = "de", differs: bool = False) -> Quoted:
    return Quoted(article, language, quote, value, bool(value), verbatim=True, differs=differs)


def attempt(text: str, *quotes: Quoted, given: bool = True) -> Attempt:
    return Attempt(text, quotes, given=given)


def judged(question: OwnQuestion, text: str, *quotes: Quoted, given: bool = True) -> JudgedOwn:
    return judge_own(question, attempt(text, *quotes, given=given), "seed")


RIGHT = quoted("de-2", "4.150 Menschen evakuiert", "4.150 Menschen")
ELSEWHERE = quoted("fr-1", "3 900 habitants", "3 900", "fr")


def test_a_value_of_the_article_or_of_another_that_proves_it_is_right() -> None:
    one = judged(FLOOD, "4.150 Menschen", RIGHT)
    assert one.right and one.covers and one.good and one.f1 == 1 and one.both_shown is False
    assert judged(FLOOD, "4150", quoted("ru-1", "4150 человек", "4150", "ru")).right


def test_the_other_articles_value_beside_it_is_noticed_and_alone_is_wrong() -> None:
    both = judged(FLOOD, "4.150 Menschen", RIGHT, replace(ELSEWHERE, differs=True))
    assert both.right and both.both_shown
    alone = judged(FLOOD, "3 900", ELSEWHERE)
    assert not alone.right and alone.both_shown is False
    assert alone.why_not == "value of an article that says otherwise"


def test_a_list_needs_every_item_and_not_the_whole_paragraph() -> None:
    quote = quoted("de-2", "otras dos, Belanga y Osuri", "Belanga y Osuri", "es")
    assert judged(LISTED, "Belanga y Osuri", quote).right
    assert judged(LISTED, "Belanga; Osuri", quote).right
    assert judged(LISTED, "Belanga", quote).why_not == "not everything named"
    long = "El próximo estudio sobre las nuevas redes empezará en otras dos, Belanga y Osuri, según el doctor"
    assert not judged(LISTED, long, quote).right


def test_yes_or_no_is_right_when_the_sentence_covers_the_decisive_run() -> None:
    sentence = "Dogs are allowed in single cabins, bicycles are not."
    one = judged(DOGS, sentence, quoted("de-2", sentence, language="en"))
    assert one.right and one.covers
    assert not judged(DOGS, "Bicycles are not.", quoted("de-2", "Bicycles are not.", language="en")).right


def test_a_question_that_names_no_article_is_of_the_seed() -> None:
    question = replace(FLOOD, article_id=None, also=(), differs=())
    assert judged(question, "4.150", quoted("seed", "4.150 Menschen", "4.150")).right
    assert judged(question, "4.150", quoted("other", "4.150 Menschen", "4.150")).f1 == 0


@pytest.mark.parametrize(
    ("question", "text", "quotes", "given", "why"),
    [
        (NOT_STATED, "7", (RIGHT,), True, "answered, though no article states it"),
        (NOT_STATED, "7", (RIGHT,), False, ""),
        (FLOOD, "", (), False, "nothing found"),
        (FLOOD, "4.150", (RIGHT,), False, "right, but not sure enough to be given"),
        (FLOOD, "48", (quoted("xx", "48", "48"),), True, "wrong article"),
        (FLOOD, "71", (quoted("de-2", "71", "71"),), True, "wrong place in the right article"),
        (FLOOD, "71", (quoted("de-2", "71", "71"),), False, "wrong place in the right article; refused"),
        (
            FLOOD,
            "Auf beiden Ufern wurden 4.150 evakuiert",
            (replace(RIGHT, value="x"),),
            True,
            "longer than the answer",
        ),
    ],
)
def test_what_went_wrong_is_told(
    question: OwnQuestion, text: str, quotes: tuple[Quoted, ...], given: bool, why: str
) -> None:
    assert judged(question, text, *quotes, given=given).why_not == why


def test_the_tables_count_by_kind_and_list_what_failed() -> None:
    long = "x" * 200
    reader = [
        judged(FLOOD, "4.150 Menschen", RIGHT),
        judged(NOT_STATED, long + "|", RIGHT),
        judged(LISTED, "Belanga", quoted("de-2", "Belanga y Osuri", "Belanga")),
    ]
    counted = own_counts({"gate": {READER: reader, NO_READER: reader}})
    groups = {group["name"]: group for group in counted["gate"]["groups"]}
    assert groups["number"]["right"] == {"count": 1, "of": 1, "share": 1.0}
    assert groups["number"]["refused"] == {"count": 0, "of": 1, "share": 0.0}
    assert groups["all"]["right"]["count"] == 1 and groups["list"]["right"]["count"] == 0
    page = "\n".join(own_tables(counted))
    assert "answered, though no article states it" in page and "not everything named" in page
    assert long not in page and "x" * (SHOWN - 1) + "…" in page
    assert "on the samples, by kind" in page and "seed article" not in page
