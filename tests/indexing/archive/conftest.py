"""The bundled model in float32, built by transformers from the same weight file, to compare with."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import BertModel

from evaluation.float_model import float_bert
from indexing.archive.bundled_model import NAME, WEIGHTS
from indexing.archive.encoder import Encoder
from indexing.archive.weights import Weights


def reference_vectors(model: BertModel, tokenizer: Tokenizer, texts: Sequence[str]) -> NDArray[np.float32]:
    """Return unit vectors of texts that already begin with their prefix, one by one."""
    vectors = []
    for text in texts:
        ids = tokenizer.encode(text).ids
        ids = ids if len(ids) <= 512 else [*ids[:511], ids[-1]]
        with torch.inference_mode():
            mean = model(input_ids=torch.tensor([ids])).last_hidden_state[0].mean(dim=0)
        vectors.append(torch.nn.functional.normalize(mean, dim=0).numpy())
    return np.stack(vectors)


@pytest.fixture(scope="session")
def float32_vectors(models: Path, encoder: Encoder) -> Callable[[Sequence[str]], NDArray[np.float32]]:
    """A function from texts, with their prefix, to the unit vectors of the float32 model."""
    model = float_bert(Weights.open(models / NAME / WEIGHTS)).eval()
    return lambda texts: reference_vectors(model, encoder.tokenizer, texts)
