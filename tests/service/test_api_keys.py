"""The file of keys: what may stand in it, what a change of it does, and that a broken one locks nobody out or in."""

import logging
import os
from pathlib import Path

import pytest

from service.api_keys import FILE_BYTES, KeyRing, own_key
from service.errors import SettingsError
from service.settings import load_settings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "keys"
    path.write_text("# who: what\n\nnewsroom: alpha\nbeta\nwidget.2026:gamma\n", "utf-8")
    return path


def test_file_holds_a_key_a_line_with_or_without_a_name(file: Path) -> None:
    ring = KeyRing(["delta"], file)
    assert [(key.name, key.secret) for key in ring.keys] == [
        ("newsroom", "alpha"),
        ("line-4", "beta"),
        ("widget.2026", "gamma"),
        ("listed-1", "delta"),
    ]
    assert list(ring) == ["alpha", "beta", "gamma", "delta"]
    assert (ring[0], len(ring), bool(KeyRing())) == ("alpha", 4, False)


def test_a_key_is_not_shown(file: Path) -> None:
    assert "alpha" not in repr(KeyRing((), file).keys)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no key"),
        (b"# nothing\n\n", "holds no key"),
        (b"good\ntwo words\n", "line 2 is no key"),
        (b"name: two words\n", "line 1 is no key"),
        ("schlüssel\n".encode(), "line 1 is no key"),
        (b"\xff\xfe\n", "is not UTF-8"),
        (b"x" * (FILE_BYTES + 1), "more than 1 MB"),
    ],
)
def test_a_broken_file_stops_the_start_and_repeats_no_key(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "keys"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=said) as raised:
        KeyRing(["listed"], file)
    assert "two words" not in str(raised.value) and "schl" not in str(raised.value)


def test_a_missing_file_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        KeyRing((), tmp_path / "keys")


def test_a_changed_file_counts_at_once(file: Path) -> None:
    ring = KeyRing((), file)
    file.write_text("newsroom: new\nnewsroom: alpha\n", "utf-8")
    ring.refresh()
    assert list(ring) == ["new", "alpha"]


def test_a_file_replaced_by_one_of_the_same_size_and_time_counts(file: Path) -> None:
    ring = KeyRing((), file)
    before = file.stat()
    other = file.with_name("other")
    other.write_bytes(file.read_bytes().replace(b"alpha", b"omega"))
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(file)
    ring.refresh()
    assert ring[0] == "omega"


@pytest.mark.parametrize("broken", [b"", b"two words\n", b"\xff", None])
def test_a_file_that_breaks_keeps_the_keys_and_is_said_once(
    file: Path, broken: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    ring = KeyRing((), file)
    good = file.read_bytes()
    if broken is None:
        file.unlink()
    else:
        file.write_bytes(broken)
    with caplog.at_level(logging.WARNING, "citewell.keys"):
        for _ in range(3):
            ring.refresh()
        assert (list(ring), ring.broken) == (["alpha", "beta", "gamma"], True)
        assert [record.message.count("from before stay valid") for record in caplog.records] == [1]
        file.write_bytes(good.replace(b"alpha", b"new"))
        ring.refresh()
    assert (ring[0], ring.broken) == ("new", False)
    said = caplog.records[-1].message
    assert "valid keys: 3 (newsroom, line-4, widget.2026)" in said
    assert "alpha" not in caplog.text and "gamma" not in caplog.text


def test_a_command_sends_the_first_key_of_the_file(file: Path, tmp_path: Path) -> None:
    named = {"CITEWELL_API_KEYS": "listed", "CITEWELL_API_KEYS_FILE": str(file)}
    settings = load_settings(named, tmp_path / "none")
    assert own_key(settings) == "alpha" and settings.needs_keys and settings.pages_need_key
    assert own_key(load_settings({}, tmp_path / "none")) is None
