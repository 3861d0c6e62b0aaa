"""The report of follow-ups as JSON in, a page in Markdown out."""

from collections.abc import Iterator, Mapping
from typing import Any

from evaluation.provenance import said

_GOALS = (
    # part, row, column, at least, what
    ("news", "followup", "states", 5 / 6, "follow-ups of the news questions that reach the right article"),
    (
        "samples",
        "all follow-ups",
        "states",
        0.85,
        "own follow-ups that reach the right article: the first states it",
    ),
    ("samples", "all follow-ups", "on_story", 0.85, "the same, counted by story: any article on it is first"),
)


def follow_ups_page(report: Mapping[str, Any]) -> str:
    """The page that `python -m evaluation.follow_ups` writes."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    yield "# Follow-ups"
    yield ""
    yield f"Made by `python -m evaluation.follow_ups` in {report['seconds']:.0f} s. {said(report['made'])}"
    yield ""
    yield (
        "The last question of each conversation, asked of the whole service, with nothing refused. "
        "`citewell`: with its history, as the service does it; `never`: the question as it is; `always`: the "
        "question before put in front of it; `by hand`: the full wording that a person wrote, which is as far "
        "as any method can get here. *States it*: the first article states the answer (of a story that "
        "several languages tell, often only one does). *On the story*: the first article is on the story "
        "asked for. *Right*: the short answer is. *Carried*: something of the history was put into the "
        "question."
    )
    yield ""
    yield (
        "The three constants that tell a follow-up (`make_standalone.py`) were chosen on these very conversations and "
        "questions, so what is told here of carrying over holds for them; other sets have to show the rest."
    )
    yield ""
    yield "| goal | got | reach |"
    yield "|---|---|---|"
    yield from _goals(report)
    for part, title in (
        ("samples", "Own conversations, on the samples"),
        ("news", "News questions, in French"),
    ):
        if part in report["parts"]:
            yield ""
            yield f"## {title}"
            yield ""
            yield "| part | method | states it | on the story | right | carried |"
            yield "|---|---|---|---|---|---|"
            yield from (_row(row) for row in report["parts"][part])
    yield ""
    yield f"Mistaken for or as a follow-up: {len(report['mistaken'])}."
    yield ""
    yield from (f"- {one['id']} ({one['kind']}): {one['understood']}" for one in report["mistaken"])


def _goals(report: Mapping[str, Any]) -> Iterator[str]:
    for part, name, column, least, what in _GOALS:
        for row in report["parts"].get(part, ()):
            if row["part"] == name and row["method"] == "citewell":
                yield f"| {what} | {_counted(row[column])} | {100 * least:.0f} % |"
    for part, name, what in (
        ("samples", "topic_change", "changes of subject wrongly carried over, own"),
        ("news", "unrelated", "questions after an unrelated one wrongly carried over, news"),
    ):
        for row in report["parts"].get(part, ()):
            if row["part"] == name and row["method"] == "citewell":
                yield f"| {what} | {_counted(row['carried'])} | under 5 % |"
    for row in report["parts"].get("news", ()):
        if row["part"] == "unrelated" and row["method"] in ("citewell", "never"):
            what = f"right article first after an unrelated turn, {row['method']}"
            yield f"| {what} | {_counted(row['states'])} | no loss |"


def _row(row: Mapping[str, Any]) -> str:
    counts = " | ".join(_counted(row[name]) for name in ("states", "on_story", "right", "carried"))
    return f"| {row['part']} | {row['method']} | {counts} |"


def _counted(counted: Mapping[str, Any]) -> str:
    return f"{counted['count']}/{counted['of']} ({100 * counted['share']:.1f} %)"
