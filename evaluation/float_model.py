"""The bundled weights in; the same model in float32 out."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Normalize, Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from indexing.archive.bundled_model import NAME, TOKENIZER, WEIGHTS
from indexing.archive.weights import Weights

PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def save_float_model(models: Path, folder: Path) -> Path:
    """Write the model under `folder` from the prepared `models`; returns where a name of it can be loaded."""
    weights = Weights.open(models / NAME / WEIGHTS)
    part = folder / "transformer"
    float_bert(weights).save_pretrained(part)
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_file=str(models / NAME / TOKENIZER),
        model_max_length=weights.shape.positions,
        bos_token="<s>",
        cls_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
    )
    tokenizer.save_pretrained(part)
    transformer = Transformer(str(part), max_seq_length=weights.shape.positions)
    modules = [transformer, Pooling(weights.shape.hidden, pooling_mode="mean"), Normalize()]
    whole = folder / "model"
    SentenceTransformer(modules=modules, device="cpu").save_pretrained(str(whole))
    return whole


def float_bert(weights: Weights) -> BertModel:
    """The transformers model with these weights, in float32."""
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
        pad_token_id=weights.pieces.padding,
    )
    model = BertModel(config, add_pooling_layer=False)
    state = {name: torch.from_numpy(values) for name, values in _state(weights).items()}
    model.load_state_dict(state)
    return model


def _state(weights: Weights) -> dict[str, NDArray[np.float32]]:
    shape = weights.shape
    state = {
        "embeddings.word_embeddings.weight": weights.matrix("emb.word"),
        "embeddings.position_embeddings.weight": weights.vector("emb.pos").reshape(-1, shape.hidden),
        "embeddings.token_type_embeddings.weight": weights.vector("emb.type").reshape(-1, shape.hidden),
    }
    for short, name in (("w", "weight"), ("b", "bias")):
        state[f"embeddings.LayerNorm.{name}"] = weights.vector(f"emb.ln.{short}")
        for layer in range(shape.layers):
            for part, where in PARTS.items():
                source = f"l{layer}.{part}.{short}"
                flat = short == "b" or part.endswith("ln")
                values = weights.vector(source) if flat else weights.matrix(source)
                state[f"encoder.layer.{layer}.{where}.{name}"] = values
    return state
