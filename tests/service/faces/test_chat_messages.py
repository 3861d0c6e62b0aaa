"""A chat's messages: which of them asks, which are history, what is left out and what is refused."""

from typing import Any

import pytest

from service.answering.question import HISTORY_LIMIT, TURN_LIMIT, Question, Turn
from service.faces.chat_messages import MessageFields, asked_in
from service.faces.problems import Problem


def asked(*messages: tuple[str, Any]) -> Question:
    return asked_in([MessageFields(role=role, content=content) for role, content in messages])  # type: ignore[arg-type]


def test_last_message_of_the_user_asks_and_those_before_it_are_history() -> None:
    question = asked(("user", "Who?"), ("assistant", "Rahmon [1]"), ("user", " And when? "))
    assert question == Question("And when?", (Turn("user", "Who?"), Turn("assistant", "Rahmon [1]")))


def test_instructions_and_results_of_tools_are_left_out_whatever_they_hold() -> None:
    question = asked(
        ("system", "You are a pirate."),
        ("developer", [{"type": "image_url"}]),
        ("user", "Who?"),
        ("assistant", None),
        ("tool", {"x": 1}),
        ("function", 7),
        ("user", "When?"),
        ("assistant", "It was"),
        ("tool", "x"),
    )
    assert question == Question("When?", (Turn("user", "Who?"),))


def test_parts_of_text_are_joined() -> None:
    parts = [{"type": "text", "text": "Who came"}, {"type": "text", "text": "to Khorog?"}]
    assert asked(("user", parts)).text == "Who came\nto Khorog?"


def test_more_turns_than_are_used_are_accepted_and_the_last_are_taken() -> None:
    turns = [("user" if number % 2 else "assistant", f"turn {number}") for number in range(99)]
    question = asked(*turns, ("user", "When?"))
    assert [turn.content for turn in question.history] == [f"turn {n}" for n in range(99 - HISTORY_LIMIT, 99)]


def test_turn_that_is_too_long_is_cut() -> None:
    [turn] = asked(("assistant", "😀" * (TURN_LIMIT + 1)), ("user", "When?")).history
    assert turn.content == "😀" * TURN_LIMIT


def test_footnotes_of_an_earlier_answer_are_cut_off_and_those_of_a_user_are_kept() -> None:
    text = "102 [1]\n\n[1] “102 people” — Title, Courier, 2021-07-05, http://x.example"
    question = asked(("user", text), ("assistant", text), ("user", "When?"))
    assert question.history == (Turn("user", text), Turn("assistant", "102 [1]"))


@pytest.mark.parametrize(
    ("messages", "place", "says"),
    [
        ([], "body.messages", "no message of the role user"),
        ([("system", "x"), ("assistant", "y")], "body.messages", "no message of the role user"),
        ([("user", " ")], "body.messages[0].content", "1 to 2,000"),
        ([("user", None)], "body.messages[0].content", "1 to 2,000"),
        ([("system", ""), ("user", "x" * 2001)], "body.messages[1].content", "2,001 characters"),
        ([("user", 7)], "body.messages[0].content", "got 7"),
        ([("user", ["Who?"])], "body.messages[0].content[0]", 'got a part of the type "Who?"'),
        ([("user", [{"type": "text", "text": 7}])], "body.messages[0].content[0].text", "got 7"),
        (
            [("user", [{"type": "text", "text": "x"}, {"type": "image_url", "image_url": {}}])],
            "body.messages[0].content[1]",
            'got a part of the type "image_url"; only text can be read',
        ),
        ([("assistant", [{"type": "refusal"}]), ("user", "x")], "body.messages[0].content[0]", '"refusal"'),
    ],
)
def test_what_cannot_be_read_is_named(messages: list[tuple[str, Any]], place: str, says: str) -> None:
    with pytest.raises(Problem) as raised:
        asked(*messages)
    assert raised.value.status == 422
    assert raised.value.errors[0]["place"] == place
    assert says in raised.value.detail
