"""Attempts written by hand against questions written by hand: right answer, right article, quote that covers."""

import pytest

from evaluation.attempts import Attempt, Quoted
from evaluation.evaluation_sets import SetQuestion, Span
from evaluation.judge_answers import Judged, counts, judge, verbatim

HOMES = {"set-1": "archive-1", "set-2": "archive-2"}


def question(
    *answers: str, answerable: bool = True, article: str | None = "set-1", needed: tuple[str, ...] = ()
) -> SetQuestion:
    return SetQuestion(
        id="q",
        language="en",
        text="How many soldiers came?",
        article_id=article,
        story=article,
        answers=tuple(Span(0, len(text), text) for text in answers),
        answerable=answerable,
        kind="list" if needed else "number",
        all_spans=tuple(Span(0, len(text), text) for text in needed),
    )


def quoted(quote: str, article: str = "archive-1", covers: bool = True, exact: bool = True) -> Quoted:
    return Quoted(article, "fr", quote, quote, covers, exact)


def judged(text: str, asked: SetQuestion, *quotes: Quoted) -> Judged:
    attempt = Attempt(text, quotes, tuple(one.article_id for one in quotes), {"score": 1.0})
    return judge(asked, attempt, HOMES, "news", "set-1")


def test_a_right_answer_of_the_right_article_with_a_covering_quote() -> None:
    found = judged("102 personnes", question("102"), quoted("Ishkashim (102 personnes)"))
    assert (found.right, found.exact, found.holds, found.article_first, found.covers) == (
        True,
        False,
        True,
        True,
        True,
    )
    assert found.f1 == pytest.approx(2 / 3)
    assert found.case().pair == "en-fr"


def test_the_same_words_of_another_article_are_not_right() -> None:
    found = judged("102", question("102"), quoted("102 canards", "archive-2"))
    assert (found.right, found.holds, found.f1, found.article_first, found.article_cited) == (
        False,
        False,
        0.0,
        False,
        False,
    )


def test_a_sentence_holds_an_answer_and_is_none() -> None:
    sentence = "Quelque 102 soldats sont entrés par le poste frontière dans la nuit"
    found = judged(sentence, question("102"), quoted(sentence, covers=False))
    assert (found.right, found.holds, found.covers) == (False, True, False)
    assert found.case().right is False
    assert found.case(by_holding=True).right is True


def test_a_list_needs_every_span_and_not_a_whole_paragraph() -> None:
    asked = question("Khorog", "Langar", needed=("Khorog", "Langar"))
    quotes = quoted("à Khorog hier"), quoted("à Langar aussi")
    assert judged("Khorog; Langar", asked, *quotes).right
    assert judged("Khorog; Langar", asked, *quotes).covers
    assert not judged("Khorog", asked, *quotes).right
    assert not judged("Khorog; Langar", asked, quotes[0]).covers
    paragraph = "Des soldats sont entrés à Khorog hier soir et puis encore d'autres à Langar ce matin"
    assert not judged(paragraph, asked, *quotes).right


def test_an_answer_to_what_has_none_is_false_whatever_it_says() -> None:
    found = judged("102", question(answerable=False), quoted("Ishkashim (102 personnes)"))
    assert not found.right
    case = found.case()
    assert (case.answerable, case.right, case.attempted) == (False, False, True)


def test_off_topic_questions_have_no_right_article() -> None:
    found = judged("102", question(answerable=False, article=None), quoted("102"))
    assert not found.article_first


def test_no_answer_is_no_attempt() -> None:
    found = judged("", question("102"))
    assert not found.case().attempted
    assert found.case().pair == ""


def test_counts_are_over_answerable_questions() -> None:
    asked = [
        judged("102", question("102"), quoted("par Ishkashim (102 personnes)")),
        judged("50", question("102"), quoted("Langar (50 personnes)")),
        judged("50", question(answerable=False), quoted("Langar (50 personnes)", exact=False)),
    ]
    found = counts(asked)
    assert (found.right.count, found.right.of) == (1, 2)
    assert (found.covers.count, found.covers.of) == (1, 1)
    assert found.spans.to_dict() == {"questions": 2, "exact": 1, "em": 50.0, "f1": 50.0}
    assert (verbatim(asked).count, verbatim(asked).of) == (2, 3)
