"""Questions meet the passage of another language through their parallel id; follow-ups come in full."""

from pathlib import Path

import pytest

from evaluation.evaluation_sets import load_sets
from evaluation.reading_items import OTHER, reading_sets
from indexing.canonical_text import canonical_text


def no_kind(question: str, language: str) -> str | None:
    return None


def counting(question: str, language: str) -> str | None:
    return "number" if question.startswith(("How many", "Combien")) else None


def test_every_set_is_read_with_its_answers_in_its_passages(sets: Path) -> None:
    found = {one.name: one for one in reading_sets(load_sets(sets, 0, 1), no_kind, 0, 1)}
    assert list(found) == [
        *(f"xquad {language} → {language}" for language in ("en", "es", "de", "ru")),
        *("xquad en → es", "xquad en → de", "xquad en → ru", "xquad ru → en"),
        *("piaf", "news, gold article", "squad2", "squad-es-v2", "afriqa, Fon", "afriqa, French wording"),
    ]
    for one in found.values():
        assert all(answer in item.passage for item in one.items for answer in item.answers)
    crossed = found["xquad en → ru"].items[0]
    assert crossed.question.startswith("How many")
    assert crossed.passage.startswith("Старый мост")
    assert crossed.answers == ("214",)
    assert [item.question for item in found["afriqa, Fon"].items] == ["Nabi ?"] * 2
    assert all(item.question.startswith("Combien") for item in found["afriqa, French wording"].items)
    assert [len(item.answers) for item in found["squad2"].items] == [1, 0]


def test_kinds_are_those_of_the_set_else_those_that_the_question_asks_for(sets: Path) -> None:
    found = {one.name: one for one in reading_sets(load_sets(sets, 0, 1), counting, 0, 1)}
    assert {item.kind for item in found["xquad en → ru"].items} == {"number"}
    assert {item.kind for item in found["xquad de → de"].items} == {OTHER}
    assert {item.kind for item in found["squad2"].items} == {OTHER}
    assert {item.kind for item in found["news, gold article"].items} == {"number"}


@pytest.mark.evaluation
def test_all_real_items_hold_their_answers_and_follow_ups_stand_alone(evaluation_data: Path) -> None:
    found = {one.name: one for one in reading_sets(load_sets(evaluation_data, 0, 1), no_kind, 0, 1)}
    for one in found.values():
        for item in one.items:
            assert item.passage == canonical_text(item.passage)
            assert all(answer in item.passage for answer in item.answers)
    news = found["news, gold article"].items
    assert len(news) == 110  # 113 without the three off-topic ones
    assert sum(not item.answers for item in news) == 20
    assert all(len(item.question.split()) > 5 for item in news if item.kind == "followup")
    assert len(found["squad2"].items) == 6377
    assert sum(not item.answers for item in found["squad2"].items) == 3178
    assert [len(found[f"xquad en → {told}"].items) for told in ("es", "de", "ru")] == [1190] * 3
