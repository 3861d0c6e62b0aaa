"""Files, folders and standard input to articles: every bad one is one clear line and costs nothing else."""

import gzip
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexing.read_files import Reading, expected_readings, read_paths

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 10_000
FRENCH = "Le pont a été fermé hier soir. « Une fissure », dit le maire."


def read(*paths: Path | str, limit: int = LIMIT, stdin: bytes = b"") -> list[Reading]:
    return list(read_paths([str(path) for path in paths], max_characters=limit, stdin=io.BytesIO(stdin)))


def texts(readings: list[Reading]) -> list[str | None]:
    return [reading.item.text if reading.item else None for reading in readings]


def only_error(readings: list[Reading]) -> str:
    assert len(readings) == 1
    assert readings[0].item is None
    assert readings[0].error is not None
    assert "\n" not in readings[0].error
    return readings[0].error


def json_lines(count: int) -> list[bytes]:
    return [
        json.dumps({"id": f"a-{number}", "text": f"Text {number}."}).encode()
        for number in range(1, count + 1)
    ]


def test_read_paths_reads_each_format(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\ufeffPlain.\r\n", "utf-8")
    (tmp_path / "b.md").write_text("# Head\n\nBody.", "utf-8")
    (tmp_path / "c.HTML").write_text("<title>T</title><p>Page.", "utf-8")
    (tmp_path / "d.jsonl").write_bytes(b"\n".join(json_lines(2)))
    (tmp_path / "e.jsonl.gz").write_bytes(gzip.compress(b"\xef\xbb\xbf" + json_lines(1)[0]))
    readings = read(tmp_path)
    assert texts(readings) == ["Plain.\r\n", "Head\n\nBody.", "Page.", "Text 1.", "Text 2.", "Text 1."]
    assert [reading.place.rpartition("/")[2] for reading in readings] == [
        *("a.txt", "b.md", "c.HTML", "d.jsonl:1", "d.jsonl:2", "e.jsonl.gz:1")
    ]
    assert readings[0].default_id == str((tmp_path / "a.txt").resolve())
    assert readings[3].default_id is None


def test_read_paths_walks_folders_in_order_past_hidden_and_other_files(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("b.txt", "a.txt", ".hidden.txt", "x.png", "y.PNG", "README", ".git/c.txt", "sub/deep/d.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, "utf-8")
    assert texts(read(tmp_path)) == ["a.txt", "b.txt", "sub/deep/d.txt"]
    assert [record.message.partition(": ")[2] for record in caplog.records] == [
        "skipped 3 files of other kinds (.png 2, no suffix 1)"
    ]


def test_read_paths_survives_links_in_circles(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.txt").write_text("A", "utf-8")
    (tmp_path / "sub" / "up").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to("self")
    (tmp_path / "lost.txt").symlink_to("nowhere.txt")
    readings = read(tmp_path)
    assert texts(readings) == ["A", None]
    assert readings[1].error == "no such file; check the path"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere.txt", "no such file"),
        ("picture.png", "unknown kind (.png), allowed: .txt .md .html .htm .pdf .docx .jsonl .jsonl.gz"),
        ("README", "unknown kind (no suffix)"),
        ("empty", "a folder without articles"),
        ("pipe.txt", "no regular file"),
        ("binary.txt", "not text"),
        ("damaged.pdf", "damaged PDF"),
        ("damaged.docx", "damaged DOCX"),
        ("damaged.jsonl.gz", "the file is damaged"),
        ("bad.md", "field 'published': got 'soon', allowed: RFC 3339 date"),
    ],
)
def test_read_paths_reports_what_cannot_be_read_and_goes_on(tmp_path: Path, path: str, message: str) -> None:
    (tmp_path / "good.txt").write_text("Good.", "utf-8")
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe.txt")
    for name in ("picture.png", "README", "damaged.pdf", "damaged.docx", "damaged.jsonl.gz"):
        (tmp_path / name).write_bytes(b"nothing of the kind")
    (tmp_path / "binary.txt").write_bytes(b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 20)
    (tmp_path / "bad.md").write_text("---\ndate: soon\n---\nText.", "utf-8")
    readings = read(tmp_path / path, tmp_path / "good.txt")
    assert message in only_error(readings[:1])
    assert texts(readings[1:]) == ["Good."]


@pytest.mark.parametrize("encoding", ["windows-1252", "utf-16", "utf-16-le", "utf-8-sig", "mac_roman"])
def test_read_paths_finds_the_encoding(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes(FRENCH.encode(encoding))
    assert texts(read(tmp_path / "a.txt")) == [FRENCH]


def test_read_paths_finds_shift_jis(tmp_path: Path) -> None:
    text = "橋は昨日の夜に閉鎖された。住民は船で川を渡らなければならない。"
    (tmp_path / "a.txt").write_bytes(text.encode("shift_jis"))
    assert texts(read(tmp_path / "a.txt")) == [text]


def test_read_paths_hands_on_empty_and_odd_texts(tmp_path: Path) -> None:
    """Refusing an empty text, and dropping zero bytes, is the work of the next step."""
    (tmp_path / "a.txt").write_bytes(b"")
    (tmp_path / "b.txt").write_bytes(b"one\x00two")
    assert texts(read(tmp_path)) == ["", "one\x00two"]


def test_read_paths_names_the_malformed_line_of_ten_thousand(tmp_path: Path) -> None:
    lines = json_lines(10_000)
    lines[16] = b'{"id": "a-17", "text": '
    path = tmp_path / "many.jsonl"
    path.write_bytes(b"\n".join(lines))
    readings = read(path)
    failed = [reading for reading in readings if reading.error]
    assert len(readings) == 10_000
    assert [reading.place for reading in failed] == [f"{path}:17"]
    assert only_error(failed).startswith("got malformed JSON (Expecting value at column")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'["a"]', "got ['a'], allowed: a JSON object"),
        (b'{"title": "x"}', "got neither text nor html"),
        (b'{"text": "x", "size": NaN}', "NaN is no JSON number"),
        (b'{"text": "caf\xe9"}', "bytes that are not UTF-8 (at column 14)"),
        (b'{"text": "x", "m": ' + b"[" * 100_000, "nested too deeply"),
        (b'{"text": "x", "n": ' + b"9" * 5_000 + b"}", "malformed JSON"),
        (b'{"text": "' + b"x" * 1_100_000 + b'"}', "longer than 1,060,000 bytes; split the article"),
    ],
    ids=["list", "no text", "constant", "encoding", "nested", "number", "long"],
)
def test_read_paths_reports_a_bad_line_and_goes_on(tmp_path: Path, line: bytes, message: str) -> None:
    good = json_lines(2)
    (tmp_path / "a.jsonl").write_bytes(b"\n".join([good[0], b"", line, good[1]]))
    readings = read(tmp_path / "a.jsonl")
    assert texts(readings) == ["Text 1.", None, "Text 2."]
    assert message in only_error(readings[1:2])
    assert readings[1].place.endswith("a.jsonl:3")


def test_read_paths_reports_utf_16_lines_once(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(json_lines(3)).decode().encode("utf-16"))
    assert "got UTF-16, allowed: JSON lines in UTF-8" in only_error(read(tmp_path / "a.jsonl"))


def test_read_paths_keeps_the_lines_before_a_cut_in_a_compressed_file(tmp_path: Path) -> None:
    packed = gzip.compress(b"\n".join(json_lines(2_000)))
    (tmp_path / "a.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    readings = read(tmp_path / "a.jsonl.gz")
    assert len(readings) > 2
    assert [reading.error is None for reading in readings] == [True] * (len(readings) - 1) + [False]
    assert "the file is damaged" in only_error(readings[-1:])


def test_read_paths_reads_standard_input() -> None:
    readings = read("-", stdin=b"\n".join(json_lines(2)))
    assert [reading.place for reading in readings] == ["stdin:1", "stdin:2"]


def test_read_paths_names_files_in_any_bytes(tmp_path: Path) -> None:
    """Linux file names are bytes; they must not break the line a failure is."""
    name = os.fsencode(tmp_path) + b"/caf\xe9\nx.txt"
    with open(name, "wb") as stream:
        stream.write(b"text")
    (reading,) = read(os.fsdecode(name))
    assert reading.place.encode("utf-8").endswith(b"/caf?x.txt") or "\n" not in reading.place
    assert reading.item is not None


def test_expected_readings_counts_files_but_no_lines(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a", "utf-8")
    (tmp_path / "b.md").write_text("b", "utf-8")
    assert expected_readings([str(tmp_path), str(tmp_path / "a.txt")]) == 3
    assert expected_readings([str(tmp_path), "-"]) is None
    (tmp_path / "c.jsonl").write_text("{}", "utf-8")
    assert expected_readings([str(tmp_path)]) is None


CHILD = """
import json, os, resource, sys
from indexing.read_files import read_paths
limit, uid, *paths = sys.argv[1:]
if uid != "-":
    os.seteuid(int(uid))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
readings = [[reading.place, reading.error] for reading in read_paths(paths, max_characters=int(limit))]
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps({"readings": readings, "grown": grown}))
"""


def in_a_child(*paths: Path, limit: int = 5_000_000, uid: str = "-") -> tuple[list[list[str]], int]:
    """The readings of a process of its own, and the megabytes its memory grew by."""
    arguments = [sys.executable, "-c", CHILD, str(limit), uid, *map(str, paths)]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=True)
    said = json.loads(done.stdout)
    return said["readings"], said["grown"] // 1024


@pytest.fixture
def large_files(tmp_path: Path) -> Iterator[dict[str, Path]]:
    """200 MB each: a text, a page, one line of JSON, and the same compressed to 200 kB."""
    paths = {name: tmp_path / f"large{name}" for name in (".txt", ".html", ".jsonl", ".jsonl.gz")}
    for name in (".txt", ".html", ".jsonl"):
        with paths[name].open("wb") as stream:
            stream.truncate(200_000_000)
    with gzip.open(paths[".jsonl.gz"], "wb", compresslevel=1) as packed:
        for _ in range(200):
            packed.write(b"x" * 1_000_000)
    yield paths


def test_read_paths_refuses_200_megabytes_with_flat_memory(large_files: dict[str, Path]) -> None:
    for name in (".txt", ".html"):
        readings, grown = in_a_child(large_files[name])
        assert [error for _, error in readings] == [
            "got a file of 200,000,000 bytes, allowed: at most 21,000,000 (for 5,000,000 characters); "
            "split it or raise CITEWELL_MAX_ARTICLE_CHARACTERS"
        ]
        assert grown < 5
    for name in (".jsonl", ".jsonl.gz"):
        readings, grown = in_a_child(large_files[name], limit=1_000_000)
        assert [error for _, error in readings] == [
            "got a line longer than 7,000,000 bytes; split the article"
        ]
        assert grown < 30


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can take on another user's rights")
def test_read_paths_reports_files_and_folders_without_permission() -> None:
    with tempfile.TemporaryDirectory() as place:  # pytest's own folders are closed to others all the way up
        folder = Path(place)
        folder.chmod(0o755)
        secret, locked = folder / "secret.txt", folder / "locked"
        secret.write_text("x", "utf-8")
        secret.chmod(0)
        locked.mkdir(mode=0o700)
        readings, _ = in_a_child(secret, locked, uid="65534")
    assert [error for _, error in readings] == [
        "no permission to read it; change its rights or run as its owner",
        "no permission to read it; change its rights or run as its owner",
    ]
