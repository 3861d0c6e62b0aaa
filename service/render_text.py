"""An answer or status object in, plain text for a terminal out."""

import re
from collections.abc import Iterator
from typing import Any

import click

from service.faces.answer_in_quote import mark_answer

UNITS = ("B", "KB", "MB", "GB", "TB")
STEPS = {
    "waiting": ("waiting, one question ahead", "waiting, {} questions ahead"),
    "searching": ("searching one article", "searching {} articles"),
    "reading": ("reading one passage", "reading {} passages"),
    "checking": ("checking one quote", "checking {} quotes"),
}
PLAIN_STEPS = {"understanding": "understanding the question", "writing": "writing the answer"}
OPENING_MARKS = (
    "\"'“”„‟‘‚«‹»›「『《〈"  # of the languages that articles come in; Danish and some German open with »
)
_BREAKS = re.compile(r"[ \t\n]+")


def answer_text(answer: dict[str, Any]) -> str:
    """The answer with its marks and how sure it is, every numbered quote with its source; or what came near.

    The answer stands in bold inside its quote (ANSI codes, which `click.echo` drops where no terminal reads along).
    """
    if not answer["answered"]:
        return "\n".join([answer["answer"], *_nearest(answer["refusal"]["nearest"])])
    short = answer["short_answer"] is not None
    lines = [click.style(answer["answer"], bold=True) if short else answer["answer"]]
    if answer["confidence"] is not None:
        lines.append(f"Confidence: {answer['confidence']:.0%}".replace("%", " %"))
    for citation in answer["citations"]:
        differs = "says something else: " if citation["stance"] == "differs" else ""
        lines += ["", f"[{citation['number']}] {differs}{_quoted(citation, marked=short)}"]
        lines += [f"    in full: {sentence}" for sentence in _sentences(answer, citation)]
        if citation.get("translation"):
            lines.append(f"    machine translation: {_in_marks(_in_one_line(citation['translation']))}")
        lines.append(f"    {source_line(citation)}")
        lines += [f"    also in: {copy.get('source') or copy.get('title')}" for copy in citation["also_in"]]
    return "\n".join(lines)


def sources_text(answer: dict[str, Any]) -> str:
    """The articles that an answer cites, one a citation, with their addresses."""
    lines = []
    for citation in answer["citations"]:
        differs = "says something else: " if citation["stance"] == "differs" else ""
        lines.append(f"[{citation['number']}] {differs}{source_line(citation)}")
        if citation["article"]["url"]:
            lines.append(f"    {citation['article']['url']}")
    return "\n".join(lines)


def step_text(status: dict[str, Any]) -> str:
    """The step that a question is at, with its figure: `searching 27 articles`; empty where there is nothing to say."""
    step = status.get("step")
    if isinstance(step, str) and step in PLAIN_STEPS:
        return PLAIN_STEPS[step]
    figure = next((value for name, value in status.items() if name != "step"), None)
    if not isinstance(step, str) or step not in STEPS or not isinstance(figure, int) or not figure:
        return ""
    one, many = STEPS[step]
    return one if figure == 1 else many.format(f"{figure:,}")


def _nearest(citations: list[dict[str, Any]]) -> Iterator[str]:
    if citations:
        yield from ("", "Nearest:")
    for citation in citations:
        yield f"  {_quoted(citation, marked=False)}"
        yield f"    {source_line(citation)}"


def _sentences(answer: dict[str, Any], citation: dict[str, Any]) -> Iterator[str]:
    """The sentence that a citation is the first to prove, unless the quote is all of it or a model wrote it."""
    for statement in answer["statements"] if answer.get("mode") != "generative" else ():
        first = next(iter(statement["citations"]), None)
        if first == citation["number"] and statement["text"] != citation["quote"]:
            yield _in_marks(_in_one_line(statement["text"]))


def status_text(status: dict[str, Any]) -> str:
    """One fact a line."""
    published = status["published"]
    rows = {
        "archive": status["archive"],
        "engine": status["engine"],
        "articles": str(status["articles"])
        + (f" ({status['samples']} of them samples)" if status["samples"] else ""),
        "copies": str(status["copies"]),
        "passages": str(status["passages"]),
        "languages": _counts(status["languages"]),
        "sources": _counts(status["sources"]),
        "published": f"{published['from']} to {published['to']}" if published["from"] else "no dates",
        "size": _size(status["bytes"]),
        "encoder": f"{status['models']['encoder']} ({status['models']['encoder_fingerprint']})",
    }
    return "\n".join(f"{name:<10} {value}" for name, value in rows.items())


def feedback_text(feedback: dict[str, Any]) -> str:
    """When and how an answer was rated, then question, answer, comment and cited places, each on a line of its own."""
    cited = (f"{one['article_id']} {one['start']}-{one['end']}" for one in feedback["citations"])
    rows = {
        "question": feedback["question"],
        "answer": feedback["answer"],
        "comment": feedback["comment"] or "",
        "cited": ", ".join(cited),
    }
    given = feedback["given"][: len("2021-07-05T12:00:00")].replace("T", " ")
    return "\n".join(
        [
            f"{click.style(feedback['rating'], bold=True)} · {given} UTC · {feedback['answer_id']}",
            *(f"    {name:<8} {_in_one_line(value).strip()}" for name, value in rows.items() if value),
        ]
    )


def _quoted(citation: dict[str, Any], *, marked: bool) -> str:
    where = (citation["answer_start"], citation["answer_end"]) if marked else (None, None)
    before, answer, after = map(_in_one_line, mark_answer(citation["quote"], citation["start"], *where))
    return _in_marks((before + (click.style(answer, bold=True) if answer else "") + after).strip())


def _in_one_line(text: str) -> str:
    """No-break spaces stay: they are part of how a figure is written."""
    return _BREAKS.sub(" ", text)


def _in_marks(text: str) -> str:
    return text if click.unstyle(text).startswith(tuple(OPENING_MARKS)) else f"“{text}”"


def source_line(citation: dict[str, Any]) -> str:
    """Title, publisher, date and language of the article, its id and where in it the quote stands."""
    article = citation["article"]
    facts = [article["title"], article["source"], article["published"], article["language"]]
    if "sample" in article["tags"]:
        facts.append("sample article")
    return (
        " · ".join(fact for fact in facts if fact)
        + f" · {article['id']} {citation['start']}-{citation['end']}"
    )


def _counts(counts: dict[str, int]) -> str:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {count}" for name, count in ranked[:12]) or "none"


def _size(number: float | None) -> str:
    if number is None:
        return "unknown"
    unit = 0
    while number >= 1000 and unit < len(UNITS) - 1:
        number /= 1000
        unit += 1
    return f"{number:.0f} {UNITS[unit]}"
