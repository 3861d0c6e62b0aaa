"""The profile `cluster` without containers: two services set as in docker-compose.yml, Caddy, one archive on a stub."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.deploy.run_proxy import needs_caddy, running_proxy
from tests.deploy.test_compose import KEYS, REPLICAS, ROOT, SERVICES
from tests.qdrant_stub.running_stub import running_stub

CITEWELL = Path(sys.executable).parent / "citewell"
QUESTION = "How many soldiers entered via Ishkashim?"
SAMPLES = sorted((ROOT / "samples").glob("*.jsonl"))

pytestmark = needs_caddy


class Replica:
    """One service, as Compose would start it but for its place on this machine."""

    def __init__(self, name: str, folder: Path, qdrant: str) -> None:
        """Start it in a folder of its own and wait until it says that it is ready."""
        environment: dict[str, str] = SERVICES[name]["environment"] | KEYS
        own = {"CITEWELL_ARCHIVE": str(folder), "CITEWELL_HOST": "127.0.0.1", "CITEWELL_PORT": "0"}
        self.process = subprocess.Popen(
            [str(CITEWELL), "serve"],
            env={"PATH": os.environ["PATH"], "HOME": str(folder)}
            | environment
            | own
            | {"QDRANT_URL": qdrant},
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"is ready: http://127\.0\.0\.1:(\d+)/", line):
                self.port = int(found[1])
                return
        raise AssertionError("the service ended; its reason stands above")

    def stop(self) -> None:
        """End it hard."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextmanager
def replicas(folder: Path, qdrant: str) -> Iterator[list[Replica]]:
    started: list[Replica] = []
    try:
        for name in REPLICAS:
            (folder / name).mkdir()
            started.append(Replica(name, folder / name, qdrant))
        yield started
    finally:
        for one in started:
            one.stop()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cluster")


def test_two_replicas_share_an_archive_and_one_alone_goes_on(folder: Path, models: Path) -> None:
    key = {"Authorization": f"Bearer {KEYS['CITEWELL_API_KEYS']}"}
    with (
        running_stub(folder / "qdrant", api_key=KEYS["QDRANT_API_KEY"]) as qdrant,
        replicas(folder, qdrant.url) as (first, second),
        running_proxy(folder, first.port, second.port) as client,
    ):
        lines = b"".join(path.read_bytes() for path in SAMPLES)
        added = client.post(
            "/v1/articles", content=lines, headers=key | {"Content-Type": "application/x-ndjson"}
        )
        assert {json.loads(line)["status"] for line in added.text.splitlines()} == {"added"}
        # Each sees what came in by the other, and both are asked.
        for port in (first.port, second.port):
            own = httpx.get(f"http://127.0.0.1:{port}/v1/status", headers=key, trust_env=False, timeout=60)
            assert own.json()["articles"] == len(added.text.splitlines())
        tokens = {client.get("/healthz").json()["token"] for _ in range(40)}
        assert len(tokens) == 2
        first.stop()
        for _ in range(3):
            answer = client.post("/v1/answers", json={"question": QUESTION}, headers=key).json()
            assert answer["short_answer"] == "102 personnes"
        assert client.post("/v1/answers", json={"question": QUESTION}).status_code == 401
