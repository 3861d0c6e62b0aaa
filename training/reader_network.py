"""Word vectors in, two numbers a token out: the encoder's layers in torch with a span head on top."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from indexing.archive.weights import Shape
from indexing.build_encoder_graph import LayerWeights

IGNORED = -1e4  # in the place of scores of tokens that no answer starts or ends at


class ReaderNetwork(nn.Module):
    """Scores every token as the start and the end of the answer; position 0 stands for "not stated".

    The span head of BERT (Devlin et al. 2019, section 4.3). Names of parameters follow the weight file, so that
    the trained layers can take the encoder's place in its graph.
    """

    def __init__(self, weights: LayerWeights, frozen_layers: int, trained: bool = False) -> None:
        """Start from the encoder, or from a `trained` reader; embeddings and first layers stay as they are."""
        super().__init__()
        shape = weights.shape
        self.shape = shape
        self.frozen_layers = frozen_layers
        positions = weights.vector("emb.pos").reshape(shape.positions, -1)
        types = weights.vector("emb.type")[: shape.hidden]
        self.register_buffer("positions", torch.from_numpy(positions + types), persistent=False)
        self.embedded = _norm(weights, "emb.ln")
        self.layers = nn.ModuleList(_Layer(weights, number) for number in range(shape.layers))
        self.head = nn.Linear(shape.hidden, 2)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)
        if trained:
            self.head = _linear(weights.matrix("head.w"), weights.vector("head.b"))
        self.embedded.requires_grad_(False)
        for layer in self.layers[:frozen_layers]:
            layer.requires_grad_(False)

    def compile_layers(self) -> None:
        """Let torch fuse what lies between the products of a layer."""
        # One form of a layer for each of frozen or not, padded or not, the first shapes: more than the 8 it keeps.
        torch._dynamo.config.recompile_limit = 64
        for layer in self.layers:
            layer.compile(dynamic=True)

    def forward(self, words: Tensor, padding: Tensor | None = None) -> Tensor:
        """Return (texts, tokens, 2) for word vectors (texts, tokens, hidden); `padding` is True where there is none."""
        positions: Any = self.positions
        mask = None
        if padding is not None and padding.any():
            mask = torch.zeros_like(padding, dtype=words.dtype).masked_fill(padding, IGNORED)[:, None, None]
        with torch.no_grad():
            state = self.embedded(words + positions[: words.shape[1]]).to(words.dtype)
            for layer in self.layers[: self.frozen_layers]:
                state = layer(state, mask)
        for layer in self.layers[self.frozen_layers :]:
            state = layer(state, mask)
        scores: Tensor = self.head(state)
        return scores


class _Layer(nn.Module):
    def __init__(self, weights: LayerWeights, number: int) -> None:
        super().__init__()
        name = f"l{number}"
        self.heads = weights.shape.heads
        self.qkv = _linear(
            np.concatenate([weights.matrix(f"{name}.{part}.w") for part in "qkv"]),
            np.concatenate([weights.vector(f"{name}.{part}.b") for part in "qkv"]),
        )
        self.ao = _linear(weights.matrix(f"{name}.ao.w"), weights.vector(f"{name}.ao.b"))
        self.fi = _linear(weights.matrix(f"{name}.fi.w"), weights.vector(f"{name}.fi.b"))
        self.fo = _linear(weights.matrix(f"{name}.fo.w"), weights.vector(f"{name}.fo.b"))
        self.aln = _norm(weights, f"{name}.aln")
        self.oln = _norm(weights, f"{name}.oln")

    def forward(self, state: Tensor, mask: Tensor | None) -> Tensor:
        texts, tokens, hidden = state.shape
        width = hidden // self.heads
        parts = self.qkv(state).view(texts, tokens, 3, self.heads, width).permute(2, 0, 3, 1, 4)
        query, key, value = parts.reshape(3, texts * self.heads, tokens, width)
        # Not scaled_dot_product_attention, whose backward pass on a processor takes a third of the whole step: with
        # plain products 37 examples a second are learnt from, with it 22.
        scores = torch.bmm(query * width**-0.5, key.transpose(1, 2))
        if mask is not None:
            scores = (scores.view(texts, self.heads, tokens, tokens) + mask).view(scores.shape)
        mixed = torch.bmm(scores.softmax(-1).to(value.dtype), value).view(texts, self.heads, tokens, width)
        state = self.aln(state + self.ao(mixed.transpose(1, 2).reshape(texts, tokens, hidden)))
        narrow: Tensor = self.oln(state + self.fo(functional.gelu(self.fi(state))))
        return narrow


class TrainedWeights:
    """A trained network under the names of the weight file, for building its graph."""

    def __init__(self, network: ReaderNetwork) -> None:
        """Take the network as it is now."""
        self.shape: Shape = network.shape
        self._values = _by_name(network)

    def matrix(self, name: str) -> NDArray[np.float32]:
        """Return a copy of a matrix, (outputs, inputs)."""
        return self._values[name].copy()

    def vector(self, name: str) -> NDArray[np.float32]:
        """Return a copy of a bias, a norm or a small table, flat."""
        return self._values[name].reshape(-1).copy()


def _by_name(network: ReaderNetwork) -> dict[str, NDArray[np.float32]]:
    def values(tensor: Any) -> NDArray[np.float32]:
        array: NDArray[np.float32] = tensor.detach().float().numpy()
        return array

    named = {
        "emb.pos": values(network.positions),
        "emb.type": np.zeros(network.shape.hidden, np.float32),  # added to the positions already
        "emb.ln.w": values(network.embedded.weight),
        "emb.ln.b": values(network.embedded.bias),
        "head.w": values(network.head.weight),
        "head.b": values(network.head.bias),
    }
    for number, layer in enumerate(network.layers):
        modules: Any = layer
        for part in ("ao", "fi", "fo", "aln", "oln"):
            named[f"l{number}.{part}.w"] = values(getattr(modules, part).weight)
            named[f"l{number}.{part}.b"] = values(getattr(modules, part).bias)
        for short, joined in (("w", modules.qkv.weight), ("b", modules.qkv.bias)):
            for part, piece in zip("qkv", values(joined).reshape(3, network.shape.hidden, -1), strict=True):
                named[f"l{number}.{part}.{short}"] = piece
    return named


def _linear(matrix: NDArray[np.float32], bias: NDArray[np.float32]) -> nn.Linear:
    outputs, inputs = matrix.shape
    linear = nn.Linear(inputs, outputs)
    with torch.no_grad():
        linear.weight.copy_(torch.from_numpy(matrix))
        linear.bias.copy_(torch.from_numpy(bias))
    return linear


def _norm(weights: LayerWeights, name: str) -> nn.LayerNorm:
    norm = nn.LayerNorm(weights.shape.hidden, eps=weights.shape.epsilon)
    with torch.no_grad():
        norm.weight.copy_(torch.from_numpy(weights.vector(f"{name}.w")))
        norm.bias.copy_(torch.from_numpy(weights.vector(f"{name}.b")))
    return norm
