"""Archives for the bench are whole and as large as wanted; its page says what was reached."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.bench_archive import bench_archive, many_articles, other_figures
from evaluation.bench_options import BenchOptions, Figure, PartResult
from evaluation.bench_page import bench_page
from evaluation.evaluation_sets import load_sets
from evaluation.provenance import provenance
from evaluation.resident_memory import peak_mb, resident_mb
from indexing.archive.encoder import Encoder
from service.settings import Settings


@given(st.text(max_size=200), st.integers(0, 9))
def test_other_figures_keep_every_offset(text: str, number: int) -> None:
    changed = other_figures(text, random.Random(number), number)
    assert changed.endswith(f"\n{number}")
    assert len(changed) == len(text) + 2
    assert [re.sub("[0-9]", "0", one) for one in changed[: len(text)]] == [
        re.sub("[0-9]", "0", one) for one in text
    ]


@pytest.fixture
def options(sets: Path, models: Path, tmp_path: Path) -> BenchOptions:
    return BenchOptions(
        settings=Settings(models=models),
        data=sets,
        work=tmp_path,
        seed=1,
        rounds=1,
        added_passages=40,
        large_archive=60,
        questions=5,
    )


async def test_large_archive_holds_whole_articles_in_every_language(
    options: BenchOptions, encoder: Encoder
) -> None:
    async with bench_archive(options, encoder, 60) as archive:
        status = await archive.status()
        assert 60 <= status["passages"] < 100
        assert {"en", "es", "de", "ru", "fr"} <= set(status["languages"])
        assert status["copies"] == 0
        texts = [article.text async for article in archive.every_article()]
    assert len(set(texts)) == len(texts)


async def test_an_archive_is_filled_once(options: BenchOptions, encoder: Encoder) -> None:
    async with bench_archive(options, encoder, 0) as archive:
        first = (await archive.status())["passages"]
    async with bench_archive(options, encoder, 0) as archive:
        assert (await archive.status())["passages"] == first > 0


def test_many_articles_are_all_different(sets: Path) -> None:
    articles = list(many_articles(load_sets(sets, 0, 1), 40, 1))
    assert (
        len({article.id for article in articles})
        == len({article.text for article in articles})
        == len(articles)
    )
    assert sum(len(article.text) for article in articles) >= 40 * 400


def test_page_names_what_falls_short() -> None:
    result = PartResult(
        [Figure("gap", 300.0, "ms", "at most 250", False), Figure("rate", 12.5, "passages/s", beside="9.7")],
        {},
    )
    part = {"made": provenance(), "seconds": 1.0, **result.to_dict()}
    page = bench_page({"parts": {"gap": part}}, ["bench_gap.png"])
    assert "0 of 1 goals reached" in page
    assert "- Falls short: gap: 300 ms, at most 250 wanted" in page
    assert "| rate | 12.5 passages/s |  | 9.7 |  |" in page
    assert "(bench_gap.png)" in page


def test_memory_of_this_process_is_below_its_peak() -> None:
    assert 1 < resident_mb() <= peak_mb() + 1
