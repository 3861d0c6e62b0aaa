"""How a verified draft is worded: values with marks, lists, disagreement, sentences."""

from service.answering.answer import Citation, CitedArticle, Statement
from service.answering.verify import Draft
from service.answering.word_answer import answer_parts, short_answer


def _citation(
    number: int, quote: str, answer: str, stance: str = "supports", source: str | None = "Courier"
) -> Citation:
    start = 100 + quote.index(answer)
    return Citation(
        number=number,
        quote=quote,
        start=100,
        end=100 + len(quote),
        passage_id="p",
        article=CitedArticle(f"a{number}", "v", "Title", source, None, "en", "2021-07-05"),
        answer_start=start,
        answer_end=start + len(answer),
        stance="differs" if stance == "differs" else "supports",
    )


def _draft(citations: list[Citation], values: tuple[tuple[int, ...], ...]) -> Draft:
    statements = (Statement("A sentence.", tuple(range(1, len(citations) + 1)), 90, 101),)
    return Draft(statements, tuple(citations), values)


def test_one_value_of_two_articles_has_both_marks() -> None:
    draft = _draft(
        [_citation(1, "Ishkashim (102 men)", "102"), _citation(2, "102 soldats", "102")], ((1, 2),)
    )
    assert "".join(answer_parts(draft)) == "102 [1][2]"
    assert short_answer(draft) == "102"


def test_several_values_come_in_the_order_of_their_citations() -> None:
    draft = _draft([_citation(1, "Nish and Miyan", "Nish"), _citation(2, "Miyan too", "Miyan")], ((1,), (2,)))
    assert "".join(answer_parts(draft)) == "Nish [1]; Miyan [2]"
    assert short_answer(draft) == "Nish; Miyan"


def test_where_articles_disagree_each_value_has_its_source_and_date() -> None:
    other = _citation(2, "104 men", "104", "differs", source=None)
    draft = _draft([_citation(1, "102 men", "102"), other], ((1,), (2,)))
    assert "".join(answer_parts(draft)) == "102 (Courier, 2021-07-05) [1]; 104 (Title, 2021-07-05) [2]"
    assert short_answer(draft) == "102"


def test_without_values_the_sentences_are_the_answer() -> None:
    draft = Draft((Statement("They left.", (1,), 0, 10),), (_citation(1, "They left.", "left"),))
    assert "".join(answer_parts(draft)) == "They left. [1]"
    assert short_answer(draft) is None
