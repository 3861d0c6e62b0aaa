"""Passages and the extracted answer in; the answer in a language model's words out, as far as quotes prove it.

The model is asked for statements with their quotes. Each is checked as soon as it is whole and told only then: every
quote is aligned to its passage, the statement to its quotes (verify), and to what the reader finds in the passage.
Where nothing remains, the model fails, or it misses what the reader is sure of, the extracted answer takes its place.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from haystack import component

from indexing.archive.archive import Archive
from service.answering.answer import Citation, Statement
from service.answering.answer_type import AnswerType, fits
from service.answering.cite import Citing
from service.answering.events import Delta, Status, tell
from service.answering.observe import note_fault, note_trouble
from service.answering.read_passages import Reading
from service.answering.reader import Reader
from service.answering.retrieve import Found
from service.answering.signals import Asked
from service.answering.timings import timed
from service.answering.understand_question import SAME, UNDETERMINED, Understood, likely_languages
from service.answering.verify import Draft, Verify
from service.answering.word_answer import answer_parts
from service.answering.written.check_statement import CheckStatement
from service.answering.written.language_model import LanguageModel
from service.answering.written.offer_passages import OfferedPassages, Place, broken_up, language_name
from service.answering.written.prompts import Prompts
from service.answering.written.read_statements import SHAPE, StatementReader, WrittenStatement
from service.answering.written.state_value import FIGURES, StateValue
from service.errors import ModelUnusable

logger = logging.getLogger(__name__)

SURE = 0.8  # confidence from which an extracted value may not be missing in what is written
CONFIDENT_READING = 4.0  # log-odds from which the reader may contradict
COMPARED: tuple[AnswerType, ...] = (*FIGURES, "person")
TOLD_APART = 40  # letters from which the language of a statement can be told


@component
class Write:
    """Asks the language model and lets through what is proven."""

    def __init__(
        self,
        archive: Archive,
        reader: Reader,
        model: LanguageModel,
        prompts: Prompts,
        is_common: Callable[[str], bool],
        check: CheckStatement,
    ) -> None:
        """`is_common` tells words that are no names (see common_words); `check` decides on every statement."""
        self._archive = archive
        self._reader = reader
        self._model = model
        self._prompts = prompts
        self._is_common = is_common
        self._check = check
        self._verify = Verify(archive, check)
        self._state = StateValue(is_common)

    @component.output_types(draft=Draft, usable=bool)
    def run(
        self, understood: Understood, found: list[Found], readings: list[Reading], draft: Draft
    ) -> dict[str, Any]:
        """The same as `run_async`, for use without a running loop."""
        return asyncio.run(self.run_async(understood, found, readings, draft))

    @component.output_types(draft=Draft, usable=bool)
    async def run_async(
        self, understood: Understood, found: list[Found], readings: list[Reading], draft: Draft
    ) -> dict[str, Any]:
        """The written draft, all of it told; or `draft`, the extracted one, as it came and untold.

        `usable`: whether the language model did not fail.
        """
        until = asyncio.get_running_loop().time() + self._model.seconds
        tell(Status("writing"))
        usable = True
        with timed("write"):
            records = await self._archive.records([one.passage.article_id for one in found])
            asked = Asked.of(understood, self._is_common)
            offered = OfferedPassages(found, records)
            written = _Written(asked, answer_language(understood), draft)
            citing = Citing(self._archive, records, asked)
            try:
                async with aclosing(self._statements(written, offered, until)) as statements:
                    async for statement in statements:
                        await self._take(statement, offered, written, citing, readings)
            except ModelUnusable as error:
                usable = False
                note_trouble(error.trouble)
                logger.warning("%s; the extracted answer is given where nothing was written yet", error)
        return {"draft": written.result(), "usable": usable}

    async def _statements(
        self, written: "_Written", offered: OfferedPassages, until: float
    ) -> AsyncGenerator[WrittenStatement]:
        """As the model writes them, with as many passages as fit into its context window."""
        passages = offered.shown()
        while passages:
            messages = self._prompts.messages(
                "answer",
                question=broken_up(written.asked.text),
                language=language_name(written.language),
                passages=passages,
            )
            if not self._model.fits(messages):
                passages = passages[:-1]
                continue
            reader = StatementReader()
            try:
                async with aclosing(self._model.stream(messages, SHAPE, until)) as pieces:
                    async for piece in pieces:
                        for statement in reader.feed(piece):
                            yield statement
            except ModelUnusable as error:
                if error.trouble == "context_too_small" and len(passages) > 1:
                    passages = passages[:-1]
                    continue
                for statement in reader.finish():  # what a reply holds that broke off
                    yield statement
                raise
            for statement in reader.finish():
                yield statement
            if not reader.is_anything:
                raise ModelUnusable("nonsense", "the language model wrote nothing that is a statement")
            return
        raise ModelUnusable(
            "context_too_small",
            "the context window of the language model is smaller than the prompt with one passage; set "
            "CITEWELL_LLM_CONTEXT to what it has, and give the model a larger one",
        )

    async def _take(
        self,
        statement: WrittenStatement,
        offered: OfferedPassages,
        written: "_Written",
        citing: Citing,
        readings: Sequence[Reading],
    ) -> None:
        """Check one statement, and keep it if it is proven."""
        written.seen += 1
        places = await asyncio.to_thread(lambda: [offered.locate(quote) for quote in statement.quotes])
        proofs = list(dict.fromkeys(place for place in places if isinstance(place, Place)))
        for place in places:
            if not isinstance(place, Place):
                note_fault(place)
        if not proofs:
            if not places:
                note_fault("no_quote")
            return
        if _is_other_language(statement.text, written.language):
            note_fault("other_language")
            return
        cited = [await written.cite(place, citing) for place in proofs]
        text = _with_speaker(statement, [one.quote for one in cited])
        one = Statement(text, tuple(citation.number for citation in cited))
        alone = Draft((one,), tuple(cited), written_in=written.language)
        if not (await self._verify.run_async(alone))["verified"].statements:
            return
        if not await asyncio.to_thread(self._check.is_asked_for, text, written.asked.text):
            note_fault("not_asked")
            return
        if await asyncio.to_thread(self._is_contradicted, text, proofs, written, readings):
            note_fault("contradicted")
            return
        written.keep(one, cited, self._state)

    def _is_contradicted(
        self, text: str, proofs: Sequence[Place], written: "_Written", readings: Sequence[Reading]
    ) -> bool:
        """Whether the reader is sure of another value of the same kind in a cited passage.

        Not once a statement has said that value: what follows adds to it.
        """
        asked = written.asked
        if asked.type not in COMPARED or asked.several:
            return False
        if not self._state.states_another(asked.type, text, written.language, asked.text):
            return False
        for found in {place.found.passage.id: place.found for place in proofs}.values():
            value = self._read(found, asked, readings)
            if value is None or fits(asked.type, value, found.language) is False:
                continue
            said = [text, *(kept.text for kept in written.statements)]
            if all(self._state.states(one, written.language, value, found.language) is False for one in said):
                return True
        return False

    def _read(self, found: Found, asked: Asked, readings: Sequence[Reading]) -> str | None:
        """What the reader is sure that the passage answers; read now where it was not read before."""
        same = [one for one in readings if one.found.passage.id == found.passage.id]
        if same:
            best = max(same, key=lambda reading: reading.score)
            return best.text if best.score >= CONFIDENT_READING else None
        [spans] = self._reader.read(asked.text, [found.passage.text], 1)
        if not spans or spans[0].score < CONFIDENT_READING:
            return None
        return found.passage.text[spans[0].start : spans[0].end]


@dataclass
class _Written:
    """What was written so far of one answer; statements wait untold until they hold what the reader is sure of."""

    asked: Asked
    language: str
    extracted: Draft
    seen: int = 0
    statements: list[Statement] = field(default_factory=list)
    citations: dict[tuple[str, int, int], Citation] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)
    """Of citations that kept statements have: their number in the answer."""
    values: set[tuple[int, ...]] = field(default_factory=set)
    """The extracted values that a kept statement states."""
    told: int = 0

    async def cite(self, place: Place, citing: Citing) -> Citation:
        """The citation of a place, one for all statements."""
        key = (place.found.passage.article_id, place.start, place.end)
        if key not in self.citations:
            over = [one for one in self.extracted.citations if _covers(place, one)]
            answered = next(((one.answer_start, one.answer_end) for one in over), (None, None))
            differs = bool(over) and all(one.stance == "differs" for one in over)
            start, end = answered
            answer = (start, end) if start is not None and end is not None else None
            self.citations[key] = await citing.quote(place.found, (place.start, place.end), answer, differs)
        return self.citations[key]

    def keep(self, statement: Statement, cited: Sequence[Citation], state: StateValue) -> None:
        """Add a proven statement, and tell what may be told."""
        for citation in cited:
            self.numbers.setdefault(citation.number, len(self.numbers) + 1)
        numbers = tuple(self.numbers[number] for number in statement.citations)
        self.statements.append(replace(statement, citations=numbers))
        self.values.update(
            value for value in self._supporting() if self._holds(value, statement, cited, state)
        )
        if self._may_be_told():
            parts = answer_parts(self._draft())
            for part in parts[self.told :]:
                tell(Delta(part))
            self.told = len(parts)

    def result(self) -> Draft:
        """The written draft if any of it was told, else the extracted one."""
        if self.told:
            return self._draft()
        if self.seen and not self.statements and self.extracted.refusal is not None:
            return replace(self.extracted, refusal="unverified", missing=())
        return self.extracted

    def _draft(self) -> Draft:
        by_number = {citation.number: citation for citation in self.citations.values()}
        citations = [replace(by_number[old], number=new) for old, new in self.numbers.items()]
        supporting = self._supporting()
        values = [_citing_value(self.extracted, value, citations) for value in supporting]
        whole = bool(supporting) and set(supporting) <= self.values and all(values)
        if not whole:  # what is marked in a quote is the short answer, and there is none
            citations = [replace(one, answer_start=None, answer_end=None) for one in citations]
        return Draft(
            tuple(self.statements),
            tuple(citations),
            values=tuple(one for one in values if one) if whole else (),
            signals=self.extracted.signals,
            confidence=self.extracted.confidence if whole else None,
            written_in=self.language,
        )

    def _supporting(self) -> list[tuple[int, ...]]:
        extracted = self.extracted
        return [one for one in extracted.values if extracted.citations[one[0] - 1].stance == "supports"]

    def _may_be_told(self) -> bool:
        """Whether nothing is missing that the reader is sure of."""
        extracted = self.extracted
        if not extracted.statements or extracted.confidence is None or extracted.confidence < SURE:
            return True
        if supporting := self._supporting():
            return supporting[0] in self.values
        # A whole sentence answers: it must be among what is cited.
        return any(
            one.article.id == other.article.id and one.start < other.end and other.start < one.end
            for one in extracted.citations
            for other in self.citations.values()
            if other.number in self.numbers
        )

    def _holds(
        self, value: tuple[int, ...], statement: Statement, cited: Sequence[Citation], state: StateValue
    ) -> bool:
        """Whether a statement states an extracted value; where words do not tell, whether its quote holds it."""
        first = self.extracted.citations[value[0] - 1]
        stated = state.states(statement.text, self.language, _value(first), first.article.language)
        if stated is not None:
            return stated
        over = (self.extracted.citations[number - 1] for number in value)
        places = {(one.article.id, one.answer_start, one.answer_end) for one in over}
        return any((one.article.id, one.answer_start, one.answer_end) in places for one in cited)


def answer_language(understood: Understood) -> str:
    """The language to answer in: the one asked for, else the question's."""
    return understood.question.answer_language or understood.language


def _citing_value(extracted: Draft, value: Sequence[int], citations: Sequence[Citation]) -> tuple[int, ...]:
    """The numbers of the written answer's citations in which an extracted value stands."""
    over = [extracted.citations[number - 1] for number in value]
    places = {(one.article.id, one.answer_start, one.answer_end) for one in over}
    return tuple(
        one.number
        for one in citations
        if one.answer_start is not None and (one.article.id, one.answer_start, one.answer_end) in places
    )


def _value(citation: Citation) -> str:
    if citation.answer_start is None or citation.answer_end is None:
        return citation.quote
    return citation.quote[citation.answer_start - citation.start : citation.answer_end - citation.start]


def _covers(place: Place, citation: Citation) -> bool:
    """Whether a place holds the answer of an extracted citation."""
    return (
        citation.article.id == place.found.passage.article_id
        and citation.article.version == place.found.passage.version
        and citation.answer_start is not None
        and citation.answer_end is not None
        and place.start <= citation.answer_start
        and citation.answer_end <= place.end
    )


def _with_speaker(statement: WrittenStatement, quotes: Sequence[str]) -> str:
    """The text, and in brackets who says so where a quote names them and the text does not."""
    speaker = statement.speaker
    if speaker is None or speaker.casefold() in statement.text.casefold():
        return statement.text
    if not any(speaker.casefold() in quote.casefold() for quote in quotes):
        return statement.text
    return f"{statement.text} ({speaker})"


def _is_other_language(text: str, wanted: str) -> bool:
    base = wanted.split("-")[0]
    if base == UNDETERMINED or sum(map(str.isalpha, text)) < TOLD_APART:
        return False
    return SAME.get(base, base) not in likely_languages(text)
