"""Passages in; a probe on word vectors that tells names from other words, out.

Its teacher is the capital inside a sentence, in languages that give one to names alone; it sees small letters only
(truecasing, Mayhew et al. 2020), so it also serves German and the first words of sentences.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from indexing.archive.word_vectors import WordEncoder
from indexing.split_sentences import split_sentences
from service.answering.name_words import opens_sentence
from service.answering.words_of_text import words_of_text
from service.answering.written.align_words import small_letters
from service.answering.written.nearest_run import tokens_at
from training.training_data import Context, held_out

# Passages a language; two sentences of each.
PASSAGES = {"en": 1400, "fr": 1000, "no": 400, "id": 400}
LENGTHS = range(30, 300)  # letters of a sentence; headings and lists of names are left out
SMALL_KEPT = 0.35  # of the other words, which are many
MOST_CAPITALS = 0.5


@dataclass(frozen=True, slots=True)
class Probe:
    """A logistic regression on unit vectors of words, and how often it is right on words it has not seen."""

    weights: NDArray[np.float64]
    bias: float
    right: float


def fit_probe(contexts: Sequence[Context], encoder: WordEncoder, seed: int) -> Probe:
    """Fit on the passages to learn from, measure on a tenth of them that is kept apart."""
    draw = random.Random(seed)
    vectors: list[NDArray[np.float32]] = []
    named: list[bool] = []
    kept: list[bool] = []
    for language, most in PASSAGES.items():
        chosen = [one for one in contexts if one.language == language and not held_out(one.id)]
        for context in draw.sample(chosen, min(most, len(chosen))):
            apart = draw.random() < 0.1
            for vector, has_capital in _words(context, encoder, draw):
                vectors.append(vector)
                named.append(has_capital)
                kept.append(apart)
    rows, names, apart_rows = np.array(vectors), np.array(named), np.array(kept)
    model = LogisticRegression(C=3, max_iter=500, class_weight="balanced")
    model.fit(rows[~apart_rows], names[~apart_rows])
    right = model.predict(rows[apart_rows]) == names[apart_rows]
    return Probe(model.coef_[0], float(model.intercept_[0]), float(right.mean()))


def _words(
    context: Context, encoder: WordEncoder, draw: random.Random
) -> Iterator[tuple[NDArray[np.float32], bool]]:
    """Vectors of words of two sentences, and whether each has a capital."""
    places = split_sentences(context.text[:1500], context.language)
    for start, end in draw.sample(places, min(2, len(places))):
        text = context.text[start:end].strip()
        words = words_of_text(text)
        capitals = sum(word.has_capital for word in words)
        if len(text) not in LENGTHS or capitals > MOST_CAPITALS * len(words):
            continue
        encoded = encoder.encode(small_letters(text))
        for word in words:
            if not word.is_cased or word.folded.isnumeric() or opens_sentence(text, word.start):
                continue
            if not word.has_capital and draw.random() > SMALL_KEPT:
                continue
            unit = tokens_at(encoded, (word.start, word.end))
            if unit is not None:
                yield unit, word.has_capital
