"""JSON lines in, one value or one error a line out, with memory bounded by the longest allowed line."""

import codecs
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn

_BLOCK = 1 << 20
_GIVE_UP = 1 << 30  # bytes of one line that are skipped before the rest of a stream is left unread


@dataclass(frozen=True, slots=True)
class JsonLine:
    """One line that is not blank: its number, and either its value or what is wrong with it."""

    number: int
    value: Any = None
    error: str | None = None


def read_json_lines(stream: BinaryIO, *, max_bytes: int) -> Iterator[JsonLine]:
    """Parse a stream line by line; a line above `max_bytes` is skipped and reported."""
    number = 0
    while line := stream.readline(max_bytes + 1):
        number += 1
        if number == 1:
            if line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                yield JsonLine(1, error="got UTF-16, allowed: JSON lines in UTF-8; save the file as UTF-8")
                return
            line = line.removeprefix(codecs.BOM_UTF8)
        if len(line) > max_bytes:
            complete = _skip_rest_of_line(stream)
            rest = "" if complete else "; the rest of the file was not read"
            yield JsonLine(
                number, error=f"got a line longer than {max_bytes:,} bytes; split the article{rest}"
            )
            if not complete:
                return
        elif line.strip():
            yield _parse(number, line)


def _parse(number: int, line: bytes) -> JsonLine:
    try:
        return JsonLine(number, value=json.loads(line.decode("utf-8"), parse_constant=_refuse_constant))
    except json.JSONDecodeError as error:
        problem = f"got malformed JSON ({error.msg} at column {error.colno}), allowed: one JSON object a line"
    except UnicodeDecodeError as error:
        problem = f"got bytes that are not UTF-8 (at column {error.start + 1}), allowed: JSON lines in UTF-8"
    except RecursionError:
        problem = "got JSON nested too deeply, allowed: a flat object"
    except ValueError as error:  # NaN and numbers of thousands of digits
        problem = f"got malformed JSON ({error}), allowed: one JSON object a line"
    return JsonLine(number, error=f"{problem}; correct the line")


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")


def _skip_rest_of_line(stream: BinaryIO) -> bool:
    """Read on to the line's end; False when it is too far away (a compressed file can hold terabytes)."""
    skipped = 0
    while skipped < _GIVE_UP:
        part = stream.readline(_BLOCK)
        skipped += len(part)
        if not part or part.endswith(b"\n"):
            return True
    return False
