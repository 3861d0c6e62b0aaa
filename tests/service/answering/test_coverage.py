"""Coverage is 0 without common terms, 1 with all, and the same from a stored score as from the text."""

from indexing.archive.archive import Archive
from indexing.archive.filters import Filters
from indexing.archive.search_passages import PassageQuery
from indexing.archive.terms import Terms
from service.answering.coverage import Coverage


async def test_coverage_of_a_stored_score_equals_that_of_the_text(samples: Archive, terms: Terms) -> None:
    known = dict(await samples.language_samples())
    coverage = Coverage("How many carriages does the night train have?", terms, known)
    query = PassageQuery(5, terms=coverage.question, language="en")
    [hits] = await samples.search([query], Filters())
    passages = {passage.id: passage for passage in await samples.passages([hit.id for hit in hits])}
    assert hits
    for hit in hits:
        by_text = coverage.of_text(passages[hit.id].text, "en")
        assert abs(coverage.of_score(hit.score, "en") - by_text) < 0.01


async def test_coverage_is_between_none_and_all(samples: Archive, terms: Terms) -> None:
    known = dict(await samples.language_samples())
    coverage = Coverage("night train", terms, known)
    assert coverage.of_text("совсем другое", "ru") == 0.0
    assert coverage.of_text("night train night train", "en") == 1.0
    assert Coverage("?!", terms, known).of_text("anything", "en") == 0.0
