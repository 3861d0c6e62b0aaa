"""Measured rows and times in; small PNG files that show them beside the two baselines out."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from evaluation.measure_retrieval import Row
from evaluation.metrics import Counted
from evaluation.rankings import CITEWELL, DENSE, HYBRID, METHODS

# Told apart in grey and by the colour-blind (Okabe and Ito).
COLOURS = {CITEWELL: "#0072B2", DENSE: "#999999", HYBRID: "#E69F00"}
LABELS = {CITEWELL: "Citewell", DENSE: "dense alone", HYBRID: "plain hybrid"}
DPI = 110


def draw_retrieval(rows: Sequence[Row], milliseconds: dict[str, list[float]], folder: Path) -> list[str]:
    """Draw every plot that the rows allow; returns the file names in the order in which to show them."""
    xquad = [row for row in rows if row.group in ("same language", "crossing")]
    mixed = [row for row in rows if row.group == "mixed"]
    news = [row for row in rows if row.group in ("news", "french")]
    drawn: list[str] = []
    if xquad:
        counted = {row.name.removeprefix("xquad "): _first(row) for row in xquad}
        drawn.append(
            _bars(folder / "xquad.png", "XQuAD: right paragraph first, question → passages", counted, 11.0)
        )
    if mixed:
        counted = {f"{row.name.removeprefix('mixed ')}: story first": _first(row) for row in mixed}
        counted |= {
            f"{row.name.removeprefix('mixed ')}: all four @8": row.extra["all_versions_in_top_8"]
            for row in mixed
        }
        drawn.append(
            _bars(folder / "mixed.png", "Mixed pool of four languages, by question language", counted, 9.0)
        )
    if news:
        counted = {f"{row.name}:\narticle first": _first(row) for row in news}
        counted |= {f"{row.name}:\nanswer @8": row.extra["answer_passage_in_top_8"] for row in news}
        drawn.append(
            _bars(
                folder / "news.png", "News: English questions on French articles; PIAF: French", counted, 9.0
            )
        )
    if any(milliseconds.values()):
        drawn.append(draw_times(folder / "retrieval_ms.png", "Retrieval without embedding", milliseconds))
    return drawn


def draw_times(path: Path, title: str, milliseconds: dict[str, list[float]]) -> str:
    """Draw the share of questions answered within a time, by group; returns the file name."""
    figure = Figure(figsize=(7.0, 3.6), layout="constrained")
    axes = figure.subplots()
    for name, values in milliseconds.items():
        if values:
            ordered = np.sort(values)
            axes.step(ordered, np.arange(1, len(ordered) + 1) / len(ordered), where="post", label=name)
    axes.set(title=title, xlabel="milliseconds", ylabel="share of questions", ylim=(0, 1.02))
    axes.set_xscale("log")
    axes.grid(alpha=0.3, which="both")
    axes.legend(fontsize=8)
    return save_figure(figure, path)


def _first(row: Row) -> dict[str, Counted]:
    return {method: scores.recall[1] for method, scores in row.scores.items()}


def _bars(path: Path, title: str, counted: dict[str, dict[str, Counted]], width: float) -> str:
    figure = Figure(figsize=(width, 3.6), layout="constrained")
    axes: Axes = figure.subplots()
    places = np.arange(len(counted))
    for number, method in enumerate(METHODS):
        shares = [one[method].share for one in counted.values()]
        axes.bar(places + 0.28 * (number - 1), shares, 0.28, color=COLOURS[method], label=LABELS[method])
    rotated = len(counted) > 8
    axes.set_xticks(
        places, list(counted), rotation=45 if rotated else 0, ha="right" if rotated else "center", fontsize=8
    )
    axes.set(title=title, ylim=(0, 1.0))
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)
    figure.legend(loc="outside lower center", ncols=len(METHODS), fontsize=8)
    return save_figure(figure, path)


def save_figure(figure: Figure, path: Path) -> str:
    """Write a PNG; returns its file name."""
    # Without the date and the library's version in the file, the same numbers give the same bytes.
    figure.savefig(path, dpi=DPI, metadata={"Software": None})
    return path.name
