"""Files that are written whole or not at all, and a standard input that one can stop waiting for."""

import subprocess
import sys
from pathlib import Path

import pytest

from service.errors import ServiceError
from service.streams import written

STOPS_AFTER_TWO_LINES = """
from threading import Event, Thread
from service.streams import standard_input
read, two = [], Event()
def reading():
    for line in iter(stdin.readline, b""):
        read.append(line)
        if len(read) == 2:
            two.set()
with standard_input() as stdin:
    thread = Thread(target=reading, daemon=True)
    thread.start()
    two.wait()
thread.join(60)
print(read, "still waiting" if thread.is_alive() else "ended")
"""
READS_ALL = """
import sys
from service.streams import standard_input
with standard_input() as stdin:
    print(sys.stdin, stdin.read())
"""


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


def test_waiting_for_standard_input_ends_with_the_block() -> None:
    command = [sys.executable, "-c", STOPS_AFTER_TWO_LINES]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None and child.stdout is not None
        child.stdin.write(b"one\ntwo\n")
        child.stdin.flush()
        assert child.stdout.read() == b"[b'one\\n', b'two\\n'] ended\n"


def test_without_standard_input_there_is_nothing_to_read() -> None:
    closed = ["sh", "-c", 'exec "$0" -c "$1" <&-', sys.executable, READS_ALL]
    assert subprocess.run(closed, capture_output=True, check=True).stdout == b"None b''\n"
