"""Near-identical passages are one hit; those that differ in a figure, a language or the article are not."""

from indexing.archive.article import Passage
from service.answering.fold_passages import fold_passages

TEXT = (
    "The ferry was late again on Monday, the operator said, and 254 passengers waited at the pier until noon."
)


def passage(text: str, article: str = "a") -> Passage:
    return Passage(article, "v", 0, len(text), text, ((0, len(text)),))


def test_fold_passages_joins_the_same_text_of_two_articles() -> None:
    other = TEXT.replace("again on", "once more on")
    assert fold_passages([(passage(TEXT), "en"), (passage(other, "b"), "en")]) == [[0, 1]]


def test_fold_passages_keeps_two_reports_that_differ_in_a_number() -> None:
    other = TEXT.replace("254", "241")
    assert fold_passages([(passage(TEXT), "en"), (passage(other, "b"), "en")]) == [[0], [1]]


def test_fold_passages_keeps_the_same_text_in_another_language_or_the_same_article() -> None:
    assert fold_passages([(passage(TEXT), "en"), (passage(TEXT, "b"), "de")]) == [[0], [1]]
    assert fold_passages([(passage(TEXT), "en"), (passage(TEXT), "en")]) == [[0], [1]]


def test_fold_passages_keeps_the_order_of_the_best_of_each_group() -> None:
    far = "Nothing of this has to do with the sea, it is about bread and butter on a table in the hills."
    ranked = [
        (passage(far, "x"), "en"),
        (passage(TEXT), "en"),
        (passage(far, "y"), "en"),
        (passage(TEXT, "b"), "en"),
    ]
    assert fold_passages(ranked) == [[0, 2], [1, 3]]
    assert fold_passages([]) == []
