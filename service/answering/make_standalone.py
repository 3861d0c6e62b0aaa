"""An understood question with its history in, the same with a wording that stands by itself out.

Whether a question follows on the one before is told by its words where they say so ("And via Khorog?"), else by a
search: put in full, a follow-up finds a passage that is nearer than any it finds alone; a question on another subject
finds a worse one. No model is trained for it and nothing is kept: the history is the whole state.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from haystack import component

from indexing.archive.encoder import Encoder
from service.answering.carry_over import Said, asks, carry_over
from service.answering.follow_up_words import FollowUpWords, follow_up_words
from service.answering.question import Turn
from service.answering.question_names import named
from service.answering.question_words import languages_with_words
from service.answering.retrieve import Retrieve
from service.answering.timings import timed
from service.answering.understand_question import Understood, likely_languages
from service.answering.words_of_text import words_of_text

MOST_QUESTIONS = 10  # of the history: what lies further back is no longer spoken of
MOST_CHARACTERS = 300  # of each of them
ELLIPSIS = 5  # words: a longer question without a word that asks may be for yes or no
# How much better the passage must be that the full wording finds (see retrieve.py for the scale). Of 104 questions
# asked after an unrelated one the largest gain is 0.006, of 20 hard changes of subject 0.032; half of the follow-ups
# gain more.
GAIN_NAMED = 0.045  # of a question that names something itself
GAIN_BARE = -0.01
GAIN_REFERRING = -0.03  # of one with a word that stands for something: "he", "there"


@dataclass(frozen=True, slots=True)
class _Asked:
    text: str
    language: str
    words: FollowUpWords

    @property
    def is_named(self) -> bool:
        return any(name.kind != "number" for name in named(self.text, self.language))

    @property
    def is_elliptic(self) -> bool:
        short = len(words_of_text(self.words.bare)) <= ELLIPSIS
        return (short or self.words.opens) and not asks(self.words.bare, self.language)

    @property
    def follows_by_its_words(self) -> bool:
        return self.words.corrects or self.is_elliptic

    @property
    def gain(self) -> float:
        """The least gain with which it is a follow-up, where its words alone do not say so."""
        if self.is_named:
            return GAIN_NAMED
        return GAIN_REFERRING if self.words.refers else GAIN_BARE


@component
class MakeStandalone:
    """Recognises a follow-up and puts it in full; a question without history passes through."""

    def __init__(self, encoder: Encoder, retrieve: Retrieve) -> None:
        """Search as the answer does: with `retrieve`, by vectors of `encoder`."""
        self._encoder = encoder
        self._retrieve = retrieve

    @component.output_types(understood=Understood)
    def run(self, understood: Understood, rewritten: str | None = None) -> dict[str, Understood]:
        """The same as `run_async`, for use without a running loop."""
        return asyncio.run(self.run_async(understood, rewritten))

    @component.output_types(understood=Understood)
    async def run_async(self, understood: Understood, rewritten: str | None = None) -> dict[str, Understood]:
        """`standalone` and the languages of it; as it came where the question stands by itself already.

        `rewritten` is its full wording where somebody who can write found one (see written/rewrite_question.py).
        """
        if rewritten is not None:
            languages = likely_languages(rewritten)
            return {"understood": replace(understood, standalone=rewritten, languages=languages)}
        with timed("understand"):
            before, answer = spoken_of(understood.question.history)
            if before is None:
                return {"understood": understood}
            asked = _asked(understood.standalone, before)
            full = _in_full(asked, before, answer, understood)
            if asked.follows_by_its_words or await self._gain(understood, full) > asked.gain:
                return {"understood": full}
            return {"understood": understood}

    async def _gain(self, alone: Understood, full: Understood) -> float:
        vectors = await asyncio.to_thread(self._encoder.encode_questions, [alone.standalone, full.standalone])
        scores = []
        for understood, vector in zip((alone, full), vectors, strict=True):
            nearest = replace(understood, question=replace(understood.question, top_k=1))
            found = (await self._retrieve.run_async(nearest, vector))["found"]
            scores.append(found[0].score if found else 0.0)
        return scores[1] - scores[0]


def spoken_of(history: Sequence[Turn]) -> tuple[Said | None, str]:
    """The last question of the history in full, and what was answered to it; its follow-ups are told by their words."""
    before: Said | None = None
    answer = ""
    for turn in history[-2 * MOST_QUESTIONS :]:
        text = turn.content.strip()[:MOST_CHARACTERS]
        if turn.role == "assistant":
            answer = turn.content
        elif text:
            if before is None:
                before = Said(text, likely_languages(text)[0])
            else:
                asked = _asked(text, before)
                follows = asked.follows_by_its_words or asked.words.refers or not asked.is_named
                full = carry_over(asked.words.bare, asked.language, before, answer) if follows else text
                before = Said(full, asked.language)
            answer = ""
    return before, answer


def _asked(text: str, before: Said) -> _Asked:
    """A question with its language: the detector knows two hundred and takes "¿Y Ruzvai?" for Shona."""
    language = likely_languages(text)[0]
    if language.split("-")[0] not in languages_with_words():
        language = before.language
    return _Asked(text, language, follow_up_words(text, dict.fromkeys((language, before.language))))


def _in_full(asked: _Asked, before: Said, answer: str, understood: Understood) -> Understood:
    text = carry_over(asked.words.bare, asked.language, before, answer)
    return Understood(understood.question, text, asked.language, likely_languages(text))
