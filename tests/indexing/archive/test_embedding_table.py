"""Tests of the word table: the same numbers as a plain reading of the file, from any number of threads."""

import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from indexing.archive.bundled_model import NAME, WEIGHTS
from indexing.archive.embedding_table import EmbeddingTable
from indexing.archive.weights import Weights, WeightsError


@pytest.fixture(scope="module")
def weights(models: Path) -> Weights:
    return Weights.open(models / NAME / WEIGHTS)


@pytest.fixture(scope="module")
def table(weights: Weights) -> EmbeddingTable:
    return EmbeddingTable.open(weights.path)


def plain_row(weights: Weights, token_id: int) -> list[float]:
    """Read one row number by number, as the format is described."""
    size = 12 * 18
    with weights.path.open("rb") as file:
        file.seek(weights.tensors["emb.word"].start + token_id * size)
        data = file.read(size)
    values: list[float] = []
    for block in range(12):
        (scale,) = struct.unpack_from("<e", data, block * 18)
        nibbles = data[block * 18 + 2 : block * 18 + 18]
        values += [scale * ((byte & 15) - 8) for byte in nibbles] + [
            scale * ((byte >> 4) - 8) for byte in nibbles
        ]
    return values


@pytest.mark.parametrize("token_id", [0, 1, 2, 3, 35378, 250001, 250036])
def test_rows_single_id_equals_a_plain_reading(
    table: EmbeddingTable, weights: Weights, token_id: int
) -> None:
    np.testing.assert_array_equal(table.rows(np.array([token_id]))[0], plain_row(weights, token_id))


def test_rows_keeps_the_shape_and_order_of_the_ids(table: EmbeddingTable) -> None:
    ids = np.array([[5, 9, 5], [250001, 9, 0]])
    rows = table.rows(ids)
    assert rows.shape == (2, 3, 384)
    assert rows.dtype == np.float32
    for place in np.ndindex(ids.shape):
        np.testing.assert_array_equal(rows[place], table.rows(ids[place].reshape(1))[0])


def test_rows_no_ids_gives_no_rows(table: EmbeddingTable) -> None:
    assert table.rows(np.zeros((1, 0), np.int64)).shape == (1, 0, 384)


def test_rows_from_many_threads_are_the_same(table: EmbeddingTable) -> None:
    ids = np.random.default_rng(7).integers(0, 250002, (8, 500))
    expected = [table.rows(row) for row in ids]
    with ThreadPoolExecutor(8) as workers:
        found = list(workers.map(table.rows, [*ids] * 4))
    for place, rows in enumerate(found):
        np.testing.assert_array_equal(rows, expected[place % 8])


def test_shape_is_that_of_the_published_model(weights: Weights) -> None:
    shape = weights.shape
    assert (shape.hidden, shape.layers, shape.heads, shape.inner) == (384, 12, 12, 1536)
    assert (shape.vocabulary, shape.positions, shape.types) == (250037, 512, 2)
    assert shape.epsilon == pytest.approx(1e-12)
    assert len(weights.tensors) == 5 + 12 * 16
    assert weights.matrix("l3.fo.w").shape == (384, 1536)
    assert weights.matrix("l3.fi.w").shape == (1536, 384)


@pytest.mark.parametrize("kept", [4, 60, 1_000_000, 60_000_000])
def test_open_file_cut_short_is_refused(weights: Weights, tmp_path: Path, kept: int) -> None:
    cut = tmp_path / "cut.bin"
    with weights.path.open("rb") as file:
        cut.write_bytes(file.read(kept))
    with pytest.raises(WeightsError, match="cut short"):
        Weights.open(cut)


@pytest.mark.parametrize("start", [b"GGUF\x03\x00\x00\x00", b"E5S1\x02\x00\x00\x00"])
def test_open_another_format_is_refused(tmp_path: Path, start: bytes) -> None:
    (tmp_path / "other.bin").write_bytes(start + bytes(100))
    with pytest.raises(WeightsError, match="not a weight file of format E5S1 1"):
        Weights.open(tmp_path / "other.bin")
