"""Passages are found across languages, filters hold, and what relates to nothing is known."""

import pytest

from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from indexing.archive.filters import Filters
from indexing.archive.terms import Terms
from service.answering.embed_question import EmbedQuestion
from service.answering.question import Question
from service.answering.retrieve import Retrieve
from service.answering.understand_question import UnderstandQuestion


async def retrieved(
    archive: Archive, encoder: Encoder, terms: Terms, question: Question
) -> dict[str, object]:
    """What the component returns, run by itself."""
    understood = UnderstandQuestion().run(question)["understood"]
    vector = EmbedQuestion(encoder).run(understood)["vector"]
    return await Retrieve(archive, terms).run_async(understood, vector)


@pytest.mark.parametrize(
    "text",
    [
        "How many soldiers entered via Ishkashim?",
        "Wie viele Soldaten kamen über Ishkashim?",
        "¿Cuántos soldados entraron por Ishkashim?",
        "Combien de soldats sont passés par Ishkashim ?",
    ],
)
async def test_retrieve_finds_the_french_article_from_any_language(
    samples: Archive, encoder: Encoder, terms: Terms, text: str
) -> None:
    result = await retrieved(samples, encoder, terms, Question(text))
    found = result["found"]
    assert "sample-fr-border-crossing" in [one.passage.article_id for one in found[:3]]
    assert result["relevant"]
    assert len(found) <= 8
    assert len({one.passage.id for one in found}) == len(found)


async def test_retrieve_puts_other_languages_beside_the_best(
    samples: Archive, encoder: Encoder, terms: Terms
) -> None:
    result = await retrieved(
        samples, encoder, terms, Question("Did Tajikistan mobilise troops at the Afghan border?")
    )
    assert len({one.language for one in result["found"]}) >= 2


@pytest.mark.parametrize(
    ("filters", "languages"),
    [
        (Filters(language=("de",)), {"de"}),
        (Filters(tags=("sample",), language=("es", "zh")), {"es", "zh"}),
        (Filters(article_id=("sample-fr-border-crossing",)), {"fr"}),
    ],
)
async def test_retrieve_keeps_to_the_filters(
    samples: Archive, encoder: Encoder, terms: Terms, filters: Filters, languages: set[str]
) -> None:
    result = await retrieved(samples, encoder, terms, Question("How many soldiers entered?", filters=filters))
    assert {one.language for one in result["found"]} == languages


async def test_retrieve_with_a_filter_that_nothing_passes_finds_nothing(
    samples: Archive, encoder: Encoder, terms: Terms
) -> None:
    question = Question("How many soldiers entered?", filters=Filters(published_from="2099-01-01"))
    result = await retrieved(samples, encoder, terms, question)
    assert result["found"] == []
    assert not result["relevant"]


async def test_retrieve_knows_when_nothing_relates(samples: Archive, encoder: Encoder, terms: Terms) -> None:
    result = await retrieved(samples, encoder, terms, Question("What is the recipe for apple pie?"))
    assert not result["relevant"]


@pytest.mark.parametrize("text", ["?", "102", "🙂🙂", "a" * 2000, "слово " * 300])
async def test_retrieve_survives_questions_without_sense(
    samples: Archive, encoder: Encoder, terms: Terms, text: str
) -> None:
    assert len((await retrieved(samples, encoder, terms, Question(text)))["found"]) <= 8
