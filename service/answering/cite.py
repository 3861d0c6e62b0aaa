"""Readings in, numbered citations and the statements that they prove out: sentences and shortest quotes, verbatim."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from indexing.archive.archive import Archive
from indexing.archive.records import Record, brief
from service.answering.answer import Citation, CitedArticle, Statement
from service.answering.article_link import article_link
from service.answering.group_answers import AnswerGroup
from service.answering.places_of_name import places_of_name
from service.answering.proving_quote import proving_quote
from service.answering.read_passages import Reading
from service.answering.retrieve import Found
from service.answering.signals import Asked
from service.answering.verify import Draft

ARTICLES = 4  # that are cited for one value: more prove nothing more


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the answer with the readings that prove it, one an article, the speaking one first."""

    readings: tuple[Reading, ...]
    differs: bool = False


class Citing:
    """Makes citations, numbered as they come."""

    def __init__(self, archive: Archive, records: Mapping[str, Record], asked: Asked) -> None:
        """Cite articles whose `records` were read; `asked` has the names that a quote should hold."""
        self._archive = archive
        self._records = records
        self._asked = asked
        self._citations: list[Citation] = []

    async def sentences(self, readings: Sequence[Reading]) -> tuple[Citation, ...]:
        """The whole sentence of each reading."""
        cited = [await self._cite(reading, reading.sentence) for reading in readings]
        return tuple(replace(citation, answer_start=None, answer_end=None) for citation in cited)

    async def proving_sentences(self, group: AnswerGroup) -> Draft:
        """A statement an article, each its whole sentence."""
        citations = await self.sentences(group.of_each_article[:ARTICLES])
        return Draft(tuple(Statement(c.quote, (c.number,), c.start, c.end) for c in citations), citations)

    async def values(self, values: Sequence[Value]) -> Draft:
        """A statement a sentence; each value with its quotes."""
        statements: dict[tuple[str, int, int], Statement] = {}
        numbers: list[tuple[int, ...]] = []
        for value in values:
            citations = [await self._cite(one, self._proof(one), value.differs) for one in value.readings]
            numbers.append(tuple(citation.number for citation in citations))
            first = value.readings[0]
            start, end = first.sentence
            place = (first.found.passage.article_id, start, end)
            text = first.found.passage.text[
                start - first.found.passage.start : end - first.found.passage.start
            ]
            statement = statements.get(place, Statement(text, (), start, end))
            statements[place] = replace(statement, citations=(*statement.citations, *numbers[-1]))
        return Draft(tuple(statements.values()), tuple(self._citations), values=tuple(numbers))

    def _proof(self, reading: Reading) -> tuple[int, int]:
        passage = reading.found.passage
        shift = passage.start
        start, end = reading.sentence
        sentence = passage.text[start - shift : end - shift]
        asked = self._asked
        named = [
            places_of_name(name, sentence, reading.found.language, asked.language) for name in asked.names
        ]
        quote = proving_quote(sentence, (reading.start - start, reading.end - start), named)
        return quote[0] + start, quote[1] + start

    async def _cite(self, reading: Reading, run: tuple[int, int], differs: bool = False) -> Citation:
        return await self.quote(reading.found, run, (reading.start, reading.end), differs)

    async def quote(
        self, found: Found, run: tuple[int, int], answer: tuple[int, int] | None, differs: bool = False
    ) -> Citation:
        """The citation of a run of a passage, with where in it the answer stands if it holds it all."""
        passage = found.passage
        record = self._records[passage.article_id]
        start, end = run
        fields = record.metadata
        if answer is not None and not (start <= answer[0] and answer[1] <= end):
            answer = None
        citation = Citation(
            number=len(self._citations) + 1,
            quote=passage.text[start - passage.start : end - passage.start],
            start=start,
            end=end,
            answer_start=answer[0] if answer else None,
            answer_end=answer[1] if answer else None,
            passage_id=passage.id,
            article=CitedArticle(
                id=record.id,
                version=passage.version,
                title=fields["title"],
                source=fields["source"],
                url=fields["url"],
                language=fields["language"],
                published=fields["published"],
                tags=tuple(fields["tags"]),
            ),
            also_in=await self._copies(found, passage.text[start - passage.start : end - passage.start]),
            stance="differs" if differs else "supports",
            newer_version=record.version if record.version != passage.version else None,
            link=article_link(record.id, passage.version, start, end),
        )
        self._citations.append(citation)
        return citation

    async def _copies(self, found: Found, quote: str) -> tuple[dict[str, object], ...]:
        """The same text under other ids, and other articles whose near-identical passage has this very quote."""
        copies = await self._archive.copies(found.passage.article_id)
        same = [passage.article_id for passage in found.same if quote in passage.text]
        others = await self._archive.records(same) if same else {}
        return (*copies, *(brief(record) for record in others.values()))
