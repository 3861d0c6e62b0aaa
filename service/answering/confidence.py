"""Signals of a candidate answer in, the calibrated probability that it is right out.

`models/reader/confidence.json` holds what `python -m evaluation.fit_confidence` learned: a logistic regression over
standardised signals, whose weights are never negative, and a monotone correction on top. So a stronger signal never
lowers the confidence.
"""

import json
import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from service.errors import ServiceError

FORMAT = 1
FILE = "confidence.json"
FARTHEST = 6.0  # standard deviations from the mean at which a signal stops counting more
LEAST, MOST = 0.005, 0.995  # nothing measured on some hundred questions is surer than this


class ConfidenceDamaged(ServiceError):
    """The calibration cannot be read; the message names the fix."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal with its usual value and spread; `weight` is per standard deviation and not negative."""

    name: str
    mean: float
    scale: float
    weight: float

    def of(self, value: float | None) -> float:
        """What the signal adds to the log-odds; nothing when it is absent or not a number."""
        if value is None or math.isnan(value):
            return 0.0
        return self.weight * max(-FARTHEST, min(FARTHEST, (value - self.mean) / self.scale))


@dataclass(frozen=True, slots=True)
class Confidence:
    """A fitted calibration; `threshold` is the least confidence with which an answer is given."""

    signals: tuple[Signal, ...]
    intercept: float
    knots: tuple[tuple[float, float], ...]
    """Log-odds to log-odds, rising; between them linear, beyond them parallel to the diagonal. Empty: as it is."""
    threshold: float
    pairs: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Language pair ("en-fr": question, article) to slope and shift of the log-odds, where it had enough questions."""

    @classmethod
    def open(cls, path: Path) -> "Confidence":
        """Read `confidence.json`; raises ConfidenceDamaged when it is missing or not what it should be."""
        try:
            read = json.loads(path.read_text(encoding="utf-8"))
            if read["format"] != FORMAT:
                raise ValueError(f"format {read['format']}, this version reads format {FORMAT}")
            return cls.from_dict(read)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfidenceDamaged(
                f"{path} cannot be used: {type(error).__name__}: {error}; restore the file from the repository, or "
                "make it anew with: python -m evaluation.fit_confidence"
            ) from error

    @classmethod
    def from_dict(cls, read: Mapping[str, Any]) -> "Confidence":
        """The calibration as `confidence.json` holds it; raises what Python raises when it is none."""
        confidence = cls(
            signals=tuple(
                Signal(one["name"], float(one["mean"]), float(one["scale"]), float(one["weight"]))
                for one in read["signals"]
            ),
            intercept=float(read["intercept"]),
            knots=tuple((float(x), float(y)) for x, y in read["knots"]),
            threshold=float(read["threshold"]),
            pairs={pair: (float(slope), float(shift)) for pair, (slope, shift) in read["pairs"].items()},
        )
        confidence._check()
        return confidence

    def to_dict(self) -> dict[str, Any]:
        """The fields that `from_dict` reads, as JSON."""
        return {
            "signals": [
                {"name": one.name, "mean": one.mean, "scale": one.scale, "weight": one.weight}
                for one in self.signals
            ],
            "intercept": self.intercept,
            "knots": [list(knot) for knot in self.knots],
            "pairs": {pair: list(line) for pair, line in self.pairs.items()},
            "threshold": self.threshold,
        }

    def of(self, signals: Mapping[str, float | None], pair: str | None = None) -> float:
        """Probability between 0.005 and 0.995 that an answer with these signals is right.

        A signal that is absent, None or not a number counts as usual; unknown ones are ignored.
        """
        log_odds = along(
            self.knots, self.intercept + sum(signal.of(signals.get(signal.name)) for signal in self.signals)
        )
        slope, shift = self.pairs.get(pair, (1.0, 0.0)) if pair is not None else (1.0, 0.0)
        return max(LEAST, min(MOST, sigmoid(slope * log_odds + shift)))

    def _check(self) -> None:
        numbers = [self.intercept, self.threshold, *(number for knot in self.knots for number in knot)]
        numbers += [number for one in self.signals for number in (one.mean, one.scale, one.weight)]
        numbers += [number for line in self.pairs.values() for number in line]
        if not all(map(math.isfinite, numbers)):
            raise ValueError("a number is not finite")
        if any(one.scale <= 0 or one.weight < 0 for one in self.signals):
            raise ValueError("a scale is not above zero or a weight is below zero")
        if any(slope < 0 for slope, _ in self.pairs.values()):
            raise ValueError("the slope of a language pair is below zero")
        if any(
            low[0] >= high[0] or low[1] > high[1]
            for low, high in zip(self.knots, self.knots[1:], strict=False)
        ):
            raise ValueError("the knots do not rise")
        if not 0 <= self.threshold <= 1:
            raise ValueError(f"the threshold {self.threshold} is not between 0 and 1")


def along(knots: Sequence[tuple[float, float]], value: float) -> float:
    """The piecewise linear curve through the knots; beyond the ends it goes on with slope one."""
    if not knots:
        return value
    place = bisect_right(knots, value, key=lambda knot: knot[0])
    if place == 0 or place == len(knots):
        x, y = knots[min(place, len(knots) - 1)]
        return y + (value - x)
    (x, y), (to_x, to_y) = knots[place - 1], knots[place]
    return y + (to_y - y) * (value - x) / (to_x - x)


def sigmoid(log_odds: float) -> float:
    """Log-odds to a probability, without overflow."""
    if log_odds >= 0:
        return 1 / (1 + math.exp(-log_odds))
    return math.exp(log_odds) / (1 + math.exp(log_odds))
