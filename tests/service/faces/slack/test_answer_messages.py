"""An answer in Slack: every quote whole with its source, every mark in its place, nothing that Slack refuses."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import ActionsBlock, Block, ContextBlock, SectionBlock

from evaluation.read_slack_messages import marks_in, quotes_in
from service.answering.answer import Answer, Citation, CitedArticle, Refusal, Statement
from service.faces.slack.answer_messages import (
    FEEDBACK_DOWN,
    FEEDBACK_UP,
    NEAREST,
    SlackMessage,
    answer_markdown,
    answer_messages,
    answer_metadata,
    closing_messages,
    problem_message,
)
from service.faces.slack.block_kit import TEXT_LIMIT
from service.faces.slack.slack_texts import all_slack_texts, slack_texts
from tests.slack_stub.check_message import problems_of

ENGLISH = slack_texts("en")
ARTICLE = CitedArticle(
    "pont", "v1", "Le pont rouvre", "Courrier", "https://pont.example/?a=1&b=2", "fr", "2022-05-02"
)
QUOTE = "a coûté 340 000 euros"
CITATION = Citation(1, QUOTE, 30, 30 + len(QUOTE), "p1", ARTICLE, 38, 30 + len(QUOTE))
ANSWER = Answer(
    id="ans_1",
    question="What did it cost?",
    standalone_question="What did it cost?",
    language="en",
    answered=True,
    answer="340 000 euros [1]",
    statements=(Statement("Sa réparation a coûté 340 000 euros à la commune.", (1,), 16, 64),),
    citations=(CITATION,),
    short_answer="340 000 euros",
    confidence=0.934,
)
REFUSED = replace(
    ANSWER,
    answered=False,
    answer="None of the articles states it (articles searched: 27).",
    statements=(),
    citations=(),
    short_answer=None,
    refusal=Refusal("not_stated", "None of the articles states it (articles searched: 27).", (CITATION,)),
)
# Pieces that Slack would read, long runs, and all kinds of scripts.
TEXTS = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *(
                    "<!channel> ",
                    "<@U1>",
                    "<https://e.org|x>",
                    "&lt;",
                    "& ",
                    "*b* ",
                    "_i_ ",
                    ":smile:",
                    "`c`",
                    "[1] ",
                ),
                *(
                    "\n",
                    "e\u0301",
                    "👩‍👩‍👧 ",
                    "العربية ",
                    "中文。",
                    "русский ",
                    "ไทย",
                    "word " * 200,
                    "字" * 900,
                    "&" * 500,
                ),
            ]
        ),
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20),
    ),
    min_size=1,
    max_size=8,
).map("".join)
ADDRESSES = st.one_of(
    st.none(),
    st.sampled_from(
        ["https://e.org/a b|c>", "HTTPS://E.org/", "javascript:alert(1)", "https://e.org/" + "é" * 900]
    ),
    TEXTS,
)


def view(citation: Citation) -> str:
    return f"https://citewell.example/articles/{citation.article.id}?v=1&start={citation.start}"


def nowhere(citation: Citation) -> None:
    return None


def check(messages: Sequence[SlackMessage], answer: Answer = ANSWER) -> None:
    """Slack takes every message, by its documented rules and by its own SDK's models."""
    for message in messages:
        arguments: dict[str, Any] = {
            "channel": "C1",
            "text": message.text,
            "blocks": list(message.blocks),
            "metadata": answer_metadata(answer),
        }
        assert not problems_of("chat.postMessage", arguments)
        assert len(message.text) <= 3_000
        for block in Block.parse_all([dict(block) for block in message.blocks]):
            assert isinstance(block, (ActionsBlock, ContextBlock, SectionBlock))
            block.validate_json()
            block.to_dict()


def texts_of(message: SlackMessage) -> list[str]:
    """Every text in the blocks, in order."""
    found = []
    for block in message.blocks:
        found += [block["text"]["text"]] if block["type"] == "section" else []
        for element in block.get("elements", []):
            found.append(element["text"]["text"] if element["type"] == "button" else element["text"])
    return found


def test_values_sentence_quote_and_source_follow_one_another() -> None:
    messages = answer_messages(ANSWER, ENGLISH, view)
    check(messages)
    assert len(messages) == 1
    assert texts_of(messages[0]) == [
        "*340 000 euros* [1]",
        "Sa réparation a coûté 340 000 euros à la commune. [1]",
        "_Confidence 93 %_",
        "*[1]*",
        "“a coûté 340 000 euros”",
        "<https://citewell.example/articles/pont?v=1&amp;start=30|Le pont rouvre> · Courrier · 2022-05-02 · fr · "
        "<https://pont.example/?a=1&amp;b=2|Original>",
        "👍 Good answer",
        "👎 Bad answer",
    ]
    assert messages[0].text == "340 000 euros [1]\n[1] Le pont rouvre · Courrier"


def test_what_articles_say_is_plain_text() -> None:
    blocks = answer_messages(ANSWER, ENGLISH, view)[0].blocks
    kinds = [one["type"] for block in blocks if block["type"] == "context" for one in block["elements"]]
    assert kinds == ["mrkdwn", "mrkdwn", "plain_text", "mrkdwn"]
    assert blocks[1]["text"] == {
        "type": "plain_text",
        "text": "Sa réparation a coûté 340 000 euros à la commune. [1]",
        "emoji": False,
    }


def test_the_buttons_rate_this_answer() -> None:
    *_, actions = answer_messages(ANSWER, ENGLISH, view)[-1].blocks
    assert [(one["action_id"], one["value"]) for one in actions["elements"]] == [
        (FEEDBACK_UP, "ans_1"),
        (FEEDBACK_DOWN, "ans_1"),
    ]


def test_a_sentence_that_is_the_quote_stands_there_once() -> None:
    answer = replace(ANSWER, statements=(Statement(QUOTE, (1,), 30, 51),))
    assert [text for text in texts_of(answer_messages(answer, ENGLISH, view)[0]) if QUOTE in text] == [
        f"“{QUOTE}”"
    ]


def test_without_a_short_answer_the_sentences_answer() -> None:
    answer = replace(ANSWER, short_answer=None, confidence=None, answer=f"{ANSWER.statements[0].text} [1]")
    assert texts_of(answer_messages(answer, ENGLISH, view)[0])[:2] == [answer.answer, "*[1]*"]


def test_a_value_that_could_format_is_plain_text() -> None:
    answer = replace(ANSWER, answer="a*b*c :smile: [1]")
    block = answer_messages(answer, ENGLISH, view)[0].blocks[0]
    assert block["text"] == {"type": "plain_text", "text": "a*b*c :smile: [1]", "emoji": False}


def test_the_marks_between_values_are_not_bold() -> None:
    answer = replace(ANSWER, answer="102 [1][2]; < 90 (Courrier, 2021) [3]")
    assert (
        texts_of(answer_messages(answer, ENGLISH, view)[0])[0]
        == "*102* [1][2]; *&lt; 90 (Courrier, 2021)* [3]"
    )


def test_an_article_that_says_something_else_is_told_apart() -> None:
    other = replace(CITATION, number=2, stance="differs")
    answer = replace(
        ANSWER,
        answer="340 000 euros [1]; 350 000 [2]",
        statements=(*ANSWER.statements, Statement("Elle a coûté 350 000 euros.", (2,))),
        citations=(CITATION, other),
    )
    texts = texts_of(answer_messages(answer, ENGLISH, view)[0])
    assert "Another article says something else:\nElle a coûté 350 000 euros. [2]" in texts
    assert "*[2]* _Says something else_" in texts and "*[1]*" in texts


def test_a_machine_translation_is_labelled_wherever_it_stands() -> None:
    answer = replace(ANSWER, citations=(replace(CITATION, translation="It cost 340,000 euros. " * 200),))
    messages = answer_messages(answer, ENGLISH, view)
    check(messages)
    contexts = [block["elements"] for block in messages[0].blocks if block["type"] == "context"]
    translated = [elements for elements in contexts if "It cost" in elements[-1]["text"]]
    assert len(translated) == 2
    assert all(elements[0]["text"] == "_Machine translation_:" for elements in translated)
    assert quotes_in(messages)[0].text == QUOTE


def test_a_written_answer_says_who_wrote_it() -> None:
    answer = replace(ANSWER, mode="generative", statements=(Statement("It cost *340,000* euros.", (1,)),))
    for messages in (answer_messages(answer, ENGLISH, view), closing_messages(answer, ENGLISH, view)):
        assert any("Written by a language model" in text for text in texts_of(messages[0]))
    assert texts_of(answer_messages(answer, ENGLISH, view)[0])[0] == "It cost *340,000* euros. [1]"
    assert not any("language model" in text for text in texts_of(answer_messages(ANSWER, ENGLISH, view)[0]))


def test_a_refusal_says_what_was_searched_and_what_was_near() -> None:
    messages = answer_messages(REFUSED, ENGLISH, view, articles=27)
    check(messages, REFUSED)
    assert texts_of(messages[0])[:5] == [
        "None of the articles states it (articles searched: 27).",
        "_Searched 27 articles._",
        "*Nearest passages: on the subject, but none of them states the answer.*",
        "*•*",
        f"“{QUOTE}”",
    ]
    assert "Confidence" not in str(messages) and marks_in(messages) == set()
    assert [quote.number for quote in quotes_in(messages)] == [None]


def test_only_the_nearest_passages_stand_under_a_refusal() -> None:
    nearest = tuple(replace(CITATION, number=number, quote=f"Nr. {number}") for number in range(1, 9))
    refused = replace(REFUSED, refusal=Refusal("not_stated", "No.", nearest))
    assert [quote.text for quote in quotes_in(answer_messages(refused, ENGLISH, view))] == [
        f"Nr. {number}" for number in range(1, NEAREST + 1)
    ]


def test_a_refusal_without_anything_near_is_its_sentence() -> None:
    refused = replace(
        REFUSED, refusal=Refusal("archive_empty", "Nothing is there yet."), answer="Nothing is there yet."
    )
    messages = answer_messages(refused, ENGLISH, view)
    assert texts_of(messages[0])[0] == "Nothing is there yet." and len(messages[0].blocks) == 2
    check(closing_messages(refused, ENGLISH, view), refused)


def test_without_a_public_address_the_title_leads_to_the_publisher() -> None:
    source = texts_of(answer_messages(ANSWER, ENGLISH, nowhere)[0])[5]
    assert source == "<https://pont.example/?a=1&amp;b=2|Le pont rouvre> · Courrier · 2022-05-02 · fr"
    answer = replace(
        ANSWER, citations=(replace(CITATION, article=replace(ARTICLE, url="javascript:alert(1)")),)
    )
    assert (
        texts_of(answer_messages(answer, ENGLISH, nowhere)[0])[5]
        == "Le pont rouvre · Courrier · 2022-05-02 · fr"
    )


def test_what_else_is_known_of_a_source_is_said() -> None:
    article = replace(ARTICLE, tags=("sample",))
    copies = tuple({"source": f"Paper {number}", "title": "T"} for number in range(7))
    answer = replace(
        ANSWER, citations=(replace(CITATION, article=article, newer_version="v2", also_in=copies),)
    )
    texts = texts_of(answer_messages(answer, ENGLISH, view)[0])
    assert "_The article has changed since; this quotes an earlier version._" in texts
    assert "_Also in_ Paper 0, Paper 1, Paper 2, Paper 3, Paper 4, …" in texts
    assert any("· fr · sample article ·" in text for text in texts)


def test_who_asked_is_mentioned_and_nobody_else() -> None:
    answer = replace(ANSWER, question="<!channel> what did it cost?")
    messages = answer_messages(answer, ENGLISH, view, question_by="U123")
    check(messages, answer)
    assert texts_of(messages[0])[:2] == ["<@U123> asked:", "&lt;!channel&gt; what did it cost?"]
    check(answer_messages(answer, ENGLISH, view, question_by="!channel> <!here"), answer)


def test_a_quote_goes_on_in_the_next_block_only_when_one_cannot_hold_it() -> None:
    whole, longer = "é" * (TEXT_LIMIT - 2), "é" * (TEXT_LIMIT - 1)
    for quote, pieces in ((whole, 1), (longer, 2), ("mot " * 5_000, 7)):
        messages = answer_messages(
            replace(ANSWER, citations=(replace(CITATION, quote=quote),)), ENGLISH, view
        )
        check(messages)
        (shown,) = quotes_in(messages)
        assert shown.text == quote and len(shown.pieces) == pieces
        said = [text for message in messages for text in texts_of(message)]
        assert said.count("_the quotation continues_ …") == said.count("*[1]* … _continued_") == pieces - 1


def test_a_long_answer_is_several_messages_with_the_buttons_under_the_last() -> None:
    citations = tuple(replace(CITATION, number=number, quote="mot " * 250) for number in range(1, 31))
    answer = replace(ANSWER, answer=" ".join(f"v [{one.number}]" for one in citations), citations=citations)
    messages = answer_messages(answer, ENGLISH, view)
    check(messages, answer)
    assert len(messages) > 2 and messages[1].text.startswith("Answer, continued\n[")
    assert [block["type"] for message in messages for block in message.blocks].count("actions") == 1
    assert messages[-1].blocks[-1]["type"] == "actions"
    assert [quote.number for quote in quotes_in(messages)] == list(range(1, 31))
    assert all(len(quote.pieces) == 1 for quote in quotes_in(messages))
    assert marks_in(messages) == set(range(1, 31))


def test_many_short_parts_keep_within_the_number_of_blocks() -> None:
    statements = tuple(Statement(f"It is {number}.", (1,)) for number in range(120))
    messages = answer_messages(replace(ANSWER, short_answer=None, statements=statements), ENGLISH, view)
    check(messages)
    assert [len(message.blocks) for message in messages] == [49, 49, 25]


def test_a_stream_and_what_closes_it_say_the_same_as_a_message() -> None:
    for answer in (ANSWER, replace(ANSWER, short_answer=None), replace(ANSWER, mode="generative"), REFUSED):
        closing = closing_messages(answer, ENGLISH, view)
        check(closing, answer)
        assert quotes_in(closing) == quotes_in(answer_messages(answer, ENGLISH, view))
    assert answer_markdown(ANSWER, ENGLISH) == [r"**340 000 euros** \[1\]"]
    assert texts_of(closing_messages(ANSWER, ENGLISH, view)[0])[0] == f"{ANSWER.statements[0].text} [1]"
    written = replace(
        ANSWER, mode="generative", statements=(Statement("A_b.", (1,)), Statement("C.", (1, 2)))
    )
    assert answer_markdown(written, ENGLISH) == [r"A\_b\. \[1\]" + "\n\n" + r"C\. \[1\]\[2\]"]


def test_long_wording_is_streamed_in_pieces_that_slack_takes() -> None:
    answer = replace(ANSWER, short_answer=None, statements=(Statement("a.b:c: " * 5_000, (1,)),) * 2)
    pieces = answer_markdown(answer, ENGLISH)
    assert len(pieces) > 4
    for piece in pieces:
        assert not problems_of(
            "chat.appendStream", {"channel": "C1", "ts": "1700000000.000100", "markdown_text": piece}
        )


@pytest.mark.parametrize("language", sorted(all_slack_texts()))
@pytest.mark.parametrize(
    "kind", ["busy", "too_many", "too_long", "no_question", "not_here", "broken", "stopped"]
)
def test_every_problem_is_told_in_every_language(kind: Any, language: str) -> None:
    message = problem_message(slack_texts(language), kind)
    check([message])
    assert "{" not in message.text


def test_metadata_holds_what_a_rating_keeps() -> None:
    assert answer_metadata(ANSWER) == {
        "event_type": "citewell_answer",
        "event_payload": {
            "answer_id": "ans_1",
            "question": "What did it cost?",
            "answer": "340 000 euros [1]",
            "citations": [{"article_id": "pont", "version": "v1", "start": 30, "end": 51}],
        },
    }


def test_metadata_of_a_long_answer_is_shortened_until_slack_takes_it() -> None:
    article = replace(ARTICLE, id="a" * 128, version="f" * 64)
    answer = replace(
        ANSWER,
        question="问" * 2_000,
        answer="答" * 9_000,
        citations=(replace(CITATION, article=article),) * 40,
    )
    metadata = answer_metadata(answer)
    assert not problems_of("chat.postMessage", {"channel": "C1", "text": "x", "metadata": metadata})
    assert metadata["event_payload"]["question"].startswith("问问") and metadata["event_payload"]["citations"]


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """Anything that an answer could hold, whoever wrote the articles."""
    articles = st.builds(
        CitedArticle,
        id=st.from_regex(r"[A-Za-z0-9._~-]{1,128}", fullmatch=True),
        version=st.just("v1"),
        title=TEXTS,
        source=st.none() | TEXTS,
        url=ADDRESSES,
        language=st.sampled_from(["fr", "zh-Hant", "x" * 200]),
        published=st.none() | st.just("2021-07-05T10:00:00Z"),
        tags=st.sampled_from([(), ("sample",)]),
    )
    citations = tuple(
        replace(one, number=number)
        for number, one in enumerate(
            draw(
                st.lists(
                    st.builds(
                        Citation,
                        number=st.just(0),
                        quote=TEXTS,
                        start=st.just(0),
                        end=st.just(1),
                        passage_id=st.just("p"),
                        article=articles,
                        also_in=st.lists(st.fixed_dictionaries({"source": TEXTS}), max_size=3).map(tuple),
                        translation=st.none() | TEXTS,
                        stance=st.sampled_from(["supports", "differs"]),
                        newer_version=st.none() | st.just("v2"),
                    ),
                    max_size=4,
                )
            ),
            1,
        )
    )
    answered = draw(st.booleans()) and bool(citations)
    numbers = tuple(one.number for one in citations)
    return Answer(
        id="ans_1",
        question=draw(TEXTS)[:2_000],
        standalone_question="",
        language="en",
        answered=answered,
        answer=draw(TEXTS),
        statements=tuple(Statement(draw(TEXTS), (number,)) for number in numbers) if answered else (),
        citations=citations if answered else (),
        refusal=None if answered else Refusal("nothing_relevant", "No.", citations),
        short_answer=draw(st.none() | TEXTS) if answered else None,
        confidence=draw(st.none() | st.just(0.5)),
        mode=draw(st.sampled_from(["extractive", "generative"])),
    )


# Such answers are long: making a failing one smaller would take minutes.
@settings(deadline=None, max_examples=60, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(answers(), st.sampled_from(sorted(all_slack_texts())), st.booleans())
def test_slack_takes_any_answer_and_every_quote_is_kept(
    answer: Answer, language: str, is_public: bool
) -> None:
    texts, link = slack_texts(language), view if is_public else nowhere
    whole = answer_messages(answer, texts, link, question_by="U1", articles=3)
    closing = closing_messages(answer, texts, link)
    for messages in (whole, closing):
        check(messages, answer)
        shown = answer.citations or (answer.refusal.nearest[:NEAREST] if answer.refusal else ())
        assert [quote.text for quote in quotes_in(messages)] == [citation.quote for citation in shown]
        for quote in quotes_in(messages):
            assert (len(quote.pieces) == 1) is quote.fits_a_block
    for piece in answer_markdown(answer, texts):
        arguments = {"channel": "C1", "ts": "1700000000.000100", "markdown_text": piece}
        assert not problems_of("chat.appendStream", arguments)
