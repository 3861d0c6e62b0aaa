"""Texts in, vectors out: an encoder that encodes each text once, in this run and in later ones."""

import hashlib
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexing.archive.encoder import Encoder, Progress, Vectors

CHECKED = 16  # remembered vectors that are encoded again before the rest is believed
TOLERANCE = 1e-3  # encoding is deterministic; a changed graph moved the components by 5e-3 and more


class RememberingEncoder(Encoder):
    """The given encoder with a memory; what an earlier run left in `folder` is checked before it is used."""

    def __init__(self, encoder: Encoder, folder: Path, prefixes: str) -> None:
        """Wrap `encoder`; `prefixes` names the prompt settings, since they change vectors too."""
        self.name = encoder.name
        self.fingerprint = encoder.fingerprint
        self.tokenizer = encoder.tokenizer
        self.table = encoder.table
        self.terms = encoder.terms
        self.dimension = encoder.dimension
        self.max_tokens = encoder.max_tokens
        self.encoded = 0
        self._encoder = encoder
        key = hashlib.sha256(f"{encoder.fingerprint} {prefixes}".encode()).hexdigest()[:16]
        self._file = folder / f"vectors-{key}.npz"
        self._remembered: dict[bytes, NDArray[np.float32]] = {}
        self._earlier = _load(self._file)
        self._checked = 0

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector a question, (n, dimension)."""
        return self._recall("question", texts)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return one unit vector a passage, (n, dimension); `progress` is told once, at the end."""
        vectors = self._recall("passage", texts)
        if progress is not None:
            progress(len(texts), len(texts))
        return vectors

    def save(self) -> None:
        """Keep what was encoded for the next run of the same model."""
        if not self.encoded:
            return
        kept = self._earlier | self._remembered
        self._file.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._file.with_name(self._file.name + ".new")
        with temporary.open("wb") as file:
            np.savez(file, keys=np.array(list(kept), dtype="V16"), vectors=np.array(list(kept.values())))
        temporary.replace(self._file)

    def _recall(self, kind: str, texts: Sequence[str]) -> Vectors:
        keys = [hashlib.blake2b(f"{kind}\n{text}".encode(), digest_size=16).digest() for text in texts]
        self._check(kind, dict(zip(keys, texts, strict=True)))
        unknown = {
            key: text
            for key, text in zip(keys, texts, strict=True)
            if key not in self._remembered and key not in self._earlier
        }
        self._remembered |= self._encode_now(kind, unknown)
        self.encoded += len(unknown)
        known = [self._remembered[key] if key in self._remembered else self._earlier[key] for key in keys]
        return np.array(known, np.float32).reshape(len(texts), self.dimension)

    def _check(self, kind: str, wanted: dict[bytes, str]) -> None:
        """Encode the first vectors that an earlier run left anew; forget all of them if one differs."""
        if self._checked >= CHECKED:
            return
        believed = {key: text for key, text in wanted.items() if key in self._earlier}
        believed = dict(list(believed.items())[: CHECKED - self._checked])
        anew = self._encode_now(kind, believed)
        self._checked += len(anew)
        if any(np.abs(vector - self._earlier[key]).max() > TOLERANCE for key, vector in anew.items()):
            self._earlier = {}

    def _encode_now(self, kind: str, texts: dict[bytes, str]) -> dict[bytes, NDArray[np.float32]]:
        if not texts:
            return {}
        encode = self._encoder.encode_questions if kind == "question" else self._encoder.encode_passages
        return dict(zip(texts, encode(list(texts.values())), strict=True))


def _load(file: Path) -> dict[bytes, NDArray[np.float32]]:
    """What an earlier run left; nothing when the file is missing or damaged."""
    try:
        with file.open("rb") as opened, np.load(opened) as stored:
            keys, vectors = stored["keys"], stored["vectors"].astype(np.float32)
        return dict(zip([key.tobytes() for key in keys], vectors, strict=True))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return {}
