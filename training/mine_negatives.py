"""Training data and the bundled encoder in; for each question the wrong passages that a search finds, out."""

import argparse
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexing.archive.bundled_model import NAME
from indexing.archive.encoder import Encoder, open_encoder
from training.training_data import TrainingData, TrainingQuestion, load_training_data

ROOT = Path(__file__).resolve().parent.parent
SEEN_CHARACTERS = 700  # of a context: about what a passage of the archive holds
KEPT = 8
CHUNK = 512

# Questions a source for which the search's own wrong finds are looked up.
SEARCHED_SOURCES = {
    "squadshifts-new_wiki.en": 7500,
    "squadshifts-reddit.en": 5000,
    "squadshifts-amazon.en": 4000,
    "afriqa-pivot.en": 2400,
    "piaf.fr": 6500,
    "idk-mrc.id": 5400,
    "jaquad-train.ja": 4000,
    "iapp-wiki-qa.th": 2000,
    "cmrc2018.zh": 2000,
    "drcd-dev.zh-Hant": 1000,
    "arcd.ar": 1300,
    "heq-val.he": 1000,
}

Vectors = NDArray[np.float32]


def load_negatives(path: Path, data: TrainingData) -> dict[str, list[int]]:
    """Read what was mined: places of contexts by question; raises FileNotFoundError with the command to run."""
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing; run: python -m training.mine_negatives")
    places = {context.id: place for place, context in enumerate(data.contexts)}
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return {row["id"]: [places[context] for context in row["contexts"]] for row in rows}


def mine_negatives(data: TrainingData, encoder: Encoder, path: Path) -> None:
    """Write the nearest contexts of the same language that do not hold the answer, nearest first."""
    passages = _encoded_contexts(data, encoder, path.with_suffix(".vectors.npy"))
    languages = np.array([context.language.split("-")[0] for context in data.contexts])
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8") as file:
        for questions in _chunks(_searched(data.questions)):
            vectors = encoder.encode_questions([question.text for question in questions])
            for question, vector in zip(questions, vectors, strict=True):
                own = np.flatnonzero(languages == question.language.split("-")[0])
                found = _without_answer(
                    question, own[np.argsort(-(passages[own] @ vector))[: 4 * KEPT]], data
                )
                file.write(json.dumps({"id": question.id, "contexts": found}) + "\n")
    os.replace(part, path)


def _searched(questions: list[TrainingQuestion]) -> list[TrainingQuestion]:
    """The first so many of each source (they come in the order of their articles, so every so-manieth)."""
    chosen = []
    for source, most in SEARCHED_SOURCES.items():
        own = [one for one in questions if one.source_of_language == source and one.start is not None]
        step = max(1, len(own) // most)
        chosen += own[::step][:most]
    return chosen


def _without_answer(question: TrainingQuestion, places: NDArray[np.int64], data: TrainingData) -> list[str]:
    text = data.contexts[question.context].text
    answer = text[question.start : question.end].casefold()
    found = []
    for place in places:
        context = data.contexts[place]
        if place != question.context and answer not in context.text.casefold():
            found.append(context.id)
    return found[:KEPT]


def _encoded_contexts(data: TrainingData, encoder: Encoder, path: Path) -> Vectors:
    """One vector a context, kept on disk while they come in."""
    if path.exists():
        kept: Vectors = np.load(path)
        if len(kept) == len(data.contexts):
            return kept
    texts = [context.text[:SEEN_CHARACTERS] for context in data.contexts]
    started = time.monotonic()

    def told(done: int, all_: int) -> None:
        if done % (CHUNK * 4) == 0:
            print(
                f"{done} of {all_} contexts, {done / (time.monotonic() - started):.0f} a second", flush=True
            )

    vectors = encoder.encode_passages(texts, told)
    np.save(path, vectors)
    return vectors


def _chunks(questions: list[TrainingQuestion]) -> Iterator[list[TrainingQuestion]]:
    for start in range(0, len(questions), CHUNK):
        yield questions[start : start + CHUNK]


def main() -> None:
    """Mine the negatives of the recipe."""
    parser = argparse.ArgumentParser(prog="python -m training.mine_negatives", description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "train")
    parser.add_argument("--models", type=Path, default=ROOT / "models")
    parser.add_argument("--folder", type=Path, default=ROOT / ".cache" / "training" / "reader")
    given = parser.parse_args()
    target = given.folder / "negatives.jsonl"
    if target.exists():
        print(f"{target} is there already")
        return
    given.folder.mkdir(parents=True, exist_ok=True)
    encoder = open_encoder(NAME, given.models)
    mine_negatives(load_training_data(given.data), encoder, target)


if __name__ == "__main__":
    main()
