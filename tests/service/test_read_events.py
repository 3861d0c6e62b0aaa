"""Events come out of bytes whole, in order and as they were sent, however the bytes were cut on the way."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.errors import ServiceError
from service.read_events import EVENT_BYTES, ReadEvents, ServerEvent

LINE_ENDS = ("\n", "\r", "\r\n")
LINES = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=12)
NAMES = LINES.filter(bool)
CUTS = st.lists(st.integers(0, 400), max_size=12)


def read(data: bytes, cuts: list[int]) -> list[ServerEvent]:
    reading = ReadEvents()
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[first:last] for first, last in pairwise(places)]
    return [event for piece in pieces for event in reading.take(piece)]


@given(
    st.lists(st.tuples(NAMES, st.lists(LINES, min_size=1, max_size=3)), max_size=4),
    st.sampled_from(LINE_ENDS),
    st.sampled_from(["", ": ping", "id: 7", "retry: 5", "something: else", "nothing"]),
    CUTS,
)
def test_events_come_out_as_they_were_sent(
    sent: list[tuple[str, list[str]]], end: str, between: str, cuts: list[int]
) -> None:
    lines = []
    for name, data in sent:
        lines += [between, f"event: {name}", *[f"data: {line}" for line in data], between or ": x", ""]
    stream = "".join(line + end for line in lines).encode()
    assert read(stream, cuts) == [ServerEvent(name, "\n".join(data)) for name, data in sent]


@given(
    st.lists(st.sampled_from([b"\n", b"\r", b"data:", b"event:", b": ", b"x", b"\xff", b"\xc3\xa9"])), CUTS
)
@example([b"data:", b"x", b"\r", b"\n", b"\n"], [7, 8])
def test_however_any_bytes_are_cut_the_events_are_the_same(pieces: list[bytes], cuts: list[int]) -> None:
    data = b"".join(pieces)
    assert read(data, cuts) == read(data, []) == read(data, list(range(len(data))))


def test_an_event_is_out_with_its_empty_line_and_half_of_one_never() -> None:
    reading = ReadEvents()
    assert reading.take(b"data: 1\r") == []
    assert reading.take(b"\r") == [ServerEvent("message", "1")]
    assert reading.take(b"\n\r\n\r\nevent: a\ndata: 2") == []
    assert reading.take(b"") == []
    assert reading.take(b"\n\n") == [ServerEvent("a", "2")]


def test_one_space_after_the_colon_is_dropped_and_a_name_counts_once() -> None:
    assert read(b"\xef\xbb\xbfevent:a\ndata:  x\n\ndata\n\nevent: b\n\ndata:y\n\n", []) == [
        ServerEvent("a", " x"),
        ServerEvent("message", ""),
        ServerEvent("message", "y"),
    ]


def test_an_event_without_end_is_refused() -> None:
    reading = ReadEvents()
    half = b"data: " + b"x" * (EVENT_BYTES // 2) + b"\n"
    assert reading.take(half + b"\n")[0].name == "message"
    assert reading.take(half) == []
    with pytest.raises(ServiceError, match="longer than 16,777,216 bytes"):
        reading.take(half)
