"""The command asks in the sight of the channel, the shortcut in the thread of its message."""

from typing import Any

import pytest

from service.answering.question import QUESTION_LIMIT, Turn
from service.faces.slack.commands import SHORTCUT
from service.faces.slack.slack_texts import slack_texts
from tests.service.faces.slack.served_bot import ServedBot, served_bot
from tests.slack_stub.running_stub import ALICE, BOB, BOT, DESK, NEWS, QUIET, RunningSlack

EN = slack_texts("en")
COST = "What did the bridge cost?"


def own(slack: RunningSlack, count: int = 1) -> dict[str, Any]:
    """The message that the bot posted to the channel."""
    call = slack.calls("chat.postMessage", at_least=count)[0]
    (message, *_) = slack.thread_of(call["arguments"]["channel"], call_ts(slack))
    return message


def call_ts(slack: RunningSlack) -> str:
    events = [one["payload"]["event"] for one in slack.deliveries() if "event" in one["payload"]]
    return str(next(one["ts"] for one in events if one.get("user") == BOT))


def finished(slack: RunningSlack, bot: ServedBot, questions: int = 1) -> None:
    bot.answering.until_asked(questions)
    bot.until_idle()


def test_command_shows_who_asked_what_and_the_answer(slack: RunningSlack, bot: ServedBot) -> None:
    sent = slack.slash_command(COST)
    assert sent["deliveries"][0]["attempts"][0]["body"] in ("", None)
    finished(slack, bot)
    message = own(slack)
    shown = str(message["blocks"])
    assert f"<@{ALICE}>" in shown and COST in shown and "340 000 euros" in shown
    assert message.get("thread_ts") in (None, message["ts"])
    assert bot.answering.callers == [f"slack:T0NEWS:{ALICE}"]
    assert slack.refused_calls() == []


def test_thread_of_a_command_is_followed_without_a_mention(slack: RunningSlack, bot: ServedBot) -> None:
    slack.slash_command(COST)
    finished(slack, bot)
    root = own(slack)
    slack.user_message("And Lyon?", user=BOB, thread_ts=root["ts"])
    finished(slack, bot, 2)
    assert bot.answering.asked[1].history == (Turn("user", COST), Turn("assistant", "340 000 euros [1]"))
    assert len(slack.thread_of(NEWS, root["ts"], at_least=3)) == 3
    assert slack.refused_calls() == []


def test_command_where_the_bot_is_not_is_answered_to_the_asker_alone(
    slack: RunningSlack, bot: ServedBot
) -> None:
    slack.slash_command(COST, channel=QUIET)
    finished(slack, bot)
    notes = slack.shown()["ephemeral"]
    assert "340 000 euros" in str(notes[-1]["blocks"])
    assert all(block["type"] != "actions" for note in notes for block in note.get("blocks") or [])
    assert len(notes) <= 2


@pytest.mark.parametrize(
    ("text", "channels", "told"),
    [("", frozenset(), "no_question"), (COST, frozenset({DESK}), "not_here")],
)
def test_command_that_asks_nothing_or_in_the_wrong_channel_is_told_so(
    slack: RunningSlack, text: str, channels: frozenset[str], told: str
) -> None:
    with served_bot(slack, channels=channels) as bot:
        slack.slash_command(text)
        slack.calls("response_url", at_least=1)
        bot.until_idle()
        assert [note["text"] for note in slack.shown()["ephemeral"]] == [EN.say(told)]
        assert bot.answering.asked == []


def test_shortcut_checks_a_message_in_its_thread(slack: RunningSlack, bot: ServedBot) -> None:
    claim = slack.user_message("The bridge cost 340 &amp; more.", user=BOB)["message"]
    slack.shortcut(NEWS, claim["ts"], SHORTCUT)
    said = slack.thread_of(NEWS, claim["ts"], at_least=2)[1]
    assert said["metadata"]["event_payload"]["message"] == claim["ts"]
    assert [one.text for one in bot.answering.asked] == ["The bridge cost 340 & more."]
    assert bot.answering.callers == [f"slack:T0NEWS:{ALICE}"]
    finished(slack, bot)
    assert slack.refused_calls() == []


def test_shortcut_on_a_reply_asks_without_what_was_said_before(slack: RunningSlack, bot: ServedBot) -> None:
    root = slack.user_message("The bridge of Lyon is open again.")["message"]
    claim = slack.user_message("It cost 3 euros.", user=BOB, thread_ts=root["ts"])["message"]
    slack.shortcut(NEWS, claim["ts"], SHORTCUT)
    assert len(slack.thread_of(NEWS, root["ts"], at_least=3)) == 3
    assert [(one.text, one.history) for one in bot.answering.asked] == [("It cost 3 euros.", ())]


def test_shortcut_takes_the_beginning_of_a_long_message(slack: RunningSlack, bot: ServedBot) -> None:
    claim = slack.user_message("many words " * 400, user=BOB)["message"]
    slack.shortcut(NEWS, claim["ts"], SHORTCUT)
    slack.thread_of(NEWS, claim["ts"], at_least=2)
    (asked,) = bot.answering.asked
    assert QUESTION_LIMIT - 20 < len(asked.text) <= QUESTION_LIMIT


def test_shortcut_where_the_bot_is_not_is_answered_to_the_asker_alone(
    slack: RunningSlack, bot: ServedBot
) -> None:
    claim = slack.user_message("The bridge cost 340.", channel=QUIET)["message"]
    slack.shortcut(QUIET, claim["ts"], SHORTCUT)
    finished(slack, bot)
    assert "340 000 euros" in str(slack.shown()["ephemeral"][-1])
    assert len(slack.thread_of(QUIET, claim["ts"])) == 1


def test_shortcut_on_the_bots_own_answer_asks_nothing(slack: RunningSlack, bot: ServedBot) -> None:
    asked = slack.mention(COST)["message"]
    said = slack.thread_of(NEWS, asked["ts"], at_least=2)[1]
    slack.shortcut(NEWS, said["ts"], SHORTCUT)
    slack.calls("response_url", at_least=1)
    assert slack.shown()["ephemeral"][0]["text"] == EN.say("no_question")
    assert len(bot.answering.asked) == 1
