"""What is being done in, one line on a terminal out that changes and vanishes; nothing where there is no terminal."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_ERASE = "\r\x1b[2K"


@contextmanager
def show_status() -> Iterator[Callable[[str], None]]:
    """Gives a function that shows a text on standard error until the next one; the last one goes with the block."""
    shown = sys.stderr.isatty() and sys.stdout.isatty()

    def show(text: str) -> None:
        if shown:
            # One that fills the line would go on to a second, which nothing erases.
            _write(_ERASE + text[: shutil.get_terminal_size().columns - 1])

    try:
        yield show
    finally:
        if shown:
            _write(_ERASE)


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
