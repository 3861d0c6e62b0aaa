"""Answers come back from the file as they were, and an unfinished line is asked again."""

from pathlib import Path

from evaluation.kept_answers import KeptAnswers
from service.answering.answer import (
    Answer,
    Citation,
    CitedArticle,
    ConsideredPassage,
    Refusal,
    Statement,
)

ARTICLE = CitedArticle("pont", "v1", "Le pont", "Courrier", None, "fr", "2022-05-02", ("sample",))
CITATION = Citation(
    1, "a coûté\u2028340 000", 8, 23, "p1", ARTICLE, also_in=({"source": "B"},), stance="differs"
)
ANSWERED = Answer(
    "ans_1",
    "Cost?",
    "Cost?",
    "en",
    True,
    "340 000 [1]",
    statements=(Statement("Il a coûté 340 000.", (1,), 5, 24),),
    citations=(CITATION,),
    passages=(ConsideredPassage("p1", "pont", 0, 30, "Il a coûté 340 000.", 0.5),),
    short_answer="340 000",
    confidence=0.9,
    timings_ms={"total": 1.5},
)
REFUSED = Answer(
    "ans_2", "Who?", "Who?", "en", False, "No.", refusal=Refusal("not_stated", "No.", (CITATION,))
)


def test_answers_come_back_as_they_were(tmp_path: Path) -> None:
    file = tmp_path / "kept" / "answers.jsonl"
    kept = KeptAnswers(file)
    assert kept.get("q1") is None
    kept.keep("q1", ANSWERED)
    kept.keep("q2", REFUSED)
    again = KeptAnswers(file)
    assert (again.get("q1"), again.get("q2"), again.get("q3")) == (ANSWERED, REFUSED, None)


def test_a_line_that_was_not_finished_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    kept = KeptAnswers(file)
    kept.keep("q1", ANSWERED)
    file.write_text(file.read_text("utf-8") + '\n{"question_id": "q2", "answ', encoding="utf-8")
    again = KeptAnswers(file)
    assert (again.get("q1"), again.get("q2")) == (ANSWERED, None)
    again.keep("q2", REFUSED)
    assert KeptAnswers(file).get("q2") == REFUSED
