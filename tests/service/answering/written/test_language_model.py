"""Whatever a server does: its text, or one trouble that says what to do, in bounded time and size."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest
from haystack.dataclasses import ChatMessage

from service.answering.written import language_model
from service.answering.written.language_model import LanguageModel
from service.answering.written.read_statements import SHAPE
from service.errors import ModelUnusable
from tests.language_model_stub.running_stub import MODEL, RunningLanguageModel, running_language_model

MESSAGES = [ChatMessage.from_system("Say it."), ChatMessage.from_user("Now.")]


async def said(model: LanguageModel, seconds: float = 20.0, messages: list[ChatMessage] = MESSAGES) -> str:
    until = asyncio.get_running_loop().time() + seconds
    return "".join([piece async for piece in model.stream(messages, SHAPE, until)])


async def trouble(model: LanguageModel, seconds: float = 20.0) -> ModelUnusable:
    with pytest.raises(ModelUnusable) as raised:
        await said(model, seconds)
    return raised.value


async def test_text_comes_in_pieces(stub: RunningLanguageModel, model: LanguageModel) -> None:
    stub.script(rewrite=[{"says": "x" * 100}])
    pieces = [piece async for piece in model.stream(MESSAGES, None, asyncio.get_running_loop().time() + 20)]
    assert len(pieces) > 2 and "".join(pieces) == "x" * 100


async def test_the_request_has_a_schema_and_tells_nothing_of_this_machine(
    stub: RunningLanguageModel, model: LanguageModel
) -> None:
    stub.script(rewrite=[{"says": "yes"}])
    assert await said(model) == "yes"
    [request] = stub.requests()
    assert request["response_format"]["json_schema"]["schema"] == SHAPE
    assert (request["temperature"], request["stream"]) == (0.0, True)
    assert [message["role"] for message in request["messages"]] == ["system", "user"]


async def test_a_server_without_schemas_is_asked_without_one_from_then_on() -> None:
    with running_language_model(structured="no") as stub:
        stub.script(rewrite=[{"says": "yes"}])
        model = LanguageModel(stub.base_url, MODEL, None, 20, 8192)
        assert [await said(model), await said(model)] == ["yes", "yes"]
        asked = [request["response_format"] is not None for request in stub.requests()]
        await model.close()
    assert asked == [True, False, False]


async def test_a_key_is_sent_and_a_wrong_one_named() -> None:
    with running_language_model(key="secret") as stub:
        stub.script(rewrite=[{"says": "yes"}])
        for key, part in ((None, "wants a key; set CITEWELL_LLM_API_KEY"), ("wrong", "refused the key")):
            model = LanguageModel(stub.base_url, MODEL, key, 20, 8192)
            error = await trouble(model)
            assert (error.trouble, part in str(error), "wrong" in str(error)) == ("key_refused", True, False)
            await model.close()
        model = LanguageModel(stub.base_url, MODEL, "secret", 20, 8192)
        assert await said(model) == "yes"
        await model.close()


async def test_an_unknown_model_is_named(stub: RunningLanguageModel) -> None:
    model = LanguageModel(stub.base_url, "gpt-0", None, 20, 8192)
    error = await trouble(model)
    await model.close()
    assert error.trouble == "unknown_model"
    assert "'gpt-0'" in str(error) and "CITEWELL_LLM_MODEL" in str(error)


async def test_an_address_that_is_not_quite_right_is_named(stub: RunningLanguageModel) -> None:
    model = LanguageModel(stub.base_url.removesuffix("/v1"), MODEL, None, 20, 8192)
    error = await trouble(model)
    await model.close()
    assert error.trouble == "unknown_model" and "/v1" in str(error)


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        ({"trouble": "html"}, "no_event_stream"),
        ({"trouble": "huge"}, "too_long"),
        ({"trouble": "status", "status": 400, "code": "invalid_request"}, "request_refused"),
        ({"trouble": "status", "status": 403, "code": "forbidden"}, "key_refused"),
        (
            {"says": "Half of it is here, and the rest will never be.", "trouble": "close_within"},
            "unreachable",
        ),
        ({"trouble": "status", "status": 429, "retry_after": "3600"}, "rate_limited"),
    ],
)
async def test_what_goes_wrong_is_told_by_kind(
    stub: RunningLanguageModel, model: LanguageModel, step: dict[str, Any], kind: str
) -> None:
    stub.script(rewrite=[step])
    error = await trouble(model)
    assert (error.trouble, "CITEWELL_LLM_BASE_URL" in str(error)) == (kind, True)


@pytest.mark.parametrize(
    "step",
    [
        {"trouble": "status", "status": 503},
        {"trouble": "status", "status": 429, "retry_after": "0"},
        {"trouble": "close_before"},
    ],
)
async def test_what_passes_is_asked_again(
    stub: RunningLanguageModel, model: LanguageModel, step: dict[str, Any]
) -> None:
    stub.script(rewrite=[step, step, {"says": "yes"}])
    assert await said(model) == "yes"


async def test_a_server_that_says_nothing_is_left_in_time(
    stub: RunningLanguageModel, model: LanguageModel
) -> None:
    stub.script(rewrite=[{"trouble": "stall_before"}])
    error = await trouble(model, 0.2)
    assert error.trouble == "timeout" and "CITEWELL_LLM_TIMEOUT" in str(error)


async def test_a_server_that_falls_silent_is_left_after_a_while(
    stub: RunningLanguageModel, model: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language_model, "IDLE_SECONDS", 0.2)
    stub.script(rewrite=[{"says": "x" * 100, "trouble": "stall_within"}])
    assert (await trouble(model, 3600)).trouble == "timeout"


async def test_a_reply_without_end_ends(
    stub: RunningLanguageModel, model: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language_model, "MOST_CHARACTERS", 500)
    stub.script(rewrite=[{"trouble": "endless"}])
    assert (await trouble(model, 3600)).trouble == "too_long"


async def test_a_server_that_is_down_is_named() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    model = LanguageModel(f"http://127.0.0.1:{port}/v1", MODEL, None, 20, 8192)
    error = await trouble(model)
    await model.close()
    assert error.trouble == "unreachable" and f"127.0.0.1:{port}" in str(error)


async def test_a_window_that_is_smaller_than_said_is_remembered() -> None:
    with running_language_model(context="300") as stub:
        model = LanguageModel(stub.base_url, MODEL, None, 20, 8192)
        long = [ChatMessage.from_user("word " * 1_000)]
        assert model.fits(long)
        with pytest.raises(ModelUnusable) as raised:
            await said(model, messages=long)
        assert raised.value.trouble == "context_too_small"
        assert not model.fits(long)
        await model.close()


class Raw(BaseHTTPRequestHandler):
    """Answers with bytes of the test's own."""

    body: ClassVar[bytes] = b""
    headers_sent: ClassVar[dict[str, str]] = {}
    status: ClassVar[int] = 200
    seen: ClassVar[list[Any]]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append(dict(self.headers))
        self.send_response(self.status)
        for name, value in {"Content-Type": "text/event-stream", **self.headers_sent}.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(ConnectionError):  # the client has enough
            self.wfile.write(self.body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def raw(
    body: bytes, status: int = 200, of: type[Raw] = Raw, **headers: str
) -> Iterator[tuple[str, list[Any]]]:
    seen: list[Any] = []
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    handler = type("Handler", (of,), {"body": body, "headers_sent": named, "status": status, "seen": seen})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1", seen
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"data: {not json\n\n", "nonsense"),
        (b'data: {"choices": {"a": 1}}\n\n', "nonsense"),
        (b'data: {"choices": ["x"]}\n\n', "nonsense"),
        (b"data: 7\n\n", "nonsense"),
        (b'data: {"error": {"message": "out of memory"}}\n\n', "nonsense"),
        (b"data: " + b"x" * (9 * 1024 * 1024), "too_long"),
    ],
)
async def test_a_stream_that_is_none_is_told(body: bytes, kind: str) -> None:
    with raw(body) as (address, _):
        model = LanguageModel(address, MODEL, None, 20, 8192)
        assert (await trouble(model)).trouble == kind
        await model.close()


async def test_an_error_of_many_megabytes_is_not_read_to_its_end() -> None:
    with raw(b"x" * (9 * 1024 * 1024), status=418) as (address, _):
        model = LanguageModel(address, MODEL, None, 20, 8192)
        assert (await trouble(model)).trouble in ("too_long", "request_refused")
        await model.close()


class WantsNoTemperature(Raw):
    """As hosted models that reason first."""

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.seen.append(sorted({"temperature", "response_format"} & request.keys()))
        refused = "temperature" in request
        body = (
            b'{"error": {"message": "Unsupported value: temperature"}}'
            if refused
            else b'data: {"choices": [{"index": 0, "delta": {"content": "yes"}}]}\n\ndata: [DONE]\n\n'
        )
        self.send_response(400 if refused else 200)
        self.send_header("Content-Type", "application/json" if refused else "text/event-stream")
        self.end_headers()
        self.wfile.write(body)


async def test_an_option_that_is_refused_is_left_out_and_no_other() -> None:
    with raw(b"", of=WantsNoTemperature) as (address, seen):
        model = LanguageModel(address, MODEL, None, 20, 8192)
        assert [await said(model), await said(model)] == ["yes", "yes"]
        await model.close()
    assert seen == [["response_format", "temperature"], ["response_format"], ["response_format"]]


async def test_a_redirect_is_not_followed() -> None:
    with (
        raw(b"") as (elsewhere, asked_there),
        raw(b"", 307, Location=f"{elsewhere}/chat/completions") as (address, _),
    ):
        model = LanguageModel(address, MODEL, "secret", 20, 8192)
        assert (await trouble(model)).trouble == "request_refused"
        await model.close()
    assert asked_there == []


async def test_no_header_tells_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-another-program")
    monkeypatch.setenv("OPENAI_API_KEY", "key-of-another-program")
    with raw(b"data: [DONE]\n\n") as (address, seen):
        model = LanguageModel(address, MODEL, None, 20, 8192)
        assert await said(model) == ""
        await model.close()
    told = {name.lower(): value for name, value in seen[0].items()}
    assert not [name for name in told if name.startswith(("x-stainless", "openai"))]
    assert not [value for value in told.values() if "another-program" in value]


async def test_a_reply_that_nobody_reads_on_is_closed(
    stub: RunningLanguageModel, model: LanguageModel
) -> None:
    stub.script(rewrite=[{"trouble": "endless"}])
    started = time.monotonic()
    stream = model.stream(MESSAGES, None, asyncio.get_running_loop().time() + 3600)
    await anext(stream)
    await stream.aclose()
    stub.script(rewrite=[{"says": "yes"}])
    assert await said(model) == "yes"
    assert time.monotonic() - started < 3000
