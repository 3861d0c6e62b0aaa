"""An answer in, its text with numbered footnotes and url_citation annotations out; and a text without them again."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from service.answering.answer import Answer, Citation
from service.faces.render import web_address

# Each footnote is a paragraph: in Markdown, lines of one paragraph flow together.
_BETWEEN = "\n\n"
_FIRST = f"{_BETWEEN}[1] “"
_MARK = re.compile(r"\[(\d{1,3})\]")
_BREAKS = re.compile(r"[ \t\n]+")


@dataclass(frozen=True, slots=True)
class Footnoted:
    """The answer's own text, what follows it, and annotations whose offsets count code points of both together."""

    text: str
    footnotes: str
    annotations: list[dict[str, Any]]

    @property
    def content(self) -> str:
        """Text and footnotes, as a program that ignores annotations shows them."""
        return self.text + self.footnotes


def footnoted(answer: Answer, address: str) -> Footnoted:
    """Put the quotes under the answer and an annotation on each mark; `address` is where our own pages are."""
    by_number = {citation.number: citation for citation in answer.citations}
    notes = [_BETWEEN + footnote(citation, address) for citation in answer.citations]
    annotations = [
        _annotation(by_number[int(mark[1])], address, mark)
        for mark in _MARK.finditer(answer.answer)
        if int(mark[1]) in by_number
    ]
    return Footnoted(answer.answer, "".join(notes), annotations)


def footnote(citation: Citation, address: str) -> str:
    """One line: number, quote, title, source, day and where to read it."""
    return f"[{citation.number}] {quoted(citation, address)}"


def quoted(citation: Citation, address: str) -> str:
    """One line: quote, title, source, day and where to read it."""
    quote = _BREAKS.sub(" ", citation.quote).strip()
    return f"“{quote}” — {', '.join(_facts(citation, address))}"


def without_footnotes(text: str) -> str:
    """An earlier reply of ours as it was answered; any other text as it is."""
    return text.partition(_FIRST)[0]


def _facts(citation: Citation, address: str) -> Iterator[str]:
    article = citation.article
    for fact in (article.title, article.source, (article.published or "")[:10], _url(citation, address)):
        if fact:
            yield _BREAKS.sub(" ", fact)


def _url(citation: Citation, address: str) -> str:
    """The publisher's page; without one ours, which stands on the quote."""
    return web_address(citation.article.url) or address + citation.link


def _annotation(citation: Citation, address: str, mark: re.Match[str]) -> dict[str, Any]:
    place = {"start_index": mark.start(), "end_index": mark.end()}
    cited = {"url": _url(citation, address), "title": citation.article.title, **place}
    return {"type": "url_citation", "url_citation": cited}
