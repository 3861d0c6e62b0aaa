"""Texts in, unit vectors out: the bundled model on ONNX Runtime."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from indexing.archive.bundled_model import GRAPH, BundledModel
from indexing.archive.embedding_table import EmbeddingTable
from indexing.archive.model_prompts import Prompts

PROMPTS = Prompts("query: ", "passage: ")
THREADS = 2


class OnnxEncoder:
    """Looks word vectors up in the shared table and runs the layers; any number of threads may call.

    Every text is a run of its own on one core, two at a time: without padding, and with no other text in the
    range that its values are rounded over, so a text has the same vector alone and among others.
    """

    def __init__(
        self, model: BundledModel, tokenizer: Tokenizer, table: EmbeddingTable, threads: int = THREADS
    ) -> None:
        """Open the one ONNX session of this model."""
        self.max_tokens = model.max_tokens
        self._fingerprint = model.fingerprint
        self._tokenizer = tokenizer
        self._table = table
        self._end: int = tokenizer.encode("").ids[-1]
        self._session = _open_session(model.folder / GRAPH)
        self.dimension: int = self._session.get_outputs()[0].shape[-1]
        self._workers = ThreadPoolExecutor(threads, "encoder")

    def own_prompts(self) -> Prompts:
        """Return the prefixes that it was trained with."""
        return PROMPTS

    def encode(self, texts: Sequence[str], prompt: str) -> NDArray[np.float32]:
        """Return one unit vector a text, (n, dimension); a text that is too long loses its end."""
        encoded = self._tokenizer.encode_batch_fast([f"{prompt}{text}" for text in texts])
        tokens = [self._cut(encoding.ids) for encoding in encoded]
        # A single question stays in its caller's thread and does not queue behind passages.
        runs = map(self._run, tokens) if len(tokens) == 1 else self._workers.map(self._run, tokens)
        vectors = np.concatenate(list(runs))
        unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def fingerprint(self, passage_prefix: str) -> str:
        """Name what the vectors of passages mean: weights and recipe, and the prefix where it is another."""
        other = "" if passage_prefix == PROMPTS.passage else f" passage={passage_prefix}"
        return f"{self._fingerprint}{other}"

    def _run(self, token_ids: list[int]) -> NDArray[np.float32]:
        """Return the mean over the tokens of one text, (1, dimension)."""
        words = self._table.rows(np.array([token_ids]))
        vector: NDArray[np.float32] = self._session.run(["vector"], {"word_vectors": words})[0]
        return vector

    def _cut(self, ids: list[int]) -> list[int]:
        return ids if len(ids) <= self.max_tokens else [*ids[: self.max_tokens - 1], self._end]


def _open_session(graph: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
