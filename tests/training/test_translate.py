"""Texts with marked words go in; Apertium's translations, with the same words marked, come out."""

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training import translate
from training.training_data import Context, TrainingData, TrainingQuestion

_WITHOUT = pytest.mark.skipif(shutil.which("apertium") is None, reason="needs Apertium")


def _data() -> TrainingData:
    text = "The old bridge was built in 1887. It has 14 arches & a small tower."
    questions = [
        TrainingQuestion("q1", "en", "made", "When did they build the bridge?", 0, 28, 32),
        TrainingQuestion("q2", "en", "made", "What does it have?", 0, 41, 50),
        TrainingQuestion("q3", "en", "made", "What runs over two sentences?", 0, 28, 50),
        TrainingQuestion("q4", "en", "made", "Who crossed it?", 0, None, None),
    ]
    return TrainingData([Context("c1", "en", text)], questions, [])


@_WITHOUT
def test_marks_survive_and_answers_stand_where_the_row_says(tmp_path: Path) -> None:
    path = tmp_path / "made.en-es.jsonl"
    translate.write_translations(translate.passages_of(_data(), "made", "en"), "en", "es", path)
    (row,) = translate.read_translations(path)
    assert row["from"] == "en"
    assert row["to"] == "es"
    by_id = {question["id"]: question for question in row["questions"]}
    assert by_id["q1"]["answer"] == "1887"
    assert by_id["q2"]["answer"] == "14 arcos"
    for question in (by_id["q1"], by_id["q2"]):
        start, answer = question["start"], question["answer"]
        assert row["text"][start : start + len(answer)] == answer
        assert question["question"].startswith("¿")
    assert by_id["q3"]["start"] is None
    assert by_id["q4"]["start"] is None
    assert "&" in row["text"]


@_WITHOUT
def test_a_file_cut_short_goes_on_where_it_stopped(tmp_path: Path) -> None:
    path = tmp_path / "made.en-es.jsonl"
    passages = translate.passages_of(_data(), "made", "en")
    translate.write_translations(passages, "en", "es", path)
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole + whole[:40].replace("c1", "c2"), encoding="utf-8")
    translate.write_translations(passages, "en", "es", path)
    assert path.read_text(encoding="utf-8") == whole


@_WITHOUT
def test_french_question_words_are_mended() -> None:
    text = "Le roi vivait à Paris."
    questions = [
        TrainingQuestion("q1", "fr", "made", "Qui vivait à Paris ?", 0, 0, 6),
        TrainingQuestion("q2", "fr", "made", "Combien de rois ?", 0, 0, 6),
    ]
    data = TrainingData([Context("c1", "fr", text)], questions, [])
    (row,) = translate.translate_passages(translate.passages_of(data, "made", "fr"), "fr", "es")
    assert row["questions"][0]["question"].startswith("¿Quién ")
    assert row["questions"][1]["question"].startswith("¿Cuántos ")
    assert row["questions"][0]["answer"] == "El rey"


@_WITHOUT
@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(alphabet="ab <>&'\"\n.é?本", max_size=30), max_size=5))
def test_any_lines_come_back_line_by_line(lines: list[str]) -> None:
    marked = [translate.Marked(line, (0, len(line)) if line else None) for line in lines]
    found = translate.translate_lines(marked, "en", "es")
    assert len(found) == len(lines)
    for line in found:
        if line.span is not None:
            start, end = line.span
            assert line.text[start:end].strip()


def test_without_apertium_the_error_names_the_packages(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(translate.TranslationError, match="apt-get install apertium apertium-eng-spa"):
        translate.translate_lines([translate.Marked("Who?", None)], "en", "es")


def test_missing_file_reads_as_empty_and_rows_are_lines(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    assert translate.read_translations(path) == []
    path.write_text(json.dumps({"context_id": "c"}) + "\n" + '{"context', encoding="utf-8")
    assert translate.read_translations(path) == [{"context_id": "c"}]
