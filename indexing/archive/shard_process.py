"""A shard in a child process, behind the calls of `Shard`: what holds Python's lock there holds up nobody here.

The child ends when the pipe does, so nobody is left who holds the folder when this process is killed. A child that
dies is an ArchiveError for whoever asked; the next call starts another one, and the write-ahead log has kept
everything that was acknowledged.
"""

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from indexing.errors import ArchiveError, ArchiveLocked

CODE = Path(__file__).resolve().parents[2]
CHILD = "indexing.archive.shard_child"
WAIT_SECONDS = 10.0  # for the child of a process that was killed a moment ago to let go of the folder


class ShardProcess:
    """A shard that a child of this process has open. Its calls block; one thread at a time may use it."""

    def __init__(self, folder: Path) -> None:
        """For the shard in `folder`; the first call starts the child, and raises ArchiveError when it cannot."""
        self.folder = folder
        self._child: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None
        self._closed = False
        self._starting = threading.Lock()
        """Held while the child is made: `kill` must not miss one that is on its way."""

    @property
    def pid(self) -> int | None:
        """The child's process, None where there is none."""
        return None if self._child is None else self._child.pid

    def call(self, method: str, *arguments: object) -> Any:
        """What the method of the child's shard returns or raises; starts the child when there is none."""
        if self._pipe is None:
            self._start()
        return self._ask(method, *arguments)

    def close(self) -> None:
        """Release the folder and end the child; further calls fail."""
        try:
            if not self._closed and self._pipe is not None:
                self._ask("close")
        finally:
            self._closed = True
            self._end()

    def kill(self) -> None:
        """End the child in the middle of whatever it does; may be called from another thread.

        When this returns nothing of it writes to the folder, nor will: further calls fail.
        """
        with self._starting:
            self._closed = True
            child = self._child
        if child is not None:
            child.kill()
            child.wait()

    def _start(self) -> None:
        """Start the child; one that a killed process has left behind is waited for, since it is about to end."""
        until = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                return self._start_once()
            except ArchiveLocked:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def _start_once(self) -> None:
        with self._starting:
            if self._closed:
                raise ArchiveError(f"the archive data in {self.folder} is closed")
            ours, theirs = Pipe()
            with theirs:
                self._child = subprocess.Popen(
                    [sys.executable, "-P", "-m", CHILD, str(theirs.fileno()), str(self.folder)],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    env=os.environ | {"PYTHONPATH": os.pathsep.join([str(CODE), *sys.path])},
                )
            self._pipe = ours
        try:
            self._hear()
        except ArchiveError:
            self._end()
            raise

    def _ask(self, method: str, *arguments: object) -> Any:
        assert self._pipe is not None, "started"
        with suppress(OSError):  # `_hear` finds out
            self._pipe.send((method, arguments))
        return self._hear()

    def _hear(self) -> Any:
        assert self._pipe is not None, "started"
        try:
            done, result = self._pipe.recv()
        except (EOFError, OSError) as error:
            code = self._end()
            raise ArchiveError(
                f"the process that held the archive data in {self.folder} ended with code {code}; nothing that "
                "was acknowledged is lost, and the next call starts it again: try once more"
            ) from error
        if not done:
            raise result
        return result

    def _end(self) -> int | None:
        """Close the pipe, wait for the child, and return its exit code."""
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
        if self._child is None:
            return None
        try:
            return self._child.wait(WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            return self._child.wait()
