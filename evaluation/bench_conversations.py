"""Many conversations with one service at once in; errors, differing answers, memory and the cost of streaming out."""

import asyncio
import itertools
import json
import math
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from evaluation.ask_own import sample_files
from evaluation.bench_options import BenchOptions, Figure, PartResult
from evaluation.conversations import Conversation, load_conversations
from evaluation.errors import EvaluationError
from evaluation.metrics import percentiles
from evaluation.resident_memory import resident_mb
from evaluation.service_child import ServiceChild, service_child

AT_ONCE = 32
WARM_UP_S = 20.0  # of the load, before memory is taken for the first time
PAIRS = 60  # questions asked streamed and not, one after the other
LEAVINGS = 20
CHANGING = {"id", "timings_ms"}  # what differs between two answers to the same question
TICK_S = 0.01  # in which Linux counts the time of a process
STILL_S = 0.15  # without work: it has stopped


@dataclass(slots=True)
class Load:
    """What came of asking for some minutes."""

    answers: int = 0
    busy: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    different: list[str] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    first_status: list[float] = field(default_factory=list)


def measure_conversations(options: BenchOptions) -> PartResult:
    """Ask the own conversations on the samples: alone first, then many at once."""
    with service_child(options.settings, options.work / "conversations", options.work) as service:
        return asyncio.run(_measure(service, options))


async def _measure(service: ServiceChild, options: BenchOptions) -> PartResult:
    conversations = load_conversations()
    async with httpx.AsyncClient(base_url=service.address, timeout=120, trust_env=False) as client:
        await _add_samples(client)
        alone = {one.id: await _unstreamed(client, one) for one in conversations}
        plain, streamed, first = await _cost(client, conversations)
        stops, whole = await _leave(client, service.process, conversations)
        load, before, after = await _load(client, service.process, conversations, alone, options)
    cost = float(np.median(streamed)) / float(np.median(plain)) - 1
    minutes = options.minutes
    what = f"{AT_ONCE} conversations at once for {minutes:g} min"
    return PartResult(
        figures=[
            Figure(f"{what}: errors", sum(load.errors.values()), "", "0", not load.errors),
            Figure(f"{what}: answers", load.answers, "", "", None, f"503 counted apart: {load.busy}"),
            Figure(
                f"{what}: answers that differ from those asked alone",
                len(load.different),
                "",
                "0",
                not load.different,
            ),
            Figure(
                f"{what}: memory growth",
                round(after - before, 1),
                "MB",
                "under 50",
                after - before < 50,
                f"{before:.0f} MB after {WARM_UP_S:g} s",
            ),
            _first_status(first),
            Figure(
                "added by streaming to a whole answer",
                round(100 * cost, 2),
                "%",
                "under 3",
                cost < 0.03,
                f"median {np.median(plain):.1f} ms unstreamed, {np.median(streamed):.1f} ms streamed",
            ),
            Figure(
                "client gone: until its work stops, median",
                round(float(np.median(stops)), 1),
                "ms",
                "one step",
                None,
                f"longest {max(stops):.0f} ms; a whole answer takes {np.median(whole):.0f} ms",
            ),
        ],
        details={
            "conversations": len(conversations),
            "errors": dict(load.errors),
            "different": load.different[:20],
            "loaded_ms": percentiles(load.milliseconds),
            "loaded_first_status_ms": percentiles(load.first_status),
            "alone_ms": percentiles(plain),
            "stops_ms": [round(one, 1) for one in stops],
        },
        times={"alone": plain, "32 at once": load.milliseconds},
    )


def _first_status(first: Sequence[float]) -> Figure:
    p95 = float(np.percentile(first, 95))
    beside = f"median {np.median(first):.1f} ms"
    return Figure("first status after the request, p95", round(p95, 1), "ms", "at most 50", p95 <= 50, beside)


async def _add_samples(client: httpx.AsyncClient) -> None:
    lines = b"".join(path.read_bytes() for path in sample_files())
    reply = await client.post("/v1/articles", content=lines, headers={"Content-Type": "application/x-ndjson"})
    if reply.is_error or '"failed"' in reply.text:
        raise EvaluationError(f"the samples were not added: {reply.status_code} {reply.text[:200]}")


def _body(one: Conversation, stream: bool) -> dict[str, Any]:
    history = [{"role": turn.role, "content": turn.content} for turn in one.history]
    return {"question": one.question, "history": history, "stream": stream}


async def _unstreamed(client: httpx.AsyncClient, one: Conversation) -> str:
    reply = await client.post("/v1/answers", json=_body(one, stream=False))
    reply.raise_for_status()
    return _comparable(reply.json())


def _comparable(answer: Mapping[str, Any]) -> str:
    return json.dumps({name: value for name, value in answer.items() if name not in CHANGING}, sort_keys=True)


async def _events(reply: httpx.Response) -> AsyncIterator[tuple[str, str]]:
    name = ""
    async for line in reply.aiter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, line.removeprefix("data: ")


async def _streamed(client: httpx.AsyncClient, one: Conversation, load: Load) -> str | None:
    """The answer of a streamed question, comparable; None where there is none, which `load` then counts."""
    started = time.perf_counter()
    answer, first = None, math.nan
    async with client.stream("POST", "/v1/answers", json=_body(one, stream=True)) as reply:
        if reply.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            load.busy += 1
            return None
        if reply.is_error:
            load.errors[f"status {reply.status_code}"] += 1
            return None
        async for name, data in _events(reply):
            if name == "status" and math.isnan(first):
                first = 1000 * (time.perf_counter() - started)
            if name == "answer":
                answer = _comparable(json.loads(data))
            if name == "error":
                load.errors["error event"] += 1
    if answer is None:
        load.errors["no answer"] += 1
        return None
    load.answers += 1
    load.first_status.append(first)
    load.milliseconds.append(1000 * (time.perf_counter() - started))
    return answer


async def _cost(
    client: httpx.AsyncClient, conversations: Sequence[Conversation]
) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds unstreamed, streamed, and to the first status, of the same questions in turn."""
    plain: list[float] = []
    load = Load()
    for one in itertools.islice(itertools.cycle(conversations), PAIRS):
        started = time.perf_counter()
        await _unstreamed(client, one)
        plain.append(1000 * (time.perf_counter() - started))
        await _streamed(client, one, load)
    return plain, load.milliseconds, load.first_status


async def _leave(
    client: httpx.AsyncClient, process: int, conversations: Sequence[Conversation]
) -> tuple[list[float], list[float]]:
    """Leave at the first `searching`: milliseconds until the service works no more, and those of whole answers."""
    stops: list[float] = []
    load = Load()
    for one in itertools.islice(itertools.cycle(conversations), LEAVINGS):
        await _streamed(client, one, load)
        await asyncio.sleep(STILL_S)
        async with client.stream("POST", "/v1/answers", json=_body(one, stream=True)) as reply:
            async for name, data in _events(reply):
                if name == "status" and "searching" in data:
                    break
        stops.append(await _until_still(process))
    return stops, load.milliseconds


async def _until_still(process: int) -> float:
    """Milliseconds until a process has used no time for a while."""
    left = last = time.perf_counter()
    used = _used(process)
    while time.perf_counter() - last < STILL_S:
        await asyncio.sleep(TICK_S / 2)
        if (now := _used(process)) > used:
            used, last = now, time.perf_counter()
    return 1000 * (last - left)


def _used(process: int) -> int:
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])  # ticks in user and in kernel mode


async def _load(
    client: httpx.AsyncClient,
    process: int,
    conversations: Sequence[Conversation],
    alone: Mapping[str, str],
    options: BenchOptions,
) -> tuple[Load, float, float]:
    """Ask from all sides until the time is over; memory after the warm-up and in the end."""
    load = Load()
    until = time.perf_counter() + 60 * options.minutes
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    async with httpx.AsyncClient(
        base_url=client.base_url, timeout=120, trust_env=False, limits=limits
    ) as many:

        async def talk(number: int) -> None:
            draw = random.Random(options.seed + number)
            while time.perf_counter() < until:
                one = draw.choice(conversations)
                try:
                    answer = await _streamed(many, one, load)
                except httpx.HTTPError as error:
                    load.errors[type(error).__name__] += 1
                    continue
                if answer is not None and answer != alone[one.id]:
                    load.different.append(one.id)

        talking = [asyncio.create_task(talk(number)) for number in range(AT_ONCE)]
        await asyncio.sleep(min(WARM_UP_S, 30 * options.minutes))
        before = resident_mb(process)
        await asyncio.gather(*talking)
    return load, before, resident_mb(process)
