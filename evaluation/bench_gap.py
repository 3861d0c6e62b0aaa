"""Thousands of passages added through a service in; how long it ever kept a health check waiting out."""

import http.client
import json
import multiprocessing
import subprocess
import time
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np

from evaluation.bench_archive import many_articles
from evaluation.bench_options import BenchOptions, Figure, PartResult
from evaluation.errors import EvaluationError
from evaluation.evaluation_sets import load_sets
from evaluation.resident_memory import resident_mb
from evaluation.service_child import COMMAND, child_environment, service_child

GAP_MS = 250.0
PAUSE_S = 0.01  # between an answer and the next question, part of every gap
IDLE_S = 5.0


def measure_gap(options: BenchOptions) -> PartResult:
    """Poll `/healthz` from another process while `citewell add` works through the service."""
    file = options.work / "many.jsonl"
    articles = _write(file, options)
    archive = options.work / "gap"
    with service_child(options.settings, archive, options.work) as service:
        idle = HealthPoll(service.address)
        time.sleep(IDLE_S)
        quiet = idle.stop()
        print(f"health: adding {articles} articles through {service.address} ...", flush=True)
        busy = HealthPoll(service.address)
        started = time.perf_counter()
        done = subprocess.run(
            [str(COMMAND), "add", "--service", service.address, str(file)],
            env=child_environment(options.settings, archive, urlsplit(service.address).port or 0),
            cwd=options.work,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - started
        gaps = busy.stop()
        if done.returncode != 0:
            raise EvaluationError(f"citewell add ended with code {done.returncode}: {done.stdout.strip()}")
        passages = httpx.get(f"{service.address}/v1/status", timeout=60, trust_env=False).json()["passages"]
        memory = resident_mb(service.process)
    longest = round(max(gaps), 1)
    return PartResult(
        figures=[
            Figure(
                f"longest gap between two /healthz answers while {passages:,} passages are added",
                longest,
                "ms",
                f"at most {GAP_MS:g}",
                longest <= GAP_MS,
                f"idle {max(quiet):.0f} ms",
            ),
            Figure("added through the service", round(passages / seconds, 1), "passages/s"),
        ],
        details={
            "passages": passages,
            "articles": articles,
            "seconds": round(seconds, 1),
            "said": done.stdout.strip(),
            "gaps_ms": spread(gaps),
            "idle_gaps_ms": spread(quiet),
            "pause_ms": 1000 * PAUSE_S,
            "service_resident_mb": memory,
        },
        times={"while adding": gaps, "idle": quiet},
    )


def _write(file: Path, options: BenchOptions) -> int:
    sets = load_sets(options.data, 1, options.seed)
    count = 0
    with file.open("w", encoding="utf-8") as lines:
        for article in many_articles(sets, options.added_passages, options.seed):
            lines.write(json.dumps(article.to_item()) + "\n")
            count += 1
    return count


def spread(gaps: list[float]) -> dict[str, float]:
    """How long the gaps were, in milliseconds."""
    p50, p99, p999 = np.percentile(gaps, [50, 99, 99.9])
    return {
        "answers": len(gaps) + 1,
        "p50": round(float(p50), 1),
        "p99": round(float(p99), 1),
        "p99.9": round(float(p999), 1),
        "longest": round(max(gaps), 1),
    }


class HealthPoll:
    """A process of its own that asks for the health again and again."""

    def __init__(self, address: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._end = context.Event()
        self._receive, send = context.Pipe(duplex=False)
        self._process = context.Process(target=poll_health, args=(address, self._end, send), daemon=True)
        self._process.start()
        self._receive.recv()  # it has had a first answer

    def stop(self) -> list[float]:
        """The milliseconds between each two answers."""
        self._end.set()
        gaps: list[float] = self._receive.recv()
        self._process.join()
        return gaps


def poll_health(address: str, end: Event, send: Any) -> None:
    """Ask until `end` is set, then send the milliseconds between each two answers."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=120)
    answered: list[float] = []
    while not end.is_set():
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        answered.append(time.perf_counter())
        if len(answered) == 1:
            send.send(None)
        time.sleep(PAUSE_S)
    send.send((1000 * np.diff(answered)).tolist())
