"""The bundled model in float32, built by transformers from the same weight file, to compare with."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

from indexing.archive.bundled_model import NAME, WEIGHTS
from indexing.archive.encoder import Encoder
from indexing.archive.weights import Weights

NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def reference_model(weights: Weights) -> BertModel:
    """Build the float32 model."""
    shape = weights.shape
    config = BertConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.inner,
        max_position_embeddings=shape.positions,
        type_vocab_size=shape.types,
        layer_norm_eps=shape.epsilon,
    )
    state = {
        "embeddings.word_embeddings.weight": weights.matrix("emb.word"),
        "embeddings.position_embeddings.weight": weights.vector("emb.pos").reshape(-1, shape.hidden),
        "embeddings.token_type_embeddings.weight": weights.vector("emb.type").reshape(-1, shape.hidden),
    }
    for part, name in (("w", "weight"), ("b", "bias")):
        state[f"embeddings.LayerNorm.{name}"] = weights.vector(f"emb.ln.{part}")
        for layer, short in ((layer, short) for layer in range(shape.layers) for short in NAMES):
            source = f"l{layer}.{short}.{part}"
            read = weights.matrix if part == "w" and not short.endswith("ln") else weights.vector
            state[f"encoder.layer.{layer}.{NAMES[short]}.{name}"] = read(source)
    model = BertModel(config, add_pooling_layer=False).eval()
    model.load_state_dict({name: torch.from_numpy(values) for name, values in state.items()})
    return model


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
    model = reference_model(Weights.open(models / NAME / WEIGHTS))
    return lambda texts: reference_vectors(model, encoder.tokenizer, texts)
