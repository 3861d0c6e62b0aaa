"""A script in, the replies of an OpenAI-compatible server out, until the process is ended.

`POST /v1/chat/completions` (whole or streamed) and `GET /v1/models`, with the checks that such servers make: the key,
the model's name, the roles, fields that do not exist, a prompt longer than the context, `response_format` where it is
not known. What a model would say it says as it is told to: `POST /stub/script` takes a list of steps for each task,
`GET /stub/requests` says what came.
"""

import argparse
import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from tests.language_model_stub.lies import Fact, Lie, Words, passages_in, statements

Task = Literal["answer", "rewrite", "translate"]
PIECE = 24  # characters of an event: statements come in parts, as from a real model
CHARACTERS_A_TOKEN = 4
LONGEST_STALL_S = 60.0


class Step(BaseModel, extra="forbid"):
    """One reply. `lie`, `facts`: what it says; `form`: how it looks; `trouble`: what goes wrong besides."""

    lie: Lie = "none"
    facts: list[Fact] = []
    invented: str = "The committee has confirmed the figure in a letter to all newspapers."
    unsupported: str = "Nothing else happened."
    orders: list[str] = []
    says: str | None = None
    """Said as it is, whatever was asked: prose, a refusal, a translation."""
    form: Literal["json", "fences", "lines", "trailing", "broken"] = "json"
    trouble: Literal[
        "none",
        "status",
        "html",
        "stall_before",
        "stall_within",
        "close_before",
        "close_within",
        "huge",
        "endless",
    ] = "none"
    status: int = 500
    code: str = "server_error"
    retry_after: str | None = None
    pause: float = 0.0
    """Seconds before each piece of a stream."""


class Message(BaseModel, extra="forbid"):
    role: Literal["system", "developer", "user", "assistant"]
    content: str = Field(min_length=1)


class Completion(BaseModel, extra="forbid"):
    """The fields that such servers know."""

    model_config = ConfigDict(strict=True)
    model: str
    messages: list[Message] = Field(min_length=1)
    stream: bool = False
    stream_options: dict[str, bool] | None = None
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = None
    seed: int | None = None
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    response_format: dict[str, Any] | None = None
    reasoning_effort: str | None = None
    n: Literal[1] | None = None
    stop: list[str] | str | None = None
    user: str | None = None


SCRIPT = TypeAdapter(dict[Task, list[Step]])


class State:
    """What the server is and is told; one for all threads."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.script: dict[Task, list[Step]] = {}
        self.requests: list[dict[str, Any]] = []
        self.lock = threading.Lock()

    def next_step(self, task: Task) -> Step:
        """The next step of a task; the last one stays."""
        with self.lock:
            steps = self.script.get(task) or [Step()]
            return steps.pop(0) if len(steps) > 1 else steps[0]


def task_of(request: Completion) -> Task:
    """What a request is for: there are passages to answer from, a quote to translate, or else a conversation."""
    asked = "\n".join(message.content for message in request.messages if message.role == "user")
    if passages_in([message.model_dump() for message in request.messages]):
        return "answer"
    return "translate" if "<quote" in asked else "rewrite"


def content_of(step: Step, request: Completion) -> str:
    """What the model says."""
    if step.says is not None:
        return step.says
    passages = passages_in([message.model_dump() for message in request.messages])
    words = Words(step.invented, step.unsupported, step.orders)
    found = statements(step.lie, step.facts, passages, words)
    whole = json.dumps({"statements": found}, ensure_ascii=False)
    if step.form == "fences":
        return f"Here is the answer:\n```json\n{whole}\n```\nI hope that this helps."
    if step.form == "lines":
        return "\n".join(json.dumps(one, ensure_ascii=False) for one in found)
    if step.form == "trailing":
        return f"{whole}\nNote: I am only a language model."
    if step.form == "broken":
        # The first statement is whole, everything after it is cut.
        first = json.dumps(found[0], ensure_ascii=False) if found else ""
        return f'{{"statements": [{first}, {{"text": "And then'
    return whole


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    state: State

    def do_GET(self) -> None:
        if self.path == "/stub/requests":
            return self.send_json(200, self.state.requests)
        if not self.is_allowed():
            return
        if self.path == "/v1/models":
            model = {"id": self.state.options.model, "object": "model", "created": 0, "owned_by": "stub"}
            return self.send_json(200, {"object": "list", "data": [model]})
        self.send_error_object(404, "Not found", "not_found")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/stub/script":
            self.state.script = SCRIPT.validate_json(body)
            return self.send_json(200, {})
        if self.path == "/stub/forget":
            self.state.requests.clear()
            return self.send_json(200, {})
        if not self.is_allowed():
            return
        if self.path != "/v1/chat/completions":
            return self.send_error_object(404, "Not found", "not_found")
        try:
            request = Completion.model_validate_json(body)
        except ValidationError as error:
            return self.send_error_object(400, str(error), "invalid_request")
        self.complete(request)

    def is_allowed(self) -> bool:
        key = self.state.options.key
        if key and self.headers.get("Authorization") != f"Bearer {key}":
            self.send_error_object(401, "Incorrect API key provided", "invalid_api_key")
            return False
        return True

    def complete(self, request: Completion) -> None:
        options = self.state.options
        task = task_of(request)
        self.state.requests.append(
            {"task": task, "authorization": self.headers.get("Authorization"), **request.model_dump()}
        )
        if request.model != options.model:
            said = f"The model `{request.model}` does not exist"
            return self.send_error_object(404, said, "model_not_found")
        if request.response_format is not None and options.structured == "no":
            return self.send_error_object(400, "response_format is not supported", "unsupported_parameter")
        tokens = sum(len(message.content) for message in request.messages) // CHARACTERS_A_TOKEN
        if tokens > options.context:
            said = f"This model's maximum context length is {options.context} tokens, got {tokens}"
            return self.send_error_object(400, said, "context_length_exceeded")
        step = self.state.next_step(task)
        if self.in_trouble(step):
            return
        content = content_of(step, request)
        if request.stream:
            self.send_stream(step, content)
        else:
            choice = {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": content},
            }
            self.send_json(200, self.completion("chat.completion", choice))

    def in_trouble(self, step: Step) -> bool:
        """Whether this reply goes wrong before its first word."""
        if step.trouble == "status":
            self.send_error_object(step.status, "The server says no", step.code, step.retry_after)
        elif step.trouble == "html":
            self.send_bytes(200, "text/html", b"<!doctype html><title>Sign in</title><p>Please sign in.")
        elif step.trouble == "stall_before":
            self.stall()
        elif step.trouble == "close_before":
            self.close_connection = True
        else:
            return False
        return True

    def send_stream(self, step: Step, content: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in _pieces(step, content):
            if step.pause:
                time.sleep(step.pause)
            self.send_event(piece)
        if step.trouble == "stall_within":
            return self.stall()
        if step.trouble == "close_within":
            self.close_connection = True
            return
        self.send_event(None)
        self.send_chunk(b"data: [DONE]\n\n")
        self.send_chunk(b"")

    def send_event(self, text: str | None) -> None:
        delta = {"content": text} if text is not None else {}
        choice = {"index": 0, "delta": delta, "finish_reason": None if text is not None else "stop"}
        chunk = self.completion("chat.completion.chunk", choice)
        self.send_chunk(f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode())

    def completion(self, kind: str, choice: dict[str, Any]) -> dict[str, Any]:
        model = self.state.options.model
        return {"id": "chatcmpl-stub", "object": kind, "created": 0, "model": model, "choices": [choice]}

    def send_chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def stall(self) -> None:
        """Say nothing until the client has left."""
        self.close_connection = True
        self.connection.settimeout(LONGEST_STALL_S)
        self.connection.recv(1)

    def send_error_object(self, status: int, said: str, code: str, retry_after: str | None = None) -> None:
        error = {"message": said, "type": "invalid_request_error", "param": None, "code": code}
        self.send_json(status, {"error": error}, {"Retry-After": retry_after} if retry_after else {})

    def send_json(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        self.send_bytes(status, "application/json", json.dumps(value, ensure_ascii=False).encode(), headers)

    def send_bytes(self, status: int, kind: str, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing on standard error."""


def _pieces(step: Step, content: str) -> Iterator[str]:
    if step.trouble == "huge":
        yield from ("x" * (1 << 16) for _ in range(160))
    elif step.trouble == "endless":
        while True:  # until the client has left
            yield "and so on, "
    cut = step.trouble in ("stall_within", "close_within")
    # Cut behind the first statement: what was whole by then may be used.
    end = content.find("}, {") + 8 if cut and "}, {" in content else len(content) - (PIECE if cut else 0)
    yield from (content[at : min(at + PIECE, end)] for at in range(0, end, PIECE))


class Server(ThreadingHTTPServer):
    """Threads die with the process; a client that leaves is no error."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError | TimeoutError | socket.timeout):
            super().handle_error(request, client_address)


def serve() -> None:
    """Serve on a free port of loopback, whose address is the first line of standard output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="stub-model")
    parser.add_argument("--key", default="", help="answers 401 to any other")
    parser.add_argument(
        "--context", type=int, default=32_768, help="tokens of a prompt, of four characters each"
    )
    parser.add_argument("--structured", choices=("yes", "no"), default="yes", help="knows response_format")
    state = State(parser.parse_args())
    with Server(("127.0.0.1", 0), type("StubHandler", (Handler,), {"state": state})) as server:
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever(0.05)


if __name__ == "__main__":
    serve()
