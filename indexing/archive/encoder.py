"""Questions and passages in, unit vectors out: from the bundled model or any sentence-transformers one."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from indexing.archive.bundled_model import NAME, TOKENIZER, WEIGHTS, BundledModel
from indexing.archive.embedding_table import EmbeddingTable
from indexing.archive.model_prompts import NONE, Prompts, known_prompts
from indexing.archive.onnx_encoder import THREADS, OnnxEncoder
from indexing.archive.terms import Terms

BATCH = 32

Vectors = NDArray[np.float32]
Progress = Callable[[int, int], None]

log = logging.getLogger(__name__)


class Model(Protocol):
    """What an encoder needs of its model; any number of threads may call."""

    dimension: int
    max_tokens: int

    def own_prompts(self) -> Prompts | None:
        """Return the prefixes that the model names itself; None if it names none."""

    def encode(self, texts: Sequence[str], prompt: str) -> Vectors:
        """Return one unit vector a text, (n, dimension); the prompt stands before every text."""

    def fingerprint(self, passage_prefix: str) -> str:
        """Name what the vectors of passages mean."""


class Encoder:
    """One model with its prompts; any number of threads may call.

    `tokenizer`, `table` and `terms` are the bundled model's whatever the model; passage sizes use them too.
    """

    def __init__(
        self,
        model: Model,
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
        self.dimension = model.dimension
        self.max_tokens = model.max_tokens
        self._model = model
        self._prompts = prompts

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
            vectors[places] = self._model.encode([texts[place] for place in places], prompt)
            if progress is not None:
                progress(start + len(places), len(order))
        return vectors


def open_encoder(
    model: str,
    models: Path,
    question_prefix: str | None = None,
    passage_prefix: str | None = None,
    threads: int = THREADS,
) -> Encoder:
    """Open the bundled encoder by its name, any other sentence-transformers model by folder or hub name.

    `threads` are those of the bundled model; another one follows PyTorch's own (`OMP_NUM_THREADS`).
    Given prefixes win over the model's own prompts, and those over the table of known models. Raises
    ModelsMissing or ModelsDamaged for the bundled files, ModelUnavailable for another model.
    """
    bundled = BundledModel.open(models)
    tokenizer = Tokenizer.from_file(str(bundled.folder / TOKENIZER))
    table = EmbeddingTable.open(bundled.folder / WEIGHTS)
    loaded = OnnxEncoder(bundled, tokenizer, table, threads) if model == NAME else _own(model)
    usual = loaded.own_prompts() or known_prompts(model)
    if usual is None and question_prefix is None and passage_prefix is None:
        log.warning(
            "%s names no prompts and is not in the table of known models, so texts are encoded as they are; "
            "if its card asks for prefixes, set CITEWELL_QUESTION_PREFIX and CITEWELL_PASSAGE_PREFIX",
            model,
        )
    prompts = _prefer(question_prefix, passage_prefix, usual or NONE)
    return Encoder(loaded, prompts, model, loaded.fingerprint(prompts.passage), tokenizer, table)


def _own(model: str) -> Model:
    # Imported here: it brings PyTorch and transformers, which the bundled model does without.
    from indexing.archive.own_model import OwnModel  # noqa: PLC0415

    return OwnModel(model)


def _prefer(question: str | None, passage: str | None, usual: Prompts) -> Prompts:
    return Prompts(
        usual.question if question is None else question, usual.passage if passage is None else passage
    )
