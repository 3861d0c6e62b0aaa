"""service.json is believed only of the very service that wrote it, for the very folder it lies in."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from service.running_service import FILE, announce, archive_of, find_running, new_token, who_answers, withdraw


def rewrite(folder: Path, **changes: Any) -> None:
    fields = json.loads((folder / FILE).read_text("utf-8")) | changes
    kept = {name: value for name, value in fields.items() if value is not None}
    (folder / FILE).write_text(json.dumps(kept), "utf-8")


@pytest.fixture
def announced(tmp_path: Path, breaking: Any) -> Path:
    token = new_token()
    breaking.health = {"status": "ok", "service": "citewell", "token": token}
    announce(tmp_path, breaking.address, token)
    return tmp_path


def test_a_service_is_found_by_its_announcement(announced: Path, breaking: Any) -> None:
    assert find_running(announced) == breaking.address
    assert (announced / FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in announced.iterdir()] == [FILE]


def test_a_foreign_citewell_at_that_address_is_not_taken_for_it(announced: Path, breaking: Any) -> None:
    for health in (
        {"service": "citewell", "token": new_token()},
        {"service": "citewell"},
        ["citewell"],
        None,
    ):
        breaking.health = health
        assert find_running(announced) is None


def test_an_announcement_that_was_copied_is_not_believed(announced: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy2(announced / FILE, copy / FILE)
    assert find_running(copy) is None


def test_an_announcement_of_a_dead_process_is_stale(announced: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    rewrite(announced, pid=child.pid)
    assert find_running(announced) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"token": None},
        {"pid": "x"},
        {"pid": 1 << 70},
        {"address": "http://[::"},
        {"address": "http://127.0.0.1:1"},
    ],
)
def test_a_damaged_announcement_is_ignored(announced: Path, changes: dict[str, Any]) -> None:
    rewrite(announced, **changes)
    assert find_running(announced) is None


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"{", b'{"address": 1}'])
def test_nonsense_is_ignored(tmp_path: Path, content: bytes) -> None:
    assert find_running(tmp_path / "missing") is None
    (tmp_path / FILE).write_bytes(content)
    assert find_running(tmp_path) is None


def test_only_our_own_announcement_is_withdrawn(announced: Path) -> None:
    withdraw(announced, new_token())
    assert (announced / FILE).exists()
    withdraw(announced, json.loads((announced / FILE).read_text("utf-8"))["token"])
    assert not (announced / FILE).exists()
    withdraw(announced, "")


def test_who_has_a_port_is_told_by_its_health(breaking: Any) -> None:
    breaking.health = {"service": "citewell"}
    assert who_answers(breaking.address) == "citewell"
    breaking.health = {"service": "other"}
    assert who_answers(breaking.address) == "another program"
    assert archive_of(breaking.address, "key") == "/elsewhere"
    assert archive_of("http://127.0.0.1:1", None) is None


def test_the_process_id_is_ours(announced: Path) -> None:
    assert json.loads((announced / FILE).read_text("utf-8"))["pid"] == os.getpid()
