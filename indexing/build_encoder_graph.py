"""The encoder's weights in, an ONNX graph of its transformer layers in int8 out."""

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from indexing.archive.weights import Shape, Weights

OPSET = 17
FUSED = "com.microsoft"  # ONNX Runtime's fused operators


class _Graph:
    """Collects nodes and weights; every method returns the name of what it computes."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.weights: list[TensorProto] = []

    def weight(self, name: str, values: NDArray[np.generic]) -> str:
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, operator: str, inputs: list[str], output: str, domain: str = "", **attributes: object) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [output], output, domain=domain, **attributes))
        return output


def build_encoder_graph(weights: Weights) -> onnx.ModelProto:
    """Return the graph: `word_vectors` (batch, tokens, hidden) and `mask` (batch, tokens; int32) to `hidden`.

    Position and type embeddings and all layers lie inside, the word table and the pooling outside, so that one
    table serves several graphs.
    """
    graph = _Graph()
    state = _embed(graph, weights)
    for layer in range(weights.shape.layers):
        last = layer == weights.shape.layers - 1
        state = _layer(graph, weights, f"l{layer}", state, "hidden" if last else f"l{layer}.out")
    return _model(graph, weights.shape)


def _embed(graph: _Graph, weights: Weights) -> str:
    positions = weights.vector("emb.pos").reshape(weights.shape.positions, -1)
    positions = positions + weights.vector("emb.type")[: weights.shape.hidden]
    table = graph.weight("positions", positions)
    shape = graph.node("Shape", ["word_vectors"], "length", start=1, end=2)
    zero = graph.weight("zero", np.array([0], np.int64))
    rows = graph.node("Slice", [table, zero, shape, zero], "position_rows")
    summed = graph.node("Add", ["word_vectors", rows], "summed")
    norm = [graph.weight(f"emb.ln.{part}", weights.vector(f"emb.ln.{part}")) for part in "wb"]
    return graph.node("LayerNormalization", [summed, *norm], "l.in", axis=-1, epsilon=weights.shape.epsilon)


def _layer(graph: _Graph, weights: Weights, name: str, state: str, output: str) -> str:
    projections = [weights.matrix(f"{name}.{part}.w") for part in "qkv"]
    bias = np.concatenate([weights.vector(f"{name}.{part}.b") for part in "qkv"])
    joined = _linear(graph, state, np.concatenate(projections), f"{name}.qkv", bias)
    parts = [f"{name}.{part}" for part in "qkv"]
    graph.nodes.append(helper.make_node("Split", [joined], parts, f"{name}.split", axis=-1, num_outputs=3))
    attended = graph.node(
        "MultiHeadAttention", [*parts, "", "mask"], f"{name}.att", FUSED, num_heads=weights.shape.heads
    )
    mixed = _linear(graph, attended, weights.matrix(f"{name}.ao.w"), f"{name}.ao")
    state = _add_and_norm(graph, weights, mixed, state, f"{name}.ao.b", f"{name}.aln", f"{name}.mid")
    inner = _linear(graph, state, weights.matrix(f"{name}.fi.w"), f"{name}.fi")
    inner_bias = graph.weight(f"{name}.fi.b", weights.vector(f"{name}.fi.b"))
    inner = graph.node("BiasGelu", [inner, inner_bias], f"{name}.gelu", FUSED)
    outer = _linear(graph, inner, weights.matrix(f"{name}.fo.w"), f"{name}.fo")
    return _add_and_norm(graph, weights, outer, state, f"{name}.fo.b", f"{name}.oln", output)


def _linear(
    graph: _Graph, value: str, matrix: NDArray[np.float32], name: str, bias: NDArray[np.float32] | None = None
) -> str:
    quantised, scale = quantise(matrix)
    inputs = [
        value,
        graph.weight(f"{name}.w", quantised.T),
        graph.weight(f"{name}.scale", scale),
        graph.weight(f"{name}.zero", np.zeros(len(scale), np.int8)),
    ]
    if bias is not None:
        inputs.append(graph.weight(f"{name}.bias", bias))
    return graph.node("DynamicQuantizeMatMul", inputs, f"{name}.out", FUSED)


def quantise(matrix: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Round each output row of (outputs, inputs) to int8 with a scale of its own, zero at zero."""
    scale = np.abs(matrix).max(axis=1) / np.float32(127)
    return np.rint(matrix / scale[:, None]).astype(np.int8), scale.astype(np.float32)


def _add_and_norm(
    graph: _Graph, weights: Weights, value: str, residual: str, bias: str, norm: str, output: str
) -> str:
    names = [f"{norm}.w", f"{norm}.b", bias]
    inputs = [value, residual, *(graph.weight(name, weights.vector(name)) for name in names)]
    return graph.node("SkipLayerNormalization", inputs, output, FUSED, epsilon=weights.shape.epsilon)


def _model(graph: _Graph, shape: Shape) -> onnx.ModelProto:
    axes = ["batch", "tokens", shape.hidden]
    inputs = [
        helper.make_tensor_value_info("word_vectors", TensorProto.FLOAT, axes),
        helper.make_tensor_value_info("mask", TensorProto.INT32, axes[:2]),
    ]
    outputs = [helper.make_tensor_value_info("hidden", TensorProto.FLOAT, axes)]
    body = helper.make_graph(graph.nodes, "encoder", inputs, outputs, graph.weights)
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid(FUSED, 1)]
    return helper.make_model(body, opset_imports=opsets, ir_version=10, producer_name="citewell")
