"""The encoder's published 4-bit weight file in, its tokenizer pieces and its tensors out."""

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexing.errors import ModelsDamaged

MAGIC = b"E5S1"
FORMAT = 1
BLOCK = 32  # elements that share one scale
Q4_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])
FLOAT32, Q4_0 = 0, 1


class WeightsError(ModelsDamaged):
    """A weight file that is cut short or of another format."""


@dataclass(frozen=True)
class Shape:
    """The sizes of a BERT encoder; `positions` is the longest input in tokens."""

    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True)
class Pieces:
    """Where the tokenizer's pieces lie in the file, and the ids of its special ones."""

    count: int
    begin: int
    end: int
    padding: int
    unknown: int
    offsets: int
    bytes: int


@dataclass(frozen=True)
class Tensor:
    """Where one tensor lies in the file: `count` elements from byte `start`."""

    kind: int
    count: int
    start: int
    size: int


@dataclass(frozen=True)
class Weights:
    """An opened weight file; pieces and tensors are read when asked for."""

    path: Path
    shape: Shape
    pieces: Pieces
    tensors: dict[str, Tensor] = field(repr=False)

    @classmethod
    def open(cls, path: Path) -> "Weights":
        """Read the header and the directory; raises WeightsError for anything but a whole weight file."""
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                return cls(path, *_read_directory(data))
            except struct.error as error:
                raise WeightsError(f"{path} is cut short at byte {len(data)}; prepare it again") from error

    def vocabulary(self) -> list[tuple[str, float]]:
        """Return the SentencePiece unigram pieces with their log probabilities, in the order of their ids."""
        where = self.pieces
        with self.path.open("rb") as file:
            file.seek(where.offsets)
            offsets = np.frombuffer(file.read(4 * (where.count + 1)), "<u4")
            scores = np.frombuffer(file.read(4 * where.count), "<f4")
            text = file.read(where.bytes)
        spans = zip(offsets[:-1].tolist(), offsets[1:].tolist(), scores.tolist(), strict=True)
        return [(text[start:end].decode("utf-8"), score) for start, end, score in spans]

    def blocks(self, name: str) -> NDArray[Any]:
        """Memory-map a matrix as its 4-bit blocks, (outputs, inputs / 32)."""
        tensor = self.tensors[name]
        inputs = self.shape.inner if name.endswith(".fo.w") else self.shape.hidden
        blocks = np.memmap(self.path, Q4_BLOCK, "r", tensor.start, (tensor.count // BLOCK,))
        return blocks.reshape(-1, inputs // BLOCK)

    def matrix(self, name: str) -> NDArray[np.float32]:
        """Return a 4-bit matrix as float32, (outputs, inputs)."""
        return dequantise(self.blocks(name))

    def vector(self, name: str) -> NDArray[np.float32]:
        """Return a bias, a norm or a small table as a flat float32 array."""
        tensor = self.tensors[name]
        return np.fromfile(self.path, "<f4", tensor.count, offset=tensor.start)


def dequantise(blocks: NDArray[Any]) -> NDArray[np.float32]:
    """Turn 4-bit blocks (..., n) into float32 values (..., n * 32)."""
    nibbles = blocks["nibbles"]
    values = np.concatenate((nibbles & 0x0F, nibbles >> 4), axis=-1).astype(np.float32)
    values -= 8.0
    values *= blocks["scale"].astype(np.float32)[..., None]
    return values.reshape(*blocks.shape[:-1], blocks.shape[-1] * BLOCK)


class _Cursor:
    """Reads little-endian fields one after the other."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.position = 0

    def take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + form, self.data, self.position)
        self.position += struct.calcsize("<" + form)
        return values

    def skip(self, count: int) -> int:
        start = self.position
        self.position += count
        return start


def _read_directory(data: mmap.mmap) -> tuple[Shape, Pieces, dict[str, Tensor]]:
    cursor = _Cursor(data)
    magic, version = cursor.take("4sI")
    if (magic, version) != (MAGIC, FORMAT):
        wanted = f"{MAGIC.decode()} {FORMAT}"
        raise WeightsError(f"not a weight file of format {wanted}: it starts with {magic!r} {version}")
    shape = Shape(*cursor.take("7i"), *cursor.take("f"))
    (block,) = cursor.take("i")
    if block != BLOCK:
        raise WeightsError(f"a weight file with blocks of {block} elements; only {BLOCK} can be read")
    count, *special, size = cursor.take("5iQ")
    begin, end, padding, unknown = special
    offsets = cursor.skip(4 * (count + 1) + 4 * count + size)
    _, table = cursor.take("iI")
    cursor.skip(table)  # the normalisation table; the tokenizer's normaliser stands for it
    tensors = dict(_read_tensors(cursor, len(data)))
    return shape, Pieces(count, begin, end, padding, unknown, offsets, size), tensors


def _read_tensors(cursor: _Cursor, size: int) -> Iterator[tuple[str, Tensor]]:
    (count,) = cursor.take("i")
    for _ in range(count):
        (length,) = cursor.take("H")
        (name,) = cursor.take(f"{length}s")
        tensor = Tensor(*cursor.take("BIQQ"))
        if tensor.start + tensor.size > size:
            raise WeightsError(f"a weight file cut short: {name.decode()} ends after its last byte, {size}")
        yield name.decode(), tensor
