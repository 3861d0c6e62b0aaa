"""The report on the check of written statements as JSON in, a page in Markdown out."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evaluation.provenance import said

SAME_AT_MOST, CROSSING_AT_MOST, MS_AT_MOST = 0.05, 0.12, 80.0
# Share of untrue statements that may get through, by kind; kinds that are not here are reported.
_AT_MOST = {
    "number": 0.01,
    "date": 0.01,
    "percentage or amount": 0.01,
    "other article": 0.01,
    "stitched quote": 0.01,
    "invented quote": 0.01,
    "name, same language": 0.05,
    "name, one script": 0.05,
}


def verification_page(report: Mapping[str, Any]) -> str:
    """The page that `python -m evaluation.measure_verification` writes."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    yield "# The check of written statements"
    yield ""
    yield (
        f"Made by `python -m evaluation.measure_verification --at-most {report['at_most']} --seed {report['seed']}` in "
        f"{report['seconds']:.0f} s. {said(report['made'])}"
    )
    yield ""
    yield (
        "True statements: the sentence with the answer, its quote the parallel sentence of XQuAD (in French: itself). "
        "Untrue ones: the same, changed by two generators that share no code. How: docs/evaluation.md. The JSON beside "
        "this page holds examples."
    )
    yield ""
    yield "| goal | got | reach |"
    yield "|---|---|---|"
    yield from _goals(report)
    for name, rows in report["untrue"].items():
        yield ""
        yield f"## Untrue statements that get through, made from {name}"
        yield ""
        yield '| kind | statements | Citewell | "quote exists" | "numbers match" | reach |'
        yield "|---|---|---|---|---|---|"
        for row in rows:
            shares = [
                _percent(row[check], row["statements"])
                for check in ("citewell", "quote_exists", "numbers_match")
            ]
            at_most = _AT_MOST.get(row["kind"])
            reach = f"under {at_most:.0%}" if at_most else "reported"
            yield f"| {row['kind']} | {row['statements']} | {' | '.join(shares)} | {reach} |"
    yield from _true(report["true"])


def _goals(report: Mapping[str, Any]) -> Iterator[str]:
    same = [row for row in report["true"] if row["stated"] == row["quoted"]]
    crossing = [row for row in report["true"] if row["stated"] != row["quoted"]]
    for rows, what, at_most in (
        (same, "same language", SAME_AT_MOST),
        (crossing, "crossing", CROSSING_AT_MOST),
    ):
        rule, worst = _worst_rule(rows)
        yield (
            f"| true statements dropped, {what}, worst pair and rule: {worst['stated']} on {worst['quoted']}, {rule} | "
            f"{_percent(worst['rules'].get(rule, 0), worst['statements'])} | under {at_most:.0%} |"
        )
        every = max(rows, key=lambda row: row["dropped"] / row["statements"])
        yield (
            f"| the same by all rules together: {every['stated']} on {every['quoted']} | "
            f"{_percent(every['dropped'], every['statements'])} | |"
        )
    for kind, at_most in _AT_MOST.items():
        found = [row for rows in report["untrue"].values() for row in rows if row["kind"] == kind]
        worst = max(found, key=lambda row: row["citewell"] / row["statements"])
        yield (
            f"| untrue statements let through: {kind}, the worse generator | "
            f"{_percent(worst['citewell'], worst['statements'])} | under {at_most:.0%} |"
        )
    ms = report["ms"]
    yield (
        f"| time a statement, p50 and p95 of {ms['statements']:,} | {ms['p50']:.1f} and {ms['p95']:.1f} ms | "
        f"p95 under {MS_AT_MOST:.0f} ms |"
    )


def _worst_rule(rows: Sequence[Mapping[str, Any]]) -> tuple[str, Mapping[str, Any]]:
    shares = [
        (count / row["statements"], rule, place)
        for place, row in enumerate(rows)
        for rule, count in row["rules"].items()
    ]
    if not shares:
        return "no rule", rows[0]
    _, rule, place = max(shares)
    return rule, rows[place]


def _true(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    rules = sorted({rule for row in rows for rule in row["rules"]})
    yield ""
    yield "## True statements that are dropped"
    yield ""
    yield f"| statement | quote | statements | dropped | {' | '.join(rules)} |"
    yield f"|---|---|---|---|{'---|' * len(rules)}"
    for row in sorted(rows, key=lambda row: (row["stated"] != row["quoted"], row["stated"], row["quoted"])):
        shares = [_percent(row["rules"].get(rule, 0), row["statements"]) for rule in rules]
        whole = _percent(row["dropped"], row["statements"])
        yield f"| {row['stated']} | {row['quoted']} | {row['statements']} | {whole} | {' | '.join(shares)} |"


def _percent(count: int, whole: int) -> str:
    return f"{100 * count / whole:.1f} %" if whole else "-"
