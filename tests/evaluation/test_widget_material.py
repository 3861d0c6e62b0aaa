"""What the bench of the widget asks about."""

from pathlib import Path

import pytest

from evaluation.widget_material import MORE, widget_articles, widget_questions, with_emoji


def test_emoji_stand_before_and_between_sentences_and_shift_what_browsers_count() -> None:
    text = with_emoji("One. Two. Three.")
    assert [part for part in ("One", "Two", "Three.") if part not in text] == []
    before = text[: text.index("Two")]
    assert len(before.encode("utf-16-le")) // 2 > len(before)


@pytest.mark.evaluation
def test_rare_languages_come_first_and_the_seed_draws_the_same(evaluation_data: Path) -> None:
    questions = widget_questions(evaluation_data, 7)
    assert questions == widget_questions(evaluation_data, 7)
    assert len(set(questions)) == len(questions)
    assert max(questions.index(one) for one in MORE) < 80
    ids = [one["id"] for one in widget_articles(evaluation_data, 7)]
    assert len(set(ids)) == len(ids)
    assert sum(one.startswith(("sample-ar", "sample-zh")) for one in ids) == 6
