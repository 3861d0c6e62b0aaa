"""Suggested questions: only what the archive answers, asked once for each of its states, never in a reader's way."""

import asyncio
from collections.abc import Callable, Iterable

import pytest

from indexing.add_articles import Reading, add_articles, article_input
from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from service.answering.pipeline import Answering
from service.answering.question import Question
from service.answering.suggestions import Suggested, Suggestions
from service.errors import Busy

BORDER = "How many soldiers entered Tajikistan via Ishkashim?"
FRENCH = "Qui a gagné le tournoi d’échecs de Puerto Alaveda ?"
NOWHERE = "Who won the ice hockey final in Wellington?"
QUESTIONS = {"en": (BORDER, NOWHERE), "fr": (FRENCH,)}


class Counted:
    """Asks the real service, and keeps what was asked by whom; `before` may hold a question up, or refuse it."""

    def __init__(self, answering: Answering) -> None:
        self.answering = answering
        self.asked: list[tuple[str, str]] = []
        self.held: dict[str, asyncio.Event] = {}
        self.full = False

    async def ask(self, question: Question, caller: str) -> object:
        self.asked.append((question.text, caller))
        if self.full:
            raise Busy(1)
        if question.text in self.held:
            await self.held[question.text].wait()
        return await self.answering.ask(question, caller)

    def texts(self) -> list[str]:
        return [text for text, _ in self.asked]


@pytest.fixture
def counted(samples: Archive, answer_from: Callable[..., Answering]) -> Counted:
    """The service at a threshold of its own, so that no new calibration decides these tests."""
    return Counted(answer_from(samples, threshold=0.2))


@pytest.fixture
def suggestions(samples: Archive, counted: Counted) -> Suggestions:
    return Suggestions(QUESTIONS, samples, counted, wait_seconds=300)


async def test_only_what_the_archive_answers_is_suggested(suggestions: Suggestions, counted: Counted) -> None:
    assert await suggestions.for_language("en") == Suggested("en", (BORDER,))
    assert counted.asked == [(BORDER, "suggestions"), (NOWHERE, "suggestions")]


async def test_each_question_is_asked_once_and_languages_apart(
    suggestions: Suggestions, counted: Counted
) -> None:
    for tag in ("fr", "fr-CA", "fr", "en-GB", "en"):
        found = await suggestions.for_language(tag)
        assert found is not None and found.questions
    assert counted.texts() == [FRENCH, BORDER, NOWHERE]


async def test_language_without_questions_has_none(suggestions: Suggestions, counted: Counted) -> None:
    assert await suggestions.for_language("pt-BR") is None
    assert counted.asked == []


async def test_those_who_ask_at_once_share_one_check(suggestions: Suggestions, counted: Counted) -> None:
    found = await asyncio.gather(*(suggestions.for_language("en") for _ in range(5)))
    assert set(found) == {Suggested("en", (BORDER,))}
    assert counted.texts() == [BORDER, NOWHERE]


async def test_one_who_leaves_hands_over_to_the_next(suggestions: Suggestions, counted: Counted) -> None:
    counted.held[NOWHERE] = asyncio.Event()
    first, second = (asyncio.create_task(suggestions.for_language("en")) for _ in range(2))
    while NOWHERE not in counted.texts():
        await asyncio.sleep(0.01)
    first.cancel()
    counted.held.pop(NOWHERE)
    assert await second == Suggested("en", (BORDER,))
    assert counted.texts() == [BORDER, NOWHERE, NOWHERE]


async def test_full_queue_means_none_now_and_all_later(suggestions: Suggestions, counted: Counted) -> None:
    counted.full = True
    assert await suggestions.for_language("en") == Suggested("en", ())
    counted.full = False
    assert await suggestions.for_language("en") == Suggested("en", (BORDER,))


async def test_what_takes_too_long_is_left_for_the_next_reader(samples: Archive, counted: Counted) -> None:
    suggestions = Suggestions({"en": (BORDER, FRENCH)}, samples, counted, wait_seconds=300)
    hasty = Suggestions({"en": (BORDER, FRENCH)}, samples, counted, wait_seconds=0)
    assert await hasty.for_language("en") == Suggested("en", ())
    counted.held[BORDER] = asyncio.Event()
    assert await hasty.for_language("en") == Suggested("en", ())
    counted.held.pop(BORDER)
    assert await suggestions.for_language("en") == Suggested("en", (BORDER, FRENCH))


async def add(archive: Archive, encoder: Encoder, *articles: dict[str, object]) -> None:
    readings: Iterable[Reading] = [
        Reading("test", article_input(article), None, None) for article in articles
    ]
    async for added in add_articles(readings, archive, encoder, max_characters=1_000_000):
        assert added.status in ("added", "updated"), added


async def test_changed_archive_is_asked_anew(
    archive: Archive, encoder: Encoder, answer_from: Callable[..., Answering]
) -> None:
    counted = Counted(answer_from(archive, threshold=None))
    suggestions = Suggestions({"en": (BORDER,)}, archive, counted, wait_seconds=300)
    assert await suggestions.for_language("en") == Suggested("en", ())  # an empty archive answers nothing
    text = "In the night 102 soldiers entered Tajikistan via Ishkashim, the border guards said on Monday."
    await add(archive, encoder, {"id": "a", "title": "Soldiers at the border", "text": text})
    assert await suggestions.for_language("en") == Suggested("en", (BORDER,))
    # As many articles as before, but another text.
    await add(
        archive, encoder, {"id": "a", "title": "Bread", "text": "The bakery at the market won a prize."}
    )
    assert await suggestions.for_language("en") == Suggested("en", ())
    assert await archive.remove("a")
    assert await suggestions.for_language("en") == Suggested("en", ())
    assert counted.texts() == [BORDER] * 4
