"""The last step, fails closed: a statement whose quote is not at its place in the stored version never leaves."""

import asyncio
import logging
from dataclasses import dataclass, replace
from typing import Any

from haystack import component

from indexing.archive.archive import Archive
from service.answering.answer import Citation, Statement
from service.answering.timings import timed

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Draft:
    """Statements with their citations, or what came nearest when nothing is relevant; before or after checking."""

    statements: tuple[Statement, ...] = ()
    citations: tuple[Citation, ...] = ()
    nearest: tuple[Citation, ...] = ()


@component
class Verify:
    """Checks every quote and every verbatim sentence against the archive's canonical text."""

    def __init__(self, archive: Archive) -> None:
        """Check against `archive`."""
        self._archive = archive

    @component.output_types(verified=Draft, dropped=int)
    def run(self, draft: Draft) -> dict[str, Any]:
        """The same as `run_async`, for use without a running loop."""
        return asyncio.run(self.run_async(draft))

    @component.output_types(verified=Draft, dropped=int)
    async def run_async(self, draft: Draft) -> dict[str, Any]:
        """Keep what is proven, number the citations anew, and count the statements that were dropped."""
        with timed("verify"):
            texts = {
                (citation.article.id, citation.article.version): await self._text(citation)
                for citation in (*draft.citations, *draft.nearest)
            }
        proven = {citation.number: citation for citation in draft.citations if _holds(citation, texts)}
        kept = [statement for statement in draft.statements if _supported(statement, proven, texts)]
        dropped = len(draft.statements) - len(kept)
        if dropped:
            logger.warning(
                "%d of %d statements dropped: quote not found at its place", dropped, len(draft.statements)
            )
        nearest = tuple(citation for citation in draft.nearest if _holds(citation, texts))
        return {"verified": replace(_renumbered(kept, proven), nearest=nearest), "dropped": dropped}

    async def _text(self, citation: Citation) -> str | None:
        stored = await self._archive.article(citation.article.id, citation.article.version)
        return stored.article.text if stored is not None else None


Texts = dict[tuple[str, str], str | None]


def _holds(citation: Citation, texts: Texts) -> bool:
    text = texts[citation.article.id, citation.article.version]
    if text is None or not citation.quote or not 0 <= citation.start < citation.end <= len(text):
        return False
    return text[citation.start : citation.end] == citation.quote


def _supported(statement: Statement, proven: dict[int, Citation], texts: Texts) -> bool:
    """All its citations hold, and its sentence stands verbatim in the first of them."""
    if not statement.citations or any(number not in proven for number in statement.citations):
        return False
    if statement.start is None or statement.end is None:
        return False
    article = proven[statement.citations[0]].article
    text = texts[article.id, article.version]
    return text is not None and text[statement.start : statement.end] == statement.text


def _renumbered(statements: list[Statement], proven: dict[int, Citation]) -> Draft:
    order = list(dict.fromkeys(number for statement in statements for number in statement.citations))
    new = {number: place for place, number in enumerate(order, start=1)}
    return Draft(
        tuple(
            replace(statement, citations=tuple(new[number] for number in statement.citations))
            for statement in statements
        ),
        tuple(replace(proven[number], number=new[number]) for number in order),
    )
