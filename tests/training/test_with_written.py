"""Questions written for the training stand on its passages, at the places they name."""

import json
from pathlib import Path

import pytest

from training.training_data import Context, TrainingData
from training.with_written import FOLDER, NEAR_MISS, WRITTEN, with_written

PASSAGE = Context("en-1", "en", "The bridge has 12 arches and the tunnel 3 lanes.")


def data() -> TrainingData:
    return TrainingData([PASSAGE], [], [])


def folder(tmp_path: Path, **line: object) -> Path:
    row = {"passage": "en-1", "language": "de", "question": "Wie viele Bögen?", "start": 15, "end": 17} | line
    (tmp_path / "01.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    return tmp_path


def test_an_answer_is_where_the_line_says_and_a_near_miss_has_none(tmp_path: Path) -> None:
    (question,) = with_written(data(), folder(tmp_path)).questions
    assert question.source_of_language == f"{WRITTEN}.de"
    assert question.span is not None
    assert PASSAGE.text[slice(*question.span)] == "12"
    (missed,) = with_written(data(), folder(tmp_path, start=None, end=None)).questions
    assert (missed.source, missed.span) == (NEAR_MISS, None)


@pytest.mark.parametrize("line", [{"passage": "en-2"}, {"end": 99}, {"start": 17, "end": 17}])
def test_a_line_that_does_not_fit_its_passage_is_named(tmp_path: Path, line: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"01\.jsonl:1"):
        with_written(data(), folder(tmp_path, **line))


def test_the_questions_that_come_along_are_whole_different_and_in_five_languages() -> None:
    rows = [
        json.loads(line) for path in FOLDER.glob("*.jsonl") for line in path.read_text("utf-8").splitlines()
    ]
    assert len(rows) >= 2000
    assert {row["language"] for row in rows} == {"de", "en", "es", "fr", "ru"}
    assert len({(row["passage"], row["question"]) for row in rows}) == len(rows)
    assert all(row["question"].strip() == row["question"] != "" for row in rows)
    assert 0.4 < sum(row["start"] is None for row in rows) / len(rows) < 0.6
