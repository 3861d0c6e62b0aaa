"""The encoder's weights in, an ONNX graph of its transformer layers with int8 matrices out."""

from typing import Any, Protocol

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from indexing.archive.weights import Shape, Weights

FUSED = "com.microsoft"  # ONNX Runtime's own operators
LEVELS = 63  # 7 bits: with 8, processors without VNNI overflow while they add pairs; costs 0.0003 in cosine

Matrix = NDArray[np.float32]


class LayerWeights(Protocol):
    """Where the layers' numbers come from: the weight file, or a network that was trained from it."""

    @property
    def shape(self) -> Shape:
        """The sizes of the encoder."""

    def matrix(self, name: str) -> Matrix:
        """Return a matrix, (outputs, inputs), for the caller to change."""

    def vector(self, name: str) -> Matrix:
        """Return a bias, a norm or a small table, flat."""


class Graph:
    """Collects the nodes and weights of a graph; each method returns the name of what it computes."""

    def __init__(self, weights: LayerWeights) -> None:
        """Start an empty graph for layers with these weights."""
        self.weights = weights
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def constant(self, name: str, values: NDArray[np.generic]) -> str:
        """Add an array."""
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, operator: str, inputs: list[str], output: str, domain: str = "", **attributes: Any) -> str:
        """Add an operator with one output."""
        self.nodes.append(helper.make_node(operator, inputs, [output], output, domain=domain, **attributes))
        return output

    def linear(self, value: str, matrix: Matrix, bias: Matrix, name: str) -> str:
        """Multiply by an int8 matrix (outputs, inputs), the values rounded to 8 bits over their range."""
        quantised, scale = quantise(matrix)
        inputs = [
            value,
            self.constant(f"{name}.w", quantised.T),
            self.constant(f"{name}.scale", scale),
            self.constant(f"{name}.zero", np.zeros(len(scale), np.int8)),
            self.constant(f"{name}.b", bias),
        ]
        return self.node("DynamicQuantizeMatMul", inputs, name, FUSED)

    def norm(self, value: str, residual: str, name: str, output: str) -> str:
        """Add and normalise. The fused SkipLayerNormalization takes four times as long as these two."""
        summed = self.node("Add", [value, residual], f"{name}.sum")
        gain = [self.constant(f"{name}.{part}", self.weights.vector(f"{name}.{part}")) for part in "wb"]
        epsilon = self.weights.shape.epsilon
        return self.node("LayerNormalization", [summed, *gain], output, axis=-1, epsilon=epsilon)


def build_encoder_graph(weights: Weights) -> onnx.ModelProto:
    """Return the graph from `word_vectors` (texts, tokens, hidden) to their mean `vector` (texts, hidden).

    The word table stays outside, so that several graphs share one. There is no mask: all texts of a call have
    the same length. One text a call is the fastest way on a processor (93 passages a core second, against 57
    in padded batches of 16), and its vector then depends on nothing but the text.
    """
    graph = Graph(weights)
    state = add_layers(graph)
    axis = graph.constant("tokens", np.array([1], np.int64))
    graph.node("ReduceMean", [state, axis], "vector", keepdims=0)
    hidden = weights.shape.hidden
    inputs = [helper.make_tensor_value_info("word_vectors", TensorProto.FLOAT, ["texts", "tokens", hidden])]
    outputs = [helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["texts", hidden])]
    body = helper.make_graph(graph.nodes, "encoder", inputs, outputs, graph.constants)
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid(FUSED, 1)]
    return helper.make_model(body, opset_imports=opsets, ir_version=10, producer_name="citewell")


def add_layers(graph: Graph) -> str:
    """Add position and type embeddings and all layers after the input `word_vectors`; name the last state."""
    state = _embed(graph)
    for layer in range(graph.weights.shape.layers):
        state = _feed_forward(graph, f"l{layer}", _attend(graph, f"l{layer}", state))
    return state


def quantise(matrix: Matrix) -> tuple[NDArray[np.int8], Matrix]:
    """Round each row of (outputs, inputs) to whole steps of a scale of its own."""
    scale = np.abs(matrix).max(axis=1) / np.float32(LEVELS)
    scale[scale == 0] = 1
    return np.rint(matrix / scale[:, None]).astype(np.int8), scale


def _embed(graph: Graph) -> str:
    weights = graph.weights
    table = weights.vector("emb.pos").reshape(weights.shape.positions, -1)
    table = table + weights.vector("emb.type")[: weights.shape.hidden]
    first = graph.constant("first", np.array([0], np.int64))
    length = graph.node("Shape", ["word_vectors"], "length", start=1, end=2)
    positions = graph.node("Slice", [graph.constant("emb.pos", table), first, length, first], "positions")
    return graph.norm("word_vectors", positions, "emb.ln", "embedded")


def _attend(graph: Graph, name: str, state: str) -> str:
    weights = graph.weights
    matrix = np.concatenate([weights.matrix(f"{name}.{part}.w") for part in "qkv"])
    bias = np.concatenate([weights.vector(f"{name}.{part}.b") for part in "qkv"])
    joined = graph.linear(state, matrix, bias, f"{name}.qkv")
    parts = [f"{name}.{part}" for part in "qkv"]
    graph.nodes.append(helper.make_node("Split", [joined], parts, f"{name}.split", axis=-1, num_outputs=3))
    heads = graph.node("MultiHeadAttention", parts, f"{name}.heads", FUSED, num_heads=weights.shape.heads)
    mixed = graph.linear(heads, weights.matrix(f"{name}.ao.w"), weights.vector(f"{name}.ao.b"), f"{name}.ao")
    return graph.norm(mixed, state, f"{name}.aln", f"{name}.attended")


def _feed_forward(graph: Graph, name: str, state: str) -> str:
    """Add the two wide matrices, arranged so that 8 bits suffice.

    A few values are up to thirty times larger than all others and would take the whole range of the
    rounding: those of channels with a large gain in the norm before (divided by it here, and the matrix
    multiplied), and those of the one unit that writes most strongly (kept in float32 beside the matrices).
    Mean cosine to float32 arranged plainly: 0.9971; with the unit apart 0.9990, with both 0.9995 (0.9992
    with 7-bit matrices).
    """
    weights = graph.weights
    inner, inner_bias = weights.matrix(f"{name}.fi.w"), weights.vector(f"{name}.fi.b")
    outer = weights.matrix(f"{name}.fo.w")
    unit = int(np.argmax(np.linalg.norm(outer, axis=0)))
    apart = _unit_apart(
        graph, f"{name}.unit", state, inner[unit], inner_bias[unit : unit + 1], outer[:, unit]
    )
    inner[unit], inner_bias[unit], outer[:, unit] = 0, 0, 0

    gain = np.abs(weights.vector(f"{name}.aln.w"))
    divisor = np.maximum(1, gain / np.median(gain)).astype(np.float32)
    smooth = graph.node("Mul", [state, graph.constant(f"{name}.divisor", 1 / divisor)], f"{name}.smooth")
    wide = graph.linear(smooth, inner * divisor, inner_bias, f"{name}.fi")
    wide = graph.node("Gelu", [wide], f"{name}.gelu", FUSED)
    narrow = graph.linear(wide, outer, weights.vector(f"{name}.fo.b"), f"{name}.fo")
    return graph.norm(narrow, apart, f"{name}.oln", f"{name}.out")


def _unit_apart(graph: Graph, name: str, state: str, inner: Matrix, bias: Matrix, outer: Matrix) -> str:
    """Compute one unit of the wide layer in float32 and return the state with its contribution added."""
    value = graph.node("MatMul", [state, graph.constant(f"{name}.in", inner[:, None])], f"{name}.product")
    value = graph.node("Add", [value, graph.constant(f"{name}.b", bias.copy())], f"{name}.sum")
    value = graph.node("Gelu", [value], f"{name}.gelu", FUSED)
    value = graph.node("MatMul", [value, graph.constant(f"{name}.out", outer[None])], f"{name}.written")
    return graph.node("Add", [state, value], f"{name}.state")
