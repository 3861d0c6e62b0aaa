"""The whole way of a question: cited answers, honest refusals, bounded work."""

import asyncio

import pytest

from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from indexing.archive.terms import Terms
from service.answering.pipeline import Answering
from service.answering.question import Filters, Question
from service.errors import Busy, ModeUnavailable


@pytest.fixture(scope="session")
def answering(samples: Archive, encoder: Encoder, terms: Terms) -> Answering:
    return Answering(samples, encoder, terms)


async def test_answering_quotes_the_french_sentence_for_the_english_question(answering: Answering) -> None:
    answer = await answering.ask(Question("How many soldiers entered via Ishkashim?"))
    assert answer.answered
    assert answer.language == "en"
    first = answer.citations[0]
    assert "Ishkashim (102 personnes)" in first.quote
    assert (first.article.id, first.article.language) == ("sample-fr-border-crossing", "fr")
    assert answer.statements[0].text == first.quote
    assert answer.answer.startswith(first.quote)
    assert answer.answer.count("[1]") == 1
    assert (
        first.link
        == f"/articles/{first.article.id}?v={first.article.version}&start={first.start}&end={first.end}"
    )
    assert answer.confidence is None
    assert answer.short_answer is None
    assert set(answer.timings_ms) == {"embed", "search", "read", "verify", "total"}


async def test_answering_every_citation_is_verbatim(answering: Answering, samples: Archive) -> None:
    for text in (
        "Wie viele Menschen wurden vor der Flut in Sicherheit gebracht?",
        "¿Cuánto costará la planta solar?",
        "كم عدد الركاب في القطار الليلي؟",
        "夜行列车晚点多久？",
    ):
        answer = await answering.ask(Question(text))
        nearest = answer.refusal.nearest if answer.refusal else ()
        assert answer.answered == (answer.refusal is None)
        for citation in (*answer.citations, *nearest):
            stored = await samples.article(citation.article.id, citation.article.version)
            assert stored is not None
            assert stored.article.text[citation.start : citation.end] == citation.quote


async def test_answering_refuses_what_nothing_relates_to_in_the_language_of_the_question(
    answering: Answering,
) -> None:
    answer = await answering.ask(Question("Quelle est la capitale de l’Australie ?"))
    assert not answer.answered
    assert answer.refusal is not None
    assert answer.refusal.reason == "nothing_relevant"
    assert answer.citations == ()
    assert answer.refusal.nearest
    english = await answering.ask(Question("What is the recipe for apple pie?"))
    assert english.answer != answer.answer
    chosen = await answering.ask(Question("What is the recipe for apple pie?", answer_language="fr"))
    assert chosen.answer == answer.answer


async def test_answering_refuses_when_the_filters_leave_nothing(answering: Answering) -> None:
    answer = await answering.ask(Question("How many soldiers?", filters=Filters(source=("nobody",))))
    assert answer.refusal is not None
    assert answer.refusal.reason == "nothing_relevant"
    assert answer.refusal.nearest == ()


async def test_answering_empty_archive_says_so(archive: Archive, encoder: Encoder, terms: Terms) -> None:
    answer = await Answering(archive, encoder, terms).ask(Question("Wer kam?"))
    assert answer.refusal is not None
    assert answer.refusal.reason == "archive_empty"
    assert not answer.answered


async def test_answering_generative_mode_names_the_setting(answering: Answering) -> None:
    with pytest.raises(ModeUnavailable, match="CITEWELL_LLM_BASE_URL"):
        await answering.ask(Question("Who?", mode="generative"))


async def test_answering_full_queue_is_busy_and_loses_nothing(
    samples: Archive, encoder: Encoder, terms: Terms
) -> None:
    small = Answering(samples, encoder, terms, queue=3)
    question = Question("How many soldiers entered via Ishkashim?")
    results = await asyncio.gather(*[small.ask(question) for _ in range(8)], return_exceptions=True)
    busy = [result for result in results if isinstance(result, Busy)]
    assert len(busy) == 5
    assert all(one.retry_after >= 1 for one in busy)
    assert (await small.ask(question)).answered


async def test_answering_many_at_once_answers_each_as_alone(answering: Answering) -> None:
    texts = ["How many soldiers entered via Ishkashim?", "Who ordered 20,000 soldiers to the border?"] * 6
    alone = {text: (await answering.ask(Question(text))).answer for text in set(texts)}
    together = await asyncio.gather(*[answering.ask(Question(text)) for text in texts])
    assert [answer.answer for answer in together] == [alone[text] for text in texts]
