"""Bytes of an event stream in, its events out, however the bytes were cut (server-sent events, HTML standard 9.2)."""

import re
from codecs import BOM_UTF8
from typing import NamedTuple

from service.errors import ServiceError

EVENT_BYTES = 16 * 1024 * 1024  # an answer with fifty passages has some 200 KB
_LINE_END = re.compile(rb"\r\n|\r|\n")


class ServerEvent(NamedTuple):
    """One event; `data` is its lines, joined."""

    name: str
    data: str


class ReadEvents:
    """Takes bytes as they come and gives each event as soon as it is whole; half an event is never given.

    Comments, which keep the connection alive, and fields that nobody here needs (`id`, `retry`) are dropped.
    """

    def __init__(self) -> None:
        """Begin at the start of a stream."""
        self._rest = b""
        self._after_return = False
        self._at_start = True
        self._name = ""
        self._data: list[str] = []
        self._size = 0

    def take(self, chunk: bytes) -> list[ServerEvent]:
        """The events that end in `chunk`; raises ServiceError when one has no end."""
        if not chunk:
            return []
        # A line that ends in \r is whole at once: waiting for a possible \n would hold its event back.
        added = chunk.removeprefix(b"\n") if self._after_return else chunk
        self._after_return = added.endswith(b"\r")
        self._size += len(added)
        if self._size > EVENT_BYTES:
            raise ServiceError(
                f"the service sent an event longer than {EVENT_BYTES:,} bytes, the most for one; check --service"
            )
        *lines, self._rest = _LINE_END.split(self._rest + added)
        events = [event for line in lines if (event := self._event_after(line)) is not None]
        if lines:
            self._size = len(self._rest) + sum(map(len, self._data))
        return events

    def _event_after(self, line: bytes) -> ServerEvent | None:
        """The event that an empty line completes, if there is one; any other line adds to it."""
        if self._at_start:
            line, self._at_start = line.removeprefix(BOM_UTF8), False
        if line:
            field, _, value = line.decode("utf-8", "replace").partition(":")
            if field == "event":
                self._name = value.removeprefix(" ")
            elif field == "data":
                self._data.append(value.removeprefix(" "))
            return None
        name, data = self._name or "message", self._data
        self._name, self._data = "", []
        return ServerEvent(name, "\n".join(data)) if data else None
