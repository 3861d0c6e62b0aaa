"""A checkpoint in, `models/reader` out: the int8 graph and the card's figures that name it."""

import argparse
import json
from pathlib import Path
from typing import Any

import onnx
import torch

from indexing.archive.bundled_model import NAME, WEIGHTS, BundledModel, file_sha256
from indexing.archive.weights import Weights
from service.answering.reader import CARD, FOLDER, GRAPH
from training.build_reader_graph import build_reader_graph
from training.reader_network import ReaderNetwork, TrainedWeights
from training.train_reader import FROZEN_LAYERS, ROOT

SHARE = 0.6


def export_reader(
    checkpoint: Path,
    models: Path,
    folder: Path,
    averaged: bool = False,
    earlier: Path | None = None,
    share: float = SHARE,
) -> Path:
    """Write graph and `reader.json`; returns the folder. `averaged`: the mean over the last steps, not the last one.

    While the rate is still high the mean reads better; after it has fallen to zero, the last step. With a checkpoint of
    an `earlier` phase, the weights are mixed, `share` of them the later ones: what the last phase has learnt mostly
    stays, what it has forgotten mostly comes back (WiSE-FT, Wortsman et al. 2022).
    """
    bundled = BundledModel.open(models)
    network = ReaderNetwork(Weights.open(bundled.folder / WEIGHTS), FROZEN_LAYERS)
    state: dict[str, Any] = torch.load(checkpoint, weights_only=True)
    network.load_state_dict(state["network"])
    if earlier is not None:
        _mix(network, torch.load(earlier, weights_only=True)["network"], share)
    learnt = [parameter for parameter in network.parameters() if parameter.requires_grad]
    if averaged:
        with torch.no_grad():
            for parameter, mean in zip(learnt, state["average"], strict=True):
                parameter.copy_(mean)
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(build_reader_graph(TrainedWeights(network)), folder / GRAPH)
    card = {
        "name": "citewell-reader",
        "sha256": file_sha256(folder / GRAPH),
        "bytes": (folder / GRAPH).stat().st_size,
        "encoder": NAME,
        "encoder_fingerprint": bundled.fingerprint,
        "examples": state["progress"]["examples"],
        "hours": round(state["progress"]["seconds"] / 3600, 2),
    }
    (folder / CARD).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    return folder


def _mix(network: ReaderNetwork, earlier: dict[str, torch.Tensor], share: float) -> None:
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.lerp_(earlier[name].to(parameter.dtype), 1 - share)


def main() -> None:
    """Export from the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.export_reader", description=__doc__)
    parser.add_argument("--checkpoint", type=Path, default=ROOT / ".cache/training/reader/checkpoint.pt")
    parser.add_argument("--models", type=Path, default=ROOT / "models")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--averaged", action="store_true", help="the mean over the last steps")
    parser.add_argument("--earlier", type=Path, help="the checkpoint of an earlier phase to mix in")
    parser.add_argument(
        "--share", type=float, default=SHARE, help="with --earlier: how much of the later one"
    )
    given = parser.parse_args()
    print(
        export_reader(
            given.checkpoint, given.models, given.folder, given.averaged, given.earlier, given.share
        )
    )


if __name__ == "__main__":
    main()
