"""Text in, BM25 weights of its sub-words out: keyword search in every script without stemmers."""

import hashlib
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache

from tokenizers import Tokenizer

# Measured on seven sets of questions in en, de, es, ru and fr (right paragraph first, mean): k1 0.9 .863,
# 1.2 .860, 2.0 .853; b from 0.6 to 0.9 makes no difference. Folding case adds two points in en, ru and fr;
# folding accents as well takes one away. Whole words beside the sub-words gain two in fr and lose two in ru.
K1 = 0.9
B = 0.75
# Sub-words of a passage; fixed, so that a stored weight never goes stale (100: .859, 180: .863, 250: .862).
AVERAGE_LENGTH = 150.0

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")


@dataclass(frozen=True, slots=True)
class SparseTerms:
    """A sparse vector: sub-word ids, ascending, and their weights."""

    indices: list[int]
    values: list[float]


class Terms:
    """Turns passages and questions into BM25 vectors; Qdrant multiplies in the inverse document frequency."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        """Take the bundled tokenizer; pieces of nothing but punctuation are never terms."""
        self._tokenizer = tokenizer
        self._pieces = [tokenizer.id_to_token(number) or "" for number in range(tokenizer.get_vocab_size())]
        described = f"{self._pieces} {tokenizer.normalizer} {tokenizer.pre_tokenizer}"
        digest = hashlib.sha256(described.encode()).hexdigest()
        self.fingerprint = f"bm25 casefold k1={K1} b={B} average={AVERAGE_LENGTH:g} tokenizer={digest[:16]}"

    def document(self, text: str) -> SparseTerms:
        """Return a passage's saturated term frequencies; empty for a text without words."""
        counts = Counter(self._terms(text))
        norm = K1 * (1 - B + B * counts.total() / AVERAGE_LENGTH)
        indices = sorted(counts)
        return SparseTerms(indices, [counts[term] * (K1 + 1) / (counts[term] + norm) for term in indices])

    def question(self, text: str) -> SparseTerms:
        """Return weight 1 for each different term of a question; empty for a text without words."""
        indices = sorted(set(self._terms(text)))
        return SparseTerms(indices, [1.0] * len(indices))

    def _terms(self, text: str) -> list[int]:
        encoding = self._tokenizer.encode(text.casefold(), add_special_tokens=False)
        return [term for term in encoding.ids if _carries_meaning(self._pieces[term])]


@cache  # asked of the pieces that occur; of the whole vocabulary it would take most of a second at every start
def _carries_meaning(piece: str) -> bool:
    if piece in SPECIAL:
        return False
    return any(unicodedata.category(character)[0] not in "PZC" for character in piece.strip("▁"))
