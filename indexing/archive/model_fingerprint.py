"""A model's folder or hub name in, a fingerprint of what its vectors mean out."""

import hashlib
import os
from pathlib import Path

from huggingface_hub import try_to_load_from_cache

from indexing.archive.bundled_model import file_sha256

ORGANISATION = "sentence-transformers"  # where a hub name without a slash is looked up
ALWAYS_THERE = ("modules.json", "config.json", "config_sentence_transformers.json", "README.md")


def model_fingerprint(model: str, passage_prefix: str) -> str:
    """Name a model by its folder's files or its commit on the hub, and by the prefix of its passages."""
    source = _folder(Path(model)) if Path(model).is_dir() else _commit(model)
    digest = hashlib.sha256(f"{source} passage={passage_prefix}".encode()).hexdigest()
    return f"{Path(model).name}-{digest[:16]}"


def hub_name(model: str) -> str:
    """Return the full name under which a hub keeps a model."""
    return model if "/" in model else f"{ORGANISATION}/{model}"


def _folder(folder: Path) -> str:
    """Hash every file that can change a vector; notes and hidden files cannot."""
    files = (path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file())
    hashed = (f"{path.as_posix()}={file_sha256(folder / path)}" for path in files if _matters(path))
    return " ".join(hashed)


def _matters(path: Path) -> bool:
    return path.suffix != ".md" and not any(part.startswith(".") for part in path.parts)


def _commit(model: str) -> str:
    """Read the commit from the hub's cache, where the files that were just loaded lie under its hash."""
    name = hub_name(model)
    cache = os.environ.get("SENTENCE_TRANSFORMERS_HOME")
    for file in ALWAYS_THERE:
        path = try_to_load_from_cache(name, file, cache_dir=cache)
        if isinstance(path, str):
            snapshot = Path(path).parts[Path(path).parts.index("snapshots") + 1]
            return f"{name}@{snapshot}"
    return name
