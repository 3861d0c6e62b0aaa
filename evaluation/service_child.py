"""Settings in; a real `citewell serve` on loopback as a child process out, ended when the block is left."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from evaluation.errors import EvaluationError
from service.settings import Settings, variable_names

START_SECONDS = 120
COMMAND = Path(sys.executable).parent / "citewell"


@dataclass(frozen=True, slots=True)
class ServiceChild:
    """A running service: where it answers, its process, and how long it took to be ready."""

    address: str
    process: int
    seconds_to_ready: float


@contextmanager
def service_child(
    settings: Settings, archive: Path, work: Path, more: Mapping[str, str] | None = None, port: int = 0
) -> Iterator[ServiceChild]:
    """Serve `archive` on a free port, with `more` variables set; raises EvaluationError when it does not come up."""
    port = port or free_port()
    log = work / f"service-{port}.log"
    started = time.perf_counter()
    with log.open("wb") as output:
        child = subprocess.Popen(
            [str(COMMAND), "serve"],
            env=child_environment(settings, archive, port) | dict(more or {}),
            cwd=work,  # no .env there
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_ready(address, child, log)
        yield ServiceChild(address, child.pid, time.perf_counter() - started)
    finally:
        end(child)


def child_environment(settings: Settings, archive: Path, port: int) -> dict[str, str]:
    """The environment of this process without settings of a service, and those that the bench sets."""
    ours = set(variable_names().values())
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    chosen = {
        "CITEWELL_ARCHIVE": str(archive),
        "CITEWELL_PORT": str(port),
        "CITEWELL_MODELS": str(settings.models.resolve()),
        "CITEWELL_EMBEDDING_MODEL": settings.embedding_model,
        "HAYSTACK_TELEMETRY_ENABLED": "False",
    }
    return kept | chosen


def wait_until_ready(address: str, child: subprocess.Popen[bytes], log: Path) -> None:
    """Return once `/readyz` says so."""
    until = time.perf_counter() + START_SECONDS
    while time.perf_counter() < until:
        if child.poll() is not None:
            raise EvaluationError(f"the service ended with code {child.returncode}: {_tail(log)}")
        if ready(address):
            return
        time.sleep(0.05)
    raise EvaluationError(f"the service was not ready after {START_SECONDS} s: {_tail(log)}")


def ready(address: str) -> bool:
    """Whether the service there says that it is ready."""
    try:
        return httpx.get(f"{address}/readyz", timeout=15, trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def end(child: subprocess.Popen[bytes]) -> None:
    """Ask the process to stop, and after a while make it."""
    if child.poll() is None:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(30)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def free_port() -> int:
    """A port of loopback that nobody has now."""
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port: int = chosen.getsockname()[1]
        return port


def _tail(log: Path) -> str:
    return (
        " ".join(log.read_text(encoding="utf-8", errors="replace").split("\n")[-5:]).strip()
        or "it said nothing"
    )
