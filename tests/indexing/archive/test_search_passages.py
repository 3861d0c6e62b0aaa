"""Search while an article is half written: only the current version counts, and nothing else takes its place."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from indexing.archive.archive import Archive
from indexing.archive.article import Article
from indexing.archive.filters import Filters
from indexing.archive.records import filter_fields, passage_point, record_point
from indexing.archive.search_passages import CandidateSearch, PassageQuery
from indexing.archive.terms import SparseTerms
from indexing.archive.versions import VersionWriter
from tests.indexing.archive.synthetic import TERMS, article, long_text, open_edge, passages_of, put, vector

CURRENT = article("one", long_text("the river"))
QUESTION = PassageQuery(1, vector=vector("the question"))


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Archive]:
    opened = open_edge(tmp_path / "points")
    await put(opened, CURRENT, article("two", long_text("the bridge"), language="fr"))
    yield opened
    await opened.close()


async def write_passages(archive: Archive, one: Article, like: str) -> None:
    """The passages of a version whose record is not written (yet), as near to `like` as can be."""
    fields = filter_fields(one.metadata(), [])
    points = [
        passage_point(passage, fields, vector(like).tolist(), TERMS.document("river river"))
        for passage in passages_of(one)
    ]
    await archive._engine.upsert(points)


@pytest.mark.parametrize("limit", [1, 2, 5])
async def test_version_on_its_way_in_displaces_nothing(archive: Archive, limit: int) -> None:
    queries = [
        replace(QUESTION, limit=limit),
        PassageQuery(limit, terms=TERMS.question("river"), language="en"),
    ]
    before = await archive.search(queries, Filters())
    assert [len(hits) for hits in before] == [limit, min(limit, len(passages_of(CURRENT)))]
    for number in range(4):
        coming = article("one", long_text(f"the sea {number}", 12))
        await write_passages(archive, coming, "the question")
    await write_passages(archive, article("new", long_text("a hill", 9)), "the question")
    after = await archive.search(queries, Filters())
    assert [[hit.id for hit in hits] for hits in after] == [[hit.id for hit in hits] for hits in before]


async def test_passages_of_a_copy_to_be_are_not_seen(archive: Archive) -> None:
    heir = replace(CURRENT, id="heir", source="Echo")
    await put(archive, heir)
    await write_passages(archive, heir, "the question")
    [hits] = await archive.search([replace(QUESTION, limit=50)], Filters())
    assert {hit.article_id for hit in hits} == {"one", "two"}


async def test_removed_article_is_not_seen_before_it_is_cleared_away(archive: Archive) -> None:
    writer = VersionWriter(archive._engine)
    record = (await writer.records(["one"]))["one"]
    await archive._engine.upsert([record_point(replace(record, kind="removed"))])
    [hits] = await archive.search([replace(QUESTION, limit=50)], Filters())
    assert {hit.article_id for hit in hits} == {"two"}
    assert await archive.article("one") is None
    assert await archive.article_count() == 1


async def test_hits_carry_what_ranking_needs(archive: Archive) -> None:
    passage = passages_of(CURRENT)[1]
    query = PassageQuery(1, vector=vector(f"{CURRENT.title}\n{passage.text}"))
    [[hit]] = await archive.search([query], Filters())
    assert (hit.id, hit.article_id, hit.version, hit.language) == (passage.id, "one", CURRENT.version, "en")
    assert hit.score == pytest.approx(1.0, abs=1e-3)  # of vectors of 16 bits


async def test_terms_weigh_within_the_language_whatever_the_filters(archive: Archive) -> None:
    await put(archive, article("three", "The river rises.", source="Echo"))
    query = PassageQuery(20, terms=TERMS.question("river"), language="en")
    [every] = await archive.search([query], Filters())
    [filtered] = await archive.search([query], Filters(source=("Echo",)))
    scores = {hit.id: hit.score for hit in every}
    assert [hit.article_id for hit in filtered] == ["three"]
    assert filtered[0].score == pytest.approx(scores[filtered[0].id])


async def test_question_without_terms_and_limit_of_zero_find_nothing(archive: Archive) -> None:
    queries = [PassageQuery(5, terms=TERMS.question("?!")), replace(QUESTION, limit=0), QUESTION]
    answers = await archive.search(queries, Filters())
    assert [len(hits) for hits in answers] == [0, 0, 1]


async def test_version_left_out_is_known_to_be_current_once_it_is(archive: Archive) -> None:
    coming = article("one", long_text("the sea", 12))
    await write_passages(archive, coming, "the question")
    search = CandidateSearch(QUESTION.vector, TERMS.question("river"), ["en", "fr"], Filters(), 3, 3)
    ids = [candidate.id for candidate in await archive.candidates(search)]
    passages, outdated = await archive.current_passages(ids)
    assert outdated == {("one", coming.version)}
    assert not {passage.version for passage in passages} & {coming.version}
    ids = [candidate.id for candidate in await archive.candidates(search, outdated)]
    passages, still = await archive.current_passages(ids, outdated)
    assert {passage.version for passage in passages if passage.article_id == "one"} == {CURRENT.version}
    assert still == outdated
    await put(archive, coming)
    passages, still = await archive.current_passages(ids, outdated)
    assert still == set()
    assert {passage.article_id for passage in passages} == {"two"}


async def test_large_archive_scores_by_all_terms_what_the_rare_ones_find(archive: Archive) -> None:
    await put(archive, article("three", "The river rises."), article("four", "A quay.", language="fr"))
    terms = TERMS.question("river quay")
    samples = dict(await archive.language_samples())
    weighed = {
        name: replace(terms, values=[sample.inverse_document_frequency(term) for term in terms.indices])
        for name, sample in samples.items()
    }
    usual = CandidateSearch(QUESTION.vector, terms, list(samples), Filters(), 20, 20)
    [letter] = TERMS.question("q").indices
    rare = {
        name: SparseTerms([letter], [sample.inverse_document_frequency(letter)])
        for name, sample in samples.items()
    }
    large = replace(usual, rare=rare, weighed=weighed)
    assert {one.id: one.weight for one in await archive.candidates(large)} == pytest.approx(
        {one.id: one.weight for one in await archive.candidates(usual)}
    )
    few = await archive.candidates(replace(large, by_vector=0))
    assert [one.language for one in few] == ["fr"]  # the only one with that letter
