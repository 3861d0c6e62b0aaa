"""A question with its history in; the question in full as the language model puts it out, or nothing.

What the model writes is searched for only if it brings in nothing of its own: every name and figure of it must stand in
the conversation, and none of the question may be lost. Else make_standalone finds the wording, as without a model.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable

from service.answering.observe import note_trouble
from service.answering.question import QUESTION_LIMIT, Question, Turn
from service.answering.question_names import is_found, named, prepare_text
from service.answering.timings import timed
from service.answering.understand_question import likely_languages
from service.answering.written.language_model import LanguageModel
from service.answering.written.offer_passages import broken_up
from service.answering.written.prompts import Prompts
from service.answering.written.read_statements import short_reply
from service.errors import ModelUnusable

logger = logging.getLogger(__name__)

SECONDS = 8.0
TURNS = 10  # the last ones: what lies further back is no longer spoken of
LONGEST_TURN = 600  # characters


class RewriteQuestion:
    """Has follow-ups put in full by the language model."""

    def __init__(self, model: LanguageModel, prompts: Prompts, is_common: Callable[[str], bool]) -> None:
        """`is_common` tells words that are no names (see common_words)."""
        self._model = model
        self._prompts = prompts
        self._is_common = is_common

    async def rewritten(self, question: Question) -> str | None:
        """The question in full; None without a history, or where the model fails or adds something of its own."""
        if not question.history:
            return None
        turns = [Turn(turn.role, turn.content.strip()[:LONGEST_TURN]) for turn in question.history[-TURNS:]]
        with timed("rewrite"):
            messages = self._prompts.messages(
                "rewrite_question",
                id=secrets.token_hex(6),
                question=broken_up(question.text.strip()),
                history=[{"role": turn.role, "content": broken_up(turn.content)} for turn in turns],
            )
            until = asyncio.get_running_loop().time() + min(SECONDS, self._model.seconds)
            try:
                text = short_reply(await self._model.whole(messages, until))
            except ModelUnusable as error:
                note_trouble(error.trouble)
                logger.warning("%s; the question is put in full by its words", error)
                return None
            text = text.strip('"“”„«» ')
            said = "\n".join([*(turn.content for turn in turns), question.text])
            usable = text and len(text) <= QUESTION_LIMIT and self._is_faithful(text, question.text, said)
            return text if usable else None

    def _is_faithful(self, text: str, question: str, said: str) -> bool:
        """Whether all names and figures of `text` were said, and none of the question's is lost."""
        return self._holds(said, text) and self._holds(text, question)

    def _holds(self, whole: str, part: str) -> bool:
        language = likely_languages(part)[0]
        prepared = prepare_text(whole, likely_languages(whole)[0])
        names = named(part, language, self._is_common)
        return all(is_found(name, prepared, language) is not False for name in names)
