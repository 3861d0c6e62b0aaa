"""The folder of training files in; contexts and their questions out, with a part split off by passage."""

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HELD_OUT_SHARE = 0.02  # of the passages: to watch the training with


@dataclass(frozen=True, slots=True)
class Context:
    """A passage of a training file, as long as its source made it."""

    id: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class TrainingQuestion:
    """A question on `contexts[context]`; `start` and `end` are None where that does not answer it."""

    id: str
    language: str
    source: str
    text: str
    context: int
    start: int | None
    end: int | None

    @property
    def span(self) -> tuple[int, int] | None:
        """The answer's place in its context."""
        return None if self.start is None or self.end is None else (self.start, self.end)

    @property
    def source_of_language(self) -> str:
        """The part of the training data it belongs to, e.g. `piaf.fr`."""
        return f"{self.source}.{self.language}"


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Every context, and the questions apart: those to learn from and those held out."""

    contexts: list[Context]
    questions: list[TrainingQuestion]
    held_out: list[TrainingQuestion]


def load_training_data(folder: Path) -> TrainingData:
    """Read all `contexts.*.jsonl.gz` and `questions.*.jsonl.gz`; raises FileNotFoundError without any."""
    files = sorted(folder.glob("contexts.*.jsonl.gz"))
    if not files:
        raise FileNotFoundError(
            f"no contexts.*.jsonl.gz in {folder}; set TRAINING_DATA to the folder of the training files"
        )
    contexts: list[Context] = []
    questions: list[TrainingQuestion] = []
    for path in files:
        language = path.name.split(".")[1]
        places = {}
        for row in _rows(path):
            places[row["id"]] = len(contexts)
            contexts.append(Context(row["id"], language, row["text"]))
        for row in _rows(folder / f"questions.{language}.jsonl.gz"):
            questions.append(_question(row, language, places[row["context_id"]]))
    return TrainingData(
        contexts,
        [question for question in questions if not held_out(contexts[question.context].id)],
        [question for question in questions if held_out(contexts[question.context].id)],
    )


def held_out(context_id: str) -> bool:
    """Whether a context, with all its questions, is kept apart: the same ones on every machine."""
    digest = hashlib.sha256(context_id.encode()).digest()
    return int.from_bytes(digest[:4], "big") < HELD_OUT_SHARE * 2**32


def _question(row: dict[str, Any], language: str, context: int) -> TrainingQuestion:
    start = row["start"]
    end = None if start is None else start + len(row["answer"])
    return TrainingQuestion(row["id"], language, row["source"], row["question"], context, start, end)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)
