"""A text in, its sub-word terms with BM25 weights out (to be replaced by the measured version)."""

from collections import Counter
from dataclasses import dataclass

from tokenizers import Tokenizer


@dataclass(frozen=True, slots=True)
class SparseTerms:
    """Term ids and their weights."""

    indices: list[int]
    values: list[float]


class Terms:
    """Terms of one tokenizer."""

    fingerprint = "provisional"

    def __init__(self, tokenizer: Tokenizer) -> None:
        """Use the bundled tokenizer."""
        self._tokenizer = tokenizer

    def document(self, text: str) -> SparseTerms:
        """Saturated frequencies."""
        ids = self._tokenizer.encode(text.lower(), add_special_tokens=False).ids
        counts = Counter(ids)
        norm = 1.2 * (1 - 0.75 + 0.75 * len(ids) / 150)
        return SparseTerms(list(counts), [c * 2.2 / (c + norm) for c in counts.values()])

    def question(self, text: str) -> SparseTerms:
        """One per term."""
        ids = list(dict.fromkeys(self._tokenizer.encode(text.lower(), add_special_tokens=False).ids))
        return SparseTerms(ids, [1.0] * len(ids))
