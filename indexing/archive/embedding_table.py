"""Token ids in, word vectors out: one memory-mapped table of 4-bit blocks that encoder and reader share."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexing.archive.weights import Weights, dequantise


class EmbeddingTable:
    """The word embeddings of a weight file, read row by row; any number of threads may ask."""

    def __init__(self, blocks: NDArray[Any]) -> None:
        """Take the table as 4-bit blocks, (vocabulary, dimension / 32)."""
        self._blocks = blocks

    @classmethod
    def open(cls, path: Path) -> "EmbeddingTable":
        """Memory-map the table of a weight file; raises WeightsError if it is not one."""
        return cls(Weights.open(path).blocks("emb.word"))

    def rows(self, token_ids: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """Return the vectors of token ids (...), (..., dimension); each different id is unpacked once."""
        unique, places = np.unique(token_ids, return_inverse=True)
        vectors: NDArray[np.float32] = dequantise(self._blocks[unique])[places.reshape(token_ids.shape)]
        return vectors
