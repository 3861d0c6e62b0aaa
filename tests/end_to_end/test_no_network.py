"""Add, ask and serve as real processes under a guard: no socket beyond loopback, no telemetry, no question logged."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.held_port import held_port

ROOT = Path(__file__).resolve().parents[2]
CITEWELL = Path(sys.executable).parent / "citewell"
START_S = 120
QUESTION = "How many soldiers entered via Ishkashim?"
# Audit hooks are called before the system is, so what the guard refuses has not left the machine. They see what
# Python does, in the child and in the Python processes that it starts, not what compiled code does by itself.
GUARD = '''
"""Loaded by Python itself at every start: refuses and reports whatever would reach beyond this machine."""

import atexit
import ipaddress
import json
import os
import sys
import threading

ADDRESS_COMES = {
    "socket.connect": 1, "socket.bind": 1, "socket.sendto": 1, "socket.sendmsg": 1, "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0, "socket.gethostbyaddr": 0, "socket.getnameinfo": 0,
}


def stays_here(event, address):
    if isinstance(address, tuple):
        address = address[0]
    elif event in ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"):
        return True  # AF_UNIX, or a message on a connected socket
    if isinstance(address, bytes):
        address = address.decode("ascii", "replace")
    if address is None or address == "localhost":
        return True
    try:
        return ipaddress.ip_address(str(address).partition("%")[0]).is_loopback
    except ValueError:
        return False


def guard(event, arguments):
    if event not in ADDRESS_COMES:
        return
    address = arguments[ADDRESS_COMES[event]]
    if not stays_here(event, address):
        with open(os.environ["GUARD_REPORT"], "a", encoding="utf-8") as report:
            report.write(f"{event} {address!r}\\n")
        raise PermissionError(f"the guard refuses {event} {address!r}")


def say_how_it_ended():
    haystack = sys.modules.get("haystack.telemetry._telemetry")
    told = {
        "command": sys.argv[1:2],
        "enabled": os.environ.get("HAYSTACK_TELEMETRY_ENABLED"),
        "haystack": haystack is not None,
        "telemetry": haystack is not None and haystack.telemetry is not None,
        "consumers": [
            type(one).__module__ for one in threading.enumerate() if type(one).__module__.startswith("posthog")
        ],
    }
    with open(os.environ["GUARD_ENDINGS"], "a", encoding="utf-8") as endings:
        endings.write(json.dumps(told) + "\\n")


sys.addaudithook(guard)
atexit.register(say_how_it_ended)
'''


class Guarded:
    """Starts children under the guard, with everything in their environment that could tempt them out."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.archive = folder / "archive"
        self.log = folder / "service.log"
        self.port = port
        self._report, self._endings = folder / "report", folder / "endings"
        home, guard = folder / "home", folder / "guard"
        home.mkdir()
        guard.mkdir()
        (guard / "sitecustomize.py").write_text(GUARD, "utf-8")
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("HF_", "TRANSFORMERS_")) and not name.lower().endswith("_proxy")
        } | {
            "PYTHONPATH": os.pathsep.join([str(guard), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep),
            "GUARD_REPORT": str(self._report),
            "GUARD_ENDINGS": str(self._endings),
            "HOME": str(home),
            "HAYSTACK_TELEMETRY_ENABLED": "True",
            "HTTP_PROXY": "http://192.0.2.1:9",  # a question to one's own service must not go this way
            "CITEWELL_ARCHIVE": str(self.archive),
            "CITEWELL_PORT": str(self.port),
        }

    @property
    def report(self) -> list[str]:
        """What the guard refused."""
        return self._report.read_text("utf-8").splitlines() if self._report.exists() else []

    @property
    def endings(self) -> dict[str, dict[str, object]]:
        """How each command found telemetry when it ended."""
        told = [json.loads(line) for line in self._endings.read_text("utf-8").splitlines()]
        return {one["command"][0]: one for one in told if one["command"]}

    def run(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            env=self.environment,
            cwd=self.folder,
            umask=0,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    @contextmanager
    def service(self) -> Iterator[httpx.Client]:
        with self.log.open("ab") as output:
            child = subprocess.Popen(
                [CITEWELL, "serve"], env=self.environment, cwd=self.folder, stdout=output, stderr=output
            )
        address = f"http://127.0.0.1:{self.port}"
        try:
            with httpx.Client(base_url=address, timeout=120, trust_env=False) as client:
                until = time.monotonic() + START_S
                while not _ready(client):
                    assert child.poll() is None, self.log.read_text("utf-8")
                    assert time.monotonic() < until, "the service did not come up"
                    time.sleep(0.2)
                yield client
        finally:
            child.terminate()
            child.wait(60)


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Guarded]:
    with held_port() as port:
        yield Guarded(tmp_path, port)


ATTEMPTS = {
    "socket.connect": "socket.socket().connect(('192.0.2.1', 9))",
    "socket.bind": "socket.socket().bind(('0.0.0.0', 0))",
    "socket.sendto": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'out', ('192.0.2.1', 9))",
    "socket.getaddrinfo": "socket.getaddrinfo('news.invalid', 443)",
    "socket.gethostbyname": "socket.gethostbyname('news.invalid')",
}


@pytest.mark.parametrize("event", ATTEMPTS)
def test_guard_refuses_and_reports_what_reaches_out(guarded: Guarded, event: str) -> None:
    tried = guarded.run(sys.executable, "-c", f"import socket; {ATTEMPTS[event]}")
    assert tried.returncode == 1
    assert f"PermissionError: the guard refuses {event}" in tried.stderr
    assert [line.split()[0] for line in guarded.report] == [event]


def test_guard_lets_loopback_pass(guarded: Guarded) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        tried = guarded.run(
            sys.executable, "-c", f"import socket; socket.create_connection(('localhost', {port}), timeout=5)"
        )
    assert tried.returncode == 0, tried.stderr
    assert guarded.report == []


def test_add_ask_and_serve_stay_on_this_machine(guarded: Guarded, models: Path) -> None:
    del models  # prepared, so that no child has a reason to
    samples = ROOT / "samples"
    added = guarded.run(CITEWELL, "add", samples / "fr.jsonl", samples / "en.jsonl")
    assert added.returncode == 0, added.stderr
    assert "failed 0" in added.stdout
    assert guarded.archive.stat().st_mode & 0o777 == 0o700

    asked = guarded.run(CITEWELL, "ask", QUESTION)
    assert asked.returncode == 0, asked.stderr
    assert "102" in asked.stdout
    assert QUESTION not in asked.stderr
    for command in ("add", "ask"):
        _assert_without_telemetry(guarded, command)

    questions = [
        "How many soldiers entered via Khorog?",
        "Who ordered soldiers to the frontier?",
        "Wie hoch stand die Velm?",
        "x" * 2_001,
    ]
    with guarded.service() as client:
        answer = client.post("/v1/answers", json={"question": questions[0]})
        assert answer.json()["answered"], answer.text
        assert client.get("/", params={"question": questions[1]}).status_code == httpx.codes.OK
        through = guarded.run(CITEWELL, "ask", questions[2])
        assert through.returncode in (0, 3), through.stderr
        refused = client.post("/v1/answers", json={"question": questions[3]})
        assert refused.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    _assert_without_telemetry(guarded, "serve")
    log = guarded.log.read_text("utf-8")
    assert "Citewell is ready" in log
    # Every word that only the questions hold, so that an encoded or shortened one is found too.
    assert not [word for word in ("Khorog", "ordered", "Velm", "xxxxxx") if word in log], log
    assert guarded.archive.stat().st_mode & 0o777 == 0o700

    assert guarded.report == []


def _assert_without_telemetry(guarded: Guarded, command: str) -> None:
    ending = guarded.endings[command]
    assert ending == {
        "command": [command],
        "enabled": "False",
        "haystack": True,
        "telemetry": False,
        "consumers": [],
    }
    assert not (guarded.folder / "home/.haystack").exists(), "where haystack keeps its reporting id"
