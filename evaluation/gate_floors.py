"""Measures in; what is below its floor, and floors that were raised or, when told to, lowered, out."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.errors import EvaluationError
from evaluation.gate_measures import Measure
from evaluation.provenance import ROOT

FLOORS = ROOT / "evaluation" / "gate_floors.json"
SET_FLOORS = "python -m evaluation.gate --set-floors"
ROUNDING = 1e-6
SHOWN = 12  # question ids of a message


@dataclass(frozen=True, slots=True)
class Floor:
    """The least a measure may be, with the values of its questions when it was set."""

    least: float
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Floors:
    """Every floor by the key of its measure, and what they were taken from."""

    taken: str
    """Date and time, RFC 3339."""
    commit: str
    reader: str
    """Checksum of the reader."""
    floors: Mapping[str, Floor]


def load_floors(path: Path = FLOORS) -> Floors:
    """The floors in a file; none where there is no file. Raises EvaluationError when it is damaged."""
    if not path.is_file():
        return Floors("", "", "", {})
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        floors = {
            key: Floor(float(floor["floor"]), {id: float(value) for id, value in floor["questions"].items()})
            for key, floor in read["measures"].items()
        }
        return Floors(read["taken"], read["commit"], read["reader"], floors)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EvaluationError(
            f"the floors in {path} cannot be read ({error!r}); restore it with: git checkout -- {path}"
        ) from error


def write_floors(floors: Floors, path: Path) -> None:
    """Write the file that `load_floors` reads, one line a measure, so that a change shows as one."""
    head = {"taken": floors.taken, "commit": floors.commit, "reader": floors.reader}
    lines = [
        f"  {json.dumps(key, ensure_ascii=False)}: {json.dumps(_row(floor))}"
        for key, floor in floors.floors.items()
    ]
    start = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
    path.write_text(start + ',\n "measures": {\n' + ",\n".join(lines) + "\n }\n}\n", encoding="utf-8")


def shortfalls(measures: Sequence[Measure], floors: Floors) -> list[str]:
    """A message for each measure that is below its floor or has none, naming the questions that got worse."""
    return [told for measure in measures if (told := _shortfall(measure, floors.floors.get(measure.key)))]


def raised(measures: Sequence[Measure], before: Floors, made: Mapping[str, Any], reader: str) -> Floors:
    """Floors from these measures; one that is there already stays where it is higher.

    Raises EvaluationError when a measure is below its floor, or is of other questions: that takes `lowered`.
    """
    told = [
        message
        for measure in measures
        if (floor := before.floors.get(measure.key)) and (message := _shortfall(measure, floor))
    ]
    if told:
        raise EvaluationError(
            "floors are only raised; these would have to be lowered, which takes --set-floors --lower:\n"
            + "\n".join(told)
        )
    return _taken(measures, before, made, reader, keep_higher=True)


def lowered(measures: Sequence[Measure], before: Floors, made: Mapping[str, Any], reader: str) -> Floors:
    """Floors from these measures, wherever they were before; those that were not measured stay."""
    return _taken(measures, before, made, reader, keep_higher=False)


def least_of(measure: Measure) -> float:
    """The floor that a measured value sets: one question below it.

    Other processors round int8 products otherwise, which moves a question now and then.
    """
    slack = 0.0 if measure.all_needed else 1 / len(measure.values)
    return max(0.0, math.floor(1e4 * (measure.value - slack) + ROUNDING) / 1e4)


def _taken(
    measures: Sequence[Measure], before: Floors, made: Mapping[str, Any], reader: str, keep_higher: bool
) -> Floors:
    floors = dict(before.floors)
    for measure in measures:
        least = least_of(measure)
        if keep_higher and measure.key in floors:
            least = max(least, floors[measure.key].least)
        floors[measure.key] = Floor(least, measure.values)
    return Floors(str(made["date"]), str(made["commit"]), reader, floors)


def _shortfall(measure: Measure, floor: Floor | None) -> str:
    if floor is None:
        return f"{measure.key}: got {_percent(measure.value)} and no floor; set one with: {SET_FLOORS}"
    if measure.values.keys() != floor.values.keys():
        return (
            f"{measure.key}: its floor was taken from other questions ({_ids(_different(measure, floor))}); "
            f"set it anew with: {SET_FLOORS} --lower"
        )
    if measure.value >= floor.least - ROUNDING:
        return ""
    worse = [id for id, value in measure.values.items() if value < floor.values[id] - ROUNDING]
    better = [id for id, value in measure.values.items() if value > floor.values[id] + ROUNDING]
    return (
        f"{measure.key}: got {_percent(measure.value)} ({measure.counts}), "
        f"allowed: at least {_percent(floor.least)}; worse than before: {_ids(worse)}"
        + (f"; better: {_ids(better)}" if better else "")
    )


def _different(measure: Measure, floor: Floor) -> list[str]:
    return sorted(measure.values.keys() ^ floor.values.keys())


def _ids(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
    return ", ".join(ids[:SHOWN]) + more


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _row(floor: Floor) -> dict[str, Any]:
    # A whole number is shorter and means the same.
    return {
        "floor": floor.least,
        "questions": {id: int(value) if value == int(value) else value for id, value in floor.values.items()},
    }
