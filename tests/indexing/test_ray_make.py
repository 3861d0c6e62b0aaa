"""The workers of a Ray read and encode, one process writes: the same archive, whatever becomes of a worker."""

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from indexing.add_articles import add_articles, read_paths
from indexing.errors import RayUnavailable
from indexing.ray_cluster import connected_ray
from indexing.ray_make import RayWork, is_known, known_keys, opened_encoder
from tests.indexing.archive.synthetic import ENCODER, Expected, article, check, long_text, open_edge
from tests.indexing.failing_encoder import open_tiny
from tests.qdrant_stub.running_stub import running_stub

ROOT = Path(__file__).resolve().parents[2]
WITHOUT_RAY = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="the Python package ray is not installed (extra `ray`)"
)
LIMIT = 100_000


def write_news(folder: Path) -> None:
    """Files of several kinds, some of which cannot be read, in the current folder."""
    (folder / "news" / "deeper").mkdir(parents=True)
    for number in range(40):
        place = folder / "news" / ("deeper" if number % 2 else "") / f"{number}.txt"
        place.write_text(long_text(f"place {number}", 1 + number % 4))
    (folder / "news" / "broken.pdf").write_bytes(b"no PDF")
    (folder / "news" / "empty.txt").touch()
    lines = [{"id": f"m{number}", "text": long_text(f"story {number % 90}")} for number in range(100)]
    (folder / "many.jsonl").write_text("{broken\n" + "".join(json.dumps(line) + "\n" for line in lines))
    (folder / "stdin.jsonl").write_text(
        "".join(
            json.dumps({"id": f"s{number}", "text": long_text(f"s{number}")}) + "\n" for number in range(50)
        )
    )
    (folder / "last.jsonl").write_text(json.dumps({"id": "last", "text": "The last one."}))


@WITHOUT_RAY
async def test_workers_of_a_local_ray_give_what_one_process_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_news(tmp_path)
    with running_stub(tmp_path / "stub") as stub:
        ended = subprocess.run(
            [sys.executable, "-m", "tests.indexing.ray_driver", tmp_path, stub.url],
            cwd=tmp_path,
            # Workers make way for everything else unless they are told not to.
            env={**os.environ, "PYTHONPATH": str(ROOT), "RAY_worker_niceness": "0"},
            capture_output=True,
            text=True,
        )
        assert [one for one in stub.requests() if one["status"] != 200] == []
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == "", "Ray says nothing of its own"
    done = json.loads(ended.stdout)

    monkeypatch.chdir(tmp_path)
    archive = open_edge(tmp_path / "alone")
    with open("stdin.jsonl", "rb") as stdin:
        paths = ["news", "many.jsonl", "-", "missing.txt"]
        readings = read_paths(paths, max_characters=LIMIT, stdin=stdin)
        results = [
            [one.place, one.status, one.passages, one.error]
            async for one in add_articles(readings, archive, ENCODER, max_characters=LIMIT)
        ]
    await check(archive, await Expected.of(archive))
    await archive.close()

    assert done["first"] == results
    changed = {"added": "unchanged", "duplicate": "unchanged"}
    assert [one[1] for one in done["again"]] == [changed.get(one[1], one[1]) for one in results]
    assert done["deaths"] == 1 + 3, "one worker died once, then each that took the last article"
    assert done["always dies"].startswith("RayUnavailable: the Ray job failed: ")
    assert done["no models"] == "ModelsMissing: the models are not there; run make setup"
    assert set(done["listening"]) <= {"0100007F", "0000000000000000FFFF00000100007F"}, (
        "127.0.0.1, in both tables"
    )
    assert done["listening"]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("cluster", "is no address of a cluster, allowed: local"),
        ("ray://cluster:10001", "is no address of a cluster, allowed: local"),
        (":6379", "is no address of a cluster, allowed: local"),
        ("127.0.0.1:9", "no Ray answers at 127.0.0.1:9 (Connection refused); start it with `ray start`"),
    ],
)
def test_an_address_at_which_there_is_no_ray_is_one_line(address: str, said: str) -> None:
    with pytest.raises(RayUnavailable) as error, connected_ray(address):
        pass
    assert said in str(error.value) and "\n" not in str(error.value)


def test_another_program_at_the_address_is_told_from_a_ray() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), QuietHandler) as server:
        thread = Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        try:
            address = f"127.0.0.1:{server.server_port}"
            with (
                pytest.raises(RayUnavailable, match=f"what answers at {address} is no Ray"),
                connected_ray(address),
            ):
                pass
        finally:
            server.shutdown()
            thread.join()


class QuietHandler(BaseHTTPRequestHandler):
    """Knows no method."""

    def log_message(self, *_: object) -> None:
        pass


def test_without_ray_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", os.environ.copy())
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(RayUnavailable, match=r"pip install 'citewell\[ray\]'"), connected_ray("local"):
        pass


def test_a_worker_that_is_not_like_the_writing_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", os.environ.copy())
    work = RayWork.of(open_tiny, ENCODER, LIMIT)
    assert opened_encoder(work).fingerprint == ENCODER.fingerprint
    with pytest.raises(RayUnavailable, match=r"has Citewell .* and the machine that writes 0\.0\.0"):
        opened_encoder(replace(work, version="0.0.0"))
    for other in (replace(work, encoder_fingerprint="x"), replace(work, terms_fingerprint="x")):
        with pytest.raises(RayUnavailable, match="prepare the same models on every machine"):
            opened_encoder(other)


def test_what_needs_no_vectors_is_known_by_id_text_and_title() -> None:
    here, there = article("a", "One."), article("b", "Two.")
    known = np.unique(np.array([*known_keys(here.id, here.version, here.title)], np.uint64))
    assert is_known(here, known)
    assert is_known(replace(here, source="Other"), known), "other metadata, no other vector"
    assert not is_known(replace(here, title="Other"), known), "the title is in the vector"
    assert not is_known(replace(here, text="Other."), known)
    assert not is_known(there, known)
    assert is_known(replace(there, text=here.text), known), "a copy"
    assert not is_known(here, np.zeros(0, np.uint64))
