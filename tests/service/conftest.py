"""What the tests around the command line share: a real `citewell serve`, and a small service that breaks on purpose."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from service.command_line import citewell
from tests.service.scripted_service import Scripted, scripted_service

ROOT = Path(__file__).resolve().parents[2]
CITEWELL = Path(sys.executable).parent / "citewell"
START_S = 180

Cli = Callable[..., Result]


@dataclass(frozen=True)
class Running:
    """A service in a process of its own."""

    address: str
    archive: Path
    log: Path

    @property
    def port(self) -> str:
        return self.address.rpartition(":")[2]


@pytest.fixture
def cli(tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Run `citewell` in this process, in an empty folder: `cli("status", archive=..., PORT="1")`."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, archive: Path | None = None, stdin: str | bytes = "", **settings: str) -> Result:
        environment = {f"CITEWELL_{name}": value for name, value in settings.items()}
        environment["CITEWELL_ARCHIVE"] = str(archive or tmp_path / "archive")
        return CliRunner().invoke(citewell, arguments, input=stdin, env=environment)

    return run


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Iterator[Running]:
    """One `citewell serve --samples` over an archive in which an interrupted start left some of the samples."""
    folder = tmp_path_factory.mktemp("running")
    archive, log = folder / "archive", folder / "log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CITEWELL_")}
    environment |= {"CITEWELL_ARCHIVE": str(archive), "CITEWELL_PORT": "0"}
    subprocess.run(
        [CITEWELL, "add", ROOT / "samples" / "fr.jsonl"],
        env=environment,
        cwd=folder,
        check=True,
        timeout=START_S,
    )
    with log.open("wb") as output:
        child = subprocess.Popen(
            [CITEWELL, "serve", "--samples"], env=environment, cwd=folder, stdout=output, stderr=output
        )
    try:
        until = time.monotonic() + START_S
        # It announces itself a moment before it greets.
        while not (archive / "service.json").exists() or b"Citewell is ready" not in log.read_bytes():
            assert child.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < until, log.read_text("utf-8")
            time.sleep(0.1)
        yield Running(json.loads((archive / "service.json").read_text("utf-8"))["address"], archive, log)
    finally:
        child.terminate()
        child.wait(60)
    assert child.returncode == 0, log.read_text("utf-8")
    assert not (archive / "service.json").exists(), "the announcement outlived the service"


def interrupt(child: "subprocess.Popen[bytes]") -> None:
    """Send SIGINT as Ctrl-C does, and again where nothing came of it, until the child has ended.

    Python's asyncio hears a signal that comes just before it waits at its next turn only.
    """
    for _ in range(START_S // 10):
        child.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            child.wait(10)
            return
    raise AssertionError("it goes on")


@dataclass
class Breaking:
    """A service that takes a few requests as Citewell would, and then hangs up."""

    address: str
    health: object = None
    requests_before: int = 1
    lines: list[int] = field(default_factory=list)
    taken: Event = field(default_factory=Event)

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])


class BreakingHandler(BaseHTTPRequestHandler):
    """Answers as `state` says."""

    state: Breaking
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/healthz":
            self.reply(self.state.health)
        elif self.path == "/v1/status":
            self.reply({"samples": 0, "articles": 2, "copies": 0, "archive": "/elsewhere"})
        elif self.path.startswith("/v1/articles?"):
            self.reply({"articles": [{"id": "a"}, {"id": "b"}], "cursor": None})
        elif self.path == "/v1/articles/a":
            names = ("title", "text", "url", "source", "author", "language", "published", "tags", "meta")
            self.reply({"id": "a", "also_in": []} | dict.fromkeys(names))
        else:
            self.close_connection = True

    def do_POST(self) -> None:
        lines = self.rfile.read(int(self.headers["Content-Length"])).splitlines()
        self.state.lines.append(len(lines))
        if len(self.state.lines) > self.state.requests_before:
            self.close_connection = True
            return
        results = [{"id": json.loads(line).get("id"), "version": "v", "status": "added"} for line in lines]
        self.send(b"".join(json.dumps(result).encode() + b"\n" for result in results))
        self.state.taken.set()

    def reply(self, value: object) -> None:
        self.send(json.dumps(value).encode())

    def send(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def breaking() -> Iterator[Breaking]:
    """A small HTTP server on loopback: /healthz as told, one batch of articles, one article; then silence."""
    handler = type("Handler", (BreakingHandler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        state = handler.state = Breaking(f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        yield state
        server.shutdown()
        thread.join()


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """A service that says what the test tells it to."""
    with scripted_service() as state:
        yield state


@pytest.fixture
def ask_running(running: Running) -> Iterator[httpx.Client]:
    """A client of the running service."""
    with httpx.Client(base_url=running.address, trust_env=False, timeout=60) as client:
        yield client
