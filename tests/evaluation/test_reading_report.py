"""The shipped reader on small sets: every set read, every question asked, every table and plot there."""

import json
from pathlib import Path

import pytest

from evaluation.reading_report import ReadingReport
from indexing.errors import ModelsMissing
from service.settings import Settings


def test_the_report_has_both_parts_beside_no_reader(
    sets: Path, models: Path, tmp_path: Path, reader_folder: Path
) -> None:
    results = tmp_path / "results"
    report = ReadingReport(Settings(models=models), sets, results, 0, 3, tmp_path / "cache")
    page = report.run(("reading", "answers"), reader_folder)
    written = json.loads((results / "reading.json").read_text("utf-8"))
    rows = {row["set"]: row for row in written["parts"]["reading"]["rows"]}
    assert len(rows) == 14
    assert rows["xquad en → ru"]["reader"]["answerable"]["questions"] == 2
    assert rows["xquad en → ru"]["no_reader"]["holds"]["of"] == 2
    assert rows["squad2"]["reader"]["refusing"]["false_answers"]["of"] == 1
    whole = written["parts"]["answers"]["whole"]
    assert whole["reader"]["parts"]["news"]["right"]["of"] == 2
    # Three on news, two of squad2, one of these in Spanish; and that one in both languages on Spanish passages.
    assert whole["no_reader"]["every"]["attempted"]["of"] == 8
    assert whole["reader"]["verbatim"]["share"] == 1.0
    text = page.read_text("utf-8")
    for expected in (
        "## Numbers to reach",
        "### With a threshold",
        "### Calibration",
        "best sentence, no reader",
    ):
        assert expected in text
    for plot in ("reading.png", "risk_coverage.png", "reliability.png"):
        assert f"]({plot})" in text
        assert (results / plot).stat().st_size < 150_000
    asked = (tmp_path / "cache" / "answers-reader.jsonl").read_text("utf-8").splitlines()
    assert {json.loads(line)["part"] for line in asked} == {
        *("news", "squad2", "squad2-es"),
        *("squad2-on-es", "squad2-es-on-es"),
    }


def test_a_part_that_is_left_out_stays_as_it_was(
    sets: Path, models: Path, tmp_path: Path, reader_folder: Path
) -> None:
    results = tmp_path / "results"
    ReadingReport(Settings(models=models), sets, results, 1, 3, tmp_path / "cache").run(
        ("reading",), reader_folder
    )
    first = json.loads((results / "reading.json").read_text("utf-8"))
    assert set(first["parts"]) == {"reading"}
    ReadingReport(Settings(models=models), sets, results, 1, 4, tmp_path / "cache").run(
        ("answers",), reader_folder
    )
    both = json.loads((results / "reading.json").read_text("utf-8"))
    assert both["parts"]["reading"] == first["parts"]["reading"]
    assert both["parts"]["answers"]["asked"]["seed"] == 4


def test_a_missing_reader_is_told_with_its_fix(sets: Path, models: Path, tmp_path: Path) -> None:
    report = ReadingReport(Settings(models=models), sets, tmp_path / "results", 1, 3, tmp_path / "cache")
    with pytest.raises(ModelsMissing, match="make train"):
        report.run(("reading",), tmp_path)


def test_own_questions_are_asked_on_the_samples_and_on_the_seed_where_it_is(
    sets: Path, models: Path, tmp_path: Path, reader_folder: Path
) -> None:
    report = ReadingReport(Settings(models=models), sets, tmp_path / "results", 0, 3, tmp_path / "cache")
    page = report.run(("own",), reader_folder).read_text("utf-8")
    parts = json.loads((tmp_path / "results" / "reading.json").read_text("utf-8"))["parts"]["own"]["parts"]
    assert set(parts) == {"gate"}  # these sets have no seed article
    everything = parts["gate"]["groups"][-1]
    assert everything["right"]["of"] + everything["refused"]["of"] == 60
    assert parts["gate"]["verbatim"]["share"] == 1.0
    assert "## Own questions on the samples, by kind" in page and "Numbers to reach" not in page
