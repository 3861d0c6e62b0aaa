"""How long each step of one answer took: `timed` around the work, collected by whoever asked."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_steps: ContextVar[dict[str, float] | None] = ContextVar("answering_steps", default=None)


@contextmanager
def collected() -> Iterator[dict[str, float]]:
    """Milliseconds by step of everything that runs inside, `total` when it ends; tasks and threads included."""
    steps: dict[str, float] = {}
    token = _steps.set(steps)
    started = time.perf_counter()
    try:
        yield steps
    finally:
        steps["total"] = _milliseconds(started)
        _steps.reset(token)


@contextmanager
def timed(step: str) -> Iterator[None]:
    """Add the time of this block to `step`; does nothing where nobody collects."""
    started = time.perf_counter()
    try:
        yield
    finally:
        steps = _steps.get()
        if steps is not None:
            steps[step] = round(steps.get(step, 0.0) + _milliseconds(started), 2)


def _milliseconds(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 2)
