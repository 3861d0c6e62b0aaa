"""The fitted weights of names in; how likely a word is a name, and a run of a quote the meaning of one, out.

`name_weights.json` is made by `python -m training.fit_names` (see training/README.md).
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.answering.written.name_signs import NameSigns

FILE = Path(__file__).parent / "name_weights.json"


@dataclass(frozen=True, slots=True)
class SignWeights:
    """A logistic regression on the signs of a pair (`NameSigns.values`)."""

    signs: dict[str, float]
    bias: float

    def log_odds(self, signs: dict[str, float]) -> float:
        """How likely the run means the word; negative: rather not."""
        return sum(weight * signs[name] for name, weight in self.signs.items()) + self.bias


@dataclass(frozen=True, slots=True)
class PairWeights:
    """What counts where word and quote are in one script, or where they are in two."""

    by_capital: SignWeights  # the word is a name by its capital
    by_vectors: SignWeights  # it is one by its vectors: a German noun, the first word of a sentence
    least: float  # log-odds from which the run is taken to mean the word

    def log_odds(self, signs: NameSigns, by_capital: bool) -> float:
        """How likely the run means the word; negative: rather not."""
        return (self.by_capital if by_capital else self.by_vectors).log_odds(signs.values())


@dataclass(frozen=True, slots=True)
class NameWeights:
    """A probe on word vectors that tells names from other words, and the regressions on pairs."""

    name: NDArray[np.float32]
    name_bias: float
    least_name_german: float  # log-odds from which a German noun is a name
    least_name_first: float  # the same of a first word of a sentence in another language
    one_script: PairWeights
    across_scripts: PairWeights

    def name_odds(self, unit: NDArray[np.float32]) -> float:
        """Log-odds that the word with this vector is a name."""
        return float(self.name @ unit) + self.name_bias

    def least_name(self, german: bool) -> float:
        """Log-odds from which a word is a name whose capital does not tell."""
        return self.least_name_german if german else self.least_name_first


@cache
def name_weights() -> NameWeights:
    """The weights that come with the service."""
    return read_weights(json.loads(FILE.read_text(encoding="utf-8")))


def read_weights(rows: dict[str, Any]) -> NameWeights:
    """The weights as they stand in a file."""
    one, across = (
        PairWeights(SignWeights(**pair["by_capital"]), SignWeights(**pair["by_vectors"]), pair["least"])
        for pair in (rows["one_script"], rows["across_scripts"])
    )
    alone = {key: rows[key] for key in ("name_bias", "least_name_german", "least_name_first")}
    return NameWeights(np.array(rows["name"], np.float32), **alone, one_script=one, across_scripts=across)
