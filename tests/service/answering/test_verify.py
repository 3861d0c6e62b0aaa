"""Nothing leaves that does not stand at its place in the stored version."""

from dataclasses import replace

import pytest

from indexing.archive.archive import Archive
from service.answering.answer import Citation, CitedArticle, Statement
from service.answering.verify import Draft, Verify
from service.answering.written.check_statement import CheckStatement

ID = "sample-fr-border-crossing"
QUOTE = "Ishkashim (102 personnes)"


async def citation(archive: Archive, number: int = 1) -> Citation:
    stored = await archive.article(ID)
    assert stored is not None
    start = stored.article.text.index(QUOTE)
    article = CitedArticle(ID, stored.version, stored.article.title, None, None, "fr", None)
    return Citation(number, QUOTE, start, start + len(QUOTE), "p", article)


def draft(*citations: Citation) -> Draft:
    statements = tuple(Statement(c.quote, (c.number,), c.start, c.end) for c in citations)
    return Draft(statements, citations)


async def test_verify_lets_a_true_quote_through(samples: Archive) -> None:
    true = draft(await citation(samples))
    assert await Verify(samples).run_async(true) == {"verified": true, "dropped": 0}


@pytest.mark.parametrize(
    "change",
    [
        {"quote": "Ishkashim (1 020 personnes)"},
        {"quote": QUOTE.upper()},
        {"quote": ""},
        {"start": 0},
        {"end": 10_000_000},
        {"start": -5},
    ],
)
async def test_verify_drops_a_quote_that_is_not_there(samples: Archive, change: dict[str, object]) -> None:
    false = replace(await citation(samples), **change)
    result = await Verify(samples).run_async(draft(false))
    assert result == {"verified": Draft(), "dropped": 1}


@pytest.mark.parametrize(
    "change", [{"id": "no-such-article"}, {"version": "0" * 16}, {"id": "sample-en-night-train"}]
)
async def test_verify_drops_a_quote_of_another_article_or_version(
    samples: Archive, change: dict[str, str]
) -> None:
    true = await citation(samples)
    false = replace(true, article=replace(true.article, **change))
    assert (await Verify(samples).run_async(draft(false)))["dropped"] == 1


async def test_verify_drops_a_statement_whose_sentence_was_altered(samples: Archive) -> None:
    true = await citation(samples)
    altered = Draft((Statement("Ishkashim (103 personnes)", (1,), true.start, true.end),), (true,))
    assert (await Verify(samples).run_async(altered))["dropped"] == 1


async def test_verify_drops_a_statement_without_citation(samples: Archive) -> None:
    assert (await Verify(samples).run_async(Draft((Statement("Something", ()),), ())))["dropped"] == 1


async def test_verify_numbers_what_is_left_anew(samples: Archive) -> None:
    true = await citation(samples, number=2)
    false = replace(true, number=1, quote="invented")
    result = await Verify(samples).run_async(draft(false, true))
    assert result["dropped"] == 1
    assert [one.number for one in result["verified"].citations] == [1]
    assert result["verified"].statements[0].citations == (1,)


async def test_verify_checks_what_came_nearest_too(samples: Archive) -> None:
    true = await citation(samples)
    false = replace(true, quote="invented")
    result = await Verify(samples).run_async(Draft(nearest=(false, true)))
    assert result["verified"].nearest == (true,)


def written(text: str, *citations: Citation) -> Draft:
    return Draft((Statement(text, tuple(one.number for one in citations)),), citations, written_in="en")


CHECK = CheckStatement(lambda word: word == word.casefold())


async def test_verify_lets_a_written_statement_through_that_its_quotes_prove(samples: Archive) -> None:
    true = written("102 soldiers came via Ishkashim.", await citation(samples))
    assert await Verify(samples, CHECK).run_async(true) == {"verified": true, "dropped": 0}


async def test_verify_drops_a_written_statement_that_its_quotes_do_not_prove(samples: Archive) -> None:
    for text in ("1,020 soldiers came via Ishkashim.", "102 soldiers came via Khorog."):
        result = await Verify(samples, CHECK).run_async(written(text, await citation(samples)))
        assert (result["dropped"], result["verified"].statements) == (1, ())


async def test_verify_drops_a_written_statement_with_one_false_quote_among_others(samples: Archive) -> None:
    true = await citation(samples)
    both = written("102 soldiers came via Ishkashim.", true, replace(true, number=2, quote="invented"))
    assert (await Verify(samples, CHECK).run_async(both))["dropped"] == 1
    none = written("102 soldiers came via Ishkashim.")
    assert (await Verify(samples, CHECK).run_async(none))["dropped"] == 1


async def test_verify_without_a_check_lets_no_written_statement_through(samples: Archive) -> None:
    true = written("102 soldiers came via Ishkashim.", await citation(samples))
    assert (await Verify(samples).run_async(true))["dropped"] == 1
