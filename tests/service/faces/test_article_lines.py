"""Cutting a body into lines: wherever the pieces end, the lines are the same."""

from hypothesis import given
from hypothesis import strategies as st

from service.faces.article_files import file_name
from service.faces.article_lines import Line, LineSplitter

LIMIT = 6


def split(pieces: list[bytes]) -> list[Line]:
    splitter = LineSplitter(LIMIT)
    return [line for piece in pieces for line in splitter.feed(piece)] + list(splitter.finish())


@given(st.lists(st.text("ab \r\n", max_size=12).map(str.encode), max_size=8))
def test_lines_do_not_depend_on_the_pieces(pieces: list[bytes]) -> None:
    lines = b"".join(pieces).split(b"\n")
    expected = [
        Line(number, data if len(data) <= LIMIT else None)
        for number, data in enumerate(lines, start=1)
        if data.strip() or len(data) > LIMIT
    ]
    assert split(pieces) == expected


def test_line_above_the_limit_keeps_nothing_in_memory() -> None:
    splitter = LineSplitter(10)
    for _ in range(1_000):
        assert list(splitter.feed(b"x" * 1_000)) == []
    assert list(splitter.feed(b"\nshort\n")) == [Line(1, None), Line(2, b"short")]


def test_file_name_stays_in_its_folder_and_keeps_its_ending() -> None:
    for sent, kept in (
        ("a.txt", "a.txt"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\news\\a.html", "a.html"),
        ("/abs/a.jsonl.gz", "a.jsonl.gz"),
        ("..", "file-7"),
        ("", "file-7"),
        ("\x00\n", "file-7"),
        (".hidden.md", "hidden.md"),
        ("статья.pdf", "статья.pdf"),
    ):
        assert file_name(sent, 7) == kept
    long = file_name("é" * 400 + ".txt", 1)
    assert long.endswith(".txt") and len(long.encode()) <= 200
