"""The commands and the service with QDRANT_URL set, against a stub of a Qdrant server in a process of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.qdrant_stub.running_stub import RunningStub, running_stub

CITEWELL = Path(sys.executable).parent / "citewell"
START_S = 180
ARTICLE = {
    "id": "pont",
    "title": "Le pont de Saint-Aubin rouvre",
    "text": "Le pont de Saint-Aubin a rouvert lundi. Sa réparation a coûté 340 000 euros à la commune.",
    "language": "fr",
}


@pytest.fixture
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningStub]:
    """A stub with a key, which the environment names."""
    with running_stub(tmp_path / "stub", api_key="right") as running:
        monkeypatch.setenv("QDRANT_URL", running.url)
        monkeypatch.setenv("QDRANT_API_KEY", "right")
        yield running


def test_an_archive_on_a_server_from_the_first_article_to_the_last(
    cli: Any, stub: RunningStub, tmp_path: Path
) -> None:
    result = cli("add", "-", stdin=json.dumps(ARTICLE) + "\n", COLLECTION="news")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "added 1 updated 0 unchanged 0 duplicate 0 failed 0\n"
    assert not (tmp_path / "archive").exists(), "the folder is not touched"

    result = cli("ask", "Combien a coûté la réparation du pont de Saint-Aubin ?", "--json", COLLECTION="news")
    answer = json.loads(result.stdout)
    assert answer["answered"] and "340 000" in answer["short_answer"]
    [citation] = answer["citations"]
    assert ARTICLE["text"][citation["start"] : citation["end"]] == citation["quote"]

    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "archive.json").write_text("{}")
    result = cli("status", COLLECTION="news")
    place = f"{stub.url}/collections/news"
    assert result.stderr == (
        f"citewell: QDRANT_URL is set: the archive is {place}, and the one in the folder "
        f"{tmp_path / 'archive'} is left alone\n"
    )
    assert f"archive    {place}\nengine     Qdrant server 1.19.0\n" in result.stdout
    assert "size       unknown" in result.stdout

    result = cli("remove", "pont", COLLECTION="news")
    assert (result.exit_code, result.stdout) == (0, "removed 1\n")
    assert [one for one in stub.requests() if one["status"] != 200] == []


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("QDRANT_API_KEY", "wrong", "refuses the key (401: "),
        (
            "QDRANT_URL",
            "http://127.0.0.1",
            "it has no port; add it, usually :6333; allowed: scheme, host and port",
        ),
        ("QDRANT_URL", "http://127.0.0.1:6333/path", "it goes on after the port (/path)"),
        ("CITEWELL_COLLECTION", "a/b", "CITEWELL_COLLECTION is 'a/b', allowed are letters"),
        (
            "CITEWELL_QDRANT_WRITE_CONSISTENCY",
            "2",
            "but there are only 1 replicas (CITEWELL_QDRANT_REPLICAS)",
        ),
        ("CITEWELL_QDRANT_QUANTIZATION", "half", "setting CITEWELL_QDRANT_QUANTIZATION: got 'half'"),
        ("CITEWELL_QDRANT_ON_DISK", "vectors,all", "setting CITEWELL_QDRANT_ON_DISK"),
    ],
)
def test_what_is_wrong_is_one_line(
    cli: Any, stub: RunningStub, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    result = cli("status")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1 and said in result.stderr


def test_service_outlives_its_server_and_says_so_meanwhile(stub: RunningStub, tmp_path: Path) -> None:
    environment = {**os.environ, "CITEWELL_PORT": "0", "CITEWELL_QDRANT_TIMEOUT": "3"}
    log = tmp_path / "log"
    with log.open("wb") as output:
        child = subprocess.Popen(
            [CITEWELL, "serve"], env=environment, cwd=tmp_path, stdout=output, stderr=output
        )
    try:
        until = time.monotonic() + START_S
        while "Citewell is ready" not in log.read_text("utf-8"):
            assert child.poll() is None and time.monotonic() < until, log.read_text("utf-8")
            time.sleep(0.1)
        address = log.read_text("utf-8").partition("ready: ")[2].partition("/   (")[0]
        with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
            assert client.post("/v1/articles", json=ARTICLE).status_code == 201
            assert client.get("/readyz").status_code == 200
            stub.kill()
            reply = client.get("/readyz")
            assert (reply.status_code, reply.headers["Retry-After"]) == (503, "5")
            assert f"the Qdrant server at {stub.url} cannot be reached" in reply.json()["detail"]
            assert client.get("/healthz").status_code == 200
            asked = {"question": "Combien a coûté la réparation du pont de Saint-Aubin ?"}
            assert client.post("/v1/answers", json=asked).status_code == 503
            stub.restart()
            assert client.get("/readyz").status_code == 200
            answer = client.post("/v1/answers", json=asked).json()
            assert "340 000" in answer["short_answer"]
    finally:
        child.terminate()
        child.wait(60)
    assert child.returncode == 0, log.read_text("utf-8")
    assert not (tmp_path / "archive").exists()
