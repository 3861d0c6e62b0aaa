"""The prepared folder of the bundled encoder in, its checked files and fingerprint out."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexing.errors import ModelsDamaged, ModelsMissing

NAME = "multilingual-e5-small"
WEIGHTS, TOKENIZER, GRAPH, MODEL_JSON = "weights.bin", "tokenizer.json", "encoder.onnx", "model.json"

# What a vector means: weights, tokenizer, pooling. A new number means every archive must be encoded again.
RECIPE = 1
# How the files are made: a new number makes them again, vectors stay comparable (cosine above .995).
BUILD = 2


@dataclass(frozen=True)
class BundledModel:
    """A prepared folder whose files were all found whole."""

    folder: Path
    dimension: int
    max_tokens: int
    fingerprint: str

    @classmethod
    def open(cls, models: Path) -> "BundledModel":
        """Check every file; raises ModelsMissing or ModelsDamaged with the command that repairs."""
        folder = models / NAME
        repair = f"run `make setup`, or `python -m indexing.prepare_models {models}` in its environment"
        if not is_prepared(folder):
            raise ModelsMissing(f"the bundled model is not prepared in {folder}; {repair}")
        if damaged := damaged_files(folder):
            raise ModelsDamaged(
                f"{', '.join(damaged)} in {folder} is not what was prepared (checksum); {repair}"
            )
        description = _read(folder / MODEL_JSON)
        return cls(folder, description["dimension"], description["max_tokens"], description["fingerprint"])


def is_prepared(folder: Path) -> bool:
    """Say whether the folder holds every file of this build in its full size."""
    description = _read(folder / MODEL_JSON)
    if description.get("build") != BUILD or description.get("recipe") != RECIPE:
        return False
    return all(
        (folder / name).is_file() and (folder / name).stat().st_size == expected["bytes"]
        for name, expected in description["files"].items()
    )


def damaged_files(folder: Path) -> list[str]:
    """Name the files of a prepared folder whose checksum differs (0.1 s where the processor has SHA)."""
    files = _read(folder / MODEL_JSON)["files"].items()
    return [name for name, expected in files if file_sha256(folder / name) != expected["sha256"]]


def fingerprint(source_sha256: str) -> str:
    """Name what the vectors mean: the same for every quantisation of the same weights."""
    digest = hashlib.sha256(f"{NAME} {source_sha256} recipe {RECIPE}".encode()).hexdigest()
    return f"{NAME}-{digest[:16]}"


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(path: Path) -> dict[str, Any]:
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return description if isinstance(description, dict) else {}
