"""Opens each ONNX model in a process of its own with an empty home: the runtime must not set up its reporting there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OPENED = {
    "reader": "from service.answering.reader import FOLDER, GRAPH; import onnxruntime; "
    "onnxruntime.InferenceSession(str(FOLDER / GRAPH), providers=['CPUExecutionProvider'])",
    "encoder": "from indexing.archive.onnx_encoder import OnnxEncoder",
}


@pytest.mark.parametrize("model", OPENED)
def test_onnx_runtime_keeps_no_device_id_and_no_queue_of_events(model: str, tmp_path: Path) -> None:
    unset = ("ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    subprocess.run(
        [sys.executable, "-c", OPENED[model]],
        cwd=ROOT,
        env={**environment, "HOME": str(tmp_path)},
        check=True,
        timeout=120,
    )
    assert not list(tmp_path.rglob("*onnxruntime*"))
