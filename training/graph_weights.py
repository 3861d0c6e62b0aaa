"""A reader's shipped graph in, its layers' numbers out, so that training can go on where only the graph was kept.

The matrices come back rounded to 7 bits; a few hundred steps of training smooth that out.
"""

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from indexing.archive.weights import Shape

Matrix = NDArray[np.float32]


class GraphWeights:
    """The inverse of `build_reader_graph`, under the names of the weight file."""

    def __init__(self, path: Path, shape: Shape) -> None:
        """Read the graph at `path`, whose layers have the sizes of the encoder, `shape`."""
        self.shape = shape
        self._constants = {one.name: numpy_helper.to_array(one) for one in onnx.load(path).graph.initializer}
        hidden = shape.hidden
        self._values: dict[str, Matrix] = {
            "emb.pos": self._constants["emb.pos"].reshape(-1),
            "emb.type": np.zeros(hidden, np.float32),  # added to the positions already
            "head.w": self._constants["head.w"].T,
        }
        for number in range(shape.layers):
            self._read_layer(f"l{number}")

    def matrix(self, name: str) -> Matrix:
        """Return a copy of a matrix, (outputs, inputs)."""
        return self._values[name].copy()

    def vector(self, name: str) -> Matrix:
        """Return a copy of a bias, a norm or a small table, flat."""
        return self._values.get(name, self._constants.get(name)).reshape(-1).copy()  # type: ignore[union-attr]

    def _read_layer(self, name: str) -> None:
        for short, joined in (("w", self._linear(f"{name}.qkv")), ("b", self._constants[f"{name}.qkv.b"])):
            for part, piece in zip("qkv", np.split(joined, 3), strict=True):
                self._values[f"{name}.{part}.{short}"] = piece
        self._values[f"{name}.ao.w"] = self._linear(f"{name}.ao")
        inner = self._linear(f"{name}.fi") * self._constants[f"{name}.divisor"]
        outer, bias = self._linear(f"{name}.fo"), self._constants[f"{name}.fi.b"].copy()
        # The unit that is computed apart: its row and column were put to zero.
        unit = int(np.argmin(np.abs(outer).sum(axis=0) + np.abs(inner).sum(axis=1)))
        inner[unit] = self._constants[f"{name}.unit.in"][:, 0]
        outer[:, unit] = self._constants[f"{name}.unit.out"][0]
        bias[unit] = self._constants[f"{name}.unit.b"][0]
        self._values |= {f"{name}.fi.w": inner, f"{name}.fo.w": outer, f"{name}.fi.b": bias}

    def _linear(self, name: str) -> Matrix:
        values: Matrix = self._constants[f"{name}.w"].T * self._constants[f"{name}.scale"][:, None]
        return values
