"""`archive.json`: whatever stands in it, it is read whole or refused in one line."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.archive.manifest import Manifest, read_manifest, write_manifest
from indexing.errors import ArchiveIncompatible

MANIFEST = Manifest("model", "model-1", 384, "bm25 of words", "points-7")
WHOLE = json.dumps(asdict(MANIFEST)).encode()

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def test_written_is_read_back(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) is None
    for manifest in (MANIFEST, replace(MANIFEST, data="points-8")):
        write_manifest(tmp_path, manifest)
        assert read_manifest(tmp_path) == manifest
    assert MANIFEST.generation == 7


@given(content=st.binary(max_size=40) | st.integers(0, len(WHOLE) - 1).map(lambda end: WHOLE[:end]))
def test_any_bytes_but_a_manifest_are_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("archive")
    (folder / "archive.json").write_bytes(content)
    with pytest.raises(ArchiveIncompatible, match="restore it from a backup") as caught:
        read_manifest(folder)
    assert "\n" not in str(caught.value)


@given(name=st.sampled_from(sorted(asdict(MANIFEST))), value=json_values)
def test_wrong_field_is_refused(tmp_path_factory: pytest.TempPathFactory, name: str, value: Any) -> None:
    folder = tmp_path_factory.mktemp("archive")
    (folder / "archive.json").write_text(json.dumps(asdict(MANIFEST) | {name: value}))
    text = type(value) is str and name in ("encoder", "encoder_fingerprint", "terms")
    number = type(value) is int and (name == "dimension" or (name == "format" and value <= 1))
    if text or number:
        assert read_manifest(folder) == replace(MANIFEST, **{name: value})
    else:
        with pytest.raises(ArchiveIncompatible, match=r"backup|update Citewell"):
            read_manifest(folder)


@pytest.mark.parametrize("data", ["../elsewhere", "points-1/..", "/points-1", "points-", "points-1.new", ""])
def test_data_folder_lies_inside(data: str, tmp_path: Path) -> None:
    write_manifest(tmp_path, replace(MANIFEST, data=data))
    with pytest.raises(ArchiveIncompatible, match="data is"):
        read_manifest(tmp_path)


def test_missing_field_is_named(tmp_path: Path) -> None:
    (tmp_path / "archive.json").write_text(json.dumps({"format": 1, "encoder": "x"}))
    with pytest.raises(ArchiveIncompatible, match="encoder_fingerprint"):
        read_manifest(tmp_path)


def test_same_encoder_and_terms_are_compatible() -> None:
    MANIFEST.require(replace(MANIFEST, data="points-1", encoder="a folder with the same model"), "here")
    with pytest.raises(ArchiveIncompatible, match=r"here was encoded with model .*`citewell reindex`"):
        MANIFEST.require(replace(MANIFEST, encoder="y", encoder_fingerprint="y-1"), "here")
    with pytest.raises(ArchiveIncompatible, match=r"terms 'bm25 of words'.*`citewell reindex`"):
        MANIFEST.require(replace(MANIFEST, terms="others"), "here")
