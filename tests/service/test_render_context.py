"""A quote within its passage: word for word, marked, with what shows that something is left out."""

from typing import Any

import pytest

from service.errors import ServiceError
from service.render_context import CONTEXT, context_text
from tests.service.scripted_service import QUOTE, TEXT, answered

ANSWER = answered()
CITATION: dict[str, Any] = ANSWER["citations"][0]
FACTS = f"[1] Le pont · Courrier · 2022-05-02 · fr · pont {CITATION['start']}-{CITATION['end']}"


def test_a_quote_stands_marked_in_the_passage_that_was_read() -> None:
    text = context_text(CITATION, ANSWER["passages"], {"text": TEXT}, styled=False)
    assert text == (f"{FACTS}\n\nLe pont rouvre.\nSa réparation »{QUOTE}« à la commune. Il date de 1911. …")


def test_on_a_terminal_the_quote_is_in_reverse_video() -> None:
    text = context_text(CITATION, ANSWER["passages"], {"text": TEXT}, styled=True)
    assert f"Sa réparation \x1b[7m{QUOTE}\x1b[0m à la commune" in text


@pytest.mark.parametrize(
    "changes", [{"passage_id": "other"}, {"text": "other"}, {"start": -1}, {"end": CITATION["end"] - 1}]
)
def test_without_its_passage_a_quote_stands_in_its_paragraph(changes: dict[str, Any]) -> None:
    passages = [ANSWER["passages"][0] | changes]
    text = context_text(CITATION, passages, {"text": TEXT}, styled=False)
    assert text.splitlines()[2:] == [f"… Sa réparation »{QUOTE}« à la commune. Il date de 1911. …"]


def test_a_paragraph_without_end_is_cut() -> None:
    long = "x" * 10_000 + QUOTE + "y" * 10_000
    place = {"start": 10_000, "end": 10_000 + len(QUOTE)}
    text = context_text(CITATION | place, [], {"text": long}, styled=False)
    assert text.splitlines()[2] == "… " + "x" * CONTEXT + f"»{QUOTE}«" + "y" * CONTEXT + " …"


def test_an_earlier_version_says_so() -> None:
    article = {"text": TEXT, "current_version": "v2"}
    assert context_text(CITATION, [], article, styled=False).splitlines()[1] == (
        "    version v1; the article has a newer one"
    )
    assert "newer" not in context_text(CITATION, [], article | {"current_version": "v1"}, styled=False)


@pytest.mark.parametrize("article", [{"text": "x" + TEXT}, {"text": TEXT[:40]}, {"text": None}, {}])
def test_a_text_without_the_quote_at_its_place_is_refused(article: dict[str, Any]) -> None:
    with pytest.raises(
        ServiceError, match=r"quote 1 is not at \d+-\d+ in the text of article pont that came"
    ):
        context_text(CITATION, ANSWER["passages"], article, styled=False)
