"""Requests are counted and logged by route, and nothing of a question, an id or a key gets into either."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from service.log_lines import OWN_LOGGERS, REQUESTS, SERVER_LOGGER, start_log
from tests.service.faces.conftest import OpenClient

QUESTION = "How many soldiers entered via Ishkashim?"
Lines = Callable[[], list[str]]


@pytest.fixture
def start() -> Iterator[Callable[..., Lines]]:
    """Start the log into memory; everything is put back afterwards."""
    loggers = [logging.getLogger(name) for name in (*OWN_LOGGERS, SERVER_LOGGER, REQUESTS)]
    before = [(logger.level, logger.handlers, logger.propagate) for logger in loggers]
    stream = io.StringIO()

    def lines() -> list[str]:
        return stream.getvalue().splitlines()

    def starting(form: str, *, requests: bool = True) -> Lines:
        start_log(form, requests=requests, stream=stream)
        return lines

    yield starting
    for logger, (level, handlers, propagate) in zip(loggers, before, strict=True):
        logger.setLevel(level)
        logger.handlers, logger.propagate = handlers, propagate


async def test_each_request_is_one_json_object(
    start: Callable[..., Lines], open_client: OpenClient, filled: httpx.AsyncClient, tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    keys.write_text("newsroom: secret-key\n")
    lines = start("json")
    async with open_client(api_keys_file=keys) as client:
        key = {"Authorization": "Bearer secret-key", "X-Request-ID": "mine-1"}
        await client.post("/v1/answers", json={"question": QUESTION}, headers=key)
        await client.get("/v1/articles/frontiere", params={"v": "secret-version"}, headers=key)
        await client.get("/", params={"question": QUESTION})
        await client.get("/nowhere/secret-path", headers={"Authorization": "Bearer wrong-key"})
    found = [json.loads(line) for line in lines()]
    assert [(one["method"], one["route"], one["status"], one["key"]) for one in found] == [
        ("POST", "/v1/answers", 200, "newsroom"),
        ("GET", "/v1/articles/{article_id:path}", 404, "newsroom"),
        ("GET", "/", 200, None),
        ("GET", "other", 401, None),
    ]
    assert found[0]["request_id"] == "mine-1" and found[2]["request_id"].startswith("req_")
    assert all(one["ms"] > 0 and one["level"] == "info" and one["time"].endswith("+00:00") for one in found)
    for secret in ("Ishkashim", "frontiere", "secret", "wrong-key", "testclient", "127.0.0.1"):
        assert secret not in "\n".join(lines()), secret


async def test_text_says_the_same_on_a_line(start: Callable[..., Lines], client: httpx.AsyncClient) -> None:
    lines = start("text")
    await client.get("/healthz", headers={"X-Request-ID": "mine"})
    assert len(lines()) == 1 and " INFO mine GET /healthz 200 " in lines()[0]
    assert lines()[0].endswith(" ms key=None")


@pytest.mark.parametrize("form", ["json", "text"])
async def test_requests_are_not_logged_unasked(
    start: Callable[..., Lines], client: httpx.AsyncClient, form: str
) -> None:
    lines = start(form, requests=False)
    await client.get("/healthz")
    assert lines() == []
    logging.getLogger("citewell.service").warning("%s: disk full", "req_1")
    assert len(lines()) == 1 and "req_1: disk full" in lines()[0]


def test_of_an_exception_only_its_kind_is_logged(start: Callable[..., Lines]) -> None:
    lines = start("json")
    try:
        raise ValueError(QUESTION)
    except ValueError:
        logging.getLogger(SERVER_LOGGER).exception("Exception in ASGI application\n")
    said = json.loads(lines()[0])
    assert said["exception"] == "ValueError" and "Ishkashim" not in lines()[0] and len(lines()) == 1


async def test_requests_are_counted_by_route(filled: httpx.AsyncClient) -> None:
    await filled.get("/v1/articles/frontiere")
    await filled.get("/v1/articles/baecker")
    await filled.request("BREW", "/nowhere")
    text = (await filled.get("/metrics")).text
    articles = (
        'citewell_http_requests_total{method="GET",route="/v1/articles/{article_id:path}",status="200"} 2.0'
    )
    assert articles in text
    assert 'method="other",route="other"' in text
    assert 'citewell_http_request_seconds_count{route="/v1/articles/{article_id:path}"} 2.0' in text
