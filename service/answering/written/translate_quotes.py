"""Citations in; the same with a machine translation beside each quote in another language out.

A translation is checked as a statement that the quote must prove, and the quote's figures must stand in it. One that
fails, or comes too late, is left out: the quote itself is there in any case.
"""

import asyncio
import logging
import secrets
from dataclasses import replace

from service.answering.answer import Citation
from service.answering.observe import note_trouble
from service.answering.timings import timed
from service.answering.verify import Draft
from service.answering.written.check_statement import CheckStatement
from service.answering.written.language_model import LanguageModel
from service.answering.written.offer_passages import broken_up, language_name
from service.answering.written.prompts import Prompts
from service.answering.written.quoted import Quoted
from service.answering.written.read_statements import short_reply
from service.errors import ModelUnusable

logger = logging.getLogger(__name__)

SECONDS = 10.0  # for all quotes of an answer together
AT_ONCE = 4
LONGER = 4  # times as long as its quote a translation may be, and as many words more


class TranslateQuotes:
    """Has quotes translated by the language model."""

    def __init__(self, model: LanguageModel, prompts: Prompts, check: CheckStatement) -> None:
        """`check` decides on every translation."""
        self._model = model
        self._prompts = prompts
        self._check = check

    async def translated(self, draft: Draft, language: str, until: float) -> Draft:
        """The draft with translations into `language` where a quote is in another one.

        Takes SECONDS at most, and not longer than `until` (the loop's time).
        """
        wanted = [one for one in draft.citations if not _same_language(one.article.language, language)]
        if not wanted:
            return draft
        with timed("translate"):
            until = min(until, asyncio.get_running_loop().time() + SECONDS)
            turns = asyncio.Semaphore(AT_ONCE)
            found = await asyncio.gather(
                *(self._one(citation, language, until, turns) for citation in wanted)
            )
        translations = {one.number: text for one, text in zip(wanted, found, strict=True)}
        return replace(
            draft,
            citations=tuple(
                replace(one, translation=translations.get(one.number)) for one in draft.citations
            ),
        )

    async def _one(
        self, citation: Citation, language: str, until: float, turns: asyncio.Semaphore
    ) -> str | None:
        quote, told_in = citation.quote, citation.article.language
        messages = self._prompts.messages(
            "translate_quote",
            id=secrets.token_hex(6),
            quote=broken_up(quote),
            quote_language=language_name(told_in),
            language=language_name(language),
        )
        try:
            async with turns:
                text = short_reply(await self._model.whole(messages, until))
        except ModelUnusable as error:
            note_trouble(error.trouble)
            logger.warning("%s; a quote stays untranslated", error)
            return None
        if not text or len(text) > LONGER * len(quote) + 40:
            return None
        return text if await asyncio.to_thread(self._holds, text, language, quote, told_in) else None

    def _holds(self, text: str, language: str, quote: str, told_in: str) -> bool:
        """Whether the quote proves the translation, and no figure of it is lost."""
        if self._check.faults(text, language, [Quoted(quote, told_in)]):
            return False
        lost = self._check.faults(quote, told_in, [Quoted(text, language)])
        return not any(fault.kind in ("number", "percent", "polarity") for fault in lost)


def _same_language(one: str, other: str) -> bool:
    return one.split("-")[0] == other.split("-")[0]
