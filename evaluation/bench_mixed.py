"""Questions, additions, updates, removals and ratings at once in; errors, wrong quotes and memory growth out.

It stops by itself. Every answer is held against what was sent and what is stored.
"""

import asyncio
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx
import numpy as np

from evaluation.bench_options import BenchOptions, Figure, PartResult
from evaluation.metrics import percentiles
from evaluation.mixed_load import A_SECOND, AT_ONCE, FACES, MixedLoad
from evaluation.mixed_material import mixed_material
from evaluation.resident_memory import resident_mb
from evaluation.service_child import ServiceChild, service_child

STAYING = 400
CHANGING = 240  # of which some two thirds are there at a time
SETTLED_MIN = 10.0
SAMPLES_A_MINUTE = 12
MEMORY_PERCENT = 5.0


def measure_mixed(options: BenchOptions) -> PartResult:
    """Keep a service at work for some minutes and look at everything it says."""
    with service_child(options.settings, options.work / "mixed", options.work) as service:
        return asyncio.run(_measure(service, options))


async def _measure(service: ServiceChild, options: BenchOptions) -> PartResult:
    material = mixed_material(options.data, options.seed, STAYING, CHANGING)
    minutes = options.mixed_minutes
    limits = httpx.Limits(max_connections=2 * AT_ONCE, max_keepalive_connections=2 * AT_ONCE)
    memory: list[float] = []
    async with httpx.AsyncClient(
        base_url=service.address, timeout=120, trust_env=False, limits=limits
    ) as client:
        mixed = MixedLoad(client, material, options.seed)
        print(f"mixed: {len(material.staying)} articles, and {CHANGING} that come and go ...", flush=True)
        await mixed.fill()
        sampling = asyncio.create_task(_sample(service.process, memory, mixed))
        await mixed.go_on(60 * minutes)
        sampling.cancel()
        left = await mixed.left_over()
        files = len(os.listdir(f"/proc/{service.process}/fd"))
    return PartResult(
        figures=[*_figures(mixed, minutes, left), *_memory(memory, minutes)],
        details={
            "a_second": A_SECOND,
            "at_once": AT_ONCE,
            "done": dict(mixed.load.done),
            "busy": mixed.load.busy,
            "errors": dict(mixed.load.errors),
            "faults": dict(mixed.checks.faults),
            "examples": mixed.checks.examples,
            "quotes_of_articles_being_removed": mixed.checks.already_removed,
            "left": left,
            "answer_ms": {face: percentiles(values) for face, values in mixed.load.milliseconds.items()},
            "memory_mb_by_minute": [round(one, 1) for one in _by_minute(memory)],
            "open_files_at_the_end": files,
        },
        times={f"asked as {face}": values for face, values in sorted(mixed.load.milliseconds.items())},
    )


async def _sample(process: int, memory: list[float], mixed: MixedLoad) -> None:
    """Append the resident memory in MB every few seconds; a line about once a minute."""
    while True:
        memory.append(resident_mb(process))
        if len(memory) % SAMPLES_A_MINUTE == 0:
            minute = len(memory) // SAMPLES_A_MINUTE
            done = mixed.load.done
            print(
                f"mixed: minute {minute}: {memory[-1]:.0f} MB, {done['questions']} questions, "
                f"{done['added']} added, {done['updated']} updated, {done['removed']} removed, "
                f"errors {dict(mixed.load.errors)}, faults {dict(mixed.checks.faults)}",
                flush=True,
            )
        await asyncio.sleep(60 / SAMPLES_A_MINUTE)


def _figures(mixed: MixedLoad, minutes: float, left: Mapping[str, Any]) -> Iterator[Figure]:
    load, checks = mixed.load, mixed.checks
    done = load.done
    what = f"mixed load for {minutes:g} min"
    faces = ", ".join(f"{load.done[f'asked as {face}']} {face}" for face in sorted(set(FACES)))
    yield Figure(f"{what}: questions", done["questions"], "", "", None, faces)
    yield Figure(f"{what}: articles added", done["added"], "", "", None, f"{done['updated']} times updated")
    yield Figure(f"{what}: articles removed", done["removed"], "", "", None, "each asked for at once")
    errors = sum(load.errors.values())
    yield Figure(f"{what}: errors", errors, "", "0", not errors, f"503 with Retry-After apart: {load.busy}")
    offsets = checks.faults["wrong offsets"]
    beside = f"{checks.quotes} quotes, {checks.pages} opened on their page"
    yield Figure(f"{what}: wrong offsets", offsets, "", "0", not offsets, beside)
    others = {kind: count for kind, count in checks.faults.items() if kind != "wrong offsets"}
    beside = ", ".join(f"{count} {kind}" for kind, count in others.items()) or (
        f"{load.cited_changing} answers cite what changes; {left['articles']} articles and {left['passages']} "
        "passages left, as put in"
    )
    yield Figure(f"{what}: old, mixed or lost versions", sum(others.values()), "", "0", not others, beside)
    every = percentiles([one for values in load.milliseconds.values() for one in values])
    beside = f"at most {AT_ONCE} at once, {A_SECOND:g} operations/s"
    yield Figure(f"{what}: whole answer, p50", every["p50"], "ms", "", None, beside)
    yield Figure(f"{what}: whole answer, p95", every["p95"], "ms", "", None, beside)


def _memory(memory: Sequence[float], minutes: float) -> Iterator[Figure]:
    """How far a minute's median ever rises above the first settled one; it falls where Linux takes pages back."""
    by_minute = _by_minute(memory)
    settled = by_minute[int(min(SETTLED_MIN, minutes / 2)) :]
    growth = 100 * (max(settled) / settled[0] - 1)
    held = minutes > SETTLED_MIN
    yield Figure(
        f"mixed load for {minutes:g} min: memory growth after {len(by_minute) - len(settled)} min",
        round(growth, 2),
        "%",
        f"at most {MEMORY_PERCENT:g}" if held else "",
        growth <= MEMORY_PERCENT if held else None,
        f"{settled[0]:.0f} MB then, {min(settled):.0f} to {max(settled):.0f} later, {settled[-1]:.0f} at the end",
    )


def _by_minute(memory: Sequence[float]) -> list[float]:
    """The median of each whole minute, at least of one."""
    minutes = max(1, len(memory) // SAMPLES_A_MINUTE)
    return [
        float(np.median(memory[SAMPLES_A_MINUTE * minute :][:SAMPLES_A_MINUTE])) for minute in range(minutes)
    ]
