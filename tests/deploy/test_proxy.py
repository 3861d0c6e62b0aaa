"""The proxy of the profile `cluster`: Caddy itself with deploy/Caddyfile, before stand-ins for the two replicas."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.deploy.run_proxy import CADDY, CADDYFILE, START_S, needs_caddy, running_proxy
from tests.held_port import held_port

pytestmark = needs_caddy


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Callable[..., httpx.Client]]:
    """Start Caddy before these ports; a client that talks to it."""
    with ExitStack() as stack:
        yield lambda *ports: stack.enter_context(running_proxy(tmp_path, *ports))


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
    with held_port() as lost:
        client = proxy(lost, left.port)
        assert [client.get("/v1/status").text for _ in range(20)] == ["left"] * 20
        assert client.post("/v1/answers", json={"question": "Who?"}).text == "left"


def test_a_replica_that_is_not_ready_is_left_alone(proxy: Any, stand_in: Any) -> None:
    starting, ready = stand_in("starting", status=503), stand_in("ready")
    client = proxy(starting.port, ready.port)
    deadline = time.monotonic() + START_S
    while any(client.get("/v1/status").status_code == 503 for _ in range(40)):  # of two it draws one
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
