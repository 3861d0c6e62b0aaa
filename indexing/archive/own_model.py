"""A sentence-transformers model of the reader's choice: a folder or a hub name in, unit vectors out."""

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from huggingface_hub import HfApi, constants
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from indexing.archive.bundled_model import NAME
from indexing.archive.model_fingerprint import hub_name, model_fingerprint
from indexing.archive.model_prompts import Prompts
from indexing.errors import ModelUnavailable

MOST_TOKENS = 512  # taken when a model does not say how much it sees


class OwnModel:
    """One loaded model; any number of threads may call, one at a time is served."""

    def __init__(self, name: str) -> None:
        """Load a folder or a model of the hub; raises ModelUnavailable."""
        self._name = name
        self._model = _load(name)
        self._turn = (
            threading.Lock()
        )  # the tokenizers of transformers fail when two use one ("Already borrowed")
        self.dimension = self._model.get_embedding_dimension() or len(self._model.encode(""))
        self.max_tokens = int(self._model.max_seq_length or MOST_TOKENS)

    def own_prompts(self) -> Prompts | None:
        """Return the prefixes that the model names itself; None if it names none."""
        own = self._model.prompts
        passage = next((own[name] for name in ("document", "passage", "corpus") if own.get(name)), None)
        prompts = Prompts(own.get("query") or "", passage or "")
        return prompts if any(prompts) else None

    def encode(self, texts: Sequence[str], prompt: str) -> NDArray[np.float32]:
        """Return one unit vector a text, (n, dimension), all texts in one batch."""
        with self._turn:
            vectors: NDArray[np.float32] = self._model.encode(
                list(texts),
                prompt=prompt,
                batch_size=len(texts),
                show_progress_bar=False,
                normalize_embeddings=True,
            )
        return vectors

    def fingerprint(self, passage_prefix: str) -> str:
        """Name what the vectors of passages mean: the model's files or commit, and the prefix."""
        return model_fingerprint(self._name, passage_prefix)


def _load(model: str) -> SentenceTransformer:
    try:
        return SentenceTransformer(model) if model and Path(model).is_dir() else _load_from_hub(model)
    except Exception as error:  # a loader raises whatever the libraries of its model raise
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise ModelUnavailable(
            f"the embedding model {model!r} could not be loaded: {reason} CITEWELL_EMBEDDING_MODEL is "
            f"{NAME} (bundled), a sentence-transformers folder, or the name of a model on a hub that this "
            "machine reaches; a model that brings code of its own is not run"
        ) from error


def _load_from_hub(model: str) -> SentenceTransformer:
    """Take the copy in the hub's cache while there is one: the same vectors every time, and no traffic."""
    if not model.strip() or model.startswith(("/", ".", "~")) or model.count("/") > 1:
        raise FileNotFoundError("there is no such folder.")
    constants.HF_HUB_DISABLE_TELEMETRY = True  # else it asks its hub who is calling, even for local files
    try:
        return SentenceTransformer(model, local_files_only=True)
    except (OSError, ValueError):
        # A quick question first: out of reach, the loader itself tries again and again for over a minute.
        HfApi().model_info(hub_name(model), timeout=10)
        return SentenceTransformer(model)
