"""Standard input in, its lines out as text: edited with readline where a person types, plain where a program writes."""

import io
import sys
from collections.abc import Iterator
from contextlib import suppress

import click

LINE_BYTES = 64 * 1024  # more than any question may have; what a longer line has beyond them is not kept


def is_typed() -> bool:
    """Whether a person types."""
    return sys.stdin is not None and sys.stdin.isatty()


def read_lines(prompt: str) -> Iterator[str]:
    """Lines until the end of input (Ctrl-D) or Ctrl-C at the prompt; bytes that are no UTF-8 become U+FFFD.

    Only a person is prompted; Ctrl-C raises KeyboardInterrupt where a program writes.
    """
    if is_typed():
        yield from _typed(prompt)
    elif sys.stdin is not None:
        yield from _piped()


def _typed(prompt: str) -> Iterator[str]:
    with suppress(ImportError):
        # Python's `input` edits lines once it is there; imported here, as that alone touches the terminal.
        import readline  # noqa: F401, PLC0415
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    while True:
        try:
            line = _typed_line(prompt)
        except (EOFError, KeyboardInterrupt):
            click.echo(err=True)  # the prompt's line ends here
            return
        yield line


def _typed_line(prompt: str) -> str:
    if sys.stdout.isatty():
        return input(prompt)
    click.echo(prompt, nl=False, err=True)  # `input` would print it among the answers
    return input()


def _piped() -> Iterator[str]:
    stdin = sys.stdin.buffer
    while line := stdin.readline(LINE_BYTES):
        rest = line
        while len(rest) == LINE_BYTES and not rest.endswith(b"\n"):
            rest = stdin.readline(LINE_BYTES)
        yield line.decode("utf-8", "replace")
