"""Judged own questions in; their counts by language or kind as JSON, and the page's tables of them, out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from evaluation.ask_own import GATE, SEED
from evaluation.judge_own import JudgedOwn
from evaluation.measure_reading import NO_READER, READER
from evaluation.metrics import share_of
from evaluation.report_page import share, table

HEADINGS = {
    SEED: "Own questions on the seed article, by language of the question",
    GATE: "Own questions on the samples, by kind",
}
GROUP_OF: Mapping[str, Callable[[JudgedOwn], str]] = {
    SEED: lambda one: one.question.language,
    GATE: lambda one: one.question.kind,
}
ALL = "all"
SHOWN = 40  # code points of a wrong answer: enough to find it, no more of an article than that
JsonObject = Mapping[str, Any]


def own_counts(judged: Mapping[str, Mapping[str, Sequence[JudgedOwn]]]) -> dict[str, Any]:
    """Counts and failures of each part, as JSON; `judged` by part and method."""
    return {part: _part(part, methods[READER], methods[NO_READER]) for part, methods in judged.items()}


def own_tables(parts: JsonObject) -> Iterator[str]:
    """Markdown: counts beside the best sentence of dense retrieval, then what failed and why."""
    for part, heading in HEADINGS.items():
        if part not in parts:
            continue
        yield f"## {heading}"
        yield ""
        yield from _counts_table(parts[part])
        yield from _failures_table(parts[part]["failures"])


def _part(part: str, reader: Sequence[JudgedOwn], without: Sequence[JudgedOwn]) -> dict[str, Any]:
    group_of = GROUP_OF[part]
    names = sorted({group_of(one) for one in reader})
    pairs = list(zip(reader, without, strict=True))
    groups = [_group(name, [pair for pair in pairs if group_of(pair[0]) == name]) for name in names]
    disagreeing = [one.both_shown for one in reader if one.both_shown is not None]
    return {
        "groups": [*groups, _group(ALL, pairs)],
        "both_shown": share_of(disagreeing).to_dict(),
        "verbatim": share_of(quoted.verbatim for one in reader for quoted in one.attempt.quoted).to_dict(),
        "failures": [
            {
                "id": one.question.id,
                "kind": one.question.kind,
                "language": one.question.language,
                "why": one.why_not,
                "answer": _cut(one.attempt.text),
                "expected": one.question.short_answers[0] if one.question.short_answers else "",
                "confidence": one.attempt.confidence,
            }
            for one in reader
            if not one.good
        ],
    }


def _group(name: str, pairs: Sequence[tuple[JudgedOwn, JudgedOwn]]) -> dict[str, Any]:
    stated = [pair for pair in pairs if pair[0].question.answerable]
    not_stated = [one for one, _ in pairs if not one.question.answerable]
    return {
        "name": name,
        "right": share_of(one.right for one, _ in stated).to_dict(),
        "given_right": share_of(one.right and one.attempt.given for one, _ in stated).to_dict(),
        "covers": share_of(one.covers for one, _ in stated if one.right).to_dict(),
        "refused": share_of(not one.attempt.given for one in not_stated).to_dict(),
        "no_reader_holds": share_of(other.holds for _, other in stated).to_dict(),
        # A sentence that runs over half the article holds many answers.
        "no_reader_characters": median([len(other.attempt.text) for _, other in pairs]),
    }


def _counts_table(part: JsonObject) -> Iterator[str]:
    yield from table(
        (
            "questions",
            "right, no threshold",
            "answered and right",
            "quote covers the answer",
            "not stated and refused",
            "best sentence holds it, no reader",
            "its characters, median",
        ),
        (
            (
                group["name"],
                *(
                    _asked(group[name])
                    for name in ("right", "given_right", "covers", "refused", "no_reader_holds")
                ),
                f"{group['no_reader_characters']:.0f}",
            )
            for group in part["groups"]
        ),
    )
    disagree = part["both_shown"]
    if disagree["of"]:
        yield (
            f"Articles disagree on {disagree['of']} of them: right, with the other article's value beside it, "
            f"{disagree['count']} times."
        )
        yield ""
    yield f"Quotes verbatim: {share(part['verbatim'])}."
    yield ""


def _failures_table(failures: Sequence[JsonObject]) -> Iterator[str]:
    if not failures:
        yield "Nothing failed."
        yield ""
        return
    yield "What failed, and why:"
    yield ""
    yield from table(
        ("question", "kind", "what went wrong", "got", "expected", "confidence"),
        (
            (
                one["id"],
                one["kind"],
                one["why"],
                _in_cell(one["answer"]),
                _in_cell(_cut(one["expected"])),
                "" if one["confidence"] is None else f"{one['confidence']:.2f}",
            )
            for one in failures
        ),
    )


def _asked(counted: JsonObject) -> str:
    return share(counted) if counted["of"] else ""


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _in_cell(text: str) -> str:
    """As it can stand in a table of Markdown."""
    return " ".join(text.split()).replace("|", "\\|")
