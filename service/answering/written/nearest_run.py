"""The word vectors of two texts in; the run of one that is nearest to some words of the other, out."""

import numpy as np
from numpy.typing import NDArray

from indexing.archive.word_vectors import WordVectors

LONGEST_RUN = 4  # tokens that may stand for the words together
Span = tuple[int, int]


def tokens_at(words: WordVectors, span: Span) -> NDArray[np.float32] | None:
    """The unit vector of the words at `span`, the mean of its tokens; None: no token stands there."""
    inside = [place for place, (left, right) in enumerate(words.places) if left < span[1] and span[0] < right]
    if not inside:
        return None
    mean = words.vectors[inside].mean(axis=0)
    unit: NDArray[np.float32] = mean / np.linalg.norm(mean)
    return unit


def nearest_run(words: WordVectors, span: Span, other: WordVectors) -> tuple[float, Span]:
    """The highest cosine between the words at `span` and a run of the other text, and where that run stands."""
    best, where = -1.0, (0, 0)
    word = tokens_at(words, span)
    if word is None or not len(other.vectors):
        return best, where
    summed = np.vstack([np.zeros_like(other.vectors[:1]), np.cumsum(other.vectors, axis=0)])
    for length in range(1, min(LONGEST_RUN, len(other.vectors)) + 1):
        runs = summed[length:] - summed[:-length]
        near = runs @ word / np.linalg.norm(runs, axis=1)
        first = int(near.argmax())
        if near[first] > best:
            best, where = float(near[first]), (other.places[first][0], other.places[first + length - 1][1])
    return best, where
