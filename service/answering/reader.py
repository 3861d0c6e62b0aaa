"""A question and passages in, the spans that may answer it out: the bundled reader, without Haystack.

The reader points: for every token it says how well the answer starts and ends there, and position 0 stands for "not
stated". It is made by `make train` (training/); its card is models/reader/README.md.
"""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from indexing.archive.bundled_model import file_sha256
from indexing.archive.embedding_table import EmbeddingTable
from indexing.errors import ModelsDamaged, ModelsMissing

FOLDER = Path(__file__).resolve().parent.parent.parent / "models" / "reader"
GRAPH, CARD = "reader.onnx", "reader.json"
QUESTION, PASSAGE = "query: ", "passage: "
MOST_QUESTION_TOKENS = 64
WINDOW = 224  # tokens of a passage read at once; an archive's passages have 160 at most
STEP = 144
LONGEST_ANSWER = 40  # tokens
STARTS = 12  # of a window: the best starts are paired with the best ends
THREADS = 2

Scores = NDArray[np.float32]
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Span:
    """A run of a passage, in code points of its text; `score` is the log-odds of this run against "not stated".

    0 means as likely as not. Scores of different passages of one question can be compared. `sharpness` is the log of
    the share that the run has among all runs of the passage, 0 when no other comes near: it does not say whether the
    passage answers, but whether the reader wavers between places.
    """

    start: int
    end: int
    score: float
    sharpness: float = math.nan


class Reader:
    """One model for all threads; it shares the encoder's tokenizer and word table."""

    def __init__(self, graph: Path, tokenizer: Tokenizer, table: EmbeddingTable) -> None:
        """Open the one ONNX session of the model."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        self._tokenizer = tokenizer
        self._table = table
        self._workers = ThreadPoolExecutor(THREADS, "reader")

    def __deepcopy__(self, memo: dict[int, Any]) -> "Reader":
        """Be the same one: Haystack copies what passes between components."""
        return self

    @classmethod
    def open(cls, tokenizer: Tokenizer, table: EmbeddingTable, folder: Path = FOLDER) -> "Reader":
        """Open the shipped reader; raises ModelsMissing or ModelsDamaged with the command that repairs."""
        repair = f"restore it with: git checkout -- {folder}"
        try:
            card = json.loads((folder / CARD).read_text(encoding="utf-8"))
            found = file_sha256(folder / GRAPH)
        except (OSError, ValueError) as error:
            raise ModelsMissing(
                f"the reader is not whole in {folder}: {error}; {repair}, or make it: make train"
            ) from error
        if found != card["sha256"]:
            raise ModelsDamaged(
                f"{folder / GRAPH} has the sha256 {found}, its card names {card['sha256']}: it is damaged; {repair}"
            )
        return cls(folder / GRAPH, tokenizer, table)

    def read(self, question: str, passages: Sequence[str], most: int = 5) -> list[list[Span]]:
        """Return for each passage at most `most` spans that do not overlap, best first."""
        asked = self._question(question)
        return list(self._workers.map(lambda passage: self._read(asked, passage, most), passages))

    def _question(self, question: str) -> list[int]:
        ids = self._tokenizer.encode(QUESTION + question).ids
        return [ids[0], *ids[1:-1][:MOST_QUESTION_TOKENS], ids[-1], ids[-1]]

    def _read(self, asked: list[int], passage: str, most: int) -> list[Span]:
        found: dict[tuple[int, int], Span] = {}
        for ids, offsets in self._windows(passage):
            scores = self._scores([*asked, *ids])
            for span in _spans(scores, len(asked), offsets):
                place = (span.start, span.end)
                if place not in found or found[place].score < span.score:
                    found[place] = span
        best: list[Span] = []
        for span in sorted(found.values(), key=lambda span: -span.score):
            if len(best) == most:
                break
            if all(span.end <= other.start or other.end <= span.start for other in best):
                best.append(span)
        return best

    def _windows(self, passage: str) -> Iterator[tuple[list[int], list[tuple[int, int]]]]:
        """Token ids and their offsets in `passage`, the prefix and the end mark included; no offset: no place."""
        if not passage.strip():
            return
        encoding = self._tokenizer.encode(PASSAGE + passage)
        end = encoding.ids[-1]
        offsets = _offsets(encoding, len(PASSAGE))
        prefix = sum(1 for _, right in offsets[:4] if right <= 0)  # tokens of the prefix
        ids = encoding.ids[1:-1]
        for first in range(prefix, len(ids), STEP):
            last = first + WINDOW
            yield [*ids[:prefix], *ids[first:last], end], [*offsets[:prefix], *offsets[first:last]]
            if last >= len(ids):
                return

    def _scores(self, ids: list[int]) -> Scores:
        words = self._table.rows(np.array([ids]))
        scores: Scores = self._session.run(["scores"], {"word_vectors": words})[0][0]
        return scores


def _offsets(encoding: Encoding, prefix: int) -> list[tuple[int, int]]:
    """Of each token but the marks, in the passage without its prefix; (0, 0) where a token stands for nothing."""
    return [
        (left - prefix, right - prefix) if left >= prefix and right > left else (0, 0)
        for left, right in encoding.offsets[1:-1]
    ]


def _spans(scores: Scores, passage: int, offsets: Sequence[tuple[int, int]]) -> Iterator[Span]:
    """The likeliest spans of one window; `passage` is where its tokens begin."""
    nothing = float(scores[0].sum())
    placed = np.array([right > left for left, right in offsets])
    starts, ends = scores[passage : passage + len(offsets)].T.astype(np.float64)
    starts, ends = np.where(placed, starts, -np.inf), np.where(placed, ends, -np.inf)
    if not placed.any():
        return
    all_spans = float(np.logaddexp.reduce(starts) + np.logaddexp.reduce(ends))
    last = np.argsort(-ends)[:STARTS]
    for start in np.argsort(-starts)[:STARTS]:
        for end in last:
            score = starts[start] + ends[end]
            if start <= end < start + LONGEST_ANSWER and np.isfinite(score):
                yield Span(
                    offsets[start][0], offsets[end][1], float(score) - nothing, float(score) - all_spans
                )
