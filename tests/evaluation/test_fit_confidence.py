"""Rows of asked questions become a file that the service opens; too few kinds of answers are told."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from evaluation.errors import EvaluationError
from evaluation.fit_confidence import fit, write_confidence
from service.answering.confidence import Confidence


def rows(count: int = 200) -> list[dict[str, Any]]:
    source = random.Random(5)
    made: list[dict[str, Any]] = []
    for number in range(count):
        right = number % 3 == 0
        made.append(
            {
                "id": str(number),
                "part": "news" if number % 2 else "squad2",
                "group": f"article {number // 3}",
                "pair": "en-fr",
                "answerable": right or number % 3 == 1,
                "right": right,
                "attempted": True,
                "features": {"score": source.gauss(3 if right else -1, 2), "type_fits": None},
            }
        )
    return made


def test_the_file_is_opened_by_the_service_and_says_what_it_is_made_of(tmp_path: Path) -> None:
    path = tmp_path / "confidence.json"
    written = write_confidence(rows(), path, {"date": "today"})
    confidence = Confidence.open(path)
    assert confidence.of({"score": 6.0}) > 0.8 > 0.2 > confidence.of({"score": -4.0})
    assert confidence.threshold == written["threshold"]
    assert written["data"]["questions"] == {
        "news, answerable": 67,
        "news, unanswerable": 33,
        "squad2, answerable": 67,
        "squad2, unanswerable": 33,
    }
    assert written["chosen"]["risk_coverage"][-1]["answered"]["count"] == 200
    assert written["made"] == {"date": "today"}


def test_answers_of_one_kind_only_teach_nothing(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="67 answers, all of them right"):
        write_confidence([row for row in rows() if row["right"]], tmp_path / "confidence.json", {})


def test_the_command_reads_answers_of_an_earlier_run(tmp_path: Path) -> None:
    answers = tmp_path / "answers.jsonl"
    answers.write_text("".join(json.dumps(row) + "\n" for row in rows()), encoding="utf-8")
    done = CliRunner().invoke(fit, ["--answers", str(answers), "--reader", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "answered and right" in done.output
    assert Confidence.open(tmp_path / "confidence.json").signals


def test_a_missing_file_is_told_in_one_line(tmp_path: Path) -> None:
    done = CliRunner().invoke(fit, ["--answers", str(tmp_path / "none.jsonl"), "--reader", str(tmp_path)])
    assert done.exit_code == 1
    assert "none.jsonl" in done.output
