"""A process in; the seconds of processor time that it and its children have taken out, from /proc."""

import os
from pathlib import Path

from evaluation.resident_memory import children


def processor_seconds(process: int) -> float:
    """User and system time: what a step costs, however busy the machine is."""
    return sum(map(_seconds, (process, *children(process))))


def _seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
