"""One contract for both engines: articles, versions, copies, filters, pages and counts, as the outside relies on."""

import asyncio
import os
import uuid
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from haystack_integrations.document_stores.qdrant import QdrantDocumentStore
from qdrant_client import AsyncQdrantClient

from indexing.archive.archive import FEEDBACK_PAGE, Archive
from indexing.archive.connect_server import connect_client
from indexing.archive.edge import EdgeEngine
from indexing.archive.filters import Filters
from indexing.archive.kept_feedback import PAGE, given_now
from indexing.archive.records import CitedPlace, Feedback, Rating, feedback_id
from indexing.archive.search_passages import PassageQuery
from indexing.archive.server import ServerEngine
from indexing.archive.server_address import Server
from indexing.archive.server_collection import prepare_collection
from indexing.archive.shard_process import ShardProcess
from indexing.archive.terms import SparseTerms
from tests.indexing.archive.synthetic import (
    DIMENSION,
    MANIFEST,
    TERMS,
    Expected,
    all_points,
    archive_over,
    article,
    check,
    check_ids,
    found,
    long_text,
    nearest,
    open_edge,
    passages_of,
    put,
    vector,
)
from tests.qdrant_stub.running_stub import RunningStub, running_stub

ONE, TWO, THREE = long_text("the river"), long_text("the bridge", 5), long_text("the harbour", 3)

SAMPLE = {"citewell_sample": True}
CLOSE = 1e-3  # an embedded archive keeps vectors of 16 bits

SERVER = os.environ.get("TEST_QDRANT_URL")
WITHOUT_SERVER = pytest.mark.skip(reason="TEST_QDRANT_URL names no Qdrant server")


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStub]:
    """A stub of a server, one for all tests: each has a collection of its own."""
    with running_stub(tmp_path_factory.mktemp("stub")) as running:
        yield running
        assert [request for request in running.requests() if request["status"] != 200] == []


@pytest.fixture(scope="module")
def shard_in_child(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShardProcess]:
    """A shard in a child process, one for all tests, which begin with an empty one."""
    folder = tmp_path_factory.mktemp("child") / "points"
    EdgeEngine.create(folder, DIMENSION)
    shard = ShardProcess(folder)
    yield shard
    shard.close()


@pytest.fixture(
    params=["edge", "child", "local", "stub", pytest.param("server", marks=() if SERVER else WITHOUT_SERVER)]
)
async def archive(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Archive]:
    if request.param == "edge":
        opened = open_edge(tmp_path / "points")
        yield opened
        await opened.close()
    elif request.param == "child":
        shard: ShardProcess = request.getfixturevalue("shard_in_child")
        engine = EdgeEngine(shard, shard.folder)
        await engine.delete([point.id for point in await all_points(engine)])
        yield archive_over(engine)
        engine._thread.shutdown()
    else:
        place = {"server": SERVER, "local": None}.get(request.param)
        if request.param == "stub":
            place = request.getfixturevalue("stub").url
        async with collection(place) as (engine, _):
            yield Archive(engine, MANIFEST, engine.place)


@asynccontextmanager
async def collection(url: str | None) -> AsyncIterator[tuple[ServerEngine, AsyncQdrantClient]]:
    """A collection with a random name on a server, or in memory; dropped after."""
    server = Server(url or ":memory:", f"test-{uuid.uuid4()}")
    name = server.collection
    client = connect_client(server) if url else AsyncQdrantClient(":memory:")
    engine = ServerEngine(client, name, server.url)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Payload indexes have no effect in the local Qdrant")
            assert (await prepare_collection(client, server, MANIFEST)).manifest == MANIFEST
            # What is there is left alone.
            assert (await prepare_collection(client, server, MANIFEST)).manifest == MANIFEST
        yield engine, client
    finally:
        await client.delete_collection(name)
        await client.close()


async def test_added_article_comes_back_whole_and_is_found(archive: Archive) -> None:
    one = article(
        "one",
        ONE,
        url="https://example.org/1",
        source="Echo",
        author="A. B.",
        published="2021-07-05",
        tags=("x", "y"),
        meta={"section": {"name": "World", "page": 3}},
    )
    assert await put(archive, one, article("two", TWO)) == ["added", "added"]
    stored = await archive.article("one")
    assert stored is not None
    assert stored.article == one
    assert stored.versions == (one.version,)
    assert (stored.version, stored.current_version) == (one.version, one.version)
    assert stored.passages == len(passages_of(one)) > 2
    assert (stored.also_in, stored.copy_of) == ((), None)
    assert stored.added == stored.updated
    for passage in passages_of(one):
        assert (await nearest(archive, passage, one.title))[0] == "one"


async def test_same_article_again_is_unchanged(archive: Archive) -> None:
    one = article("one", ONE, tags=("x",), meta={"a": [1, 2]})
    await put(archive, one)
    before = sorted(await all_points(archive._engine, vectors=True), key=lambda point: point.id)
    assert await put(archive, one) == ["unchanged"]
    after = sorted(await all_points(archive._engine, vectors=True), key=lambda point: point.id)
    assert [(point.id, point.payload, point.dense) for point in after] == [
        (point.id, point.payload, point.dense) for point in before
    ]


async def test_changed_text_replaces_what_is_searched_and_keeps_what_was_cited(archive: Archive) -> None:
    old, new = article("one", ONE), article("one", TWO)
    await put(archive, old)
    assert await put(archive, new) == ["updated"]
    [hits] = await archive.search([PassageQuery(100, vector=vector("any"))], Filters())
    assert {hit.version for hit in hits} == {new.version}
    assert len(hits) == len(passages_of(new))
    stored = await archive.article("one", old.version)
    assert stored is not None
    assert (stored.article.text, stored.version, stored.current_version) == (ONE, old.version, new.version)
    assert stored.versions == (old.version, new.version)
    assert await archive.article("one", "0" * 16) is None


async def test_version_of_another_article_does_not_open(archive: Archive) -> None:
    await put(archive, article("one", ONE), article("two", TWO))
    assert await archive.article("one", article("two", TWO).version) is None


async def test_return_to_an_earlier_text_makes_it_current(archive: Archive) -> None:
    expected = Expected()
    for text in (ONE, TWO, ONE):
        one = article("one", text)
        assert await put(archive, one) == [expected.put(one)]
        await check(archive, expected)
    await check_ids(archive, expected, ["one"])


async def test_metadata_change_keeps_version_and_vectors(archive: Archive) -> None:
    await put(archive, article("one", ONE, source="Echo"))
    before = {
        point.id: point.dense for point in await all_points(archive._engine, vectors=True) if point.dense
    }
    changed = article("one", ONE, source="Courier", tags=("new",), published="2024-01-01", language="fr-CA")
    assert await put(archive, changed) == ["updated"]
    after = {
        point.id: point.dense for point in await all_points(archive._engine, vectors=True) if point.dense
    }
    assert after == before
    assert await found(archive, source=("Courier",), tags=("new",), language=("fr",)) == {"one"}
    assert await found(archive, source=("Echo",)) == set()
    stored = await archive.article("one")
    assert stored is not None
    assert stored.versions == (changed.version,)
    assert stored.article == changed


async def test_new_title_encodes_the_same_passages_anew(archive: Archive) -> None:
    old, new = article("one", ONE), article("one", ONE, title="A better title")
    await put(archive, old)
    assert await put(archive, new) == ["updated"]
    expected = Expected()
    expected.put(new)
    await check(archive, expected)
    for passage in passages_of(new):
        stored = await archive.vectors([passage.id])
        assert np.allclose(stored[passage.id], vector(f"A better title\n{passage.text}"), atol=CLOSE)


async def test_copy_is_recorded_and_not_encoded(archive: Archive) -> None:
    expected = Expected()
    for id in ("one", "two", "three"):
        copy = article(id, ONE, source=f"Source {id}", url=f"https://example.org/{id}")
        assert await put(archive, copy) == [expected.put(copy)]
    await check(archive, expected)
    await check_ids(archive, expected, ["one", "two", "three"])
    first = await archive.article("one")
    assert first is not None
    assert first.also_in == tuple(
        {
            "id": id,
            "title": f"Title of {id}",
            "source": f"Source {id}",
            "url": f"https://example.org/{id}",
            "published": None,
        }
        for id in ("two", "three")
    )
    assert await archive.copies("one") == list(first.also_in)
    assert [copy["id"] for copy in await archive.copies("three")] == ["two"]
    assert (await archive.records(["two"]))["two"].of == "one"
    assert await archive.article_count() == 1


async def test_filters_match_the_source_tags_and_ids_of_copies(archive: Archive) -> None:
    await put(archive, article("one", ONE, source="Echo", tags=("x",)))
    await put(archive, article("two", ONE, source="Courier", tags=("y",)))
    await put(archive, article("other", TWO, source="Bote"))
    assert await found(archive, source=("Courier",)) == {"one"}
    assert await found(archive, source=("Courier", "Bote")) == {"one", "other"}
    assert await found(archive, tags=("y",), source=("Echo",)) == {"one"}
    assert await found(archive, article_id=("two",)) == {"one"}
    assert await put(archive, article("two", ONE, source="Kurier", tags=("z",))) == ["updated"]
    assert await found(archive, source=("Courier",)) == await found(archive, tags=("y",)) == set()
    assert await found(archive, source=("Kurier",), tags=("z", "nothing")) == {"one"}
    await archive.remove("two")
    assert await found(archive, source=("Kurier",)) == await found(archive, article_id=("two",)) == set()


async def test_removing_the_first_promotes_the_next(archive: Archive) -> None:
    expected = Expected()
    ids = ["one", "two", "three"]
    for id in ids:
        copy = article(id, ONE, source=id)
        await put(archive, copy)
        expected.put(copy)
    for id in ids:
        assert await archive.remove(id)
        assert expected.remove(id)
        await check(archive, expected)
        await check_ids(archive, expected, ids)
        assert await found(archive) == {expected.first(one) for one in expected.articles}
    assert await all_points(archive._engine) == []


async def test_promoted_copy_is_found_by_its_vectors(archive: Archive) -> None:
    await put(archive, article("one", ONE))
    await put(archive, article("two", ONE, language="fr", source="Echo"))
    await archive.remove("one")
    stored = await archive.article("two")
    assert stored is not None
    assert stored.passages == len(passages_of(article("two", ONE)))
    for passage in passages_of(article("one", ONE)):
        assert (await nearest(archive, passage, "Title of one", 1)) == ["two"]
    [by_terms] = await archive.search(
        [PassageQuery(1, terms=TERMS.question("river"))], Filters(language=("fr",))
    )
    assert [hit.article_id for hit in by_terms] == ["two"]


async def test_copy_whose_text_changes_becomes_its_own_article(archive: Archive) -> None:
    expected = Expected()
    for one in (
        article("one", ONE, source="A"),
        article("two", ONE, source="B"),
        article("two", TWO, source="B"),
    ):
        assert await put(archive, one) == [expected.put(one)]
    await check(archive, expected)
    await check_ids(archive, expected, ["one", "two"])
    assert await found(archive, source=("B",)) == {"two"}


async def test_first_whose_text_changes_leaves_its_copies_whole(archive: Archive) -> None:
    expected = Expected()
    ids = ["one", "two", "three"]
    for id in ids:
        await put(archive, article(id, ONE))
        expected.put(article(id, ONE))
    changed = article("one", TWO)
    assert await put(archive, changed) == [expected.put(changed)] == ["updated"]
    await check(archive, expected)
    await check_ids(archive, expected, ids)
    assert (await archive.records(["three"]))["three"].of == "two"


async def test_article_whose_new_text_is_anothers_becomes_its_copy(archive: Archive) -> None:
    expected = Expected()
    for one in (
        article("one", ONE),
        article("two", TWO),
        article("three", TWO),
        article("two", ONE, source="B"),
    ):
        assert await put(archive, one) == [expected.put(one)]
        await check(archive, expected)
    await check_ids(archive, expected, ["one", "two", "three"])
    assert await found(archive) == {"one", "three"}
    assert await put(archive, article("one", THREE)) == ["updated"]
    expected.put(article("one", THREE))
    await check(archive, expected)


async def test_remove_takes_every_version_but_no_text_of_others(archive: Archive) -> None:
    expected = Expected()
    for one in (article("one", ONE), article("one", TWO), article("two", ONE), article("two", THREE)):
        await put(archive, one)
        expected.put(one)
    assert await archive.remove("one")
    expected.remove("one")
    await check(archive, expected)
    await check_ids(archive, expected, ["one", "two"])
    assert await archive.article("one", article("one", ONE).version) is None
    earlier = await archive.article("two", article("two", ONE).version)
    assert earlier is not None
    assert earlier.article.text == ONE


async def test_unknown_id_is_none_and_removes_nothing(archive: Archive) -> None:
    await put(archive, article("one", ONE))
    assert await archive.article("nobody") is None
    assert await archive.copies("nobody") == []
    assert await archive.records(["nobody"]) == {}
    assert not await archive.remove("nobody")
    assert await archive.article_count() == 1


async def test_language_filter_matches_what_the_language_is_part_of(archive: Archive) -> None:
    tags = {"a": "zh", "b": "zh-Hant", "c": "zh-Hant-TW", "d": "fr", "e": "zh-Hans"}
    await put(archive, *(article(id, long_text(id, 1), language=tag) for id, tag in tags.items()))
    assert await found(archive, language=("zh",)) == {"a", "b", "c", "e"}
    assert await found(archive, language=("zh-Hant",)) == {"b", "c"}
    assert await found(archive, language=("zh-Hant-TW", "fr")) == {"c", "d"}
    [chinese] = await archive.search([PassageQuery(9, vector=vector("any"), language="zh")], Filters())
    assert {(hit.article_id, hit.language) for hit in chinese} == {(id, "zh") for id in "abce"}
    assert dict(await archive.language_samples()).keys() == {"zh", "fr"}


async def test_everyone_who_asks_at_once_sees_the_languages(archive: Archive) -> None:
    await put(archive, article("a", ONE, language="fr"))
    asked = await asyncio.gather(*(archive.language_samples() for _ in range(3)))
    assert [[name for name, _ in samples] for samples in asked] == [["fr"]] * 3


async def test_dates_include_both_days_in_utc(archive: Archive) -> None:
    published = {
        "early": "2021-06-30T23:59:59Z",
        "first": "2021-07-01",
        "noon": "2021-07-05T12:00:00Z",
        "last": "2021-07-31T23:59:59Z",
        "after": "2021-08-01",
        "undated": None,
    }
    await put(archive, *(article(id, long_text(id, 1), published=when) for id, when in published.items()))
    assert await found(archive) == set(published)
    assert await found(archive, published_from="2021-07-01", published_to="2021-07-31") == {
        "first",
        "noon",
        "last",
    }
    assert await found(archive, published_from="2021-08-01") == {"after"}
    assert await found(archive, published_to="2021-06-30") == {"early"}
    assert await found(archive, published_from="2021-07-05", published_to="2021-07-05") == {"noon"}
    assert await found(
        archive, published_from="2021-07-05T14:00:00+02:00", published_to="2021-07-05T12:00:00Z"
    ) == {"noon"}
    assert await found(archive, published_from="2021-07-05T12:00:01Z", published_to="2021-07-31") == {"last"}
    assert await found(archive, published_from="0001-01-01", published_to="9999-12-31") == set(published) - {
        "undated"
    }


async def test_filters_together_all_hold(archive: Archive) -> None:
    await put(
        archive,
        article("a", long_text("a", 1), source="S", tags=("x", "y"), published="2021-07-05"),
        article("b", long_text("b", 1), source="S", tags=("y",), published="2021-07-05"),
        article("c", long_text("c", 1), source="T", tags=("x",)),
    )
    assert await found(archive, source=("S",), tags=("x",)) == {"a"}
    assert await found(archive, tags=("x",), published_from="2021-01-01") == {"a"}
    assert await found(archive, source=("S", "T"), article_id=("b", "c", "z")) == {"b", "c"}


async def test_newest_articles_come_by_date_and_those_without_one_last(archive: Archive) -> None:
    dates = ["2021-07-05", None, "2022-01-01T09:00:00Z", "2019-05-01", "2022-01-01T10:00:00Z", "2021-07-05"]
    articles = [
        article(f"a{number}", f"{ONE} {number}", published=published)
        for number, published in enumerate(dates)
    ]
    await put(archive, *articles)
    assert await put(archive, article("copy", f"{ONE} 3", published="2023-01-01")) == ["duplicate"]
    everything = [one["id"] for one in await archive.newest(10)]
    assert everything[:2] == ["a4", "a2"] and everything[4:] == ["a3", "a1"]
    assert set(everything[2:4]) == {"a0", "a5"}
    assert [one["id"] for one in await archive.newest(1)] == ["a4"]
    assert [one["id"] for one in await archive.newest(3)][:2] == ["a4", "a2"]
    [newest] = await archive.newest(1)
    assert (newest["title"], newest["published"]) == ("Title of a4", "2022-01-01T10:00:00Z")
    assert await archive.newest(0) == []


async def test_pages_of_articles_hold_each_once(archive: Archive) -> None:
    await put(
        archive, *(article(f"a{n}", long_text(str(n), 1), source="S" if n % 2 else None) for n in range(7))
    )
    await put(archive, article("copy", long_text("2", 1), source="T", language="fr"))
    seen: list[str] = []
    cursor = None
    for wanted in (3, 3, 1):
        page = await archive.articles(3, cursor)
        assert len(page.articles) == wanted
        seen += [listed["id"] for listed in page.articles]
        cursor = page.cursor
    assert cursor is None
    assert sorted(seen) == [f"a{n}" for n in range(7)]
    assert {one["id"] for one in (await archive.articles(10, source="S")).articles} == {"a1", "a3", "a5"}
    assert {one["id"] for one in (await archive.articles(10, source="T")).articles} == {"a2"}
    assert len((await archive.articles(10, language="en")).articles) == 7
    assert (await archive.articles(10, language="fr")).articles == []
    [listed] = (await archive.articles(10, source="T")).articles
    whole = article("a2", long_text("2", 1))
    assert listed | {"added": None, "updated": None} == {
        **whole.metadata(),
        "version": whole.version,
        "passages": 1,
        "added": None,
        "updated": None,
    }


async def test_status_counts_what_is_there(archive: Archive) -> None:
    empty = await archive.status()
    assert (empty["articles"], empty["passages"], empty["copies"], empty["samples"]) == (0, 0, 0, 0)
    assert empty["published"] == {"from": None, "to": None}
    assert await archive.language_samples() == []
    await put(
        archive,
        article("one", ONE, source="S", published="2021-07-05T10:00:00Z"),
        article("two", TWO, source="T", language="zh-Hant", published="2024-01-01"),
        article("sample-three", THREE, language="zh", tags=("sample",), meta=SAMPLE),
    )
    await put(archive, article("copy", ONE, source="U", tags=("sample",)))
    status = await archive.status()
    assert status["archive"] == archive.place
    assert (status["articles"], status["copies"], status["samples"]) == (3, 1, 1)
    assert status["passages"] == sum(len(passages_of(article("x", text))) for text in (ONE, TWO, THREE))
    assert status["languages"] == {"en": 1, "zh": 1, "zh-Hant": 1}
    assert status["sources"] == {"S": 1, "T": 1, "U": 1}
    assert status["published"] == {"from": "2021-07-05", "to": "2024-01-01"}
    assert status["models"] == {
        "encoder": "tiny",
        "encoder_fingerprint": "tiny-1",
        "dimension": DIMENSION,
        "terms": "letters 1",
    }


async def test_samples_are_those_that_came_with_the_program(archive: Archive) -> None:
    await put(archive, article("mine", ONE, tags=("sample",)), article("sample-own", TWO))
    await put(
        archive,
        article("sample-a", THREE, tags=("sample", "x"), meta=SAMPLE),
        article("sample-b", ONE, tags=("sample",), meta=SAMPLE),
        article("sample-plan", "A plan of one's own.", tags=("sample",)),
    )
    assert sorted(await archive.sample_ids()) == ["sample-a", "sample-b"]


async def test_passages_and_vectors_come_in_the_order_asked_for(archive: Archive) -> None:
    one = article("one", ONE)
    await put(archive, one)
    cut = passages_of(one)
    asked = [cut[2].id, str(uuid.uuid4()), cut[0].id]
    assert await archive.passages(asked) == [cut[2], cut[0]]
    stored = await archive.vectors(asked)
    assert stored.keys() == {cut[2].id, cut[0].id}
    assert np.allclose(stored[cut[0].id], vector(f"{one.title}\n{cut[0].text}"), atol=CLOSE)
    assert await archive.vectors([]) == {}
    assert await archive.passages([]) == []


async def test_everything_can_be_read_back(archive: Archive) -> None:
    articles = {id: article(id, text, source=id) for id, text in (("one", ONE), ("two", TWO), ("copy", ONE))}
    for one in articles.values():
        await put(archive, one)
    assert {one.id: one async for one in archive.every_article()} == articles
    assert {one.id async for one, _ in archive.current()} == {"one", "two"}


async def test_queries_are_answered_each_by_itself(archive: Archive) -> None:
    one, two = article("one", ONE), article("two", TWO, language="fr")
    await put(archive, one, two)
    first, second = passages_of(one)[0], passages_of(two)[0]
    answers = await archive.search(
        [
            PassageQuery(1, vector=vector(f"{one.title}\n{first.text}")),
            PassageQuery(5, terms=TERMS.question("")),
            PassageQuery(1, vector=vector(f"{one.title}\n{first.text}"), language="fr"),
            PassageQuery(2, terms=TERMS.question("bridge"), ids=(first.id, second.id)),
            PassageQuery(3, vector=vector("any"), language="de"),
        ],
        Filters(),
    )
    assert [hit.id for hit in answers[0]] == [first.id]
    assert answers[0][0].score == pytest.approx(1.0, abs=CLOSE)
    assert answers[1] == answers[4] == []
    assert [hit.article_id for hit in answers[2]] == ["two"]
    assert {hit.id for hit in answers[3]} == {first.id, second.id}
    assert await archive.search([], Filters()) == []


def thought(answer_id: str, given: str, rating: Rating = "up", **more: Any) -> Feedback:
    """What a reader thought of an answer that cites the article `one`."""
    fields: dict[str, Any] = {
        "comment": None,
        "question": "How high is it?",
        "answer": "102 [1]",
        "citations": (CitedPlace("one", article("one", ONE).version, 3, 9),),
    }
    id = feedback_id(answer_id, more.pop("caller", "anybody"))
    return Feedback(id, answer_id, rating, given=given, **(fields | more))


async def listed_feedback(archive: Archive, limit: int, rating: Rating | None = None) -> list[Feedback]:
    """All of it, in pages of `limit`."""
    found: list[Feedback] = []
    cursor: str | None = None
    while True:
        page = await archive.feedback(limit, cursor, rating)
        assert len(page.feedback) == limit or page.cursor is None
        found += page.feedback
        cursor = page.cursor
        if cursor is None:
            return found


async def test_feedback_comes_back_whole_and_newest_first(archive: Archive) -> None:
    assert (await archive.feedback(10)).feedback == []
    given = [
        *(f"2024-05-06T10:00:00.{fraction:06}Z" for fraction in (5, 999_999, 40)),
        *("2024-04-30T23:59:59.000000Z", "2025-01-01T00:00:00.000000Z", "2024-05-06T09:59:59.000000Z"),
    ]
    words = "ممتاز 😀👩‍👩‍👧 \u202etwo\nlines\twide\u2028apart"
    kept = [
        thought(f"ans_{number}", when, "down" if number % 2 else "up", comment=f"{words} {number}")
        for number, when in enumerate(given)
    ]
    for one in kept:
        await archive.put_feedback(one)
    newest = sorted(kept, key=lambda one: one.given, reverse=True)
    for limit in (1, 2, 3, 6, 100):
        assert await listed_feedback(archive, limit) == newest
    assert await listed_feedback(archive, 2, "down") == [one for one in newest if one.rating == "down"]
    assert await listed_feedback(archive, 1, "up") == [one for one in newest if one.rating == "up"]


async def test_feedback_given_in_the_same_moment_is_listed_once_each(archive: Archive) -> None:
    now = given_now()
    kept = {f"ans_{number}": thought(f"ans_{number}", now) for number in range(7)}
    for one in kept.values():
        await archive.put_feedback(one)
    found = await listed_feedback(archive, 3)
    assert len(found) == 7
    assert {one.answer_id: one for one in found} == kept


async def test_feedback_of_the_same_caller_on_the_same_answer_replaces(archive: Archive) -> None:
    first = thought("ans_1", "2024-05-06T10:00:00.000000Z", "up", comment="Good.")
    between = thought("ans_2", "2024-05-06T10:00:01.000000Z")
    other = thought("ans_1", "2024-05-06T10:00:02.000000Z", caller="somebody else")
    last = thought("ans_1", "2024-05-07T10:00:00.000000Z", "down", citations=())
    for one in (first, between, other, last):
        await archive.put_feedback(one)
    assert await listed_feedback(archive, 2) == [last, other, between]
    assert await listed_feedback(archive, 2, "up") == [other, between]


async def test_feedback_replaced_between_two_pages_repeats_nothing(archive: Archive) -> None:
    kept = [thought(f"ans_{number}", f"2024-05-06T10:00:0{number}.000000Z") for number in range(4)]
    for one in kept:
        await archive.put_feedback(one)
    page = await archive.feedback(2)
    assert page.feedback == [kept[3], kept[2]]
    await archive.put_feedback(thought("ans_2", "2024-05-06T10:00:09.000000Z"))  # the last one of the page
    assert (await archive.feedback(9, page.cursor)).feedback == [kept[1], kept[0]]


async def test_a_day_of_much_feedback_is_listed_whole(archive: Archive) -> None:
    count = PAGE + 3
    for number in range(count):
        await archive.put_feedback(thought(f"ans_{number}", f"2024-05-06T10:00:00.{number:06}Z"))
    page = await archive.feedback(count - 1)
    assert [one.answer_id for one in page.feedback] == [f"ans_{n}" for n in range(count - 1, 0, -1)]
    assert [one.answer_id for one in (await archive.feedback(5, page.cursor)).feedback] == ["ans_0"]


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "2024-05-06T10:00:00.000000Z",
        "2024-13-06T10:00:00.000000Z_" + "0" * 36,
        str(uuid.UUID(int=7)),
    ],
)
async def test_broken_cursor_of_feedback_is_an_error(archive: Archive, cursor: str) -> None:
    with pytest.raises(ValueError):
        await archive.feedback(3, cursor)


async def test_feedback_is_no_article_and_outlives_those_that_it_cites(archive: Archive) -> None:
    one, two = article("one", ONE, published="2021-07-05"), article("two", TWO)
    await put(archive, one, two)
    status, samples = await archive.status(), await archive.language_samples()
    kept = thought("ans_1", given_now(), comment="The river is the river.")
    await archive.put_feedback(kept)
    after = await archive.status()
    assert after | {"bytes": None} == status | {"bytes": None}
    assert await archive.article_count() == 2
    assert {listed["id"] for listed in (await archive.articles(10)).articles} == {"one", "two"}
    assert [listed["id"] for listed in await archive.newest(10)] == ["one", "two"]
    assert {article.id async for article in archive.every_article()} == {"one", "two"}
    assert {article.id async for article, _ in archive.current()} == {"one", "two"}
    assert [name for name, _ in await archive.language_samples()] == [name for name, _ in samples]
    assert await archive.sample_ids() == []
    queries = [PassageQuery(100, vector=vector("any")), PassageQuery(100, terms=TERMS.question("river"))]
    for hits in await archive.search(queries, Filters()):
        assert {hit.article_id for hit in hits} <= {"one", "two"}
        assert len(hits) <= status["passages"]
    assert await archive.article(kept.id) is None
    assert not await archive.remove(kept.id)
    await put(archive, article("one", THREE))
    assert await archive.remove("one") and await archive.remove("two")
    assert await archive.repair() == 0
    assert (await archive.status())["passages"] == 0
    assert (await archive.feedback(10)).feedback == [kept]


async def test_feedback_goes_with_the_records_into_another_archive(archive: Archive, tmp_path: Path) -> None:
    await put(archive, article("one", ONE))
    kept = [
        thought(f"ans_{number}", f"2024-05-06T10:00:00.{number:06}Z", comment="😀" * 4_000)
        for number in range(FEEDBACK_PAGE + 1)
    ]
    for one in kept:
        await archive.put_feedback(one)
    other = open_edge(tmp_path / "other")
    await other.copy_records(archive)
    assert (await other.feedback(1_000)).feedback == kept[::-1]
    await other.close()


async def test_haystacks_store_reads_the_points() -> None:
    one = article("one", ONE, source="Echo", published="2021-07-05")
    async with collection(None) as (engine, client):
        await put(Archive(engine, MANIFEST, engine.place), one)
        [described] = (await client.get_collections()).collections
        store = QdrantDocumentStore(
            ":memory:",
            index=described.name,
            embedding_dim=DIMENSION,
            use_sparse_embeddings=True,
            sparse_idf=True,
            return_embedding=True,
            progress_bar=False,
        )
        store._async_client = client  # in memory each client has a database of its own
        passages = {"field": "meta.kind", "operator": "==", "value": "passage"}
        documents = await store.filter_documents_async(passages)
    cut = {passage.id: passage for passage in passages_of(one)}
    assert {document.id: document.content for document in documents} == {id: p.text for id, p in cut.items()}
    for document in documents:
        assert document.embedding == pytest.approx(
            vector(f"{one.title}\n{document.content}").tolist(), abs=1e-5
        )
        assert document.sparse_embedding is not None
        assert document.sparse_embedding.indices == TERMS.document(cut[document.id].text).indices
        assert one.text[document.meta["start"] : document.meta["end"]] == document.content
        assert (document.meta["title"], document.meta["sources"]) == (one.title, ["Echo"])


async def test_terms_with_weights_of_their_own_need_no_frequencies(archive: Archive) -> None:
    one = article("one", "The river rises.")
    await put(archive, one, article("two", "The bridge."))
    [passage] = passages_of(one)
    [stored] = [
        point.terms for point in await all_points(archive.points, vectors=True) if point.id == passage.id
    ]
    assert stored is not None
    weights = {term: 1.0 + number for number, term in enumerate(TERMS.question("rises").indices)}
    terms = SparseTerms(list(weights), list(weights.values()))
    query = PassageQuery(5, terms=terms, language="en", ids=(passage.id,), weighed=True)
    [[hit]] = await archive.search([query], Filters())
    pairs = zip(stored.indices, stored.values, strict=True)
    assert hit.score == pytest.approx(sum(weights.get(term, 0.0) * value for term, value in pairs), rel=1e-4)
