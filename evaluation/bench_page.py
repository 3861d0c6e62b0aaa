"""The measured parts in; a page that shows each figure beside its goal and what it is compared with out."""

from collections.abc import Iterator, Sequence
from typing import Any

from evaluation.provenance import said
from evaluation.report_page import table

TITLES = {
    "adding": "Adding articles",
    "search": "Exact search in a large archive",
    "gap": "Answering while articles are added",
    "memory": "Memory and whole answers",
    "conversations": "Many conversations at once",
    "mixed": "Questions while articles come, change and go",
    "widget": "The chat widget",
    "slack": "The Slack bot",
    "scale": "As an embedded archive grows",
    "migrate": "Moving to a server, killed again and again",
    "clone": "From a fresh clone to the first answer",
}


def bench_page(report: dict[str, Any], plots: Sequence[str]) -> str:
    """Markdown of all parts that were ever measured; `plots` are file names beside it."""
    return "\n".join([*_page(report, plots), ""])


def _page(report: dict[str, Any], plots: Sequence[str]) -> Iterator[str]:
    figures = [figure for part in report["parts"].values() for figure in part["figures"]]
    held = [figure for figure in figures if figure["met"] is not None]
    short = [figure for figure in held if not figure["met"]]
    yield "# Speed and memory"
    yield ""
    yield (
        "Made by `make bench` (`python -m evaluation.bench`). How the numbers are made and what they mean: "
        "[docs/evaluation.md](../../docs/evaluation.md)."
    )
    yield ""
    yield f"{len(held) - len(short)} of {len(held)} goals reached."
    yield ""
    for figure in short:
        yield f"- Falls short: {figure['what']}: {_value(figure)}, {figure['goal']} wanted"
    if short:
        yield ""
    for name, title in TITLES.items():
        if name in report["parts"]:
            yield from _part(title, report["parts"][name])
    for plot in plots:
        yield f"![{plot}]({plot})"
        yield ""


def _part(title: str, part: dict[str, Any]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield f"{said(part['made'])}; {part['seconds']:.0f} s."
    yield ""
    yield from table(
        ("what", "measured", "goal", "beside it", ""),
        (
            (figure["what"], _value(figure), figure["goal"], figure["beside"], _verdict(figure["met"]))
            for figure in part["figures"]
        ),
    )


def _value(figure: dict[str, Any]) -> str:
    return f"{figure['value']:,g} {figure['unit']}"


def _verdict(met: bool | None) -> str:
    return "" if met is None else "reached" if met else "**short**"
