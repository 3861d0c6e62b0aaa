"""A question and passages in; their sentences, ranked by the encoder alone, out: what the reader is held against."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from indexing.archive.encoder import Encoder
from indexing.detect_language import detect_language
from indexing.split_sentences import split_sentences


class Marked(Protocol):
    """A span in its passage; a higher score is more likely the answer, on one scale for all passages."""

    @property
    def start(self) -> int:
        """First code point."""

    @property
    def end(self) -> int:
        """Code point after the last."""

    @property
    def score(self) -> float:
        """The reader's log-odds, or a cosine."""


class ReadsSpans(Protocol):
    """What the reader and its baseline have in common."""

    def read(self, question: str, passages: Sequence[str], most: int = 5) -> Sequence[Sequence[Marked]]:
        """At most `most` spans a passage, best first."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A whole sentence as a span; its score is the cosine to the question."""

    start: int
    end: int
    score: float


class BestSentence:
    """Reads as the reader does, but can only point at whole sentences and compare vectors."""

    def __init__(self, encoder: Encoder) -> None:
        """Compare with the vectors of `encoder`."""
        self._encoder = encoder
        self._sentences: dict[str, list[tuple[int, int]]] = {}

    def prepare(self, passages: Sequence[str]) -> None:
        """Encode the sentences of all these passages in full batches, for an encoder that remembers them."""
        self._encoder.encode_passages(
            [passage[start:end] for passage in passages for start, end in self._cut(passage)]
        )

    def read(self, question: str, passages: Sequence[str], most: int = 5) -> list[list[Sentence]]:
        """The sentences of each passage, nearest first."""
        [vector] = self._encoder.encode_questions([question])
        found = []
        for passage in passages:
            places = self._cut(passage)
            cosines = (
                self._encoder.encode_passages([passage[start:end] for start, end in places]) @ vector
                if places
                else np.empty(0)
            )
            sentences = [
                Sentence(start, end, float(cosine))
                for (start, end), cosine in zip(places, cosines, strict=True)
            ]
            found.append(sorted(sentences, key=lambda one: -one.score)[:most])
        return found

    def _cut(self, passage: str) -> list[tuple[int, int]]:
        if passage not in self._sentences:
            self._sentences[passage] = split_sentences(passage, detect_language(passage))
        return self._sentences[passage]
