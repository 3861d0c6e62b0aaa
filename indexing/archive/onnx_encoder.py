"""Texts in, one vector per token out: the bundled model as a sentence-transformers module on ONNX Runtime."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnxruntime
import torch
from sentence_transformers.base.modules import InputModule
from tokenizers import Tokenizer

from indexing.archive.bundled_model import GRAPH, BundledModel
from indexing.archive.embedding_table import EmbeddingTable

THREADS = 2


class OnnxEncoder(InputModule):
    """Looks the word vectors up in the shared table and runs the transformer layers; safe from many threads."""

    tokenizer: Tokenizer

    def __init__(self, model: BundledModel, tokenizer: Tokenizer, table: EmbeddingTable) -> None:
        """Open the one ONNX session of this model."""
        super().__init__()
        self.tokenizer = tokenizer
        self.max_seq_length = model.max_tokens
        self._table = table
        self._session = open_session(str(model.folder / GRAPH))
        self._end = tokenizer.token_to_id("</s>")
        self._padding = tokenizer.token_to_id("<pad>")

    def preprocess(self, inputs: Sequence[Any], prompt: str | None = None, **_: Any) -> dict[str, torch.Tensor]:
        """Return `input_ids` and `attention_mask`, (texts, tokens); longer texts lose their end."""
        encoded = self.tokenizer.encode_batch_fast([f"{prompt or ''}{text}" for text in inputs])
        rows = [self._cut(encoding.ids) for encoding in encoded]
        ids = np.full((len(rows), max(map(len, rows))), self._padding, np.int64)
        mask = np.zeros_like(ids)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = row
            mask[place, : len(row)] = 1
        return {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}

    def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Add `token_embeddings`, (texts, tokens, dimension)."""
        words = self._table.rows(features["input_ids"].numpy())
        mask = features["attention_mask"].numpy().astype(np.int32)
        (hidden,) = self._session.run(["hidden"], {"word_vectors": words, "mask": mask})
        return features | {"token_embeddings": torch.from_numpy(hidden)}

    def save(self, output_path: str, *args: Any, **kwargs: Any) -> None:
        """Refuse: the prepared folder is the one saved form."""
        raise NotImplementedError(f"the bundled model is not saved to {output_path}; copy its prepared folder")

    def _cut(self, ids: list[int]) -> list[int]:
        return ids if len(ids) <= self.max_seq_length else [*ids[: self.max_seq_length - 1], self._end]


def open_session(graph: str) -> onnxruntime.InferenceSession:
    """Open a graph for two cores."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
