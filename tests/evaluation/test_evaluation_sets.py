"""Sampling is the same for the same seed; sets load with spans that lie where they say; absence is told."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import EvaluationError
from evaluation.evaluation_sets import NEEDED, draw, load_sets
from indexing.canonical_text import canonical_text


@given(st.lists(st.integers(), unique=True), st.integers(0, 30), st.integers(0, 5))
def test_drawing_is_determined_by_the_seed_and_keeps_the_order(
    everything: list[int], sample: int, seed: int
) -> None:
    drawn = draw(everything, sample, seed)
    assert drawn == draw(everything, sample, seed)
    assert len(drawn) == (min(sample, len(everything)) or len(everything))
    assert drawn == [one for one in everything if one in set(drawn)]


def test_another_seed_draws_others() -> None:
    assert draw(range(1000), 10, 1) != draw(range(1000), 10, 2)


def test_a_missing_folder_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="set EVALUATION_DATA"):
        load_sets(tmp_path / "absent", 10, 1)


def test_spans_are_brought_to_the_canonical_text(tmp_path: Path) -> None:
    # A mark and a line end that canonical text drops, and a letter that it joins.
    text = "\ufeffUne\r\nfe\u0301te à Paris."
    start = text.index("Paris")
    write_sets(tmp_path, text, {"text": "Paris", "start": start})
    sets = load_sets(tmp_path, 0, 1)
    [span] = sets.news_questions[0].answers
    assert canonical_text(text)[span.start : span.end] == "Paris" == span.text


def write_sets(folder: Path, text: str, answer: dict[str, Any]) -> None:
    article = {"id": "a", "lang": "fr", "title": "T", "text": text, "source": "S", "parallel_id": "a"}
    question = {
        "id": "q",
        "lang": "fr",
        "question": "?",
        "article_id": "a",
        "answers": [answer],
        "answerable": True,
    }
    for name in NEEDED:
        line = json.dumps(question | {"parallel_id": "q"} if "questions" in name else article) + "\n"
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(line.encode()) if name.endswith(".gz") else line.encode())


@pytest.mark.evaluation
def test_the_same_questions_are_drawn_in_every_language(evaluation_data: Path) -> None:
    sets = load_sets(evaluation_data, 25, 7)
    drawn = {
        language: [question.id.rpartition("-")[0] for question in questions]
        for language, questions in sets.xquad_questions.items()
    }
    assert len(drawn["en"]) == 25
    assert all(sorted(ids) == sorted(drawn["en"]) for ids in drawn.values())


@pytest.mark.evaluation
def test_every_answer_of_the_sets_lies_at_its_place(evaluation_data: Path) -> None:
    sets = load_sets(evaluation_data, 0, 1)
    assert len(sets.news_questions) == 113
    texts = {one.id: canonical_text(one.text) for one in [*sets.news_articles, *sets.piaf_articles]}
    for question in [*sets.news_questions, *sets.piaf_questions]:
        for span in question.answers:
            assert texts[str(question.article_id)][span.start : span.end] == span.text
