"""Who is answered, where and how often; what an edit or a deletion of the question does to its answer."""

from dataclasses import replace
from typing import Any

import pytest

from indexing.errors import ArchiveError
from service.answering.question import QUESTION_LIMIT, Turn
from service.errors import Busy
from service.faces.slack.slack_texts import slack_texts
from tests.service.faces.slack.scripted_answering import answered, refused
from tests.service.faces.slack.served_bot import ServedBot, served_bot
from tests.slack_stub.running_stub import (
    ALICE,
    BOB,
    BOT,
    CAROL,
    DESK,
    NEWS,
    OTHER_BOT,
    OTHER_TOKEN,
    PAPER,
    TOKEN,
    RunningSlack,
)

EN = slack_texts("en")
COST = "What did the bridge cost?"


def answers(slack: RunningSlack, channel: str, ts: str, count: int = 1) -> list[dict[str, Any]]:
    """The bot's messages in a thread as soon as there are so many, and they are told to be answers."""
    thread = slack.thread_of(channel, ts, at_least=count + 1)
    return [one for one in thread if one["user"] in (BOT, OTHER_BOT)]


def payload(message: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = message["metadata"]["event_payload"]
    return found


def all_is_quiet(slack: RunningSlack, bot: ServedBot, questions: int) -> None:
    """Everything sent was taken, nothing runs, so many questions were asked, nothing was refused."""
    assert all(one["acknowledged"] for one in slack.deliveries())
    bot.answering.until_asked(questions)
    bot.until_idle()
    assert len(bot.answering.asked) == questions
    assert slack.refused_calls() == []


@pytest.mark.parametrize("channel", [NEWS, DESK])
def test_mention_is_answered_in_its_thread(slack: RunningSlack, bot: ServedBot, channel: str) -> None:
    asked = slack.mention(COST, channel=channel)["message"]
    (said,) = answers(slack, channel, asked["ts"])
    assert payload(said)["question"] == COST
    assert payload(said)["message"] == asked["ts"]
    assert bot.answering.callers == [f"slack:T0NEWS:{ALICE}"]
    all_is_quiet(slack, bot, 1)


def test_message_that_comes_again_is_answered_once(slack: RunningSlack, bot: ServedBot) -> None:
    asked = slack.mention(COST, repeats=3)["message"]
    again = slack.mention("And then?", repeats=3, at_once=True)["message"]
    assert len(answers(slack, NEWS, asked["ts"])) == len(answers(slack, NEWS, again["ts"])) == 1
    all_is_quiet(slack, bot, 2)


def test_direct_message_needs_no_mention(slack: RunningSlack, bot: ServedBot) -> None:
    asked = slack.user_message(COST, channel="im")["message"]
    channel = slack.deliveries()[0]["payload"]["event"]["channel"]
    (said,) = answers(slack, channel, asked["ts"])
    follow = slack.user_message("And Lyon?", channel="im", thread_ts=asked["ts"])["message"]
    assert payload(answers(slack, channel, asked["ts"], 3)[1])["message"] == follow["ts"]
    assert bot.answering.asked[1].history == (Turn("user", COST), Turn("assistant", payload(said)["answer"]))
    all_is_quiet(slack, bot, 2)


def test_direct_message_outside_of_a_thread_goes_on_with_the_last_one(
    slack: RunningSlack, bot: ServedBot
) -> None:
    full = "What did the bridge cost in Lyon, <really>?"
    bot.answering.answers["And in Lyon?"] = replace(answered("And in Lyon?"), standalone_question=full)
    for number, text in enumerate((COST, "And in Lyon?", "And in Nice?"), 1):
        asked = slack.user_message(text, user=BOB, channel="im")["message"]
        channel = slack.deliveries()[0]["payload"]["event"]["channel"]
        answers(slack, channel, asked["ts"])
        all_is_quiet(slack, bot, number)
    told = [[turn.content for turn in one.history] for one in bot.answering.asked]
    assert told == [[], [COST, "340 000 euros [1]"], [full, "340 000 euros [1]"]]


def test_follow_up_needs_no_mention_where_the_bot_has_answered(slack: RunningSlack, bot: ServedBot) -> None:
    asked = slack.mention(COST)["message"]
    answers(slack, NEWS, asked["ts"])
    slack.user_message("And in Lyon?", user=BOB, thread_ts=asked["ts"])
    assert payload(answers(slack, NEWS, asked["ts"], 3)[1])["question"] == "And in Lyon?"
    assert [turn.content for turn in bot.answering.asked[1].history] == [COST, "340 000 euros [1]"]
    all_is_quiet(slack, bot, 2)


@pytest.mark.parametrize(
    "text", [f"<@{BOB}> what do you think?", "", "<@UBOB>"], ids=["named", "empty", "only a name"]
)
def test_talk_to_somebody_else_in_the_thread_is_not_answered(
    slack: RunningSlack, bot: ServedBot, text: str
) -> None:
    asked = slack.mention(COST)["message"]
    answers(slack, NEWS, asked["ts"])
    slack.user_message(text, thread_ts=asked["ts"])
    all_is_quiet(slack, bot, 1)


def test_threads_and_messages_without_the_bot_are_left_alone(slack: RunningSlack, bot: ServedBot) -> None:
    talk = slack.user_message("Lunch?")["message"]
    slack.user_message("Yes", user=BOB, thread_ts=talk["ts"])
    all_is_quiet(slack, bot, 0)
    assert {call["method"] for call in slack.calls()} == {"auth.test", "conversations.replies"}


def test_bots_are_never_answered(slack: RunningSlack, bot: ServedBot) -> None:
    asked = slack.mention(COST)["message"]
    answers(slack, NEWS, asked["ts"])
    slack.mention("ping", bot_id="B0OTHER")
    slack.user_message("Build failed", bot_id="B0OTHER", thread_ts=asked["ts"])
    slack.user_message("Reminder", bot_id="B0OTHER", channel="im")
    all_is_quiet(slack, bot, 1)


def test_mention_without_a_question_is_told_how_to_ask(slack: RunningSlack, bot: ServedBot) -> None:
    asked = slack.mention("")["message"]
    (said,) = answers(slack, NEWS, asked["ts"])
    assert said["text"] == EN.say("no_question")
    all_is_quiet(slack, bot, 0)


def test_question_that_is_too_long_is_told_the_limit(slack: RunningSlack, bot: ServedBot) -> None:
    asked = slack.mention("What of " + "x" * QUESTION_LIMIT)["message"]
    (said,) = answers(slack, NEWS, asked["ts"])
    assert said["text"] == EN.say("too_long", limit=QUESTION_LIMIT)
    all_is_quiet(slack, bot, 0)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Busy(3), "busy"),
        (ArchiveError("the archive is gone"), "broken"),
        (RuntimeError(f"could not read {COST}"), "broken"),
    ],
)
def test_what_fails_is_told_politely_and_once(
    slack: RunningSlack, bot: ServedBot, fault: Exception, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    bot.answering.faults[COST] = fault
    asked = slack.mention(COST)["message"]
    (said,) = answers(slack, NEWS, asked["ts"])
    assert said["text"] == EN.say(told)
    all_is_quiet(slack, bot, 1)
    assert COST not in caplog.text


def test_refusal_is_sent_as_such(slack: RunningSlack, bot: ServedBot) -> None:
    bot.answering.answers[COST] = refused(COST)
    asked = slack.mention(COST)["message"]
    (said,) = answers(slack, NEWS, asked["ts"])
    assert "articles searched: 27" in said["text"].replace("\\", "")
    all_is_quiet(slack, bot, 1)


def test_channels_that_are_not_allowed_are_told_so_to_the_asker_alone(slack: RunningSlack) -> None:
    with served_bot(slack, channels=frozenset({DESK})) as bot:
        asked = slack.mention(COST, repeats=1)["message"]
        all_is_quiet(slack, bot, 0)
        (note,) = slack.shown()["ephemeral"]
        assert (note["text"], note["user"], note["channel"]) == (EN.say("not_here"), ALICE, NEWS)
        assert len(slack.thread_of(NEWS, asked["ts"])) == 1
        answers(slack, DESK, slack.mention(COST, channel=DESK)["message"]["ts"])
        slack.user_message("Direct?", channel="im")
        all_is_quiet(slack, bot, 2)


def test_each_workspace_is_answered_with_its_own_token(slack: RunningSlack) -> None:
    with served_bot(slack, tokens=[TOKEN, OTHER_TOKEN]) as bot:
        here = slack.mention(COST)["message"]
        there = slack.mention(COST, bot=OTHER_BOT, user=CAROL, channel=PAPER)["message"]
        (said,) = answers(slack, NEWS, here["ts"])
        (told,) = answers(slack, PAPER, there["ts"])
        assert (said["user"], told["user"]) == (BOT, OTHER_BOT)
        all_is_quiet(slack, bot, 2)


# Edits.


def test_edit_of_an_answered_question_asks_again_and_writes_over_the_answer(
    slack: RunningSlack, bot: ServedBot
) -> None:
    asked = slack.mention(COST)["message"]
    (before,) = answers(slack, NEWS, asked["ts"])
    slack.edit_message(NEWS, asked["ts"], f"<@{BOT}> And the tower?", repeats=2)
    bot.answering.until_asked(2)
    bot.until_idle()
    (after,) = answers(slack, NEWS, asked["ts"])
    assert after["ts"] == before["ts"]
    assert payload(after)["question"] == "And the tower?"
    assert payload(after)["message"] == asked["ts"]
    all_is_quiet(slack, bot, 2)


def test_edit_while_answering_gives_the_new_question_its_answer(slack: RunningSlack, bot: ServedBot) -> None:
    bot.answering.hold(COST)
    asked = slack.mention(COST)["message"]
    bot.answering.until_asked(1)
    slack.edit_message(NEWS, asked["ts"], f"<@{BOT}> And the tower?")
    (said,) = answers(slack, NEWS, asked["ts"])
    assert payload(said)["question"] == "And the tower?"
    all_is_quiet(slack, bot, 2)
    assert bot.answering.cancelled == [COST]


def test_edit_that_adds_the_mention_asks(slack: RunningSlack, bot: ServedBot) -> None:
    asked = slack.user_message(COST)["message"]
    slack.edit_message(NEWS, asked["ts"], f"<@{BOT}> {COST}")
    (said,) = answers(slack, NEWS, asked["ts"])
    assert payload(said)["question"] == COST
    all_is_quiet(slack, bot, 1)


def test_edit_that_leaves_no_question_takes_the_answer_away(slack: RunningSlack, bot: ServedBot) -> None:
    asked = slack.mention(COST)["message"]
    answers(slack, NEWS, asked["ts"])
    slack.edit_message(NEWS, asked["ts"], f"<@{BOT}>")
    all_is_quiet(slack, bot, 1)
    assert answers(slack, NEWS, asked["ts"], 0) == []


def test_preview_of_a_link_is_no_edit(slack: RunningSlack, bot: ServedBot) -> None:
    asked = slack.mention("See <https://e.org>, right?")["message"]
    answers(slack, NEWS, asked["ts"])
    slack.unfurl_message(NEWS, asked["ts"])
    all_is_quiet(slack, bot, 1)


def test_edit_of_talk_asks_nothing_of_slack(slack: RunningSlack, bot: ServedBot) -> None:
    talk = slack.user_message("Lunch?")["message"]
    slack.edit_message(NEWS, talk["ts"], "Dinner?")
    slack.delete_message(NEWS, talk["ts"])
    all_is_quiet(slack, bot, 0)
    assert {call["method"] for call in slack.calls()} == {"auth.test"}


# Deletions.


def test_deletion_of_a_question_takes_its_answer_away(slack: RunningSlack, bot: ServedBot) -> None:
    asked = slack.mention(COST)["message"]
    answers(slack, NEWS, asked["ts"])
    follow = slack.user_message("And Lyon?", thread_ts=asked["ts"])["message"]
    answers(slack, NEWS, asked["ts"], 3)
    slack.delete_message(NEWS, follow["ts"])
    all_is_quiet(slack, bot, 2)
    (left,) = answers(slack, NEWS, asked["ts"])
    assert payload(left)["message"] == asked["ts"]
    slack.delete_message(NEWS, asked["ts"])  # has replies, so it leaves a tombstone
    all_is_quiet(slack, bot, 2)
    assert answers(slack, NEWS, asked["ts"], 0) == []


def test_deletion_while_answering_ends_the_work(slack: RunningSlack, bot: ServedBot) -> None:
    bot.answering.hold(COST)
    asked = slack.mention(COST)["message"]
    bot.answering.until_asked(1)
    slack.calls("assistant.threads.setStatus", at_least=1)
    slack.delete_message(NEWS, asked["ts"])
    all_is_quiet(slack, bot, 1)
    assert bot.answering.cancelled == [COST]
    posts = {call["method"] for call in slack.calls() if call["method"].startswith("chat.")}
    assert posts == set()


def test_answer_that_an_editor_deletes_stays_away(slack: RunningSlack, bot: ServedBot) -> None:
    asked = slack.mention(COST)["message"]
    (said,) = answers(slack, NEWS, asked["ts"])
    slack.delete_message(NEWS, said["ts"])
    all_is_quiet(slack, bot, 1)
    assert answers(slack, NEWS, asked["ts"], 0) == []


# What Slack should not send.


@pytest.mark.parametrize(
    "event",
    [
        {"type": "app_mention"},
        {"type": "app_mention", "channel": None, "user": ALICE, "text": None, "ts": "1.000001"},
        {"type": "message", "channel": NEWS},
        {"type": "message", "subtype": "message_changed", "channel": NEWS},
        {"type": "message", "subtype": "message_deleted", "channel": NEWS},
        {"type": "message", "subtype": "from_the_future", "channel": NEWS, "user": ALICE, "ts": "1.000001"},
        {"type": "assistant_thread_started"},
        {"type": "reaction_added", "user": ALICE},
    ],
)
def test_malformed_and_unknown_events_are_acknowledged_and_harm_nothing(
    slack: RunningSlack, bot: ServedBot, event: dict[str, Any]
) -> None:
    slack.post_event(event)
    all_is_quiet(slack, bot, 0)
    asked = slack.mention(COST)["message"]
    assert len(answers(slack, NEWS, asked["ts"])) == 1
