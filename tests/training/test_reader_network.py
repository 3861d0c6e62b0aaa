"""The network, its way into the shipped graph, and a training run that is stopped and goes on."""

import gzip
import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from indexing.archive.embedding_table import EmbeddingTable
from indexing.archive.encoder import Encoder
from indexing.archive.weights import Weights
from training.build_reader_graph import build_reader_graph
from training.graph_weights import GraphWeights
from training.reader_network import ReaderNetwork, TrainedWeights


@pytest.fixture(scope="module")
def network(models: Path) -> ReaderNetwork:
    torch.manual_seed(1)
    return ReaderNetwork(Weights.open(models / "multilingual-e5-small" / "weights.bin"), frozen_layers=3)


def _words(encoder: Encoder, text: str) -> np.ndarray:  # type: ignore[type-arg]
    return encoder.table.rows(np.array([encoder.tokenizer.encode(text).ids]))


def test_before_training_the_layers_are_the_encoders(network: ReaderNetwork, encoder: Encoder) -> None:
    """The mean over the last states is the encoder's vector, so the layers were put together right."""
    states: list[torch.Tensor] = []
    handle = network.layers[-1].register_forward_hook(lambda _module, _inputs, output: states.append(output))
    with torch.no_grad():
        network(torch.from_numpy(_words(encoder, "query: how many soldiers came?")))
    handle.remove()
    mean = states[0].mean(1)[0].numpy()
    [vector] = encoder.encode_questions(["how many soldiers came?"])
    assert float(mean @ vector / np.linalg.norm(mean)) > 0.996


def test_the_int8_graph_scores_as_the_network_does(network: ReaderNetwork, encoder: Encoder) -> None:
    words = _words(encoder, "query: who came?</s> passage: Вчера приехали 102 солдата. 🙂")
    with torch.no_grad():
        expected = network(torch.from_numpy(words)).numpy()
    graph = build_reader_graph(TrainedWeights(network)).SerializeToString()
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    [scores] = session.run(["scores"], {"word_vectors": words})
    assert scores.shape == expected.shape == (1, words.shape[1], 2)
    assert np.corrcoef(scores.ravel(), expected.ravel())[0, 1] > 0.98


def test_a_shipped_graph_gives_its_network_back(
    network: ReaderNetwork, encoder: Encoder, tmp_path: Path
) -> None:
    """Nearly, since the graph is rounded."""
    graph = build_reader_graph(TrainedWeights(network)).SerializeToString()
    (tmp_path / "reader.onnx").write_bytes(graph)
    read = ReaderNetwork(GraphWeights(tmp_path / "reader.onnx", network.shape), frozen_layers=3, trained=True)
    for name, value in network.state_dict().items():
        again = read.state_dict()[name]
        assert float((again - value).norm()) <= 0.05 * float(value.norm()), name
    words = torch.from_numpy(_words(encoder, "query: who came?</s> passage: Вчера приехали 102 солдата."))
    with torch.no_grad():
        scores, expected = read(words), network(words)
    assert np.corrcoef(scores.ravel(), expected.ravel())[0, 1] > 0.98


def test_padding_changes_nothing(network: ReaderNetwork, encoder: Encoder) -> None:
    words = torch.from_numpy(_words(encoder, "query: who? passage: nobody"))
    longer = torch.cat([words, torch.ones_like(words[:, :5])], dim=1)
    padding = torch.zeros(1, longer.shape[1], dtype=torch.bool)
    padding[:, words.shape[1] :] = True
    with torch.no_grad():
        alone, padded = network(words), network(longer, padding)
    assert torch.allclose(alone, padded[:, : words.shape[1]], atol=1e-4)


def test_frozen_layers_learn_nothing_and_the_others_do(network: ReaderNetwork, encoder: Encoder) -> None:
    network(torch.from_numpy(_words(encoder, "query: who? passage: nobody"))).sum().backward()
    learnt = {
        name.split(".")[1]
        for name, value in network.named_parameters()
        if value.grad is not None and "layers" in name
    }
    assert learnt == {str(number) for number in range(3, 12)}
    network.zero_grad()


def write_training_files(folder: Path) -> None:
    """A small set of its own in the format of the training files."""
    folder.mkdir()
    contexts, questions = [], []
    for number in range(40):
        text = f"Village {number} counted {number + 200} goats in spring. The mayor said nothing about sheep."
        contexts.append({"id": f"c{number}", "text": text})
        answer = str(number + 200)
        row = {
            "question": f"How many goats has village {number}?",
            "context_id": f"c{number}",
            "answer": answer,
        }
        questions.append({"id": f"q{number}", **row, "start": text.index(answer), "source": "own"})
    for name, rows in (("contexts", contexts), ("questions", questions)):
        with gzip.open(folder / f"{name}.en.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)


def test_the_table_gives_the_same_words_to_both(encoder: Encoder, models: Path) -> None:
    table = EmbeddingTable.open(models / "multilingual-e5-small" / "weights.bin")
    ids = np.array([[0, 5, 2]])
    assert np.array_equal(table.rows(ids), encoder.table.rows(ids))
