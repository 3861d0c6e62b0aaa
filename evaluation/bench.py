"""The evaluation sets in; `bench.json`, `bench.md` and plots of speed and memory out."""

import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import click

from evaluation.bench_adding import measure_adding
from evaluation.bench_clone import measure_clone
from evaluation.bench_conversations import measure_conversations
from evaluation.bench_gap import measure_gap
from evaluation.bench_memory import measure_memory
from evaluation.bench_migrate import measure_migrate
from evaluation.bench_mixed import measure_mixed
from evaluation.bench_options import BenchOptions, PartResult
from evaluation.bench_page import bench_page
from evaluation.bench_scale import measure_scale
from evaluation.bench_search import measure_search
from evaluation.bench_slack import measure_slack
from evaluation.bench_widget import measure_widget
from evaluation.plots import draw_times
from evaluation.provenance import ROOT, provenance
from evaluation.report import DEFAULT_SEED
from indexing.errors import IndexingError
from service.errors import ServiceError
from service.settings import load_settings

PARTS: dict[str, Callable[[BenchOptions], PartResult]] = {
    "adding": measure_adding,
    "search": measure_search,
    "gap": measure_gap,
    "memory": measure_memory,
    "conversations": measure_conversations,
    "mixed": measure_mixed,
    "widget": measure_widget,
    "slack": measure_slack,
    "scale": measure_scale,
    "migrate": measure_migrate,
    "clone": measure_clone,
}
USUAL = tuple(name for name in PARTS if name != "clone")  # which downloads everything anew
PLOTS = {
    "scale": "Whole retrieval as an embedded archive grows, without embedding",
    "search": "Retrieval in a large archive, without embedding",
    "gap": "Between two /healthz answers",
    "memory": "Whole answers over HTTP",
    "conversations": "Whole answers, one at a time and 32 at once",
    "mixed": "Whole answers while articles come, change and go",
    "slack": "From an event of Slack's to its acknowledgement, 50 questions under way",
}


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option(
    "--part", "parts", multiple=True, type=click.Choice(list(PARTS)), default=USUAL, help="Repeatable."
)
@click.option("--clone", is_flag=True, help="Also time a fresh clone: downloads everything anew.")
@click.option("--data", type=Path, default=Path("../shared/data"), envvar="EVALUATION_DATA", help="The sets.")
@click.option("--results", type=Path, default=ROOT / "evaluation/results", help="Folder of the report.")
@click.option("--passages", default=10_000, help="Passages that the part `gap` adds through the service.")
@click.option("--large", default=50_000, help="Passages of the archive of the parts `search` and `memory`.")
@click.option("--questions", default=400, help="Questions of the part `search`.")
@click.option("--minutes", default=5.0, help="Of the part `conversations`.")
@click.option(
    "--size",
    "sizes",
    multiple=True,
    default=(10_000, 100_000, 1_000_000),
    help="Passages, part `scale`; repeatable.",
)
@click.option("--mixed-minutes", default=10.0, help="Of the part `mixed`.")
@click.option("--rounds", default=2, help="Runs of each system of the part `adding`; the quickest counts.")
@click.option("--seed", default=DEFAULT_SEED, help="Draws questions and figures.")
def bench(parts: tuple[str, ...], clone: bool, results: Path, **given: Any) -> None:
    """Measure speed and memory; the results of parts that are left out stay as they were.

    Example: python -m evaluation.bench --part search --questions 200
    """
    try:
        with tempfile.TemporaryDirectory(prefix="citewell-bench-") as work:
            options = BenchOptions(
                settings=load_settings(),
                data=given["data"].resolve(),
                work=Path(work),
                seed=given["seed"],
                rounds=given["rounds"],
                added_passages=given["passages"],
                large_archive=given["large"],
                questions=given["questions"],
                minutes=given["minutes"],
                mixed_minutes=given["mixed_minutes"],
                sizes=given["sizes"],
            )
            for name in dict.fromkeys((*parts, *(["clone"] if clone else []))):
                _measure(name, options, results)
    except (IndexingError, ServiceError) as error:
        sys.exit(f"bench: {error}")
    click.echo(results / "bench.md")


def _measure(name: str, options: BenchOptions, results: Path) -> None:
    """Measure one part in a process of its own, so that none inherits another's memory; write it down."""
    click.echo(f"bench: {name} ...")
    made = provenance()
    started = time.perf_counter()
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
        result = executor.submit(PARTS[name], options).result()
    seconds = time.perf_counter() - started
    for figure in result.figures:
        click.echo(f"  {figure.what}: {figure.value:,g} {figure.unit}   {figure.goal}   {figure.beside}")
    results.mkdir(parents=True, exist_ok=True)
    asked = {
        "seed": options.seed,
        "rounds": options.rounds,
        "passages": options.added_passages,
        "large": options.large_archive,
        "questions": options.questions,
        "minutes": options.minutes,
        "mixed_minutes": options.mixed_minutes,
        "sizes": options.sizes,
    }
    report = _kept(results / "bench.json")
    report["parts"][name] = {"made": made, "seconds": round(seconds, 1), "asked": asked, **result.to_dict()}
    if name in PLOTS and any(result.times.values()):
        draw_times(results / f"bench_{name}.png", PLOTS[name], result.times)
    (results / "bench.json").write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", "utf-8")
    plots = [f"bench_{one}.png" for one in PLOTS if (results / f"bench_{one}.png").exists()]
    (results / "bench.md").write_text(bench_page(report, plots), encoding="utf-8")


def _kept(path: Path) -> dict[str, Any]:
    """What earlier runs measured."""
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        report = {}
    return report if isinstance(report, dict) and isinstance(report.get("parts"), dict) else {"parts": {}}


if __name__ == "__main__":
    bench()
