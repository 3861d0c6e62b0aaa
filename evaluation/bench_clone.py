"""A checkout in; the seconds from a fresh clone with an empty pip cache to the first answer out."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from evaluation.bench_options import BenchOptions, Figure, PartResult
from evaluation.errors import EvaluationError
from evaluation.provenance import ROOT
from evaluation.service_child import free_port, ready
from service.serve import FIRST_QUESTION
from service.settings import variable_names

FIRST_S, SECOND_S = 300.0, 15.0
LONGEST_S = 1800
_STEP = re.compile(r"^set-up: (\w+) done in (\d+) s$", re.MULTILINE)


def measure_clone(options: BenchOptions) -> PartResult:
    """Clone the last commit, `make run`, ask; stop, `make run` again, ask."""
    work = options.work / "clone"
    work.mkdir()
    checkout = work / "citewell"
    started = time.perf_counter()
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(checkout)], check=True)
    cloned = time.perf_counter() - started
    first = _run(checkout, work, "first")
    second = _run(checkout, work, "second")
    first_total = round(cloned + first["seconds"], 1)
    steps = {"clone": round(cloned, 1)} | first["steps"]
    shown = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in steps.items())
    shutil.rmtree(work, ignore_errors=True)
    return PartResult(
        figures=[
            Figure(
                "fresh clone, empty pip cache, to the first cited answer",
                first_total,
                "s",
                f"under {FIRST_S:g}",
                first_total < FIRST_S,
                shown,
            ),
            Figure(
                "second start to a cited answer",
                second["seconds"],
                "s",
                f"at most {SECOND_S:g}",
                second["seconds"] <= SECOND_S,
            ),
        ],
        details={
            "steps_s": steps,
            "first": first,
            "second": second,
            "environment_mb": first["environment_mb"],
        },
    )


def _run(checkout: Path, work: Path, name: str) -> dict[str, Any]:
    """`make run` until an answer with a citation came; then stop it."""
    port = free_port()
    log = work / f"{name}.log"
    started = time.perf_counter()
    with log.open("wb") as output:
        child = subprocess.Popen(
            ["make", "run", f"PYTHON={_base_python()}"],
            cwd=checkout,
            env=_environment(work, port),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # make, a shell and the service: stopped together
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(address, child, log)
        is_ready = time.perf_counter() - started
        answer = httpx.post(
            f"{address}/v1/answers", json={"question": FIRST_QUESTION}, timeout=60, trust_env=False
        ).json()
        seconds = time.perf_counter() - started
    finally:
        _end(child)
    if not answer.get("citations"):
        raise EvaluationError(f"the first answer cites nothing: {answer.get('answer') or answer}")
    set_up = {step: float(took) for step, took in _STEP.findall(log.read_text("utf-8", "replace"))}
    serving = is_ready - sum(set_up.values())
    return {
        "seconds": round(seconds, 1),
        "steps": set_up | {"serving": round(serving, 1), "answer": round(seconds - is_ready, 1)},
        "quote": answer["citations"][0]["quote"],
        "environment_mb": _megabytes(checkout / ".venv"),
    }


def _environment(work: Path, port: int) -> dict[str, str]:
    """As a newcomer has it: no environment of ours, no settings, nothing cached."""
    dropped = {*variable_names().values(), "VIRTUAL_ENV", "PYTHONPATH", "PIP_NO_CACHE_DIR"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return kept | {"PIP_CACHE_DIR": str(work / "pip-cache"), "CITEWELL_PORT": str(port)}


def _base_python() -> str:
    return str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}")


def _wait(address: str, child: subprocess.Popen[bytes], log: Path) -> None:
    until = time.perf_counter() + LONGEST_S
    while not ready(address):
        if child.poll() is not None or time.perf_counter() > until:
            last = log.read_text("utf-8", "replace").strip().splitlines()[-3:]
            raise EvaluationError(f"`make run` in a fresh clone did not come up: {' '.join(last)}")
        time.sleep(0.2)


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is not None:
        return
    os.killpg(child.pid, signal.SIGINT)
    try:
        child.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _megabytes(folder: Path) -> float:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return round(sum(path.stat().st_size for path in files) / 2**20, 1)
