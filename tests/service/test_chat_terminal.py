"""A conversation on a pseudo-terminal: what a person sees, and what Ctrl-C and Ctrl-D do."""

import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.service.conftest import interrupt
from tests.service.scripted_service import QUOTE, TEXT, Scripted, Then, answered, event, told

CITEWELL = Path(sys.executable).parent / "citewell"
ERASE = "\r\x1b[2K"
CTRL_C, CTRL_D = "\x03", "\x04"
PATIENCE_S = 120
READING = event("status", {"step": "reading", "passages": 8})
# The terminal becomes the controlling one of the child, as in a window, since it is the first that this session opens.
ON_TERMINAL = 'exec "$@" <"$0" >"$0" 2>"$0"'
ANSWERS_TO_FILE = 'exec "$@" <"$0" >answers 2>"$0"'


class Terminal:
    """A `citewell chat` with somebody in front of it."""

    def __init__(self, child: "subprocess.Popen[bytes]", master: int) -> None:
        """Read and write at the end `master` of the child's terminal."""
        self.child = child
        self.seen = ""
        self._master = master
        self._read = b""

    def type(self, keys: str | bytes) -> None:
        os.write(self._master, keys if isinstance(keys, bytes) else keys.encode())

    def press_until_it_ends(self, key: str) -> None:
        """Press `key`, and again when nothing came of it, as a person does.

        Python's `input` hears a Ctrl-C that comes between two of its waits at the next key only.
        """
        for _ in range(PATIENCE_S // 5):
            self.type(key)
            with suppress(subprocess.TimeoutExpired):
                self.child.wait(5)
                return
        raise AssertionError(f"it goes on: {self.seen!r}")

    def until(self, text: str) -> str:
        """Wait for a text after what was waited for last; what came up to and with it."""
        while (place := self.seen.find(text)) < 0:
            assert select.select([self._master], [], [], PATIENCE_S)[0], f"{text!r} never came: {self.seen!r}"
            self._read += os.read(self._master, 4096)
            self.seen = self._read.decode("utf-8", "ignore")
        before = self.seen[: place + len(text)]
        self._read = self.seen[place + len(text) :].encode()
        self.seen = self._read.decode()
        return before


Open = Callable[..., Terminal]


@pytest.fixture
def terminal(scripted: Scripted, tmp_path: Path) -> Iterator[Open]:
    """Open a chat with the scripted service on a terminal of 80 columns."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (24, 80))
    children = []

    def start(how: str = ON_TERMINAL) -> Terminal:
        command = ["sh", "-c", how, os.ttyname(slave), str(CITEWELL), "chat", "--service", scripted.address]
        environment = os.environ | {"TERM": "xterm", "PYTHONIOENCODING": "utf-8"}
        children.append(subprocess.Popen(command, cwd=tmp_path, env=environment, start_new_session=True))
        return Terminal(children[-1], master)

    yield start
    for child in children:
        child.kill()
        child.wait(PATIENCE_S)
    os.close(master)
    os.close(slave)


def left_on_screen(printed: str) -> str:
    """The printed lines after all erasing, without colours and the like."""
    lines = [line.rpartition(ERASE)[2] for line in printed.replace("\r\n", "\n").split("\n")]
    return re.sub(r"\x1b\[[0-9;?]*[a-z]", "", "\n".join(lines))


def test_steps_are_shown_while_they_last_and_then_the_answer(terminal: Open, scripted: Scripted) -> None:
    scripted.articles["/v1/articles/pont?v=v1"] = {"id": "pont", "text": TEXT, "current_version": "v1"}
    reply = told(answered("and then?", standalone="What did it cost then?"))
    scripted.replies = [[*reply[:1], READING, *reply[1:]]]
    screen = terminal()
    assert "Articles: 27. Ask, or type :help\r\n" in screen.until("> ")
    screen.type("and then?\n")
    printed = screen.until("> ")
    assert f"{ERASE}searching 27 articles{ERASE}reading 8 passages{ERASE}" in printed
    assert "\x1b[2munderstood as: What did it cost then?\x1b[0m\r\n" in printed
    shown = left_on_screen(printed)
    assert "searching" not in shown and "reading" not in shown
    assert "understood as: What did it cost then?\n340 000 euros [1]\nConfidence: 90 %\n" in shown

    screen.type(":open 1\n")
    assert f"Sa réparation \x1b[7m{QUOTE}\x1b[0m à la commune" in screen.until("> ")
    screen.type(CTRL_D)
    assert screen.child.wait(PATIENCE_S) == 0


def test_ctrl_c_stops_the_answer_and_at_the_prompt_it_quits(terminal: Open, scripted: Scripted) -> None:
    scripted.replies = [[READING, Then.STALL], told(answered())]
    screen = terminal()
    screen.until("> ")
    screen.type("What did it cost?\n")
    screen.until("reading 8 passages")
    screen.type(CTRL_C)
    assert f"{ERASE}stopped\r\n" in screen.until("> ")
    assert scripted.left.wait(PATIENCE_S), "the service was not left"
    screen.type("What did it cost?\n")
    screen.until("340 000 euros [1]")
    assert scripted.asked[1]["history"] == []
    screen.until("> ")
    screen.type("half a quest")
    screen.until("half a quest")
    screen.press_until_it_ends(CTRL_C)
    assert screen.child.returncode == 0
    assert "Traceback" not in screen.until("\n")


def test_lines_can_be_edited_and_called_back(terminal: Open, scripted: Scripted) -> None:
    scripted.replies = [told(answered()), told(answered())]
    screen = terminal()
    screen.until("> ")
    screen.type("Wht\x1b[D\x1b[Da\n")  # twice the arrow to the left
    screen.until("340 000 euros [1]")
    screen.until("> ")
    screen.type("\x1b[A?\n")  # the arrow up
    screen.until("340 000 euros [1]")
    screen.type(":quit\n")
    assert screen.child.wait(PATIENCE_S) == 0
    assert [asked["question"] for asked in scripted.asked] == ["Waht", "Waht?"]


def test_bytes_that_are_no_text_do_no_harm_when_typed(terminal: Open, scripted: Scripted) -> None:
    scripted.replies = [told(answered())]
    screen = terminal()
    screen.until("> ")
    screen.type(b"co\xffst?\n")
    screen.until("340 000 euros [1]")
    screen.type(":quit\n")
    assert screen.child.wait(PATIENCE_S) == 0
    assert re.fullmatch("co.{0,2}st\\?", scripted.asked[0]["question"])


def test_answers_go_to_a_file_without_prompts_steps_or_colours(
    terminal: Open, scripted: Scripted, tmp_path: Path
) -> None:
    reply = told(answered("and then?", standalone="What did it cost then?"))
    scripted.replies = [[*reply[:1], READING, *reply[1:]]]
    screen = terminal(ANSWERS_TO_FILE)
    screen.until("> ")
    screen.type("and then?\n")
    assert "reading" not in screen.until("> ")
    screen.type(CTRL_D)
    assert screen.child.wait(PATIENCE_S) == 0
    printed = (tmp_path / "answers").read_text("utf-8")
    assert printed.startswith("understood as: What did it cost then?\n340 000 euros [1]\nConfidence")
    assert "\x1b" not in printed and ">" not in printed


def test_interrupting_a_program_that_asks_ends_it(scripted: Scripted, tmp_path: Path) -> None:
    scripted.replies = [[READING, Then.STALL]]
    command = [CITEWELL, "chat", "--service", scripted.address]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, cwd=tmp_path, **pipes) as child:
        assert child.stdin is not None and child.stdout is not None and child.stderr is not None
        child.stdin.write(b"one\ntwo\n")
        child.stdin.flush()
        while not scripted.asked:
            assert child.poll() is None
            time.sleep(0.05)
        interrupt(child)
        assert child.stdout.read() == b""
        assert child.stderr.read() == b"citewell: interrupted\n"
    assert child.returncode == 130
    assert len(scripted.asked) == 1


def test_without_standard_input_nothing_is_asked(scripted: Scripted, tmp_path: Path) -> None:
    closed = ["sh", "-c", 'exec "$0" "$@" <&-', str(CITEWELL), "chat", "--service", scripted.address]
    result = subprocess.run(closed, cwd=tmp_path, capture_output=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
