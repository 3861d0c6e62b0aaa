"""The way of articles into the archive: one result each, in order, whatever the others are like."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from indexing.add_articles import (
    BATCH_ARTICLES,
    READ_AHEAD,
    Added,
    Reading,
    add_articles,
    article_input,
    read_paths,
)
from indexing.archive.archive import SAMPLE_MARK, Archive
from indexing.archive.encoder import Encoder
from indexing.archive.filters import Filters
from indexing.archive.open_archive import manifest_for, open_archive
from indexing.archive.search_passages import PassageQuery
from indexing.archive.terms import Terms
from indexing.encode_plans import SIDE_BY_SIDE
from indexing.make_article import stored_id
from tests.indexing.archive.synthetic import (
    ENCODER,
    Expected,
    TinyEncoder,
    all_points,
    check,
    long_text,
    open_edge,
    passages_of,
    stored,
)


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Archive]:
    opened = open_edge(tmp_path / "points")
    yield opened
    await opened.close()


def readings(*items: dict[str, Any]) -> list[Reading]:
    return [
        Reading(f"line {number}", article_input({"language": "en", **item}), None, None)
        for number, item in enumerate(items, start=1)
    ]


async def add(
    archive: Archive, given: Iterable[Reading], encoder: Any = ENCODER, limit: int = 100_000
) -> list[Added]:
    return [added async for added in add_articles(given, archive, encoder, max_characters=limit)]


async def statuses(archive: Archive, *items: dict[str, Any]) -> list[str]:
    return [added.status for added in await add(archive, readings(*items))]


async def test_each_reading_has_one_result_in_order(archive: Archive) -> None:
    given = readings(
        {"id": "a", "text": long_text("a")}, {"id": "b", "text": "\n \t"}, {"id": "c", "text": "x" * 501}
    )
    given.insert(1, Reading("page.html", None, None, "no text was found"))
    given.append(Reading("empty", None, None, None))
    results = await add(archive, [*given, *readings({"id": "d", "text": "The end."})], limit=500)
    assert [(one.place, one.status) for one in results] == [
        ("line 1", "added"),
        ("page.html", "failed"),
        ("line 2", "failed"),
        ("line 3", "failed"),
        ("empty", "failed"),
        ("line 1", "added"),
    ]
    assert results[1].error == "no text was found"
    assert (
        results[2].error == "got an article without text, allowed: at least one character; check its source"
    )
    assert "got 501 characters, allowed: at most 500" in str(results[3].error)
    assert results[4].error == "nothing could be read"
    first = await archive.article("a")
    assert first is not None
    assert (results[0].id, results[0].version, results[0].passages) == ("a", first.version, first.passages)
    assert await archive.article_count() == 2


async def test_later_articles_see_the_earlier_ones_of_the_same_call(archive: Archive) -> None:
    one, two = long_text("one"), long_text("two")
    given = [
        ("a", one),
        ("a", one),
        ("b", one),
        ("a", two),
        ("c", two),
        ("b", two),
        ("a", one),
        ("d", "Short."),
    ]
    expected = Expected()
    results = await add(archive, readings(*({"id": id, "text": text} for id, text in given)))
    for (id, text), added in zip(given, results, strict=True):
        made = replace((await archive.article("d")).article, id=id, text=text, title=text[:10])  # type: ignore[union-attr]
        assert added.status == expected.put(made), (id, text[:30])
    there = await Expected.of(archive)
    assert (there.versions, there.groups) == (expected.versions, expected.groups)
    await check(archive, there)


async def test_texts_that_change_places_end_where_the_last_write_says(archive: Archive) -> None:
    one, two = long_text("one"), long_text("two")
    await statuses(archive, {"id": "a", "text": one}, {"id": "b", "text": two})
    assert await statuses(archive, {"id": "a", "text": two}, {"id": "b", "text": one}) == [
        "duplicate",
        "updated",
    ]
    await check(archive, await Expected.of(archive))
    for id, text in (("a", two), ("b", one)):
        stored = await archive.article(id)
        assert stored is not None and stored.article.text == text and stored.copy_of is None


async def test_many_articles_go_in_by_batches(archive: Archive) -> None:
    count = 2 * BATCH_ARTICLES + 5
    items = [{"id": f"a{n}", "text": long_text(f"place {n}", 1 + n % 5)} for n in range(count)]
    assert await statuses(archive, *items) == ["added"] * count
    assert await statuses(archive, *items) == ["unchanged"] * count
    await check(archive, await Expected.of(archive))


async def test_result_counts_the_stored_passages(archive: Archive) -> None:
    text = long_text("a")
    for item, wanted in (
        ({"id": "a", "text": text}, "added"),
        ({"id": "a", "text": text}, "unchanged"),
        ({"id": "a", "text": text, "source": "Echo"}, "updated"),
        ({"id": "a", "text": text, "title": "Other"}, "updated"),
    ):
        [added] = await add(archive, readings(item))
        assert (added.status, added.passages) == (
            wanted,
            len(passages_of((await archive.article("a")).article)),
        )  # type: ignore[union-attr]
    [copy] = await add(archive, readings({"id": "b", "text": text}))
    assert (copy.status, copy.passages) == ("duplicate", 0)


async def test_files_get_their_ids_from_their_places(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "news").mkdir()
    for name in ("one.txt", "two words.txt"):
        (tmp_path / "news" / name).write_text(f"This is {name}.", "utf-8")
    results = await add(archive, read_paths([str(tmp_path / "news")], max_characters=1000))
    assert [added.status for added in results] == ["added", "added"]
    for added in results:
        stored = await archive.article(str(added.id))
        assert stored is not None
        assert stored_id(stored.article.meta["original_id"])[0] == added.id
    again = await add(archive, read_paths([str(tmp_path / "news")], max_characters=1000))
    assert [added.status for added in again] == ["unchanged", "unchanged"]


def sample(id: str, text: str) -> dict[str, Any]:
    return {"id": id, "text": text, "tags": ["sample"], "meta": {SAMPLE_MARK: True}}


async def test_first_article_of_ones_own_removes_the_samples(archive: Archive) -> None:
    await statuses(archive, sample("sample-a", "Sample a."), sample("sample-b", "Sample b."))
    assert await statuses(archive, {"id": "bad", "text": " "}) == ["failed"]
    assert len(await archive.sample_ids()) == 2
    assert await statuses(archive, sample("sample-c", "Sample c.")) == ["added"]
    assert len(await archive.sample_ids()) == 3
    assert await statuses(archive, {"id": "mine", "text": "Sample b.", "tags": ["sample"]}) == ["duplicate"]
    assert await archive.sample_ids() == []
    there = await Expected.of(archive)
    assert there.groups == {"Sample b.": ["mine"]}
    await check(archive, there)


async def test_own_article_that_a_sample_copies_is_kept(archive: Archive) -> None:
    await statuses(archive, {"id": "mine", "text": "The text."})
    assert await statuses(archive, sample("sample-a", "The text.")) == ["duplicate"]
    assert await statuses(archive, {"id": "more", "text": "Another."}) == ["added"]
    there = await Expected.of(archive)
    assert sorted(there.articles) == ["mine", "more"]
    await check(archive, there)


async def test_caller_who_takes_one_result_alone_has_stored_it(archive: Archive) -> None:
    await statuses(archive, sample("sample-a", "Sample a."))
    given = readings({"id": "a", "text": "First."})
    results = add_articles(given, archive, ENCODER, max_characters=100)
    assert (await anext(results)).status == "added"
    await results.aclose()
    there = await Expected.of(archive)
    assert sorted(there.articles) == ["a"]
    await check(archive, there)


async def test_readings_may_come_as_they_arrive(archive: Archive) -> None:
    async def arriving() -> AsyncIterator[Reading]:
        for reading in readings({"id": "a", "text": "First."}, {"id": "b", "text": "Second."}):
            await asyncio.sleep(0)
            yield reading

    results = [added async for added in add_articles(arriving(), archive, ENCODER, max_characters=100)]
    assert [added.id for added in results] == ["a", "b"]


class Counting(TinyEncoder):
    """Counts the texts that it encodes."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts += texts
        return super().encode_passages(texts)


async def test_texts_that_follow_each_other_are_encoded_once(archive: Archive) -> None:
    encoder = Counting()
    items = [{"id": f"{kind}{n}", "text": f"Text {n}."} for n in range(30) for kind in "ab"]
    results = await add(archive, readings(*items), encoder=encoder)
    assert [added.status for added in results] == ["added", "duplicate"] * 30
    assert sorted(encoder.texts) == sorted(f"Text {n}." for n in range(30))
    await check(archive, await Expected.of(archive))
    encoder.texts.clear()
    # A new title at first, then another text: the one batch is planned before the other is stored.
    changed = [
        {"id": "a1", "text": "Text 1.", "title": "New"},
        {"id": "a1", "text": "Text one.", "title": "New"},
    ]
    assert [added.status for added in await add(archive, readings(*changed), encoder=encoder)] == [
        "updated"
    ] * 2
    assert sorted(encoder.texts) == ["New\nText 1.", "New\nText one."]
    await check(archive, await Expected.of(archive))


async def test_reading_and_encoding_go_on_while_a_result_is_looked_at_but_not_far(archive: Archive) -> None:
    taken = 0

    def many() -> Iterator[Reading]:
        nonlocal taken
        for number in range(40 * BATCH_ARTICLES):
            taken += 1
            yield readings({"id": f"a{number}", "text": f"Text {number}."})[0]

    results = add_articles(many(), archive, ENCODER, max_characters=100)
    assert (await anext(results)).id == "a0"
    ahead = (SIDE_BY_SIDE + READ_AHEAD + 2) * BATCH_ARTICLES
    until = time.monotonic() + 60
    while taken < (SIDE_BY_SIDE + READ_AHEAD + 1) * BATCH_ARTICLES and time.monotonic() < until:
        await asyncio.sleep(0.01)
    assert BATCH_ARTICLES < taken <= ahead
    assert await archive.article_count() == BATCH_ARTICLES, "only what was reported is stored"
    await results.aclose()
    assert taken <= ahead + 1
    there = await Expected.of(archive)
    assert sorted(there.articles) == sorted(f"a{n}" for n in range(BATCH_ARTICLES))
    await check(archive, there)


async def test_readings_that_break_off_leave_what_was_before_stored(archive: Archive) -> None:
    def breaking() -> Iterator[Reading]:
        for number in range(3 * BATCH_ARTICLES + 5):
            yield readings({"id": f"a{number}", "text": f"Text {number}."})[0]
        raise ConnectionResetError("the client has gone")

    got: list[Added] = []
    with pytest.raises(ConnectionResetError, match="the client has gone"):
        async for added in add_articles(breaking(), archive, ENCODER, max_characters=100):
            got.append(added)
    assert [added.id for added in got] == [f"a{n}" for n in range(3 * BATCH_ARTICLES)]
    await check(archive, await Expected.of(archive))
    assert await archive.article_count() == 3 * BATCH_ARTICLES


async def test_additions_at_the_same_time_leave_a_sound_archive(archive: Archive) -> None:
    chance = random.Random(7)
    texts = [long_text(f"place {n}", 1 + n % 3) for n in range(6)]

    async def work(name: str) -> None:
        for _ in range(6):
            items = [
                {"id": chance.choice("abcdef"), "text": chance.choice(texts), "source": name}
                for _ in range(chance.randrange(1, 6))
            ]
            results = await add(archive, readings(*items))
            assert [added.id for added in results] == [item["id"] for item in items]
            if chance.random() < 0.3:
                await archive.remove(chance.choice("abcdef"))

    await asyncio.gather(*(work(f"source {n}") for n in range(4)))
    await check(archive, await Expected.of(archive))


async def test_passages_fit_an_encoder_that_sees_little(archive: Archive) -> None:
    short = TinyEncoder(max_tokens=64)
    await add(archive, readings({"id": "a", "title": "T", "text": long_text("a")}), encoder=short)
    cut = [passage for passage, _ in stored(await all_points(archive._engine))["passages"].values()]
    assert len(cut) > 3
    assert max(len(passage.text.replace(" ", "")) for passage in cut) < 64 - len("T")
    await check(archive, await Expected.of(archive), max_tokens=64)


async def test_real_encoder_finds_across_languages(tmp_path: Path, encoder: Encoder) -> None:
    archive = await open_archive(tmp_path / "archive", manifest_for(encoder, Terms(encoder.tokenizer)))
    items = [
        {"id": "fr", "language": "fr", "text": "Cent deux soldats sont entrés par Ishkashim dans la nuit."},
        {"id": "de", "language": "de", "text": "Die Bäckerei am Markt gewann den Preis für ihr Roggenbrot."},
    ]
    assert [added.status for added in await add(archive, readings(*items), encoder=encoder)] == [
        "added",
        "added",
    ]
    question = encoder.encode_questions(["How many soldiers entered via Ishkashim?"])[0]
    [hits] = await archive.search([PassageQuery(2, vector=question)], Filters())
    assert [hit.article_id for hit in hits] == ["fr", "de"]
    await archive.close()
