"""The whole way of a question: cited answers, honest refusals, bounded work."""

import asyncio
from collections.abc import Callable

import pytest

from indexing.add_articles import Reading, add_articles, article_input
from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from indexing.archive.search_passages import Candidate
from indexing.errors import ArchiveFull
from service.answering.pipeline import Answering
from service.answering.question import Filters, Question
from service.errors import Busy, ModeUnavailable


@pytest.fixture(scope="session")
def answering(samples: Archive, answer_from: Callable[..., Answering]) -> Answering:
    return answer_from(samples)


async def test_answering_quotes_the_french_sentence_for_the_english_question(answering: Answering) -> None:
    answer = await answering.ask(Question("How many soldiers entered via Ishkashim?"))
    assert answer.answered
    assert answer.language == "en"
    first = answer.citations[0]
    assert "Ishkashim (102 personnes)" in first.quote
    assert (first.article.id, first.article.language) == ("sample-fr-border-crossing", "fr")
    assert first.quote in answer.statements[0].text
    assert answer.answer == f"{answer.short_answer} [1]"
    assert (
        first.link
        == f"/articles/{first.article.id}?v={first.article.version}&start={first.start}&end={first.end}"
    )
    assert (first.answer_start, first.answer_end) != (None, None)
    assert answer.short_answer in ("102", "102 personnes")
    assert answer.confidence is not None and 0 < answer.confidence < 1
    steps = {"understand", "embed", "search", "read", "compose", "verify", "total"}
    assert set(answer.timings_ms) == steps | {"queued", "queue_length"}


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


async def test_answering_empty_archive_says_so(
    archive: Archive, answer_from: Callable[..., Answering]
) -> None:
    answer = await answer_from(archive).ask(Question("Wer kam?"))
    assert answer.refusal is not None
    assert answer.refusal.reason == "archive_empty"
    assert not answer.answered


async def test_answering_generative_mode_names_the_setting(answering: Answering) -> None:
    with pytest.raises(ModeUnavailable, match="CITEWELL_LLM_BASE_URL"):
        await answering.ask(Question("Who?", mode="generative"))


async def test_answering_full_queue_is_busy_and_loses_nothing(
    samples: Archive, answer_from: Callable[..., Answering]
) -> None:
    small = answer_from(samples, queue=3)
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


class BrokenArchive(Archive):
    """An archive whose disk is full, as far as searching goes."""

    async def candidates(self, *_: object) -> list[Candidate]:
        """Fail as the engine does."""
        raise ArchiveFull("the disk is full; free some space")


async def test_answering_raises_what_the_archive_raised(
    encoder: Encoder, archive: Archive, answer_from: Callable[..., Answering]
) -> None:
    """Not wrapped by the pipeline, so that every face can say it in one line."""
    reading = Reading("x", article_input({"text": "Ein Satz über eine Stadt."}), None, None)
    assert [one.status async for one in add_articles([reading], archive, encoder, max_characters=1000)] == [
        "added"
    ]
    broken = BrokenArchive(archive._engine, archive.manifest, archive.place)
    with pytest.raises(ArchiveFull, match="free some space"):
        await answer_from(broken).ask(Question("Welche Stadt?"))


async def test_answering_while_an_article_is_rewritten_never_loses_it(
    encoder: Encoder, archive: Archive, answer_from: Callable[..., Answering]
) -> None:
    """Every answer cites one version that was current while it was made, and there is always one."""

    async def write(number: int) -> None:
        text = f"Der Bürgermeister von Velmtal heißt Anton Kreis. Das ist Fassung {number} der Meldung."
        reading = Reading("x", article_input({"id": "velmtal", "text": text}), None, None)
        async for added in add_articles([reading], archive, encoder, max_characters=1000):
            assert added.status in ("added", "updated")

    async def keep_writing() -> None:
        for number in range(1, 16):
            await write(number)

    await write(0)
    answering = answer_from(archive)
    writing = asyncio.create_task(keep_writing())
    asked = 0
    while not writing.done() or not asked:
        answer = await answering.ask(Question("Wie heißt der Bürgermeister von Velmtal?"))
        assert answer.answered
        assert len({citation.article.version for citation in answer.citations}) == 1
        asked += 1
    await writing
