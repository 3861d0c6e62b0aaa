"""The recipe of the shipped reader: what is learnt in which order, from what, how fast."""

from dataclasses import dataclass
from pathlib import Path

from training.examples import Augmentations, Mixture
from training.training_data import TrainingData

SEED = 20261124

SOURCES = {
    "squadshifts-new_wiki.en": 10.0,
    "squadshifts-reddit.en": 9.0,
    "squadshifts-amazon.en": 8.0,
    "qamr-sentences.en": 8.0,
    "afriqa-pivot.en": 3.0,
    "covidqa.en": 0.5,
    "piaf.fr": 10.0,
    "afriqa-pivot.fr": 0.3,
    "idk-mrc.id": 9.0,
    "jaquad-train.ja": 8.0,
    "iapp-wiki-qa.th": 5.0,
    "cmrc2018.zh": 3.5,
    "drcd-dev.zh-Hant": 2.5,
    "arcd.ar": 3.0,
    "heq-val.he": 2.5,
    "norquad.no": 1.0,
    "amqa.am": 1.0,
}

# Questions a source for which the search's own wrong finds are looked up.
SEARCHED_SOURCES = {
    "squadshifts-new_wiki.en": 7500,
    "squadshifts-reddit.en": 5000,
    "squadshifts-amazon.en": 4000,
    "afriqa-pivot.en": 2400,
    "piaf.fr": 6500,
    "idk-mrc.id": 5400,
    "jaquad-train.ja": 4000,
    "iapp-wiki-qa.th": 2000,
    "cmrc2018.zh": 2000,
    "drcd-dev.zh-Hant": 1000,
    "arcd.ar": 1300,
    "heq-val.he": 1000,
}


@dataclass(frozen=True)
class Phase:
    """A part of the training: `blocks` of the mixture, the rate rising and falling as told."""

    name: str
    mixture: Mixture
    blocks: int
    peak: float
    warm_up: float = 0.0
    """Share of the phase in which the rate rises to `peak`."""
    decay: float = 0.0
    """Share at the end in which it falls to zero (Hu et al. 2024: warm up, stay, decay)."""
    group_weight: float = 0.0

    def rate(self, done: float) -> float:
        """The learning rate when the share `done` of the phase is over."""
        rising = done / self.warm_up if done < self.warm_up else 1.0
        falling = (1 - done) / self.decay if done > 1 - self.decay else 1.0
        return self.peak * min(rising, falling)


SPANS = Phase("spans", Mixture(SOURCES, not_stated=0.12), blocks=24, peak=1.8e-4, warm_up=0.03)

PHASES = (SPANS,)


def augmentations(phase: Phase, data: TrainingData, folder: Path) -> Augmentations:
    """What the phase's mixture asks for."""
    return Augmentations()
