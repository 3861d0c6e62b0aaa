"""What is known of a language by a few of its passages: which terms of a question are rare, and when that is old."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from indexing.archive import language_samples
from indexing.archive.archive import Archive
from indexing.archive.language_samples import POSTINGS, LanguageSample, rarest_terms
from indexing.archive.terms import SparseTerms
from tests.indexing.archive.synthetic import article, long_text, open_edge, put


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Archive]:
    opened = open_edge(tmp_path / "points")
    await put(opened, article("one", long_text("the river")))
    yield opened
    await opened.close()


def sample(count: int, occurrences: dict[int, int]) -> LanguageSample:
    return LanguageSample(count, np.zeros(2, np.float32), 1000, Counter(occurrences))


def test_common_terms_of_a_large_archive_are_not_searched_for() -> None:
    samples = [sample(900_000, {1: 900, 2: 300, 3: 20, 4: 1}), sample(100_000, {5: 200})]
    question = SparseTerms([1, 2, 3, 4, 5, 6], [1.0] * 6)
    assert rarest_terms(question, samples) == [6, 4]  # of the third there are 18,000
    assert rarest_terms(SparseTerms([1, 2], [1.0] * 2), samples) == [2, 1]


def test_small_archive_is_searched_for_all_terms() -> None:
    samples = [sample(POSTINGS // 10, dict.fromkeys(range(9), 1000))]
    question = SparseTerms(list(range(9)), [1.0] * 9)
    assert rarest_terms(question, samples) == question.indices


async def test_new_language_is_known_at_once_however_large_the_archive(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language_samples, "LARGE", 2)
    monkeypatch.setattr(language_samples, "COUNTS_LAST_S", 3600.0)  # however slow the machine is
    [(name, first)] = await archive.language_samples()
    await put(archive, article("two", "The bridge is closed."))
    assert [found.count for _, found in await archive.language_samples()] == [
        first.count
    ]  # not counted again
    await put(archive, article("three", long_text("the harbour"), language="fr"))
    found = dict(await archive.language_samples())
    assert found.keys() == {name, "fr"}
    assert found[name].count == first.count + 1
