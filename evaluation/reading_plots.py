"""Measured reading and whole answers in; F1 by language pair, risk against coverage and reliability, as PNG, out."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from evaluation.calibration import MOST_WRONG, Outcome
from evaluation.measure_reading import NO_READER, READER, ReadingRow
from evaluation.measure_whole import WholeRow
from evaluation.plots import save_figure
from evaluation.reading_goals import PIAF, XQUAD

COLOURS = {READER: "#0072B2", NO_READER: "#999999"}
LABELS = {READER: "reader", NO_READER: "best sentence, no reader"}
GOAL, TRIAL = "#D55E00", "#009E73"


def draw_reading(rows: Sequence[ReadingRow], folder: Path) -> list[str]:
    """Bars of F1 by pair of languages, with the goals and the first trial; returns the file names."""
    shown = [row for row in rows if row.heading in ("same language", "crossing", "french", "news", "extra")]
    if not shown:
        return []
    figure = Figure(figsize=(11.0, 4.0), layout="constrained")
    axes: Axes = figure.subplots()
    places = np.arange(len(shown))
    for number, method in enumerate((READER, NO_READER)):
        values = [100 * row.methods[method].answerable.f1 if method in row.methods else 0.0 for row in shown]
        axes.bar(places + 0.36 * (number - 0.5), values, 0.36, color=COLOURS[method], label=LABELS[method])
    goals = [(place, *_wanted(row.name)) for place, row in zip(places, shown, strict=True)]
    marked = [(place, goal) for place, goal, _ in goals if goal is not None]
    tried = [(place, trial) for place, _, trial in goals if trial is not None]
    axes.hlines(
        [goal for _, goal in marked],
        [place - 0.4 for place, _ in marked],
        [place + 0.4 for place, _ in marked],
        color=GOAL,
        label="goal",
    )
    axes.plot(
        [place - 0.18 for place, _ in tried],
        [trial for _, trial in tried],
        linestyle="",
        marker="D",
        markersize=5,
        color=TRIAL,
        label="first trial",
    )
    axes.set_xticks(
        places, [row.name.removeprefix("xquad ") for row in shown], rotation=35, ha="right", fontsize=8
    )
    axes.set(title="Reading the gold passage: F1, question → passage", ylim=(0, 100))
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)
    figure.legend(loc="outside lower center", ncols=4, fontsize=8)
    return [save_figure(figure, folder / "reading.png")]


def draw_answers(whole: Mapping[str, WholeRow], folder: Path) -> list[str]:
    """Risk against coverage by method, and the reliability of the reader's confidence; returns the file names."""
    return [
        _risk_coverage(whole, folder / "risk_coverage.png"),
        _reliability(whole, folder / "reliability.png"),
    ]


def _wanted(name: str) -> tuple[float | None, float | None]:
    if name == "piaf":
        return PIAF, None
    return XQUAD.get(name, (None, None))


def _risk_coverage(whole: Mapping[str, WholeRow], path: Path) -> str:
    figure = Figure(figsize=(7.0, 3.8), layout="constrained")
    axes: Axes = figure.subplots()
    for method, row in whole.items():
        _curve(axes, row.curve, method)
    axes.axhline(MOST_WRONG, color=GOAL, linewidth=0.9, linestyle="--", label="10 % wrong")
    axes.set(
        title="Whole answers: risk against coverage, out of fold",
        xlabel="share of questions answered, unanswerable ones among them",
        ylabel="share of answers not right",
        xlim=(0, 1),
        ylim=(0, 1),
    )
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    return save_figure(figure, path)


def _curve(axes: Axes, curve: Sequence[Outcome], method: str) -> None:
    axes.plot(
        [one.coverage for one in curve],
        [one.risk for one in curve],
        color=COLOURS[method],
        label=LABELS[method],
    )


def _reliability(whole: Mapping[str, WholeRow], path: Path) -> str:
    figure = Figure(figsize=(4.6, 4.4), layout="constrained")
    axes: Axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=0.9, linestyle="--")
    bins = whole[READER].every.bins
    axes.plot(
        [one.confidence for one in bins],
        [one.right.share for one in bins],
        marker="o",
        markersize=4,
        color=COLOURS[READER],
    )
    for one in bins:
        axes.annotate(
            str(one.right.of),
            (one.confidence, one.right.share),
            textcoords="offset points",
            xytext=(5, -10),
            fontsize=7,
        )
    axes.set(
        title=f"Reliability, out of fold; ECE {whole[READER].every.ece:.3f}",
        xlabel="confidence (mean of the bin; number of answers)",
        ylabel="share right",
        xlim=(0, 1),
        ylim=(0, 1),
    )
    axes.grid(alpha=0.3)
    return save_figure(figure, path)
