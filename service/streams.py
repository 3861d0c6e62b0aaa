"""A file name or standard input in, a stream out that survives what goes wrong: the old file stays, Ctrl-C works."""

import io
import os
import select
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import BinaryIO

from service.errors import ServiceError

STANDARD_OUTPUT = "-"
_NEW_FILE = 0o666


@contextmanager
def written(name: str) -> Iterator[BinaryIO]:
    """A stream whose content replaces the file `name` when the block ends well, and only then; `-` is printed.

    Raises ServiceError with the file and the reason when it cannot be written.
    """
    if name == STANDARD_OUTPUT:
        with _explained("standard output", "what was printed is not whole"):
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        return
    if os.path.exists(name) and not os.path.isfile(name):  # /dev/stdout, a named pipe: nothing to keep
        with _explained(name, "what it got is not whole"), open(name, "wb") as stream:
            yield stream
        return
    target = Path(name).resolve()
    with _explained(name, "a file of that name is as it was"):
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name[:40]}.", suffix=".new", dir=target.parent)
        try:
            with open(handle, "wb") as stream:
                os.fchmod(handle, target.stat().st_mode & 0o777 if target.exists() else _mode_of_new_files())
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise


@contextmanager
def standard_input() -> Iterator[BinaryIO]:
    """Standard input that ends when the block is left, though a thread may be waiting for more of it."""
    stop = Event()
    try:
        descriptor = sys.stdin.fileno()
        select.select([descriptor], [], [], 0)
    except (OSError, ValueError, AttributeError):  # it is closed, or no file at all
        yield sys.stdin.buffer if sys.stdin is not None else io.BytesIO()
        return
    try:
        yield io.BufferedReader(_Stoppable(descriptor, stop))
    finally:
        stop.set()


class _Stoppable(io.RawIOBase):
    """Bytes of a descriptor; a read that waits ends at most 0.2 s after `stop` was set."""

    def __init__(self, descriptor: int, stop: Event) -> None:
        self._descriptor = descriptor
        self._stop = stop

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._stop.is_set():
            if select.select([self._descriptor], [], [], 0.2)[0]:
                data = os.read(self._descriptor, len(buffer))
                buffer[: len(data)] = data
                return len(data)
        return 0


@contextmanager
def _explained(name: str, left: str) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ServiceError(f"{name} cannot be written ({error.strerror or error}); {left}") from error


def _mode_of_new_files() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return _NEW_FILE & ~mask
