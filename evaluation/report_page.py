"""The measured report in; a page of tables that says what was reached and what falls short out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from evaluation.provenance import said

NAMES = {"citewell": "Citewell", "dense": "dense alone", "hybrid": "plain hybrid"}
GROUPS = (
    ("same language", "XQuAD, question and passages in one language"),
    ("crossing", "XQuAD, crossing languages"),
    ("mixed", "Mixed pool: the same stories in four languages"),
    ("news", "News: questions in English, German, Spanish and Russian on French articles"),
    ("french", "PIAF: French questions on French passages"),
)
EXTRA = {
    "all_versions_in_top_8": "all four versions in the top 8",
    "answer_passage_in_top_8": "passage with the answer in the top 8",
}


def retrieval_page(report: dict[str, Any], plots: Sequence[str]) -> str:
    """Markdown of the whole report; `plots` are file names beside it."""
    return "\n".join([*_page(report, plots), ""])


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A Markdown table; columns after the first are aligned right."""
    yield f"| {' | '.join(head)} |"
    yield f"|---|{'---:|' * (len(head) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def _page(report: dict[str, Any], plots: Sequence[str]) -> Iterator[str]:
    made, asked = report["made"], report["asked"]
    yield "# Quality of retrieval and answers"
    yield ""
    yield (
        f"Made by `citewell evaluate` on {said(made)}; {report['seconds']:.0f} s. "
        f"{_sample(asked)} Model {report['model']['name']} (`{report['model']['fingerprint']}`). "
        "How the numbers are made and what they mean: [docs/evaluation.md](../../docs/evaluation.md). "
        "Reading and whole answers: [reading.md](reading.md)."
    )
    yield ""
    yield from _goals(report["goals"], asked)
    for plot in plots:
        yield f"![{plot}]({plot})"
        yield ""
    for group, title in GROUPS:
        rows = [row for row in report["rows"] if row["group"] == group]
        if rows:
            yield f"## {title}"
            yield ""
            yield from _rows(rows)
    yield from _answers(report["answers"])
    yield from _languages(report["rows"], report["pools"])
    yield from _times(report["retrieval_ms"])


def _sample(asked: dict[str, Any]) -> str:
    if asked["sample"] == 0:
        return "All questions of every set."
    return (
        f"At most {asked['sample']} questions a set, drawn with seed {asked['seed']} (`--sample 0` asks all)."
    )


def _goals(goals: Sequence[dict[str, Any]], asked: dict[str, Any]) -> Iterator[str]:
    short = [goal for goal in goals if not goal["met"]]
    yield "## Numbers to reach"
    yield ""
    yield f"{len(goals) - len(short)} of {len(goals)} reached."
    if short:
        yield ""
        yield "What falls short:"
        yield ""
        for goal in short:
            missing = _missing(goal)
            wanted = f"at least {_digits(goal['at_least'])} wanted"
            yield f"- {goal['what']}: {share(goal['reached'])}, {wanted} ({missing})"
    yield ""
    yield from table(
        ("what", "goal", *NAMES.values(), ""),
        (
            (
                goal["what"],
                f"dense, {_digits(goal['at_least'])}"
                if isinstance(goal["goal"], str)
                else _digits(goal["at_least"]),
                share(goal["reached"]),
                _digits(goal["dense"]["share"]),
                _digits(goal["hybrid"]["share"]),
                "reached" if goal["met"] else "**short**",
            )
            for goal in goals
        ),
    )
    if asked["sample"]:
        yield (
            "On a sample of 300 a share has a standard error of 1 to 2 points against the whole set; "
            "comparisons within one run ask the same questions."
        )
        yield ""


def _missing(goal: dict[str, Any]) -> str:
    missing = goal["at_least"] * goal["reached"]["of"] - goal["reached"]["count"]
    count = max(1, -int(-missing // 1))
    return f"{count} question{'s' if count > 1 else ''} short"


def _rows(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    extras = [name for name in EXTRA if name in rows[0]]
    yield from table(
        (
            "set",
            "method",
            "R@1",
            "R@5",
            "R@8",
            "MRR",
            *(EXTRA[name] for name in extras),
            "won / lost first places",
        ),
        (
            (
                row["set"] if method == "citewell" else "",
                NAMES[method],
                share(found["r1"]),
                share(found["r5"]),
                share(found["r8"]),
                _digits(found["mrr"]),
                *(share(row[name][method]) for name in extras),
                f"{row['first_against_dense']['won']} / {row['first_against_dense']['lost']}"
                if method == "citewell"
                else "",
            )
            for row in rows
            for method, found in row["methods"].items()
        ),
    )


def _answers(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    if not rows:
        return
    yield "## Whole answers"
    yield ""
    yield "From the question to the verified quotes, as every face gives them."
    yield ""
    kinds = list(rows[0]["unanswerable_refused"])
    yield from table(
        (
            "set",
            "first statement holds the answer",
            "any statement does",
            "right article cited",
            "answerable but refused",
            *(f"{kind} refused" for kind in kinds),
            "quotes exact",
        ),
        (
            (
                row["set"],
                share(row["first_statement_holds_answer"]),
                share(row["any_statement_holds_answer"]),
                share(row["right_article_cited"]),
                share(row["answerable_refused"]),
                *(share(row["unanswerable_refused"][kind]) for kind in kinds),
                share(row["quotes_exact"]),
            )
            for row in rows
        ),
    )


def _languages(rows: Sequence[dict[str, Any]], pools: Sequence[dict[str, Any]]) -> Iterator[str]:
    yield "## Languages detected"
    yield ""
    yield "The language of a question is never given, and neither is that of an article."
    yield ""
    seen: dict[str, dict[str, Any]] = {}
    for row in rows:
        family = row["set"].split(" ")[0].replace("mixed", "xquad")
        for language, right in row["language_detected"].items():
            seen.setdefault(f"{family}, questions in {language}", right)
    yield from table(("questions", "language right"), ((name, share(one)) for name, one in seen.items()))
    yield from table(
        ("archive", "articles", "passages", "article language right"),
        (
            (
                pool["pool"],
                str(pool["articles"]),
                str(pool["passages"]),
                share(pool["article_language_right"]),
            )
            for pool in pools
        ),
    )


def _times(times: dict[str, dict[str, float]]) -> Iterator[str]:
    yield "## Time of retrieval"
    yield ""
    yield "Milliseconds a question, without understanding and embedding it, one question at a time."
    yield ""
    yield from table(
        ("archive", "questions", "p50", "p95", "longest"),
        (
            (name, f"{one['count']:.0f}", f"{one['p50']:.1f}", f"{one['p95']:.1f}", f"{one['max']:.1f}")
            for name, one in times.items()
            if one["count"]
        ),
    )


def share(counted: Mapping[str, Any]) -> str:
    """A share with its counts, as `.873 (262/300)`."""
    return f"{_digits(counted['share'])} ({counted['count']}/{counted['of']})"


def _digits(share: float) -> str:
    return f"{share:.3f}".removeprefix("0") if share < 1 else "1.000"
