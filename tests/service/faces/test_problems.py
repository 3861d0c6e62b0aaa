"""Every error is a problem object: its shape, its request id, and what it never says."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest
from fastapi import Request

from indexing.archive.archive import Archive
from indexing.archive.language_samples import LanguageSample
from indexing.errors import (
    ArchiveError,
    ArchiveFull,
    ArchiveIncompatible,
    ArchiveLocked,
    ArticleRefused,
    ModelsMissing,
)
from service.answering.answer import Answer
from service.answering.pipeline import Answering
from service.answering.question import Question
from service.errors import Busy, ModeUnavailable, ServiceError
from service.faces.problems import place_of, prefers, shown
from service.faces.request_body import LOOP_BYTES, away_from_loop

SECRET = "Who is Rumpelstiltskin?"


def assert_problem(reply: httpx.Response, status: int) -> dict[str, Any]:
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = reply.json()
    assert problem["type"] == "about:blank"
    assert problem["status"] == status
    assert problem["title"] and problem["detail"]
    assert reply.headers["x-request-id"] == problem["request_id"]
    assert ("errors" in problem) is (status == 422)
    return problem


@pytest.mark.parametrize(
    "path", ["/nothing", "/v1", "/v1/nothing", "/healthz/", "/static/style.css", "/v1/answers/"]
)
async def test_unknown_address_is_a_404(client: httpx.AsyncClient, path: str) -> None:
    assert path in assert_problem(await client.get(path), 404)["detail"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/answers", "POST"),
        ("PUT", "/v1/articles", "GET, POST"),
        ("POST", "/v1/articles/x", "DELETE, GET"),
        ("DELETE", "/healthz", "GET, HEAD"),
        ("OPTIONS", "/v1/status", "GET"),
    ],
)
async def test_wrong_method_is_a_405_that_names_the_right_ones(
    client: httpx.AsyncClient, method: str, path: str, allowed: str
) -> None:
    reply = await client.request(method, path)
    assert allowed in assert_problem(reply, 405)["detail"]
    assert reply.headers["allow"] == allowed


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"", "got nothing"),
        (b" \n", "got nothing"),
        (b'{"question": "a",\n "top_k": }', "line 2 column 11"),
        (b'{"question": "a"', "line 1 column 16"),
        (b'{"question": "\xff"}', "line 1 column"),
        (b'{"question": "\\ud800"}', "line 1 column"),
        (b'{"question": NaN}', "line 1 column"),
        (b"[" * 100_000, "line 1 column"),
        (b"[]", "got list"),
        (b'"x"', "got str"),
        (b"null", "got NoneType"),
    ],
)
async def test_malformed_json_is_a_422_that_says_where(
    client: httpx.AsyncClient, body: bytes, place: str
) -> None:
    reply = await client.post("/v1/answers", content=body, headers={"Content-Type": "application/json"})
    problem = assert_problem(reply, 422)
    assert place in problem["detail"]
    assert problem["errors"][0]["place"] == "body"


async def test_byte_order_mark_is_no_error(client: httpx.AsyncClient) -> None:
    body = b'\xef\xbb\xbf{"question": "who?"}'
    reply = await client.post(
        "/v1/answers", content=body, headers={"Content-Type": "application/json; charset=utf-8"}
    )
    assert reply.status_code == 200


async def test_long_body_is_read_away_from_the_event_loop(client: httpx.AsyncClient) -> None:
    def where(body: bytes) -> int:
        return threading.get_ident()

    assert await away_from_loop(where, b" " * LOOP_BYTES) == threading.get_ident()
    assert await away_from_loop(where, b" " * (LOOP_BYTES + 1)) != threading.get_ident()
    article = {"id": "long", "text": "A sentence. " * 4_000}
    assert (await client.post("/v1/articles", json=article)).status_code == 201
    problem = assert_problem(await client.post("/v1/articles", json={**article, "tags": 1}), 422)
    assert "tags" in problem["detail"]
    body = {"question": "who?", "filters": {"source": ["x" * 4_000] * 20}, "top_k": 0}
    assert_problem(await client.post("/v1/answers", json=body), 422)


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": ""},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
async def test_other_content_type_is_a_415(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    for path in ("/v1/answers", "/v1/articles"):
        assert_problem(await client.post(path, content=b'{"question": "x"}', headers=headers), 415)


@pytest.mark.parametrize("declared", [True, False])
async def test_too_long_a_body_is_a_413(client: httpx.AsyncClient, declared: bool) -> None:
    body = b'{"question": "' + b"x" * 5_000_000 + b'"}'

    async def pieces() -> Any:
        for start in range(0, len(body), 65_536):
            yield body[start : start + 65_536]

    headers = {"Content-Type": "application/json"}
    reply = await client.post("/v1/answers", content=body if declared else pieces(), headers=headers)
    assert "4,194,304" in assert_problem(reply, 413)["detail"]


@pytest.mark.parametrize(
    ("sent", "kept"), [("abc-123", True), ("a" * 128, True), ("a" * 129, False), ("a b", False)]
)
async def test_request_id_is_kept_when_sane(client: httpx.AsyncClient, sent: str, kept: bool) -> None:
    reply = await client.get("/healthz", headers={"X-Request-ID": sent})
    assert (reply.headers["x-request-id"] == sent) is kept
    assert (await client.get("/healthz")).headers["x-request-id"].startswith("req_")


class Broken:
    """An Answering whose every question ends in one error."""

    can_write = False

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def ask(self, question: Question, caller: str = "") -> Answer:
        raise self.error


async def test_unforeseen_error_is_a_500_without_a_trace(
    open_client: Callable[..., httpx.AsyncClient], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "citewell")
    error = RuntimeError(f"no answer to {SECRET}")
    error.__cause__ = ValueError(SECRET)
    client = open_client(Broken(error))
    reply = await client.post("/v1/answers", json={"question": SECRET})
    problem = assert_problem(reply, 500)
    assert (
        "Rumpelstiltskin" not in reply.text
        and "Traceback" not in reply.text
        and "RuntimeError" not in reply.text
    )
    assert problem["request_id"] in caplog.text
    assert "RuntimeError" in caplog.text and "ValueError" in caplog.text and "test_problems.py" in caplog.text
    reply = await client.get("/", params={"question": SECRET})
    assert reply.status_code == 500
    assert "Rumpelstiltskin" not in caplog.text
    ours = [record for record in caplog.records if record.name.startswith("citewell")]
    assert {record.levelname for record in ours if record.name != "citewell.requests"} == {"ERROR"}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Busy(7), 503),
        (ArchiveLocked("the archive is held by process 7; stop it"), 503),
        (ArchiveFull("no room left; free some"), 507),
        (ModelsMissing("no models; run make setup"), 503),
        (ServiceError("said to the person who asked"), 500),
    ],
)
async def test_foreseen_error_says_what_it_says(
    open_client: Callable[..., httpx.AsyncClient], error: Exception, status: int
) -> None:
    reply = await open_client(Broken(error)).post("/v1/answers", json={"question": "who?"})
    assert assert_problem(reply, status)["detail"] == str(error)
    if isinstance(error, Busy):
        assert reply.headers["retry-after"] == "7"


class BrokenArchive(Archive):
    """An archive whose first read of every question ends in one error."""

    error: Exception

    async def language_samples(self) -> Sequence[tuple[str, LanguageSample]]:
        raise self.error


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ArchiveFull("no room left; free some"), 507),
        (ArchiveError("the archive cannot be read (I/O error)"), 503),
        (ArchiveIncompatible("the archive was made by a newer version"), 503),
    ],
)
async def test_archive_that_fails_while_answering_is_said(
    open_client: Callable[..., httpx.AsyncClient],
    archive: Archive,
    answer_from: Callable[..., Answering],
    caplog: pytest.LogCaptureFixture,
    error: ArchiveError,
    status: int,
) -> None:
    broken = BrokenArchive(archive._engine, archive.manifest, archive.place)
    broken.error = error
    client = open_client(answer_from(broken))
    reply = await client.post("/v1/answers", json={"question": SECRET})
    problem = assert_problem(reply, status)
    assert problem["detail"] == str(error)
    assert ("retry-after" in reply.headers) is (status == 503)
    assert f"{problem['request_id']}: {error}" in caplog.text and SECRET not in caplog.text
    page = await client.get("/", params={"question": SECRET}, headers={"Accept": "text/html"})
    assert (page.status_code, str(error) in page.text) == (status, True)


@pytest.mark.parametrize("error", [ArticleRefused("empty"), ModeUnavailable("set CITEWELL_LLM_BASE_URL")])
async def test_foreseen_refusal_is_a_422(
    open_client: Callable[..., httpx.AsyncClient], error: Exception
) -> None:
    reply = await open_client(Broken(error)).post("/v1/answers", json={"question": "who?"})
    assert (reply.status_code, reply.json()["detail"]) == (422, str(error))


async def test_browser_gets_a_page_with_the_same_text(client: httpx.AsyncClient) -> None:
    accept = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    reply = await client.get("/articles/nope", headers=accept)
    assert reply.status_code == 404
    assert reply.headers["content-type"].startswith("text/html")
    assert "The archive has no article nope" in reply.text
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert_problem(await client.get("/v1/articles/nope", headers=accept), 404)
    assert_problem(await client.get("/articles/nope"), 404)


@pytest.mark.parametrize(
    ("accept", "preferred"),
    [
        ("", False),
        ("*/*", False),
        ("text/html", True),
        ("application/json", False),
        ("text/html;q=0.8, application/json", False),
        ("text/html, application/json;q=0.9", True),
        ("text/html;q=x", False),
        (",;,", False),
    ],
)
def test_type_is_preferred_when_it_is_named_with_more_weight_than_json(accept: str, preferred: bool) -> None:
    for kind in ("text/html", "text/event-stream"):
        lines = accept.replace("text/html", kind)
        for headers in ([lines], lines.split(",")):  # one line, or the same header several times
            scope = {"type": "http", "headers": [(b"accept", line.encode()) for line in headers]}
            assert prefers(kind, Request(scope)) is preferred


def test_place_is_readable() -> None:
    assert place_of(("body", "history", 0, "role")) == "body.history[0].role"


def test_refused_value_is_shown_short_and_on_one_line() -> None:
    assert shown("a\nb\x1b[31m\u2028c") == '"a\\nb\\u001b[31m\ufffdc"'
    assert len(shown("x" * 1000)) < 100
    assert shown({1, 2})


async def test_openapi_describes_problems_as_they_are(client: httpx.AsyncClient) -> None:
    description = (await client.get("/openapi.json")).json()
    for methods in description["paths"].values():
        for operation in methods.values():
            assert "422" not in operation["responses"]
            assert "application/problem+json" in operation["responses"]["default"]["content"]
