"""Plain text for a terminal: quotes with their marks, sources, refusals, and the status one fact a line."""

from typing import Any

import pytest

from service.render_text import answer_text, sources_text, status_text, step_text


def citation(quote: str, **more: Any) -> dict[str, Any]:
    article = {
        "id": "a1",
        "title": "Title",
        "source": "Gazette",
        "published": "2021-07-05",
        "language": "fr",
        "tags": more.pop("tags", []),
    }
    marks = {"answer_start": None, "answer_end": None, "stance": "supports"}
    place = {"number": 1, "quote": quote, "start": 3, "end": 3 + len(quote)}
    return place | marks | {"article": article, "also_in": []} | more


def answered(*citations: dict[str, Any], **more: Any) -> dict[str, Any]:
    unsure = {"short_answer": None, "confidence": None, "statements": [], "refusal": None}
    return {"answered": True, "answer": "It rained. [1]", "citations": list(citations)} | unsure | more


def test_an_answer_shows_every_quote_with_its_source() -> None:
    copies = [{"source": "Herald", "title": "T"}, {"source": None, "title": "Other title"}]
    assert answer_text(answered(citation("It\nrained.", also_in=copies))) == (
        "It rained. [1]\n"
        "\n"
        "[1] “It rained.”\n"
        "    Title · Gazette · 2021-07-05 · fr · a1 3-13\n"
        "    also in: Herald\n"
        "    also in: Other title"
    )


def test_a_short_answer_stands_first_and_in_bold_inside_its_quote() -> None:
    text = answer_text(
        answered(
            citation("by road: 1\u202f037\nmen", answer_start=12, answer_end=17),
            citation("only 900 men", number=2, answer_start=8, answer_end=11, stance="differs"),
            answer="1\u202f037 (Gazette) [1]; 900 (Herald) [2]",
            short_answer="1\u202f037",
            confidence=0.934,
            statements=[
                {"text": "They came by road: 1\u202f037\nmen.", "citations": (1,), "start": 0, "end": 28},
                {"text": "only 900 men", "citations": [2], "start": 3, "end": 15},
            ],
        )
    )
    assert text == (
        "\x1b[1m1\u202f037 (Gazette) [1]; 900 (Herald) [2]\x1b[0m\n"
        "Confidence: 93 %\n"
        "\n"
        "[1] “by road: \x1b[1m1\u202f037\x1b[0m men”\n"
        "    in full: “They came by road: 1\u202f037 men.”\n"
        "    Title · Gazette · 2021-07-05 · fr · a1 3-21\n"
        "\n"
        "[2] says something else: “only \x1b[1m900\x1b[0m men”\n"
        "    Title · Gazette · 2021-07-05 · fr · a1 3-15"
    )


def test_a_sentence_that_answers_by_itself_has_nothing_in_bold() -> None:
    text = answer_text(answered(citation("It rained.", answer_start=6, answer_end=12)))
    assert "\x1b" not in text and "[1] “It rained.”" in text


@pytest.mark.parametrize(
    "quote", ["« Non », dit-il.", "“No,” he said.", "„Nein“, sagte er.", '"No."', "「不」他说。"]
)
def test_a_quote_that_begins_with_a_mark_gets_no_second_one(quote: str) -> None:
    assert f"\n[1] {quote}\n" in answer_text(answered(citation(quote)))


def test_a_sample_is_shown_as_such() -> None:
    assert "· sample article ·" in answer_text(answered(citation("x", tags=["sample", "world"])))


def test_a_refusal_shows_what_came_near() -> None:
    refused = {
        "answered": False,
        "answer": "Nothing found.",
        "citations": [],
        "refusal": {"nearest": [citation("Close.")]},
    }
    assert answer_text(refused).splitlines() == [
        "Nothing found.",
        "",
        "Nearest:",
        "  “Close.”",
        "    Title · Gazette · 2021-07-05 · fr · a1 3-9",
    ]
    refused["refusal"]["nearest"] = []  # type: ignore[index]
    assert answer_text(refused) == "Nothing found."


def test_sources_are_one_a_citation_with_their_addresses() -> None:
    first = citation("It rained.")
    second = citation("It did not.", number=2, stance="differs")
    first["article"]["url"], second["article"]["url"] = "https://rain.example/", None
    assert sources_text({"citations": [first, second]}).splitlines() == [
        "[1] Title · Gazette · 2021-07-05 · fr · a1 3-13",
        "    https://rain.example/",
        "[2] says something else: Title · Gazette · 2021-07-05 · fr · a1 3-14",
    ]


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ({"step": "waiting", "ahead": 0}, ""),
        ({"step": "waiting", "ahead": 3}, "waiting, 3 questions ahead"),
        ({"step": "understanding"}, "understanding the question"),
        ({"step": "searching", "articles": 1240}, "searching 1,240 articles"),
        ({"step": "reading", "passages": 8}, "reading 8 passages"),
        ({"step": "checking", "quotes": 1}, "checking one quote"),
        ({"step": "writing"}, "writing the answer"),
        ({"step": "dreaming", "sheep": 5}, ""),
        ({"step": ["reading"], "passages": 8}, ""),
        ({"step": "reading", "passages": "\x1b[2J"}, ""),
        ({}, ""),
    ],
)
def test_a_step_is_said_with_its_figure(status: dict[str, Any], text: str) -> None:
    assert step_text(status) == text


def test_status_is_one_fact_a_line() -> None:
    status = {
        "archive": "/news",
        "engine": "Qdrant Edge",
        "articles": 3,
        "samples": 2,
        "copies": 1,
        "passages": 12,
        "languages": {"en": 1, "fr": 2},
        "sources": {},
        "published": {"from": None, "to": None},
        "bytes": 1_234_567,
        "models": {"encoder": "e5", "encoder_fingerprint": "f"},
    }
    lines = status_text(status).splitlines()
    assert "articles   3 (2 of them samples)" in lines
    assert "languages  fr 2, en 1" in lines
    assert "sources    none" in lines and "published  no dates" in lines
    assert "size       1 MB" in lines
    shown = status_text(status | {"samples": 0, "bytes": None, "published": {"from": "2021", "to": "2022"}})
    assert "articles   3\n" in shown and "2021 to 2022" in shown and "unknown" in shown


def test_a_written_answer_shows_its_quotes_with_machine_translations_and_no_sentence_twice() -> None:
    written = {"text": "It rained.", "citations": [1], "start": None, "end": None}
    shown = answer_text(
        answered(citation("Il a plu.", translation="It\nrained."), mode="generative", statements=[written])
    )
    assert shown == (
        "It rained. [1]\n"
        "\n"
        "[1] “Il a plu.”\n"
        "    machine translation: “It rained.”\n"
        "    Title · Gazette · 2021-07-05 · fr · a1 3-12"
    )
