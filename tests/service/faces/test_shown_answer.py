"""What the page shows of an answer: extracted values with their sentences, or written statements in their language."""

from dataclasses import replace

from service.answering.answer import Answer, Citation, CitedArticle, Statement
from service.faces.page_texts import page_texts
from service.faces.render import render
from service.faces.shown_answer import shown_answer

ARTICLE = CitedArticle("a", "v", "Titre", None, None, "fr", "2021-07-05")
CITATION = Citation(1, "Il a plu 3 heures.", 0, 18, "p", ARTICLE, 9, 18, translation="It rained for 3 hours.")
WRITTEN = Answer(
    id="ans_1",
    question="How long?",
    standalone_question="How long?",
    language="en",
    answered=True,
    answer="It rained for 3 hours. [1]",
    statements=(Statement("It rained for 3 hours.", (1,)),),
    citations=(CITATION,),
    short_answer="3 heures.",
    confidence=0.9,
    mode="generative",
)


def page(answer: Answer) -> str:
    values = {
        "question": answer.question,
        "notice": None,
        "articles": 1,
        "model_host": None,
        "suggestions": None,
    }
    return render(
        "ask.html", page_texts("en"), answer=answer, runs_widget=False, **values, **shown_answer(answer)
    )


def test_written_statements_are_shown_in_the_language_of_the_answer() -> None:
    shown = shown_answer(WRITTEN)
    assert shown["pieces"] == []
    assert [(one.language, one.text.before, one.text.answer) for one in shown["statements"]] == [
        ("en", "It rained for 3 hours.", "")
    ]
    assert shown["citations"][0].quote.answer == "3 heures."


def test_a_machine_translation_is_labelled_and_in_its_language() -> None:
    html = page(WRITTEN)
    assert 'class="label">Machine translation</p><p lang="en" dir="auto">It rained for 3 hours.</p>' in html
    assert "Machine translation" not in page(
        replace(WRITTEN, citations=(replace(CITATION, translation=None),))
    )


def test_who_gets_the_question_is_said() -> None:
    texts = page_texts("en")
    values = {"question": "", "notice": None, "articles": 5, "suggestions": None, "answer": None}
    form = {"missing_origin": None, "off": False, "runs_widget": True}
    assert "Nothing is sent elsewhere" in render("chat.html", texts, model_host=None, **form, **values)
    html = render("chat.html", texts, model_host="llm.example", **form, **values)
    assert "The language model at llm.example gets the question" in html and "elsewhere" not in html
