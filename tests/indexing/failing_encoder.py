"""Encoders that other processes open: one that works, and ones that fail as a test wants."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexing.errors import ModelsMissing
from tests.indexing.archive.synthetic import TinyEncoder


def open_tiny(threads: int) -> Any:
    """An encoder that works."""
    return TinyEncoder()


def open_none(threads: int) -> Any:
    """No encoder: as where the models are not prepared."""
    raise ModelsMissing("the models are not there; run make setup")


def open_failing(folder: Path, deaths: int, threads: int) -> Any:
    """An encoder whose process ends at its first `deaths` calls in all processes; each leaves a file in `folder`."""
    return FailingEncoder(folder, deaths)


class FailingEncoder(TinyEncoder):
    """Ends the process without a word, as when memory is too small."""

    def __init__(self, folder: Path, deaths: int) -> None:
        super().__init__()
        self._folder, self._deaths = folder, deaths

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        for death in range(self._deaths):
            with suppress(FileExistsError):  # of two processes at once one dies that death
                (self._folder / str(death)).touch(exist_ok=False)
                os._exit(9)
        if "unreadable" in "".join(texts):
            raise OSError(5, "a file of the model cannot be read")
        return super().encode_passages(texts)
