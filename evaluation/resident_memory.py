"""A process in; the memory it holds in RAM out."""

import os
import resource
import sys
from pathlib import Path

MB = 1 << 20


def resident_mb(process: int | None = None) -> float:
    """Megabytes in RAM of a process (default: this one), from /proc; elsewhere the peak of this one."""
    return _from_proc("VmRSS:", process or os.getpid()) or _peak_of_this_one()


def resident_with_children_mb(process: int) -> float:
    """The same of a process and its children together."""
    return round(sum(resident_mb(one) for one in (process, *children(process))), 1)


def children(process: int) -> list[int]:
    """The processes that a process has started, from /proc."""
    lists = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for path in lists for child in path.read_text(encoding="utf-8").split()]


def peak_mb() -> float:
    """The most megabytes that this process held in RAM so far."""
    # Not from getrusage: Linux lets a child begin with the peak of its parent.
    return _from_proc("VmHWM:", os.getpid()) or _peak_of_this_one()


def _from_proc(field: str, process: int) -> float | None:
    status = Path(f"/proc/{process}/status")
    if not status.exists():
        return None
    lines = status.read_text(encoding="utf-8").splitlines()
    return next((round(int(line.split()[1]) / 1024, 1) for line in lines if line.startswith(field)), None)


def _peak_of_this_one() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / MB if sys.platform == "darwin" else peak / 1024, 1)
