"""Archives in; the memory of each part of the program, and how long whole answers take over HTTP, out."""

import asyncio
import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from evaluation.bench_archive import bench_archive, remembering_encoder
from evaluation.bench_options import BenchOptions, Figure, PartResult
from evaluation.errors import EvaluationError
from evaluation.evaluation_sets import load_sets
from evaluation.metrics import percentiles
from evaluation.provenance import ROOT
from evaluation.resident_memory import resident_mb
from evaluation.service_child import child_environment, service_child

QUESTIONS = 100
WARM = 5
STEPS = {
    "python": "Python alone",
    "imported": "everything imported",
    "encoder": "encoder opened",
    "reader": "reader opened",
    "archive": "archive opened",
    "after_questions": f"after {QUESTIONS} questions",
}


def measure_memory(options: BenchOptions) -> PartResult:
    """On the real articles and on the large archive: memory, step by step and of a service; answer times."""
    figures: list[Figure] = []
    details: dict[str, Any] = {}
    times: dict[str, list[float]] = {}
    questions = _questions(options)
    for wanted in (0, options.large_archive):
        passages = asyncio.run(_fill(options, wanted))
        folder = options.work / f"archive-{wanted}"
        name = f"{passages:,} passages"
        print(f"memory: {name} ...", flush=True)
        steps = _steps(options, folder, questions)
        service, milliseconds = _serve(options, folder, questions)
        told = percentiles(milliseconds)
        details[name] = {"steps_mb": steps, "service_mb": service, "answer_ms": told}
        times[f"whole answer, {name}"] = milliseconds
        figures += [
            Figure(f"{name}: memory, {said}", steps[step], "MB")
            for step, said in STEPS.items()
            if step in steps
        ]
        figures += [
            Figure(f"{name}: service memory after {QUESTIONS} questions", service["after"], "MB"),
            Figure(f"{name}: whole answer over HTTP, p50", told["p50"], "ms"),
            Figure(f"{name}: whole answer over HTTP, p95", told["p95"], "ms"),
        ]
    return PartResult(figures, details, times)


def _questions(options: BenchOptions) -> list[str]:
    sets = load_sets(options.data, options.questions, options.seed)
    listed = [question.text for questions in sets.xquad_questions.values() for question in questions]
    listed += [question.text for question in sets.news_questions]
    return random.Random(options.seed).sample(listed, min(QUESTIONS, len(listed)))


async def _fill(options: BenchOptions, wanted: int) -> int:
    encoder = remembering_encoder(options)
    async with bench_archive(options, encoder, wanted) as archive:
        encoder.save()
        passages: int = (await archive.status())["passages"]
        return passages


def _steps(options: BenchOptions, folder: Path, questions: list[str]) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "evaluation.memory_steps"],
        input=json.dumps({"archive": str(folder), "questions": questions}),
        env=child_environment(options.settings, folder, 0) | {"PYTHONPATH": str(ROOT)},
        cwd=options.work,  # no .env there
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise EvaluationError(f"measuring memory failed: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
    steps: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return steps


def _serve(options: BenchOptions, folder: Path, questions: list[str]) -> tuple[dict[str, float], list[float]]:
    with (
        service_child(options.settings, folder, options.work) as service,
        httpx.Client(base_url=service.address, timeout=60, trust_env=False) as client,
    ):
        before = resident_mb(service.process)
        for text in questions[:WARM]:
            _ask(client, text)
        milliseconds = [_ask(client, text) for text in questions]
        memory = {"ready": before, "after": resident_mb(service.process)}
        return memory | {"seconds_to_ready": round(service.seconds_to_ready, 1)}, milliseconds


def _ask(client: httpx.Client, text: str) -> float:
    started = time.perf_counter()
    client.post("/v1/answers", json={"question": text}).raise_for_status()
    return 1000 * (time.perf_counter() - started)
