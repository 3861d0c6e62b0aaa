"""A question and a pool in; what the whole service, or dense search and the best sentence, would answer out."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from evaluation.rankings import TOP_K
from indexing.archive.archive import Archive
from indexing.archive.article import Passage
from indexing.archive.encoder import Encoder
from indexing.archive.filters import Filters
from indexing.archive.search_passages import PassageQuery
from service.answering.answer import Answer, Citation
from service.answering.question import Question


@dataclass(frozen=True, slots=True)
class Quoted:
    """One citation as it is judged: the quote, the exact answer in it, and whether the quote is verbatim."""

    article_id: str
    language: str
    quote: str
    value: str
    """The exact answer; empty where the quote has none marked."""
    covers: bool
    """The marked answer lies inside the quote; so it does where nothing is marked, since the whole quote answers."""
    verbatim: bool
    """The quote is the stored text at its offsets."""
    differs: bool = False
    """It is shown because its article says otherwise."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """The best answer to one question, whether or not it is sure enough to be given; empty text: there is none."""

    text: str
    quoted: tuple[Quoted, ...] = ()
    ranked: tuple[str, ...] = ()
    """Articles that were considered, best first, after reading."""
    features: Mapping[str, float] = field(default_factory=dict)
    given: bool = False
    """Whether the service as it is gives this answer."""
    confidence: float | None = None
    milliseconds: float | None = None

    @property
    def verbatim(self) -> bool:
        """Whether every quote is the stored text at its offsets; so it is without quotes."""
        return all(one.verbatim for one in self.quoted)


class Attempts(Protocol):
    """Asks one pool."""

    async def attempt(self, question: str) -> Attempt:
        """The best answer to the question."""


@dataclass(frozen=True, slots=True)
class Unfiltered:
    """The answer with the threshold taken away, the signals of its weakest value, and whether it passes."""

    answer: Answer
    features: Mapping[str, float]
    given: bool


Ask = Callable[[Question], Awaitable[Unfiltered]]


class WholeService:
    """From the question to the verified quotes, as every face gets them."""

    def __init__(self, archive: Archive, ask: Ask) -> None:
        """Check the quotes that `ask` brings against `archive`."""
        self._archive = archive
        self._ask = ask

    async def attempt(self, question: str) -> Attempt:
        """Ask as a face would, without the turns before."""
        found = await self._ask(Question(question, top_k=TOP_K))
        answer = found.answer
        first = answer.statements[0].text if answer.statements else ""
        return Attempt(
            text=answer.short_answer or first,
            quoted=tuple([await self._quoted(citation) for citation in answer.citations]),
            # The reader has the last word on which passage is first.
            ranked=distinct(
                [citation.article.id for citation in answer.citations]
                + [passage.article_id for passage in answer.passages]
            ),
            features=found.features,
            given=found.given,
            confidence=answer.confidence,
            milliseconds=answer.timings_ms.get("total"),
        )

    async def _quoted(self, citation: Citation) -> Quoted:
        stored = await self._archive.article(citation.article.id, citation.article.version)
        start, end = citation.answer_start, citation.answer_end
        marked = start is not None and end is not None
        inside = start is not None and end is not None and citation.start <= start < end <= citation.end
        return Quoted(
            article_id=citation.article.id,
            language=citation.article.language,
            quote=citation.quote,
            value=stored.article.text[start:end] if stored is not None and marked else "",
            covers=inside or not marked,
            verbatim=stored is not None
            and stored.article.text[citation.start : citation.end] == citation.quote,
            differs=citation.stance == "differs",
        )


class DenseBestSentence:
    """What a service without a reader can do: the nearest passages, and of these the nearest sentence."""

    def __init__(self, archive: Archive, encoder: Encoder) -> None:
        """Search `archive` with the encoder that wrote it."""
        self._archive = archive
        self._encoder = encoder

    async def attempt(self, question: str) -> Attempt:
        """The sentence whose cosine and whose passage's cosine to the question are highest together."""
        [vector] = self._encoder.encode_questions([question])
        [hits] = await self._archive.search([PassageQuery(TOP_K, vector=vector)], Filters())
        passages = {passage.id: passage for passage in await self._archive.passages([hit.id for hit in hits])}
        places = [(hit, *place) for hit in hits for place in passages[hit.id].sentences]
        if not places:
            return Attempt("")
        texts = [_cut(passages[hit.id], start, end) for hit, start, end in places]
        cosines = self._encoder.encode_passages(texts) @ vector
        scores = [float(cosine) + hit.score for cosine, (hit, _, _) in zip(cosines, places, strict=True)]
        best = scores.index(max(scores))
        hit = places[best][0]
        others = [
            score
            for score, place in zip(scores, places, strict=True)
            if place[0].article_id != hit.article_id
        ]
        features = {"sentence": float(cosines[best]), "passage": hit.score}
        if others:
            features["margin"] = scores[best] - max(others)
        return Attempt(
            text=texts[best],
            quoted=(Quoted(hit.article_id, hit.language, texts[best], "", covers=False, verbatim=True),),
            ranked=distinct(one.article_id for one in hits),
            features=features,
        )


def distinct(articles: Iterable[str]) -> tuple[str, ...]:
    """Each article once, at its best place."""
    return tuple(dict.fromkeys(articles))


def _cut(passage: Passage, start: int, end: int) -> str:
    return passage.text[start - passage.start : end - passage.start]
