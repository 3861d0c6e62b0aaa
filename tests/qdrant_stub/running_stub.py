"""A folder in, a stub of a Qdrant server running in a process of its own out, ended with the block."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 120  # it works on one request at a time, and a large one takes seconds


class RunningStub:
    """The process, where it listens, and what it is told."""

    def __init__(self, folder: Path, **options: str) -> None:
        """Start it; `options` are those of its command line."""
        published = (
            {"openapi": os.environ["TEST_QDRANT_OPENAPI"]} if "TEST_QDRANT_OPENAPI" in os.environ else {}
        )
        self._folder, self._options = folder, published | options
        # Bound here and never listened on: while the stub is away its port is refused, and given to nobody else.
        self._place = socket.socket()
        self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._place.bind(("127.0.0.1", 0))
        self.url = ""
        self._start()

    def fail(self, *faults: dict[str, Any]) -> None:
        """From now on these faults (`stub.Fault`), and none that were told before."""
        httpx.post(
            f"{self.url}/stub/faults", json=faults, trust_env=False, timeout=PATIENCE_S
        ).raise_for_status()

    def requests(self) -> list[dict[str, Any]]:
        """What came since the start or the last `forget`: method, path, query, bytes, status, error."""
        found: list[dict[str, Any]] = httpx.get(
            f"{self.url}/stub/requests", trust_env=False, timeout=PATIENCE_S
        ).json()
        return found

    def forget(self) -> None:
        """Begin the list of requests anew."""
        httpx.post(f"{self.url}/stub/forget", trust_env=False, timeout=PATIENCE_S).raise_for_status()

    def kill(self) -> None:
        """End it hard, as a node that is lost."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def restart(self) -> None:
        """Start it again on the same port, with the state that is on disk."""
        self._start()

    def stop(self) -> None:
        """End it."""
        if self._process.poll() is None:
            self.kill()
        self._place.close()

    def _start(self) -> None:
        options = [f"--{name.replace('_', '-')}={value}" for name, value in self._options.items()]
        command = [
            sys.executable,
            "-m",
            "tests.qdrant_stub.stub",
            f"--folder={self._folder}",
            f"--port={self._place.getsockname()[1]}",
        ]
        self._process = subprocess.Popen([*command, *options], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        assert self.url, "the stub did not start; its reason stands above"


@contextmanager
def running_stub(folder: Path, **options: str) -> Iterator[RunningStub]:
    """A stub over `folder`; options: api_key, read_only_key, version, openapi (default: TEST_QDRANT_OPENAPI)."""
    stub = RunningStub(folder, **options)
    try:
        yield stub
    finally:
        stub.stop()
