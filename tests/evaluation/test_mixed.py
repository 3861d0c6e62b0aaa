"""What watches a mixed load sees each kind of wrong answer, and finds none in the real service."""

import copy
import math
import random
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from evaluation.mixed_answers import AnswerChecks
from evaluation.mixed_editions import Editions, edition_of
from evaluation.mixed_load import MixedLoad
from evaluation.mixed_material import changed, mixed_material
from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from service.app import create_app
from service.settings import Settings
from tests.conftest import AnswerFrom

ITEM = {
    "id": "tower",
    "title": "The tower",
    "text": "The tower was closed in spring. Its keeper counted 214 cracks in the walls of the tower.",
}
LATER = ITEM | {"text": ITEM["text"].replace("214", "387")}
QUESTION = {"question": "How many cracks did the keeper count in the walls?"}


@pytest.fixture
async def client(
    archive: Archive, encoder: Encoder, answer_from: AnswerFrom
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the real application over an empty archive, in this process."""
    app = create_app(Settings(), archive, encoder, answer_from(archive))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


class Seen:
    """One article in two versions, and the answers that the service gave on each."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.editions = Editions()

    async def store(self, item: dict[str, str]) -> dict[str, Any]:
        edition = edition_of(item)
        self.editions.sending(edition)
        reply = await self.client.post("/v1/articles", json=item)
        assert reply.json()["version"] == edition.version
        self.editions.stored(edition)
        answer: dict[str, Any] = (await self.client.post("/v1/answers", json=QUESTION)).json()
        assert answer["answered"]
        return answer

    async def faults(self, answer: dict[str, Any], asked: float) -> dict[str, int]:
        checks = AnswerChecks(self.client, self.editions)
        await checks.check(answer, asked, time.perf_counter())
        return dict(checks.faults)


async def test_an_answer_on_a_version_that_was_replaced_before_is_seen(client: httpx.AsyncClient) -> None:
    seen = Seen(client)
    started = time.perf_counter()
    first = await seen.store(ITEM)
    assert await seen.faults(first, started) == {}
    second = await seen.store(LATER)
    assert await seen.faults(second, time.perf_counter()) == {}
    assert await seen.faults(first, started) == {}  # asked before it was replaced
    assert set(await seen.faults(first, time.perf_counter())) == {"shown too late", "mixed versions"}


def moved(answer: dict[str, Any]) -> None:
    answer["citations"][0]["end"] += 1


def other_words(answer: dict[str, Any]) -> None:
    answer["citations"][0]["quote"] = answer["citations"][0]["quote"].upper() + "!"


def answer_elsewhere(answer: dict[str, Any]) -> None:
    answer["citations"][0]["answer_end"] = answer["citations"][0]["end"] + 1


def unknown_version(answer: dict[str, Any]) -> None:
    answer["citations"][0]["article"]["version"] = "0" * 16


def link_elsewhere(answer: dict[str, Any]) -> None:
    answer["citations"][0]["link"] = "/articles/tower?start=0&end=3"


def statement_moved(answer: dict[str, Any]) -> None:
    answer["statements"][0]["start"] += 1


def old_passage(answer: dict[str, Any]) -> None:
    answer["passages"][0]["text"] = answer["passages"][0]["text"].replace("387", "214")


def no_citation(answer: dict[str, Any]) -> None:
    answer["citations"], answer["statements"] = [], []


SPOILED: dict[Callable[[dict[str, Any]], None], set[str]] = {
    moved: {"wrong offsets"},
    other_words: {"wrong offsets", "link does not show the quote"},
    answer_elsewhere: {"wrong offsets"},
    unknown_version: {"unknown version", "mixed versions"},
    link_elsewhere: {"link does not show the quote"},
    statement_moved: {"wrong offsets"},
    old_passage: {"mixed versions"},
    no_citation: {"neither answer nor refusal"},
}


async def test_each_kind_of_spoiled_answer_is_seen(client: httpx.AsyncClient) -> None:
    seen = Seen(client)
    started = time.perf_counter()
    await seen.store(ITEM)
    answer = await seen.store(LATER)
    for spoil, kinds in SPOILED.items():
        spoiled = copy.deepcopy(answer)
        spoil(spoiled)
        assert set(await seen.faults(spoiled, started)) == kinds, spoil.__name__


def test_what_is_removed_may_be_shown_until_that_is_confirmed() -> None:
    editions = Editions()
    edition = edition_of(ITEM)
    assert not edition.may_be_shown(0, math.inf)  # never sent
    editions.sending(edition)
    editions.stored(edition)
    asked = time.perf_counter()
    editions.removing("tower")
    editions.removed("tower")
    assert edition.removing and editions.current == {}
    assert edition.may_be_shown(asked, time.perf_counter())
    assert not edition.may_be_shown(time.perf_counter(), math.inf)


def test_every_version_of_an_article_is_another(sets: Path) -> None:
    material = mixed_material(sets, 1, staying=6, changing=3)
    source = material.changing[0]
    chance = random.Random(1)
    made = [changed(source, chance, number) for number in range(5)]
    assert {item["id"] for item, _ in made} == {source.id}
    assert len({edition.version for _, edition in made}) == 5


async def test_a_short_load_on_the_real_service_finds_nothing_wrong(
    client: httpx.AsyncClient, sets: Path
) -> None:
    mixed = MixedLoad(client, mixed_material(sets, 1, staying=4, changing=6), seed=1)
    await mixed.fill()
    for operation in (mixed.update, mixed.ask_anything, mixed.rate, mixed.read, mixed.remove, mixed.add):
        await operation()
    await mixed.go_on(1.0)
    left = await mixed.left_over()
    assert (dict(mixed.load.errors), dict(mixed.checks.faults)) == ({}, {}), mixed.checks.examples
    assert left["articles"] == len(mixed.editions.current) and left["ratings"] == len(mixed.load.ratings)
    assert {"questions", "added", "updated", "removed", "read"} <= set(mixed.load.done)

    gone = next(iter(mixed.editions.current))
    mixed.editions.removed(gone)  # as if the service had kept what it was told to remove
    await mixed.left_over()
    assert mixed.checks.faults["counts differ"]
