"""The conversation is what was asked and answered in the thread; what others say among themselves is no part of it."""

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from service.answering.question import HISTORY_LIMIT, TURN_LIMIT, Turn
from service.faces.slack.thread_history import (
    BotIdentity,
    ThreadMessage,
    answers_to,
    has_answered,
    is_human,
    last_thread,
    read_thread,
    timestamp,
    turns,
)
from tests.slack_stub.running_stub import NEWS, TOKEN, RunningSlack

SELF = BotIdentity("UBOT", "BBOT")


def said(ts: int, text: str, user: str = "UALICE", **more: Any) -> ThreadMessage:
    return ThreadMessage(f"{ts}.000000", user, text, **more)


def answer(ts: int, to: int, question: str = "", text: str = "So. [1]") -> ThreadMessage:
    payload = {"message": f"{to}.000000", "question": question, "answer": text}
    return said(ts, "told", "UBOT", is_own=True, is_human=False, kind="citewell_answer", payload=payload)


def pairs(*messages: ThreadMessage, asked_by: int = 99, user: str = "UALICE") -> list[tuple[str, str]]:
    return [(turn.role[0], turn.content) for turn in turns(messages, f"{asked_by}.000000", user, SELF)]


def test_questions_and_their_answers_are_turns() -> None:
    thread = (
        said(10, "<@UBOT> Who?"),
        answer(11, 10),
        said(12, "And when?"),
        answer(13, 12, text="Then. [1]"),
    )
    assert pairs(*thread) == [("u", "Who?"), ("a", "So. [1]"), ("u", "And when?"), ("a", "Then. [1]")]


def test_answer_that_came_later_stands_behind_its_own_question_once() -> None:
    thread = (
        said(10, "One?"),
        said(11, "Two?", "UBOB"),
        answer(12, 11),
        answer(13, 10, text="1"),
        answer(14, 10, text="1"),
    )
    assert pairs(*thread) == [("u", "One?"), ("a", "1"), ("u", "Two?"), ("a", "So. [1]")]


def test_talk_among_people_and_other_bots_are_left_out() -> None:
    thread = (
        said(10, "<@UBOT> Who?"),
        answer(11, 10),
        said(12, "I knew it", "UBOB"),
        said(13, "<@UBOB> told you so"),
        said(14, "Build failed", "UCI", is_human=False),
        said(15, "The one of May, I mean"),
    )
    assert pairs(*thread) == [("u", "Who?"), ("a", "So. [1]"), ("u", "The one of May, I mean")]


def test_what_began_the_thread_counts_whoever_wrote_it() -> None:
    thread = (said(10, "The bridge of Lyon is open again, <@UBOB>", "UCAROL"), said(11, "good", "UBOB"))
    assert pairs(*thread) == [("u", "The bridge of Lyon is open again,")]
    assert (
        pairs(said(10, "A feed's headline", "UFEED", is_human=False), said(11, "<@UBOT> Who?"), asked_by=11)
        == []
    )


def test_nothing_behind_the_question_counts() -> None:
    thread = (said(10, "One?"), answer(13, 10), said(11, "Two?"), said(14, "Three?"))
    assert pairs(*thread, asked_by=11) == [("u", "One?"), ("a", "So. [1]")]


def test_command_is_known_by_its_answer() -> None:
    assert pairs(answer(10, 0, "Who?"), said(11, "And when?"), asked_by=11) == [
        ("u", "Who?"),
        ("a", "So. [1]"),
    ]


def test_question_that_was_deleted_is_told_by_nothing() -> None:
    stone = said(10, "This message was deleted.", "USLACKBOT", is_human=False)
    assert pairs(stone, said(11, "Who?", "UBOB"), answer(12, 11)) == [("u", "Who?"), ("a", "So. [1]")]


def test_history_keeps_its_limits() -> None:
    thread = [one for n in range(10, 90, 2) for one in (said(n, f"{n}?"), answer(n + 1, n, text="x" * 9_000))]
    found = turns(thread, "99.000000", "UALICE", SELF)
    assert len(found) == HISTORY_LIMIT
    assert found[-2:] == (Turn("user", "88?"), Turn("assistant", "x" * TURN_LIMIT))


def test_timestamps_are_compared_as_numbers() -> None:
    assert timestamp("999.000001") < timestamp("1000.000000") < timestamp("1000.000002")


def test_who_has_answered_is_told_by_the_metadata() -> None:
    working = said(
        11, "Searching", "UBOT", is_own=True, kind="citewell_question", payload={"message": "10.000000"}
    )
    assert not has_answered([said(10, "Who?"), working])
    assert answers_to([working, answer(12, 10), answer(13, 9)], "10.000000") == ("11.000000", "12.000000")
    assert has_answered([answer(12, 10)])


@pytest.mark.parametrize(
    ("message", "human"),
    [
        ({"user": "U1"}, True),
        ({"user": "U1", "subtype": "thread_broadcast"}, True),
        ({"user": "U1", "subtype": "file_share"}, True),
        ({"user": "U1", "subtype": "channel_join"}, False),
        ({"user": "U1", "bot_id": "B1"}, False),
        ({"user": "U1", "bot_profile": {"id": "B1"}}, False),
        ({"user": "UBOT"}, False),
        ({"user": "USLACKBOT"}, False),
        ({"bot_id": "B1", "subtype": "bot_message"}, False),
        ({}, False),
    ],
)
def test_people_are_told_from_bots(message: dict[str, Any], human: bool) -> None:
    assert is_human(message, SELF) is human


def test_last_thread_of_a_conversation_counts_for_an_hour() -> None:
    threads = [
        {"ts": "1000.000001", "reply_count": 1, "latest_reply": "1010.000001"},
        {"ts": "900.000001", "reply_count": 2, "latest_reply": "2000.000001"},
        {"ts": "2500.000001"},
    ]
    assert last_thread(threads, "2600.000000") == "900.000001"
    assert last_thread(threads, "5600.000001") == "900.000001"
    assert last_thread(threads, "5600.100000") is None
    assert last_thread([], "2600.000000") is None


async def test_long_thread_is_read_page_by_page(slack: RunningSlack) -> None:
    slack.events_to()
    root = slack.user_message("0", channel=NEWS)["message"]["ts"]
    for number in range(1, 40):
        slack.user_message(str(number), channel=NEWS, thread_ts=root)
    client = AsyncWebClient(token=TOKEN, base_url=slack.api_url)
    found = await read_thread(client, NEWS, root, SELF)
    assert [one.text for one in found] == [str(number) for number in range(40)]
    assert all(one.is_human and not one.is_own for one in found)
    assert len(slack.calls("conversations.replies")) == 3
