"""The last step, fails closed: a statement whose quote is not at its place in the stored version never leaves.

A statement in a language model's own words must, besides, say nothing that its quotes do not say (check_statement).
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from haystack import component

from indexing.archive.archive import Archive
from service.answering.answer import Citation, RefusalReason, Statement
from service.answering.events import Status, tell
from service.answering.observe import Fault, note_fault
from service.answering.timings import timed
from service.answering.written.check_statement import CheckStatement
from service.answering.written.quoted import Quoted

logger = logging.getLogger(__name__)

Texts = dict[tuple[str, str], str | None]


@dataclass(frozen=True, slots=True)
class Draft:
    """Statements with their citations, or a refusal with what came nearest; before or after checking."""

    statements: tuple[Statement, ...] = ()
    citations: tuple[Citation, ...] = ()
    values: tuple[tuple[int, ...], ...] = ()
    """The values of the answer, each as the numbers of its citations; the first of them is how it is worded."""
    nearest: tuple[Citation, ...] = ()
    refusal: RefusalReason | None = None
    missing: tuple[str, ...] = ()
    """Of a refusal: the names in the question that no passage which was read mentions."""
    signals: Mapping[str, float] = field(default_factory=dict)
    confidence: float | None = None
    written_in: str | None = None
    """The language of statements that a language model wrote; None: they are verbatim sentences."""


@component
class Verify:
    """Checks every quote and every verbatim sentence against the archive's canonical text."""

    def __init__(self, archive: Archive, check: CheckStatement | None = None) -> None:
        """Check against `archive`, and written statements by `check`: without it none of them passes."""
        self._archive = archive
        self._check = check

    @component.output_types(verified=Draft, dropped=int)
    def run(self, draft: Draft) -> dict[str, Any]:
        """The same as `run_async`, for use without a running loop."""
        return asyncio.run(self.run_async(draft))

    @component.output_types(verified=Draft, dropped=int)
    async def run_async(self, draft: Draft) -> dict[str, Any]:
        """Keep what is proven, number the citations anew, and count the statements that were dropped."""
        if draft.written_in is None:  # written statements come one by one, with their text
            tell(Status("checking", {"quotes": len(draft.citations)}))
        with timed("verify"):
            texts = {
                (citation.article.id, citation.article.version): await self._text(citation)
                for citation in (*draft.citations, *draft.nearest)
            }
        faults = {citation.number: _fault(citation, texts) for citation in draft.citations}
        proven = {
            citation.number: citation for citation in draft.citations if faults[citation.number] is None
        }
        with timed("verify"):
            kept = [
                _with(statement, proven)
                for statement in draft.statements
                if await asyncio.to_thread(self._supported, statement, draft, proven, texts)
            ]
        for fault in faults.values():
            if fault is not None:
                note_fault(fault)
        dropped = len(draft.statements) - len(kept)
        if dropped:
            # That a model says more than it can prove is nothing unusual.
            level = logging.WARNING if draft.written_in is None else logging.INFO
            logger.log(level, "%d of %d statements dropped: not proven", dropped, len(draft.statements))
        nearest = tuple(citation for citation in draft.nearest if _fault(citation, texts) is None)
        return {"verified": replace(_renumbered(draft, kept, proven), nearest=nearest), "dropped": dropped}

    def _supported(
        self, statement: Statement, draft: Draft, proven: Mapping[int, Citation], texts: Texts
    ) -> bool:
        if draft.written_in is None:
            return _is_verbatim(statement, proven, texts)
        if not statement.citations or any(number not in proven for number in statement.citations):
            return False
        if self._check is None:
            return False
        cited = [proven[number] for number in statement.citations]
        quotes = [Quoted(one.quote, one.article.language) for one in cited]
        unproven = self._check.faults(statement.text, draft.written_in, quotes)
        for kind in {fault.kind for fault in unproven}:
            note_fault(kind)
        return not unproven

    async def _text(self, citation: Citation) -> str | None:
        stored = await self._archive.article(citation.article.id, citation.article.version)
        return stored.article.text if stored is not None else None


def _fault(citation: Citation, texts: Texts) -> Fault | None:
    """What is wrong with a citation; None: it holds."""
    text = texts[citation.article.id, citation.article.version]
    if text is None:
        return "version_gone"
    if not citation.quote or not 0 <= citation.start < citation.end <= len(text):
        return "quote_differs"
    if citation.answer_start is not None and citation.answer_end is not None:
        if not citation.start <= citation.answer_start < citation.answer_end <= citation.end:
            return "answer_outside_quote"
    elif citation.answer_start is not None or citation.answer_end is not None:
        return "answer_outside_quote"
    return None if text[citation.start : citation.end] == citation.quote else "quote_differs"


def _is_verbatim(statement: Statement, proven: Mapping[int, Citation], texts: Texts) -> bool:
    """Its first citation holds, and its sentence stands verbatim in that article."""
    if not statement.citations or statement.citations[0] not in proven:
        return False
    article = proven[statement.citations[0]].article
    text = texts[article.id, article.version]
    if (
        statement.start is not None
        and statement.end is not None
        and text is not None
        and text[statement.start : statement.end] == statement.text
    ):
        return True
    note_fault("sentence_differs")
    return False


def _with(statement: Statement, proven: Mapping[int, Citation]) -> Statement:
    """Only with the citations that hold."""
    return replace(statement, citations=tuple(number for number in statement.citations if number in proven))


def _renumbered(draft: Draft, statements: list[Statement], proven: Mapping[int, Citation]) -> Draft:
    order = list(dict.fromkeys(number for statement in statements for number in statement.citations))
    new = {number: place for place, number in enumerate(order, start=1)}
    values = [tuple(new[number] for number in value if number in new) for value in draft.values]
    return replace(
        draft,
        statements=tuple(
            replace(statement, citations=tuple(new[number] for number in statement.citations))
            for statement in statements
        ),
        citations=tuple(replace(proven[number], number=new[number]) for number in order),
        values=tuple(value for value in values if value),
    )
