"""A checkout whose reader is damaged or gone: one clear line that names the fix, and no answer."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from service.answering.reader import CARD, GRAPH

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "from service.command_line import citewell; citewell()"


@pytest.fixture
def checkout(tmp_path: Path, models: Path) -> Path:
    """A copy of the program with its reader; the prepared encoder is shared."""
    for package in ("indexing", "service", "prompts", "models/reader"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "models" / "multilingual-e5-small").symlink_to(models / "multilingual-e5-small")
    return tmp_path


def citewell(checkout: Path, *words: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CITEWELL_")}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        env=kept | {"CITEWELL_PORT": "0", "PYTHONPATH": str(checkout)},
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("words", [("ask", "Who came?"), ("serve",)], ids=lambda words: words[0])
def test_damaged_reader_is_one_line_that_names_the_fix(checkout: Path, words: tuple[str, ...]) -> None:
    """One byte in the middle is another one: the graph would still open."""
    graph = checkout / "models" / "reader" / GRAPH
    content = bytearray(graph.read_bytes())
    content[len(content) // 2] ^= 1
    graph.write_bytes(content)
    done = citewell(checkout, *words)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done
    assert done.stderr.startswith(f"citewell: {graph} has the sha256 ")
    assert "it is damaged; restore it with: git checkout -- " in done.stderr


def test_missing_reader_is_one_line_that_names_the_fix(checkout: Path) -> None:
    (checkout / "models" / "reader" / CARD).unlink()
    done = citewell(checkout, "ask", "Who came?")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done
    assert "the reader is not whole in " in done.stderr and "make train" in done.stderr


def test_missing_calibration_is_one_line_that_names_the_fix(checkout: Path) -> None:
    (checkout / "models" / "reader" / "confidence.json").unlink(missing_ok=True)
    done = citewell(checkout, "ask", "Who came?")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done
    assert "confidence.json cannot be used" in done.stderr and "evaluation.fit_confidence" in done.stderr
