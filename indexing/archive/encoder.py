"""Questions and passages in, unit vectors of one model out: the bundled one, or any sentence-transformers model."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Normalize
from tokenizers import Tokenizer

from indexing.archive.bundled_model import GRAPH, NAME, TOKENIZER, WEIGHTS, BundledModel
from indexing.archive.embedding_table import EmbeddingTable
from indexing.archive.onnx_encoder import OnnxEncoder

BATCH = 32

Vectors = NDArray[np.float32]
Progress = Callable[[int, int], None]


class Encoder:
    """One model with its prompts; `tokenizer` and `table` are the bundled model's, whatever the model is."""

    def __init__(
        self, model: SentenceTransformer, name: str, fingerprint: str, tokenizer: Tokenizer, table: EmbeddingTable
    ) -> None:
        """Take a loaded model whose prompts `query` and `passage` are set."""
        self.name = name
        self.fingerprint = fingerprint
        self.tokenizer = tokenizer
        self.table = table
        self.dimension = int(model.get_embedding_dimension() or 0)
        self.max_tokens = int(model.max_seq_length or 512)
        self._model = model
        self._lock = threading.Lock()

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector a question, (n, dimension)."""
        return self._encode(texts, self._model.prompts["query"], None)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return one unit vector a passage, (n, dimension); `progress` is told (done, all) after each batch."""
        return self._encode(texts, self._model.prompts["passage"], progress)

    def _encode(self, texts: Sequence[str], prompt: str, progress: Progress | None) -> Vectors:
        vectors = np.empty((len(texts), self.dimension), np.float32)
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]), reverse=True)
        for start in range(0, len(order), BATCH):
            places = order[start : start + BATCH]
            vectors[places] = self._model.encode(
                [texts[place] for place in places],
                prompt=prompt,
                batch_size=BATCH,
                show_progress_bar=False,
                normalize_embeddings=True,
            )
            if progress is not None:
                progress(min(start + BATCH, len(order)), len(order))
        return vectors


def open_encoder(
    model: str, models: Path, question_prefix: str | None = None, passage_prefix: str | None = None
) -> Encoder:
    """Open the bundled encoder."""
    bundled = BundledModel.open(models)
    tokenizer = Tokenizer.from_file(str(bundled.folder / TOKENIZER))
    table = EmbeddingTable.open(bundled.folder / WEIGHTS)
    prompts = {"query": "query: ", "passage": "passage: "}
    graph = OnnxEncoder(bundled.folder / GRAPH, tokenizer, table, bundled.dimension, bundled.max_tokens)
    modules = [graph, Normalize()]
    loaded = SentenceTransformer(modules=modules, prompts=prompts, device="cpu")
    return Encoder(loaded, NAME, bundled.fingerprint, tokenizer, table)
