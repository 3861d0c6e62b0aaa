"""Replicas that count together in a real Redis on loopback, and go on by themselves while it is away."""

import logging
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from service.errors import SettingsError
from service.faces import rate_limits
from service.faces.rate_limits import RateLimit, SharedCounts
from tests.held_port import held_port
from tests.service.faces.conftest import OpenClient

REDIS = os.environ.get("TEST_REDIS_SERVER") or shutil.which("redis-server")
pytest.importorskip("redis")
StartRedis = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def port() -> Iterator[int]:
    with held_port() as held:
        yield held


@pytest.fixture
def start_redis(port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StartRedis]:
    """Start a Redis that keeps nothing on disk; only one that is gone does not answer, not one that is slow."""
    monkeypatch.setattr(rate_limits, "REDIS_SECONDS", 60.0)
    if REDIS is None:
        pytest.skip(
            "there is no redis-server here (Debian has it under this name; TEST_REDIS_SERVER names another)"
        )
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        options = ("--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(tmp_path))
        child = subprocess.Popen([str(REDIS), *options], stdout=subprocess.DEVNULL)
        started.append(child)
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return child
            except OSError:
                assert child.poll() is None and time.monotonic() < until
                time.sleep(0.05)

    yield start
    for child in started:
        child.kill()
        child.wait()


async def test_replicas_share_a_rate(start_redis: StartRedis, port: int, open_client: OpenClient) -> None:
    start_redis()
    settings = {
        "api_keys": (SecretStr("one"), SecretStr("two")),
        "rate_per_key": "2/hour",
        "rate_store": SecretStr(f"redis://127.0.0.1:{port}/0"),
    }

    async def ask(client: httpx.AsyncClient, key: str) -> int:
        return (await client.get("/v1/status", headers={"Authorization": f"Bearer {key}"})).status_code

    async with open_client(**settings) as first, open_client(**settings) as second:
        assert [await ask(client, "one") for client in (first, second, first, second)] == [200, 200, 429, 429]
        assert await ask(second, "two") == 200


async def test_limits_of_one_store_do_not_meet_and_hold_no_names(start_redis: StartRedis, port: int) -> None:
    start_redis()
    shared = SharedCounts(f"redis://127.0.0.1:{port}/0")
    widget, key = RateLimit("1/hour", "widget", shared), RateLimit("1/hour", "key", shared)
    assert [await widget.turn("newsroom"), await key.turn("newsroom")] == [0, 0]
    assert await key.turn("newsroom") > 3000
    with socket.create_connection(("127.0.0.1", port)) as asking:
        asking.sendall(b"KEYS *\r\n")
        listed = asking.recv(65_536)
    assert b"widget" in listed and b"newsroom" not in listed


async def test_without_the_store_each_counts_for_itself_and_says_so_once(
    start_redis: StartRedis, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    child = start_redis()
    limit = RateLimit("1/hour", "key", SharedCounts(f"redis://127.0.0.1:{port}/0"))
    assert await limit.turn("a") == 0
    child.kill()
    child.wait()
    with caplog.at_level(logging.WARNING, "citewell.rates"):
        assert await limit.turn("a") == 0, "the first one that this process counts"
        assert await limit.turn("a") > 0
    assert [record.message.count("does not answer") for record in caplog.records] == [1]


@pytest.mark.parametrize("address", ["memory://", "127.0.0.1:6379", "http://user:secret@redis"])
def test_what_is_no_store_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(SettingsError, match="CITEWELL_RATE_STORE") as raised:
        SharedCounts(address)
    assert "secret" not in str(raised.value)
