"""Training files and the bundled encoder in; checkpoints of the reader out, going on where the last run stopped."""

import argparse
import contextlib
import json
import math
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from indexing.archive.bundled_model import TOKENIZER, WEIGHTS, BundledModel
from indexing.archive.embedding_table import EmbeddingTable
from indexing.archive.weights import Weights
from service.answering.reader import CARD, GRAPH
from training.enumerations import with_enumerations
from training.examples import Augmentations, Batch, ExampleStream
from training.graph_weights import GraphWeights
from training.reader_network import IGNORED, ReaderNetwork
from training.recipe import GENERATED_PASSAGES, PHASES, SEED, Phase, augmentations
from training.training_data import TrainingData, load_training_data
from training.with_translations import with_translations
from training.with_written import with_written

CHECKPOINT_SECONDS = 600
AVERAGED = 0.999  # of the mean over past steps is kept at each: it reaches some 1,000 steps back
FROZEN_LAYERS = 3
ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Progress:
    """How far a run has come: the phase, the block within it, and examples learnt from."""

    phase: int = 0
    block: int = 0
    batch: int = 0
    examples: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Start:
    """A shipped reader to go on from, where its checkpoint is gone, and the name of the phase that comes next."""

    reader: Path
    phase: str


def group_loss(scores: Tensor, batch: Batch, weight: float) -> Tensor:
    """The loss of start and end for each example by itself, and over the passages of each question together.

    By itself an example chooses between its tokens and "not stated". Over its group, the tokens of all passages
    compete (shared normalisation, Clark and Gardner 2018), which makes scores comparable across passages.
    """
    tokens = scores.shape[1]
    place = torch.arange(tokens)
    outside = (place < torch.from_numpy(batch.passage)[:, None]) | torch.from_numpy(batch.padding)
    outside[:, 0] = False
    total = torch.zeros(())
    sizes = np.bincount(batch.group)
    for side, gold in ((0, batch.starts), (1, batch.ends)):
        masked = scores[:, :, side].float().masked_fill(outside, IGNORED)
        target = torch.from_numpy(gold)
        total = total + functional.cross_entropy(masked, target)
        joint = sizes[batch.group] > 1
        if weight and joint.any():
            total = total + weight * _shared(masked, target, torch.from_numpy(batch.group), joint)
    return total


def _shared(masked: Tensor, target: Tensor, group: Tensor, joint: Any) -> Tensor:
    """Mean over groups of -log of the share that the gold token has among the tokens of all its passages."""
    rows = torch.from_numpy(np.flatnonzero(joint))
    everything = torch.logsumexp(masked[rows, 1:], dim=1)
    groups = group[rows]
    _, dense = torch.unique(groups, return_inverse=True)
    count = int(dense.max()) + 1
    largest = everything.max()
    summed = torch.zeros(count).index_add(0, dense, torch.exp(everything - largest))
    gold = masked[rows].gather(1, target[rows, None])[:, 0]
    stated = target[rows] > 0
    best = torch.full((count,), -torch.inf).index_put((dense[stated],), gold[stated])
    kept = torch.isfinite(best)
    return (torch.log(summed[kept]) + largest - best[kept]).mean() if kept.any() else torch.zeros(())


class Training:
    """One run over the parts of a recipe; `folder` keeps what is needed to go on."""

    def __init__(
        self,
        data: TrainingData,
        phases: Sequence[Phase],
        augment: Callable[[Phase], Augmentations],
        models: Path,
        folder: Path,
        start: Start | None = None,
    ) -> None:
        """Begin at the bundled encoder of `models`, or at `start`, or at the checkpoint in `folder`."""
        bundled = BundledModel.open(models)
        encoder = Weights.open(bundled.folder / WEIGHTS)
        self.data = data
        self.phases = phases
        self.augment = augment
        self.folder = folder
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.table = EmbeddingTable.open(bundled.folder / WEIGHTS)
        self.tokenizer = Tokenizer.from_file(str(bundled.folder / TOKENIZER))
        torch.manual_seed(SEED)
        self.progress = _progress_at(start, phases) if start else Progress()
        weights = GraphWeights(start.reader / GRAPH, encoder.shape) if start else encoder
        self.network = ReaderNetwork(weights, FROZEN_LAYERS, trained=start is not None).to(self.device)
        self.optimizer = torch.optim.AdamW(_groups(self.network), lr=0.0, betas=(0.9, 0.98), fused=True)
        self.average = [value.detach().clone() for value in self._learnt]
        self._saved = time.monotonic()
        self._stopping = False
        self._resume()

    @property
    def _learnt(self) -> list[Tensor]:
        return [parameter for parameter in self.network.parameters() if parameter.requires_grad]

    def run(self, hours: float = math.inf) -> bool:
        """Learn until the recipe is over (True), or for some hours or until `stop` (False)."""
        until = time.monotonic() + 3600 * hours
        while self.progress.phase < len(self.phases):
            number = self.progress.phase
            phase = self.phases[number]
            if phase.mixed is not None and self.progress.block == self.progress.batch == 0:
                self._mix(*phase.mixed)
            stream = ExampleStream(
                self.data, self.tokenizer, phase.mixture, self.augment(phase), SEED + number
            )
            blocks = _made_ahead(stream, range(self.progress.block, phase.blocks))
            for batches in blocks:
                if not self._block(phase, batches, until):
                    self.save()
                    return False
                self.progress.block += 1
                self.progress.batch = 0
            self.progress.phase += 1
            self.progress.block = 0
            self.save(f"after-{phase.name}.pt")
            self.save()
        return True

    def _mix(self, earlier: str, share: float) -> None:
        """Keep `share` of the weights so far, and take the rest from those after an earlier phase."""
        path = self.folder / f"after-{earlier}.pt"
        state = torch.load(path, weights_only=True, map_location=self.device)["network"]
        with torch.no_grad():
            for name, parameter in self.network.named_parameters():
                parameter.lerp_(state[name].to(parameter.dtype), 1 - share)
        self.average = [value.detach().clone() for value in self._learnt]

    def stop(self) -> None:
        """Save and stop after the step that is under way."""
        self._stopping = True

    def _block(self, phase: Phase, batches: list[Batch], until: float) -> bool:
        """Learn the rest of a block; False when the time is over."""
        losses: list[float] = []
        while self.progress.batch < len(batches):
            started = time.monotonic()
            done = (self.progress.block + self.progress.batch / len(batches)) / phase.blocks
            losses.append(self._step(batches[self.progress.batch], phase, done))
            self.progress.batch += 1
            self.progress.seconds += time.monotonic() - started
            if len(losses) == 50:
                self._log(phase, done, losses)
                losses = []
            if time.monotonic() - self._saved > CHECKPOINT_SECONDS:
                self.save()
            if self._stopping or time.monotonic() > until:
                return False
        return True

    def _step(self, batch: Batch, phase: Phase, done: float) -> float:
        words = torch.from_numpy(self.table.rows(batch.tokens)).to(self.device, torch.bfloat16)
        padding = torch.from_numpy(batch.padding).to(self.device)
        for group in self.optimizer.param_groups:
            group["lr"] = phase.rate(done)
        with torch.autocast(self.device, torch.bfloat16):
            scores = self.network(words, padding)
        loss = group_loss(scores.cpu(), batch, phase.group_weight)  # two numbers a token: nothing to move
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        with torch.no_grad():
            torch._foreach_lerp_(self.average, self._learnt, 1 - AVERAGED)
        self.progress.examples += len(batch.starts)
        return float(loss.detach())

    def _log(self, phase: Phase, done: float, losses: list[float]) -> None:
        line = {
            "time": time.strftime("%H:%M:%S"),
            "phase": phase.name,
            "done": round(done, 4),
            "loss": round(float(np.mean(losses)), 4),
            "examples": self.progress.examples,
            "per_second": round(self.progress.examples / max(1.0, self.progress.seconds), 1),
        }
        print(json.dumps(line), flush=True)

    def save(self, name: str = "checkpoint.pt") -> None:
        """Write a checkpoint whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        state = {
            "network": self.network.state_dict(),
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
            "progress": asdict(self.progress),
        }
        part = self.folder / f"{name}.part"
        torch.save(state, part)
        os.replace(part, self.folder / name)
        self._saved = time.monotonic()

    def _resume(self) -> None:
        path = self.folder / "checkpoint.pt"
        if path.exists():
            state = torch.load(path, weights_only=True)
            self.network.load_state_dict(state["network"])
            self.average = state["average"]
            self.optimizer.load_state_dict(state["optimizer"])
            self.progress = Progress(**state["progress"])
            print(f"going on after {self.progress.examples} examples", flush=True)


def _progress_at(start: Start, phases: Sequence[Phase]) -> Progress:
    names = [phase.name for phase in phases]
    if start.phase not in names:
        raise ValueError(f"no phase {start.phase!r}; there are {', '.join(names)}")
    card = json.loads((start.reader / CARD).read_text(encoding="utf-8"))
    seconds = 3600 * float(card["hours"])
    return Progress(names.index(start.phase), examples=int(card["examples"]), seconds=seconds)


def _made_ahead(stream: ExampleStream, numbers: range) -> Iterator[list[Batch]]:
    """Blocks in order, each made while the one before is learnt from: a tenth of the time otherwise."""
    with ThreadPoolExecutor(1, initializer=_give_way) as beside:
        waiting = beside.submit(stream.block, numbers[0]) if numbers else None
        for number in numbers:
            assert waiting is not None
            batches = waiting.result()
            waiting = beside.submit(stream.block, number + 1) if number + 1 in numbers else None
            yield batches


def _give_way() -> None:
    """Let the products of the step under way go first (Linux has priorities by thread)."""
    with contextlib.suppress(AttributeError, OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 5)


def _groups(network: ReaderNetwork) -> list[dict[str, Any]]:
    learnt = [parameter for parameter in network.parameters() if parameter.requires_grad]
    return [
        {"params": [parameter for parameter in learnt if parameter.ndim > 1], "weight_decay": 0.01},
        {"params": [parameter for parameter in learnt if parameter.ndim == 1], "weight_decay": 0.0},
    ]


def main() -> None:
    """Train, or go on training, from the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.train_reader", description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "train")
    parser.add_argument("--models", type=Path, default=ROOT / "models")
    parser.add_argument("--folder", type=Path, default=ROOT / ".cache" / "training")
    parser.add_argument("--hours", type=float, default=math.inf, help="stop after so many hours, for now")
    parser.add_argument("--reader", type=Path, help="a shipped reader to begin at, not the encoder")
    parser.add_argument("--phase", help="with --reader: the phase of the recipe that comes next")
    given = parser.parse_args()
    if (given.reader is None) != (given.phase is None):
        parser.error("--reader and --phase go together")
    start = Start(given.reader, given.phase) if given.reader else None
    folder = given.folder / "reader"
    data = with_translations(load_training_data(given.data), given.folder / "translated")
    data = with_written(with_enumerations(data, GENERATED_PASSAGES, SEED))
    training = Training(
        data, PHASES, lambda phase: augmentations(phase, data, folder), given.models, folder, start
    )
    if shutil.which("g++"):  # a tenth faster, where the compiler that torch needs is there
        training.network.compile_layers()
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: training.stop())
    done = training.run(given.hours)
    if not done:
        sys.exit("stopped before the recipe was over; the same command goes on from here")


if __name__ == "__main__":
    main()
