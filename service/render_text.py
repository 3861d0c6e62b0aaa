"""An answer or status object in, plain text for a terminal out."""

from typing import Any

UNITS = ("B", "KB", "MB", "GB", "TB")
OPENING_MARKS = (
    "\"'“”„‟‘‚«‹»›「『《〈"  # of the languages that articles come in; Danish and some German open with »
)


def answer_text(answer: dict[str, Any]) -> str:
    """The answer with its marks and every numbered quote with its source; a refusal with what came near."""
    lines = [answer["answer"]]
    if answer["answered"]:
        for citation in answer["citations"]:
            lines += ["", f"[{citation['number']}] {_quoted(citation)}", f"    {_source(citation)}"]
            lines += [f"    also in: {copy['source'] or copy['title']}" for copy in citation["also_in"]]
    elif answer["refusal"]["nearest"]:
        lines += ["", "Nearest:"]
        for citation in answer["refusal"]["nearest"]:
            lines += [f"  {_quoted(citation)}", f"    {_source(citation)}"]
    return "\n".join(lines)


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


def _quoted(citation: dict[str, Any]) -> str:
    quote = " ".join(citation["quote"].split())
    return quote if quote.startswith(tuple(OPENING_MARKS)) else f"“{quote}”"


def _source(citation: dict[str, Any]) -> str:
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
