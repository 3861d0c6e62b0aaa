"""A scripted language model server in a process of its own, ended with the block."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]
MODEL = "stub-model"
PATIENCE_S = 120


class RunningLanguageModel:
    """The process, the address to configure, and what it is told."""

    def __init__(self, **options: str) -> None:
        """Start it; `options` are those of its command line."""
        given = [f"--{name}={value}" for name, value in options.items()]
        command = [sys.executable, "-m", "tests.language_model_stub.stub", *given]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._address = self._process.stdout.readline().strip()
        assert self._address, "the stub did not start; its reason stands above"
        self.base_url = f"{self._address}/v1"

    def script(self, *answer: dict[str, Any], **tasks: list[dict[str, Any]]) -> None:
        """From now on these steps (`stub.Step`), the last of each task again and again; nothing earlier.

        Positional ones are of the task `answer`; by name: `rewrite`, `translate`.
        """
        told = {**({"answer": list(answer)} if answer else {}), **tasks}
        httpx.post(
            f"{self._address}/stub/script", json=told, trust_env=False, timeout=PATIENCE_S
        ).raise_for_status()

    def requests(self) -> list[dict[str, Any]]:
        """What was asked since the start or the last `forget`, as it came, with the task that it is."""
        found: list[dict[str, Any]] = httpx.get(
            f"{self._address}/stub/requests", trust_env=False, timeout=PATIENCE_S
        ).json()
        return found

    def forget(self) -> None:
        """Begin the list of requests anew."""
        httpx.post(f"{self._address}/stub/forget", trust_env=False, timeout=PATIENCE_S).raise_for_status()

    def stop(self) -> None:
        """End it, as a server that is down."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


@contextmanager
def running_language_model(**options: str) -> Iterator[RunningLanguageModel]:
    """A scripted server; options: model, key, context (tokens), structured (yes, no)."""
    stub = RunningLanguageModel(**options)
    try:
        yield stub
    finally:
        stub.stop()
