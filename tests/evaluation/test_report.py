"""The whole report from small sets written for this test: every set asked, every table and plot there."""

import json
from pathlib import Path

import pytest

from evaluation.errors import EvaluationError
from evaluation.report import run_evaluation
from service.settings import Settings


def test_report_measures_every_set_and_writes_tables_and_plots(
    sets: Path, models: Path, tmp_path: Path, reader_folder: Path
) -> None:
    results = tmp_path / "results"
    page = run_evaluation(Settings(models=models), sets, results, sample=1, seed=3, cache=tmp_path / "cache")
    report = json.loads((results / "retrieval.json").read_text("utf-8"))
    rows = {row["set"]: row for row in report["rows"]}
    assert len([name for name in rows if name.startswith("xquad")]) == 16
    assert {"mixed en", "mixed ru", "news alone", "news diluted", "piaf fr → fr"} < set(rows)
    assert rows["xquad en → de"]["questions"] == 1
    assert rows["news alone"]["methods"]["citewell"]["r8"] == {"count": 2, "of": 2, "share": 1.0}
    assert rows["news alone"]["answer_passage_in_top_8"]["dense"]["count"] == 2
    assert rows["xquad ru → ru"]["language_detected"] == {"ru": {"count": 1, "of": 1, "share": 1.0}}
    assert [row["set"] for row in report["answers"]] == ["news alone", "news diluted"]
    assert report["answers"][0]["quotes_exact"]["share"] == 1.0
    assert report["asked"]["seed"] == 3
    text = page.read_text("utf-8")
    assert f"{sum(goal['met'] for goal in report['goals'])} of {len(report['goals'])} reached" in text
    for plot in ("xquad.png", "mixed.png", "news.png", "retrieval_ms.png"):
        assert f"]({plot})" in text
        assert (results / plot).stat().st_size < 150_000
    reading = json.loads((results / "reading.json").read_text("utf-8"))
    assert set(reading["parts"]) == {"reading", "answers", "own"}
    assert "reading.md" in text


def test_missing_sets_are_told_before_anything_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"xquad/articles\.en"):
        run_evaluation(Settings(models=tmp_path), tmp_path, tmp_path / "results", sample=1, seed=1)
