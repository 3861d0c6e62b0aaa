"""Texts in, one vector a text out: the bundled model as a sentence-transformers module on ONNX Runtime."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from sentence_transformers.base.modules import InputModule
from tokenizers import Tokenizer

from indexing.archive.embedding_table import EmbeddingTable

THREADS = 2


class OnnxEncoder(InputModule):
    """Looks word vectors up in the shared table and runs the layers; any number of threads may call.

    Every text is a run of its own on one core, two at a time: without padding, and with no other text in the
    range that its values are rounded over, so a text has the same vector alone and among others.
    """

    tokenizer: Tokenizer

    def __init__(self, graph: Path, tokenizer: Tokenizer, table: EmbeddingTable, max_tokens: int) -> None:
        """Open the one ONNX session of this model."""
        super().__init__()  # type: ignore[no-untyped-call]  # sentence-transformers leaves it untyped
        self.tokenizer = tokenizer
        self.max_seq_length = max_tokens
        self._table = table
        self._end: int = tokenizer.encode("").ids[-1]
        self._session = _open_session(graph)
        self._workers = ThreadPoolExecutor(THREADS, "encoder")

    def preprocess(self, inputs: Sequence[Any], prompt: str | None = None, **_: Any) -> dict[str, Any]:
        """Return `token_ids`, one list a text; a text that is too long loses its end."""
        encoded = self.tokenizer.encode_batch_fast([f"{prompt or ''}{text}" for text in inputs])
        return {"token_ids": [self._cut(encoding.ids) for encoding in encoded]}

    def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Add `sentence_embedding`, (texts, dimension): the mean over the tokens of each text."""
        texts = features["token_ids"]
        # A single question stays in its caller's thread and does not queue behind passages.
        vectors = map(self._run, texts) if len(texts) == 1 else self._workers.map(self._run, texts)
        return features | {"sentence_embedding": torch.from_numpy(np.concatenate(list(vectors)))}

    def get_embedding_dimension(self) -> int:
        """Return the length of a vector."""
        dimension: int = self._session.get_outputs()[0].shape[-1]
        return dimension

    def save(self, output_path: str, *args: Any, **kwargs: Any) -> None:
        """Refuse: the prepared folder is the only saved form."""
        raise NotImplementedError(
            f"not saved to {output_path}: copy the prepared folder of the bundled model"
        )

    def _run(self, token_ids: list[int]) -> NDArray[np.float32]:
        words = self._table.rows(np.array([token_ids]))
        vector: NDArray[np.float32] = self._session.run(["vector"], {"word_vectors": words})[0]
        return vector

    def _cut(self, ids: list[int]) -> list[int]:
        return ids if len(ids) <= self.max_seq_length else [*ids[: self.max_seq_length - 1], self._end]


def _open_session(graph: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
