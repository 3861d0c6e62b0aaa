"""The measured reading and answers in; a page of tables that says what was reached and where the reader fails out."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evaluation.own_page import own_tables
from evaluation.provenance import said
from evaluation.report_page import share, table

HEADINGS = (
    ("same language", "XQuAD, question and passage in one language"),
    ("crossing", "XQuAD, crossing languages"),
    ("french", "PIAF: French"),
    ("news", "News: questions in English, German, Spanish and Russian on the whole French article"),
    ("refusals", "Questions that the passage may not answer"),
    ("extra", "AfriQA: questions in Fon, and their French wording, on French passages"),
)
METHODS = {"reader": "reader", "no_reader": "best sentence, no reader"}
PARTS = {
    "news": "news",
    "squad2": "squad2",
    "squad2-es": "squad2 asked in Spanish",
    "squad2-on-es": "squad2 on Spanish passages",
    "squad2-es-on-es": "squad2 asked in Spanish on Spanish passages",
    "all": "all",
}
JsonObject = Mapping[str, Any]


def reading_page(report: JsonObject, plots: Sequence[str]) -> str:
    """Markdown of the report; `plots` are file names beside it, parts that were not measured are left out."""
    return "\n".join([*_page(report, plots), ""])


def _page(report: JsonObject, plots: Sequence[str]) -> Iterator[str]:
    yield "# Quality of reading and of whole answers"
    yield ""
    card = report["reader"]
    yield (
        f"Reader `{card['sha256'][:12]}`, {card['megabytes']:.1f} MB. Beside every row stands what the same encoder "
        "gives without a reader: dense retrieval, and of the passages the sentence nearest to the question. How the "
        "numbers are made and what they mean: [docs/evaluation.md](../../docs/evaluation.md). Retrieval alone: "
        "[report.md](report.md)."
    )
    yield ""
    for name, part in report["parts"].items():
        asked = part["asked"]
        some = asked["sample"] and name != "own"  # the own questions are few and always all asked
        sample = f"at most {asked['sample']} questions a set" if some else "all questions of every set"
        yield f"- {name}: {said(part['made'])}; {sample}, seed {asked['seed']}; {part['seconds']:.0f} s"
    yield ""
    yield from _goals([goal for part in report["parts"].values() for goal in part["goals"]])
    for plot in plots:
        yield f"![{plot}]({plot})"
        yield ""
    if "reading" in report["parts"]:
        yield from _reading(report["parts"]["reading"]["rows"])
    if "answers" in report["parts"]:
        yield from _answers(report["parts"]["answers"])
    if "own" in report["parts"]:
        yield from own_tables(report["parts"]["own"]["parts"])


def _goals(goals: Sequence[JsonObject]) -> Iterator[str]:
    if not goals:
        return
    yield "## Numbers to reach"
    yield ""
    yield f"{sum(goal['met'] for goal in goals)} of {len(goals)} reached."
    yield ""
    yield from table(
        ("what", "goal", "reached", "counts", "no reader", "first trial", ""),
        (
            (
                goal["what"],
                f"{'at most ' if goal['at_most'] else ''}{goal['goal']:g} {goal['unit']}",
                _figure(goal["reached"], goal["unit"]),
                goal["counts"],
                _figure(goal["no_reader"], goal["unit"]),
                _figure(goal["first_trial"], goal["unit"]),
                "reached" if goal["met"] else "**short**",
            )
            for goal in goals
        ),
    )


def _reading(rows: Sequence[JsonObject]) -> Iterator[str]:
    for heading, title in HEADINGS:
        own = [row for row in rows if row["heading"] == heading]
        if not own:
            continue
        yield f"## {title}"
        yield ""
        yield from table(
            ("question → passage", "method", "questions", "EM", "F1", "span holds the answer"),
            (
                (
                    row["set"] if method == "reader" else "",
                    METHODS[method],
                    str(row[method]["answerable"]["questions"]),
                    f"{row[method]['answerable']['em']:.1f}",
                    f"{row[method]['answerable']['f1']:.1f}",
                    share(row[method]["holds"]),
                )
                for row in own
                for method in METHODS
                if method in row
            ),
        )
        yield from _refusals(own)
    yield from _kinds(rows)


def _refusals(rows: Sequence[JsonObject]) -> Iterator[str]:
    refusing = [row for row in rows if row["reader"]["refusing"]]
    if not refusing:
        return
    yield (
        "A right refusal counts as a right answer. Thresholds are chosen on the other articles (five folds): once so "
        "that F1 is highest among those with at most 15 % false answers, once freely."
    )
    yield ""
    yield from table(
        ("set", "method", "threshold", "EM", "F1", "false answers", "answerable but refused"),
        (
            (
                row["set"] if (method, chosen) == ("reader", "refusing") else "",
                METHODS[method],
                "at most 15 % false" if chosen == "refusing" else "highest F1",
                f"{row[method][chosen]['em']:.1f}",
                f"{row[method][chosen]['f1']:.1f}",
                share(row[method][chosen]["false_answers"]),
                share(row[method][chosen]["answerable_refused"]),
            )
            for row in refusing
            for method in METHODS
            if method in row
            for chosen in ("refusing", "refusing_freely")
        ),
    )


def _kinds(rows: Sequence[JsonObject]) -> Iterator[str]:
    """F1 by what is asked for, over the sets side by side."""
    kinds = sorted({kind for row in rows for kind in row["reader"]["by_kind"]})
    if not kinds:
        return
    yield "## By kind of question"
    yield ""
    yield "F1 of the reader on gold passages; in brackets the number of questions."
    yield ""
    yield from table(
        ("set", *kinds),
        ((row["set"], *(_of_kind(row["reader"]["by_kind"].get(kind)) for kind in kinds)) for row in rows),
    )


def _of_kind(scores: JsonObject | None) -> str:
    return f"{scores['f1']:.0f} ({scores['questions']})" if scores else ""


def _answers(part: JsonObject) -> Iterator[str]:
    whole = part["whole"]
    yield "## Whole answers"
    yield ""
    yield (
        "The 40 French news articles and the 642 English paragraphs of SQuAD 2.0 in one archive. Asked: all news "
        "questions, follow-ups by their full wording, and `squad2` questions with and without an answer, in English "
        "and (translated by machine) in Spanish, on the English paragraphs. Without a threshold: the best answer, "
        'however unsure. "Right" is an exact answer of the right article; without a reader a sentence counts when it '
        "holds the answer."
    )
    yield ""
    yield from table(
        (
            "questions",
            "method",
            "right",
            "exact",
            "F1",
            "holds the answer",
            "right article first",
            "article cited",
        ),
        (
            (
                PARTS[name] if method == "reader" else "",
                METHODS[method],
                share(row["right"]),
                f"{row['spans']['em']:.1f}",
                f"{row['spans']['f1']:.1f}",
                share(row["holds"]),
                share(row["article_first"]),
                share(row["article_cited"]),
            )
            for name in PARTS
            for method in METHODS
            if method in whole and (row := _part(whole[method], name))
        ),
    )
    yield from _thresholds(whole)
    yield from _answer_kinds(whole["reader"]["kinds"], whole.get("no_reader", {}).get("kinds", []))
    yield from _calibration(whole)


def _part(row: JsonObject, name: str) -> JsonObject | None:
    found: JsonObject | None = row["every"] if name == "all" else row["parts"].get(name)
    return found


def _thresholds(whole: JsonObject) -> Iterator[str]:
    yield "### With a threshold"
    yield ""
    yield (
        "Confidence and threshold come from the other articles (five folds); the threshold is the lowest that keeps "
        "false answers on unanswerable questions at 10 %. The last two columns: the most questions that can be "
        "answered while at most a tenth of the answers is not right."
    )
    yield ""
    yield from table(
        (
            "questions",
            "method",
            "answered and right",
            "wrong",
            "false answers",
            "not right, of the answers",
            "answered at 10 % wrong",
            "of these right",
        ),
        (
            (
                PARTS[name] if method == "reader" else "",
                METHODS[method],
                share(row["at_threshold"]["right"]),
                share(row["at_threshold"]["wrong"]),
                share(row["at_threshold"]["false"]),
                f"{100 * row['at_threshold']['risk']:.1f} %",
                share(row["coverage_at_10_percent_wrong"]["answered"]),
                str(row["coverage_at_10_percent_wrong"]["right"]["count"]),
            )
            for name in PARTS
            for method in METHODS
            if method in whole and (row := _part(whole[method], name))
        ),
    )
    shipped = whole["reader"]["as_shipped"]
    yield (
        f"With the confidence and threshold that the program ships (made from these very questions): answered and "
        f"right {share(shipped['right'])}, wrong {share(shipped['wrong'])}, false answers {share(shipped['false'])}."
    )
    yield ""


def _answer_kinds(kinds: Sequence[JsonObject], without: Sequence[JsonObject]) -> Iterator[str]:
    held = {kind["kind"]: kind["holds"] for kind in without}
    yield "### News by kind of question"
    yield ""
    yield from table(
        ("kind", "right", "sentence holds it, no reader", "answered at the threshold", "answered and right"),
        (
            (
                kind["kind"],
                _asked(kind["right"]),
                _asked(held.get(kind["kind"])),
                share(kind["answered"]),
                _asked(kind["answered_right"]),
            )
            for kind in kinds
        ),
    )


def _calibration(whole: JsonObject) -> Iterator[str]:
    yield "### Calibration of the confidence"
    yield ""
    yield from table(
        ("questions", *(METHODS[method] for method in METHODS if method in whole)),
        (
            (
                f"ECE, {PARTS[name]}",
                *(
                    f"{row['ece']:.3f}"
                    for method in METHODS
                    if method in whole and (row := _part(whole[method], name))
                ),
            )
            for name in PARTS
            if _part(whole["reader"], name)
        ),
    )
    yield from table(
        ("confidence", "answers", "mean confidence", "right"),
        (
            (
                f"{one['from']:.1f} to {one['to']:.1f}",
                str(one["right"]["of"]),
                f"{one['confidence']:.3f}",
                share(one["right"]),
            )
            for one in whole["reader"]["every"]["bins"]
        ),
    )
    yield f"Correction on top of the logistic regression: {whole['reader']['correction']}."
    yield ""


def _asked(counted: JsonObject | None) -> str:
    return share(counted) if counted and counted["of"] else ""


def _figure(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if unit == "ECE" else f"{value:.0f}" if unit == "ms" else f"{value:.1f}"
