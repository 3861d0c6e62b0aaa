"""The service is killed hard while articles go in, started again, and every citation it serves is still verbatim."""

import gzip
import json
import os
import random
import signal
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
ENGLISH, KILLED_AFTER, ASKED = 110, 70, 20  # 40 more are French; batches are of 32, so more are to come


@contextmanager
def service(archive: Path, port: int, log: Path) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    """A real `citewell serve`; it is ended when the block is left, if it still runs."""
    environment = os.environ | {"CITEWELL_ARCHIVE": str(archive), "CITEWELL_PORT": str(port)}
    with log.open("ab") as output:
        child = subprocess.Popen(
            [CITEWELL, "serve"], env=environment, cwd=archive.parent, stdout=output, stderr=output
        )
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120, trust_env=False)
    try:
        until = time.monotonic() + START_S
        while not _ready(client):
            assert child.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < until, "the service did not come up"
            time.sleep(0.2)
        yield child, client
    finally:
        client.close()
        child.terminate()
        child.wait(30)


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def lines(path: Path) -> list[dict[str, object]]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def body(articles: list[dict[str, object]]) -> str:
    kept = [{"id": a["id"], "title": a["title"], "text": a["text"], "language": a["lang"]} for a in articles]
    return "\n".join(json.dumps(article, ensure_ascii=False) for article in kept)


def add(
    client: httpx.Client, content: str, kill: subprocess.Popen[bytes] | None = None, after: int = 0
) -> list[str]:
    """Send articles, kill the service once `after` of them were acknowledged, return those that were."""
    acknowledged: list[str] = []
    headers = {"Content-Type": "application/x-ndjson"}
    try:
        with client.stream("POST", "/v1/articles", content=content.encode(), headers=headers) as reply:
            for line in reply.iter_lines():
                result = json.loads(line)
                assert result["status"] != "failed", result
                acknowledged.append(result["id"])
                if kill is not None and len(acknowledged) == after:
                    kill.send_signal(signal.SIGKILL)
    except httpx.TransportError:
        assert kill is not None, "the connection broke though nobody killed the service"
    return acknowledged


@pytest.fixture
def port() -> Iterator[int]:
    """The one that the service has before and after the kill."""
    with held_port() as held:
        yield held


@pytest.mark.evaluation
def test_every_citation_is_verbatim_after_a_hard_kill(
    evaluation_data: Path, tmp_path: Path, port: int
) -> None:
    articles = lines(evaluation_data / "wikinews-fr/articles.fr.jsonl.gz")
    articles += lines(evaluation_data / "squad2/articles.en.jsonl.gz")[:ENGLISH]
    assert len(articles) == 40 + ENGLISH
    with (evaluation_data / "news-en-on-fr/questions.jsonl").open(encoding="utf-8") as stream:
        questions = [json.loads(line)["question"] for line in stream]
    archive, log = tmp_path / "archive", tmp_path / "service.log"

    with service(archive, port, log) as (child, client):
        acknowledged = add(client, body(articles), kill=child, after=KILLED_AFTER)
        child.wait(30)
    with service(archive, port, log) as (_, client):
        for article_id in acknowledged:
            assert client.get(f"/v1/articles/{article_id}").status_code == httpx.codes.OK, (
                "acknowledged and lost"
            )
        assert len(add(client, body(articles))) == len(articles)
        status = client.get("/v1/status").json()
        assert status["articles"] + status["copies"] == len({article["id"] for article in articles})

        texts: dict[tuple[str, str], str] = {}
        quoted = 0
        for question in random.Random(1).sample(questions, ASKED):
            answer = client.post("/v1/answers", json={"question": question}).json()
            cited = answer["citations"] + (answer["refusal"]["nearest"] if answer["refusal"] else [])
            for citation in cited:
                place = (citation["article"]["id"], citation["article"]["version"])
                if place not in texts:
                    stored = client.get(f"/v1/articles/{place[0]}", params={"v": place[1]}).json()
                    texts[place] = stored["text"]
                assert texts[place][citation["start"] : citation["end"]] == citation["quote"]
                quoted += 1
            for passage in answer["passages"]:
                text = client.get(f"/v1/articles/{passage['article_id']}").json()["text"]
                assert text[passage["start"] : passage["end"]] == passage["text"]
        assert quoted >= ASKED
    assert not [question for question in questions if question in log.read_text("utf-8")], (
        "a question was logged"
    )
