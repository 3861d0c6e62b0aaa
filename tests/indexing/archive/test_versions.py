"""Whatever is written in whatever order, stopped wherever: the old state or the new one, and nothing else."""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from indexing.add_articles import add_articles
from indexing.archive.archive import Archive
from indexing.archive.article import Article
from indexing.archive.edge import EdgeEngine, Write
from indexing.archive.filters import Filters
from indexing.archive.search_passages import PassageQuery
from indexing.article_input import article_input
from indexing.read_files import Reading
from tests.indexing.archive.synthetic import (
    DIMENSION,
    ENCODER,
    MANIFEST,
    Expected,
    all_points,
    article,
    check,
    check_ids,
    long_text,
    open_edge,
    passages_of,
    put,
    stored,
    vector,
)
from tests.indexing.archive.write_at_random import IDS, killed, write_until_killed, writes

KILLS = int(os.environ.get("KILLS", "15"))
EXAMPLES = int(os.environ.get("EXAMPLES", "100"))
NAMES = ("a", "b", "c", "d")
TEXTS = (long_text("the river"), long_text("the bridge", 4), long_text("the harbour", 1), "No.")

articles = st.builds(
    article,
    st.sampled_from(NAMES),
    st.sampled_from(TEXTS),
    title=st.sampled_from(["First title", "Second title"]),
    source=st.sampled_from([None, "Echo", "Bote"]),
    tags=st.sampled_from([(), ("x",), ("x", "y")]),
    language=st.sampled_from(["en", "en-GB"]),
)
any_writes = st.one_of(st.lists(articles, min_size=1, max_size=5), st.sampled_from(NAMES))


def reading(one: Article) -> Reading:
    """An article as it would be read from a file of JSON lines."""
    return Reading(one.id, article_input({**one.metadata(), "text": one.text}), None, None)


async def add(archive: Archive, batch: Sequence[Article]) -> list[str]:
    readings = [reading(one) for one in batch]
    return [added.status async for added in add_articles(readings, archive, ENCODER, max_characters=10_000)]


def test_any_order_of_writes_leaves_what_a_dictionary_would(tmp_path: Path) -> None:
    with asyncio.Runner() as runner:
        archive = open_edge(tmp_path / "points")

        @settings(max_examples=EXAMPLES, deadline=None, database=None)
        @given(st.lists(any_writes, max_size=8))
        def same(sequence: list[list[Article] | str]) -> None:
            runner.run(_same(archive, sequence))

        same()
        runner.run(archive.close())


async def _same(archive: Archive, sequence: list[list[Article] | str]) -> None:
    for id in NAMES:
        await archive.remove(id)
    assert await all_points(archive._engine) == []
    expected = Expected()
    for write in sequence:
        if isinstance(write, str):
            assert await archive.remove(write) == expected.remove(write)
        else:
            assert await add(archive, write) == [expected.put(one) for one in write]
        await check(archive, expected)
    await check_ids(archive, expected, NAMES)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_any_metadata_comes_back_as_it_was(tmp_path: Path) -> None:
    with asyncio.Runner() as runner:
        archive = open_edge(tmp_path / "points")

        @settings(max_examples=EXAMPLES, deadline=None, database=None)
        @given(
            st.text(max_size=20),
            st.lists(st.text(max_size=9), max_size=3),
            st.dictionaries(st.text(), json_values),
        )
        @example("", [], {"larger than 64 bits": 10**30, "smaller": -(2**63) - 1, "zero": -0.0})
        def same(words: str, tags: list[str], meta: dict[str, Any]) -> None:
            one = article("a", "Text.", title=words, author=words, url=words, tags=tuple(tags), meta=meta)
            runner.run(put(archive, one))
            found = runner.run(archive.article("a"))
            assert found is not None
            assert repr(found.article) == repr(one)
            assert runner.run(put(archive, one)) == ["unchanged"]

        same()
        runner.run(archive.close())


class Stopped(Exception):
    """The engine went away."""


class StoppingEngine(EdgeEngine):
    """An engine that does so many writing operations and then no more, as if its process had been killed."""

    left: int | None = None

    async def write(self, write: Write) -> None:
        if self.left == 0:
            raise Stopped
        if self.left is not None:
            self.left -= 1
        await super().write(write)


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[StoppingEngine]:
    EdgeEngine.create(tmp_path / "points", DIMENSION)
    opened = StoppingEngine.load(tmp_path / "points")
    assert isinstance(opened, StoppingEngine)
    yield opened
    opened.left = None
    await opened.close()


def opened(engine: EdgeEngine) -> Archive:
    """The archive as whoever opens it next finds it."""
    return Archive(engine, MANIFEST, "here")


BEFORE = [
    article("first", TEXTS[0], source="Echo", tags=("x",)),
    article("second", TEXTS[0], source="Bote"),
    article("third", TEXTS[0], source="Kurier"),
    article("alone", TEXTS[1]),
    article("alone", TEXTS[2]),
]
CHANGES = {
    "add": [article("new", TEXTS[3], source="Neu")],
    "add several": [
        article("new", TEXTS[3]),
        article("newer", long_text("the sea", 3)),
        article("alone", "Yes."),
    ],
    "update": [article("alone", long_text("the sea", 3))],
    "return to an earlier text": [article("alone", TEXTS[1])],
    "new title": [article("alone", TEXTS[2], title="Another title")],
    "new title of one with copies": [article("first", TEXTS[0], title="Another title", source="Echo")],
    "new metadata": [article("first", TEXTS[0], source="Nouvelle", tags=("z",))],
    "duplicate": [article("fourth", TEXTS[0], source="Neu", tags=("z",))],
    "article becomes a copy": [article("alone", TEXTS[0], source="Neu")],
    "first becomes a copy": [article("first", TEXTS[2], source="Neu")],
    "first gets a new text": [article("first", long_text("the sea", 3))],
    "copy gets a new text": [article("second", long_text("the sea", 3))],
    "copy becomes a copy of another": [article("second", TEXTS[2])],
    "remove": "alone",
    "remove the first": "first",
    "remove a copy": "third",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_stopped_after_any_operation_old_or_new(
    change: list[Article] | str, engine: StoppingEngine
) -> None:
    before = Expected()
    for one in BEFORE:
        before.put(one)
    after = before.copy()
    for one in [change] if isinstance(change, str) else change:
        after.remove(one) if isinstance(one, str) else after.put(one)
    outcomes = []
    for operations in range(1000):
        archive = await restore(engine, before)
        engine.left = operations
        try:
            await (archive.remove(change) if isinstance(change, str) else put(archive, *change))
            finished = True
        except Stopped:
            finished = False
        engine.left = None
        archive = opened(engine)
        await archive.repair()
        outcomes.append(await state(archive, before, after))
        if finished:
            break
    order = ["old", "between", "new"] if len(change) > 1 and isinstance(change, list) else ["old", "new"]
    assert [order.index(outcome) for outcome in outcomes] == sorted(
        order.index(outcome) for outcome in outcomes
    )
    assert (outcomes[0], outcomes[-1]) == ("old", "new")
    assert len(outcomes) > 3


async def restore(engine: EdgeEngine, expected: Expected) -> Archive:
    """Bring the archive back to what it was."""
    await engine.delete([point.id for point in await all_points(engine)])
    archive = opened(engine)
    for one in BEFORE:
        await put(archive, one)
    await check(archive, expected)
    return archive


async def state(archive: Archive, before: Expected, after: Expected) -> str:
    """Whether the archive is in its old state or its new one; of several articles some may be old and some new."""
    found = stored(await all_points(archive._engine))
    if found == before.points():
        return "old"
    if found == after.points():
        return "new"
    between = before.copy()
    for id, wanted in after.articles.items():
        is_stored = await archive.article(id)
        if is_stored is not None and is_stored.article == wanted != before.articles.get(id):
            between.put(wanted)
    await check(archive, between)
    return "between"


async def test_write_that_failed_half_way_is_cleared_up_by_the_next(engine: StoppingEngine) -> None:
    archive, expected = opened(engine), Expected()
    for one in BEFORE:
        await put(archive, one)
        expected.put(one)
    for operations in range(1, 4):
        sea = article("first", long_text(f"the sea {operations}", 3))
        engine.left = operations
        with pytest.raises(Stopped):
            await put(archive, sea)
        engine.left = None
        other = article("alone", TEXTS[2], source=f"Source {operations}")
        await put(archive, other)
        if (await archive.records(["first"]))["first"].version == sea.version:
            expected.put(sea)
        expected.put(other)
        await check(archive, expected)


async def test_cancelled_write_is_finished_first(tmp_path: Path) -> None:
    archive = open_edge(tmp_path / "points")
    expected = Expected()
    expected.put(article("a", TEXTS[0]))
    task = asyncio.create_task(put(archive, article("a", TEXTS[0])))
    while not await all_points(archive._engine):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await check(archive, expected)
    assert not archive.writing.locked()
    await archive.close()


async def test_search_sees_exactly_one_version_while_it_is_rewritten(tmp_path: Path) -> None:
    archive = open_edge(tmp_path / "points")
    rewritten = [article("busy", long_text(f"story {number}", 9)) for number in range(200)]
    await put(archive, rewritten[0], article("still", TEXTS[0]))
    seen: list[str] = []
    done = asyncio.Event()

    async def write() -> None:
        for one in rewritten[1:]:
            await put(archive, one)
        done.set()

    async def look(limit: int) -> None:
        while not done.is_set():
            query = PassageQuery(limit, vector=vector(str(random.random())))
            [hits] = await archive.search([query], Filters(article_id=("busy",)))
            versions = {hit.version for hit in hits}
            assert len(versions) == 1, f"a search with limit {limit} saw {len(versions)} versions"
            assert len(hits) == min(limit, len(passages_of(rewritten[0])))
            seen.extend(versions)

    await asyncio.gather(write(), look(1), look(100))
    assert set(seen) <= {one.version for one in rewritten}
    assert len(set(seen)) > 20, "the searches did not run beside the writes"
    expected = Expected()
    for one in (rewritten[0], article("still", TEXTS[0]), *rewritten[1:]):
        expected.put(one)
    await check(archive, expected)
    await archive.close()


async def test_killed_writer_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    folder, expected = tmp_path / "points", Expected()
    EdgeEngine.create(folder, DIMENSION)
    acknowledged = 0
    for seed in range(KILLS):
        wait = random.Random(seed).random() * 0.2
        heard = killed(write_until_killed, folder, seed, once="ready", wait=wait)
        done = list(heard_until_the_end(heard)).count("done")
        acknowledged += done
        following = writes(seed)
        for _, write in zip(range(done), following, strict=False):
            apply(expected, write)
        interrupted = expected.copy()
        apply(interrupted, next(following))
        archive = open_edge(folder)
        await archive.repair()
        found = stored(await all_points(archive._engine))
        if found != expected.points():
            expected = interrupted
        await check(archive, expected)
        await check_ids(archive, expected, IDS)
        await archive.close()
    assert acknowledged > KILLS


def apply(expected: Expected, write: Article | str) -> None:
    expected.remove(write) if isinstance(write, str) else expected.put(write)


def heard_until_the_end(heard: Connection) -> Iterator[str]:
    """What a process said before it was killed; a word that was cut off does not count."""
    with suppress(EOFError, OSError):
        while True:
            yield heard.recv()
