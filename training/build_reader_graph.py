"""A trained network in, the reader's ONNX graph with int8 matrices out."""

import onnx
from onnx import TensorProto, helper

from indexing.build_encoder_graph import FUSED, Graph, LayerWeights, add_layers


def build_reader_graph(weights: LayerWeights) -> onnx.ModelProto:
    """Return the graph from `word_vectors` (texts, tokens, hidden) to `scores` (texts, tokens, 2): start and end.

    The layers are those of the encoder's graph; the word table stays outside, so that both share it.
    """
    graph = Graph(weights)
    state = add_layers(graph)
    hidden = weights.shape.hidden
    head = graph.constant("head.w", weights.matrix("head.w").reshape(2, hidden).T)
    product = graph.node("MatMul", [state, head], "head.product")
    graph.node("Add", [product, graph.constant("head.b", weights.vector("head.b"))], "scores")
    inputs = [helper.make_tensor_value_info("word_vectors", TensorProto.FLOAT, ["texts", "tokens", hidden])]
    outputs = [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["texts", "tokens", 2])]
    body = helper.make_graph(graph.nodes, "reader", inputs, outputs, graph.constants)
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid(FUSED, 1)]
    return helper.make_model(body, opset_imports=opsets, ir_version=10, producer_name="citewell")
