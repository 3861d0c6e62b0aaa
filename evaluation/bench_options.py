"""What every part of the bench gets, and the figures that it gives back."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from service.settings import Settings


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """Where the sets lie, a folder to work in, and how much to measure."""

    settings: Settings
    data: Path
    work: Path
    seed: int
    rounds: int
    """Of adding; the quickest counts, since other work on the machine only ever slows one down."""
    added_passages: int
    """Through the running service, while it is asked for its health."""
    large_archive: int
    """Passages of the archive for exact search."""
    questions: int
    minutes: float = 5.0
    """For which many conversations go on at once."""
    mixed_minutes: float = 10.0
    """For which questions, additions, updates and removals go on at once."""
    sizes: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    """Passages of the archives of the part `scale`."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number beside its goal; `met` is None where there is none."""

    what: str
    value: float
    unit: str
    goal: str = ""
    met: bool | None = None
    beside: str = ""
    """What it is compared with, measured in the same run."""


@dataclass(frozen=True, slots=True)
class PartResult:
    """The figures of one part, and everything else it measured."""

    figures: list[Figure]
    details: dict[str, Any]
    times: dict[str, list[float]] = field(default_factory=dict)
    """Milliseconds by group, for a plot."""

    def to_dict(self) -> dict[str, Any]:
        """Figures and details as JSON."""
        return {"figures": [asdict(figure) for figure in self.figures], "details": self.details}
