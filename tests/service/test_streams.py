"""Files that are written whole or not at all, and a standard input that one can stop waiting for."""

import os
from pathlib import Path
from threading import Thread

import pytest

from service.errors import ServiceError
from service.streams import standard_input, written


def test_a_file_is_replaced_when_the_block_ends_well(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.write_text("old")
    target.chmod(0o640)
    with written(str(target)) as stream:
        stream.write(b"new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_whatever_goes_wrong_the_old_file_stays(tmp_path: Path, error: type[BaseException]) -> None:
    target = tmp_path / "out"
    target.write_text("old")
    with pytest.raises(error), written(str(target)) as stream:
        stream.write(b"half")
        raise error
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    with written(str(tmp_path / "link")) as stream:
        stream.write(b"new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_text() == "new"


def test_a_new_file_gets_the_usual_permissions(tmp_path: Path) -> None:
    with written(str(tmp_path / "out")):
        pass
    (tmp_path / "usual").touch()
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize("name", ["missing/out", "/dev/full"])
def test_what_cannot_be_written_is_one_line(name: str, tmp_path: Path) -> None:
    with (
        pytest.raises(ServiceError, match=f"{name} cannot be written \\(No s"),
        written(name if name.startswith("/") else str(tmp_path / name)) as stream,
    ):
        stream.write(b"x")


def test_waiting_for_standard_input_ends_with_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    read: list[bytes] = []
    with open(reading) as pipe, open(writing, "wb", buffering=0) as end:
        monkeypatch.setattr("sys.stdin", pipe)
        with standard_input() as stdin:
            thread = Thread(target=lambda: read.extend(iter(stdin.readline, b"")))
            thread.start()
            end.write(b"one\ntwo\n")
            while len(read) < 2:
                thread.join(0.01)
        thread.join(10)
        assert not thread.is_alive()
    assert read == [b"one\n", b"two\n"]


def test_without_standard_input_there_is_nothing_to_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with standard_input() as stdin:
        assert stdin.read() == b""
