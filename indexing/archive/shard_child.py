"""The child of `ShardProcess`: opens a shard, does what comes through the pipe, and ends when the pipe does."""

import fcntl
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from indexing.archive.read_ahead import read_the_rest
from indexing.archive.shard import Shard, explained
from indexing.errors import ArchiveError


def main() -> None:
    """Serve the pipe with the number of the first argument over the shard in the folder of the second."""
    # Who stops the service stops it in good order, and with it us: a signal to the whole group is not for us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    pipe, folder = Connection(int(sys.argv[1])), Path(sys.argv[2])
    try:
        _serve(pipe, folder)
    except (EOFError, OSError):  # our parent was killed; the write-ahead log has everything
        os._exit(0)


def _serve(pipe: Connection, folder: Path) -> None:
    """Answer until told to close; the first answer says whether the shard could be opened."""
    try:
        # The next start deletes a copy that has no index yet: make no files in it by then.
        with _ending(pipe, True):
            shard = Shard.load(folder)
    except ArchiveError as error:
        return pipe.send((False, error))
    pipe.send((True, None))
    threading.Thread(target=read_the_rest, args=(folder,), daemon=True).start()
    method = ""
    while method != "close":
        method, arguments = pipe.recv()
        try:
            with explained(folder, "used"), _ending(pipe, method == "optimize"):
                answer = True, shard.call(method, *arguments)
        except Exception as error:
            answer = False, error
        pipe.send(answer)


@contextmanager
def _ending(pipe: Connection, wanted: bool) -> Iterator[None]:
    """In this block a closed pipe ends this process at once, though it holds Python's lock and cannot look.

    The system sends SIGIO when the other end goes (or says something, which it does not before it has our answer).
    """
    flags = fcntl.fcntl(pipe.fileno(), fcntl.F_GETFL)
    if wanted:
        fcntl.fcntl(pipe.fileno(), fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(pipe.fileno(), fcntl.F_SETFL, flags | os.O_ASYNC)
        if pipe.poll():  # it went before
            raise EOFError
    try:
        yield
    finally:
        if wanted:
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETFL, flags)


if __name__ == "__main__":
    main()
