"""Questions and passages in, unit vectors out: from the bundled model or any sentence-transformers one."""

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
from huggingface_hub import HfApi, constants
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Normalize
from tokenizers import Tokenizer

from indexing.archive.bundled_model import GRAPH, NAME, TOKENIZER, WEIGHTS, BundledModel
from indexing.archive.embedding_table import EmbeddingTable
from indexing.archive.model_fingerprint import hub_name, model_fingerprint
from indexing.archive.model_prompts import NONE, Prompts, known_prompts
from indexing.archive.onnx_encoder import OnnxEncoder
from indexing.archive.terms import Terms
from indexing.errors import IndexingError

BATCH = 32
MOST_TOKENS = 512  # taken when a model does not say how much it sees

Vectors = NDArray[np.float32]
Progress = Callable[[int, int], None]

log = logging.getLogger(__name__)


class ModelUnavailable(IndexingError):
    """An embedding model of the reader's choice that cannot be loaded."""


class Encoder:
    """One model with its prompts; any number of threads may call.

    `tokenizer`, `table` and `terms` are the bundled model's whatever the model; passage sizes use them too.
    """

    def __init__(
        self,
        model: SentenceTransformer,
        prompts: Prompts,
        name: str,
        fingerprint: str,
        tokenizer: Tokenizer,
        table: EmbeddingTable,
    ) -> None:
        """Take a loaded model and what stands before its questions and passages."""
        self.name = name
        self.fingerprint = fingerprint
        self.tokenizer = tokenizer
        self.table = table
        self.terms = Terms(tokenizer)
        self.dimension = model.get_embedding_dimension() or len(model.encode(""))
        self.max_tokens = int(model.max_seq_length or MOST_TOKENS)
        self._model = model
        self._prompts = prompts
        # The tokenizers of transformers fail when two threads use one ("Already borrowed").
        self._turn: AbstractContextManager[object] = nullcontext() if name == NAME else threading.Lock()

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector a question, (n, dimension)."""
        return self._encode(texts, self._prompts.question, None)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return one unit vector a passage, (n, dimension); `progress` hears (done, all) after each batch."""
        return self._encode(texts, self._prompts.passage, progress)

    def _encode(self, texts: Sequence[str], prompt: str, progress: Progress | None) -> Vectors:
        vectors = np.empty((len(texts), self.dimension), np.float32)
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]), reverse=True)
        for start in range(0, len(order), BATCH):
            places = order[start : start + BATCH]
            with self._turn:
                vectors[places] = self._model.encode(
                    [texts[place] for place in places],
                    prompt=prompt,
                    batch_size=BATCH,
                    show_progress_bar=False,
                    normalize_embeddings=True,
                )
            if progress is not None:
                progress(start + len(places), len(order))
        return vectors


def open_encoder(
    model: str, models: Path, question_prefix: str | None = None, passage_prefix: str | None = None
) -> Encoder:
    """Open the bundled encoder by its name, any other sentence-transformers model by folder or hub name.

    Given prefixes win over the model's own prompts, and those over the table of known models. Raises
    ModelsMissing or ModelsDamaged for the bundled files, ModelUnavailable for another model.
    """
    bundled = BundledModel.open(models)
    tokenizer = Tokenizer.from_file(str(bundled.folder / TOKENIZER))
    table = EmbeddingTable.open(bundled.folder / WEIGHTS)
    loaded = _put_together(bundled, tokenizer, table) if model == NAME else _load(model)
    usual = _own_prompts(loaded) or known_prompts(model)
    if usual is None and question_prefix is None and passage_prefix is None:
        log.warning(
            "%s names no prompts and is not in the table of known models, so texts are encoded as they are; "
            "if its card asks for prefixes, set CITEWELL_QUESTION_PREFIX and CITEWELL_PASSAGE_PREFIX",
            model,
        )
    prompts = _prefer(question_prefix, passage_prefix, usual or NONE)
    fingerprint = bundled.fingerprint
    if model != NAME:
        fingerprint = model_fingerprint(model, prompts.passage)
    elif prompts.passage != (usual or NONE).passage:
        fingerprint = f"{fingerprint} passage={prompts.passage}"
    return Encoder(loaded, prompts, model, fingerprint, tokenizer, table)


def _put_together(bundled: BundledModel, tokenizer: Tokenizer, table: EmbeddingTable) -> SentenceTransformer:
    # In code, from our own files: nothing is looked up by name, so no hub is ever asked.
    encoder = OnnxEncoder(bundled.folder / GRAPH, tokenizer, table, bundled.max_tokens)
    prompts = {"query": "query: ", "passage": "passage: "}
    return SentenceTransformer(modules=[encoder, Normalize()], prompts=prompts, device="cpu")


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


def _own_prompts(model: SentenceTransformer) -> Prompts | None:
    own = model.prompts
    passage = next((own[name] for name in ("document", "passage", "corpus") if own.get(name)), None)
    prompts = Prompts(own.get("query") or "", passage or "")
    return prompts if any(prompts) else None


def _prefer(question: str | None, passage: str | None, usual: Prompts) -> Prompts:
    return Prompts(
        usual.question if question is None else question, usual.passage if passage is None else passage
    )
