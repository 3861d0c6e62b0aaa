"""Filters: what the embedded engine lets through is what a plain reading of the contract lets through."""

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from indexing.archive.article import Article
from indexing.archive.filters import Filters, passages_where
from tests.indexing.archive.synthetic import article, found, open_edge, put

SOURCES, TAGS = ["Echo", "Bote", "新聞"], ["x", "y", "z"]
LANGUAGES = ["fr", "fr-CA", "zh", "zh-Hant", "zh-Hant-TW", "en"]
DATES = [
    None,
    "2021-07-01",
    "2021-07-01T00:00:00Z",
    "2021-06-30T23:59:59Z",
    "2021-07-31T23:59:59Z",
    "2021-08-01",
    "1890-01-01",
]
ARTICLES = [
    article(
        f"a{number}",
        f"Text {number}.",
        source=[*SOURCES, None][number % 4],
        tags=tuple(TAGS[: number % 4]),
        language=LANGUAGES[number % 6],
        published=DATES[number % 7],
    )
    for number in range(84)
]

days = st.dates(datetime(2021, 6, 29).date(), datetime(2021, 8, 2).date()).map(lambda day: day.isoformat())
moments = st.datetimes(datetime(2021, 6, 29), datetime(2021, 8, 2)).map(
    lambda moment: (
        moment.replace(microsecond=0).isoformat() + ["Z", "+02:00", "-11:30", ""][moment.minute % 4]
    )
)


def some(values: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from([*values, "unknown"]), max_size=2).map(tuple)


filters = st.builds(
    Filters,
    language=some(LANGUAGES),
    source=some(SOURCES),
    tags=some(TAGS),
    article_id=st.just(()) | some(["a1", "a2", "a3", "a30"]),
    published_from=st.none() | days | moments,
    published_to=st.none() | days | moments,
)


def allows(wanted: Filters, one: Article) -> bool:
    if wanted.language and not any(f"{one.language}-".startswith(f"{tag}-") for tag in wanted.language):
        return False
    if wanted.source and one.source not in wanted.source:
        return False
    if wanted.tags and not set(wanted.tags) & set(one.tags):
        return False
    if wanted.article_id and one.id not in wanted.article_id:
        return False
    if not (wanted.published_from or wanted.published_to):
        return True
    if one.published is None:
        return False
    published = moment(one.published)
    if wanted.published_from and published < moment(wanted.published_from):
        return False
    if not wanted.published_to:
        return True
    if len(wanted.published_to) == 10:
        return published < moment(wanted.published_to) + timedelta(days=1)
    return published <= moment(wanted.published_to)


def moment(text: str) -> datetime:
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def test_any_filter_lets_through_what_it_says(tmp_path: Path) -> None:
    with asyncio.Runner() as runner:
        archive = open_edge(tmp_path / "points")
        runner.run(put(archive, *ARTICLES))

        @settings(max_examples=150, deadline=None, database=None)
        @given(filters)
        def agree(wanted: Filters) -> None:
            expected = {one.id for one in ARTICLES if allows(wanted, one)}
            assert runner.run(found(archive, **asdict(wanted))) == expected

        agree()
        runner.run(archive.close())


def test_no_filter_asks_for_passages_alone() -> None:
    assert passages_where() == passages_where(Filters())
    [condition] = passages_where().must
    assert condition.key == "meta.kind"
