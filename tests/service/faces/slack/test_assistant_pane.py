"""Whoever opens the assistant pane is greeted with questions that the archive answers; threads there get a title."""

from typing import Any

from service.faces.slack.slack_texts import slack_texts
from tests.service.faces.slack.served_bot import ServedBot, Suggesting, served_bot
from tests.slack_stub.running_stub import ALICE, BOT, NEWS, RunningSlack

EN = slack_texts("en")
COST = "What did the bridge cost?"


def opened(slack: RunningSlack, **sending: Any) -> tuple[str, str]:
    """Channel and thread of a pane that was opened."""
    root = slack.open_assistant(**sending)
    thread = root["deliveries"][0]["payload"]["event"]["assistant_thread"]
    return thread["channel_id"], thread["thread_ts"]


def test_pane_greets_and_suggests_in_the_language_of_the_archive(slack: RunningSlack, bot: ServedBot) -> None:
    channel, ts = opened(slack, repeats=2)
    slack.calls("assistant.threads.setSuggestedPrompts", at_least=1)
    bot.until_idle()
    (_, greeting) = slack.thread_of(channel, ts, at_least=2)
    assert greeting["text"] == EN.say("greeting")
    (prompts,) = slack.shown()["prompts"]
    assert prompts["title"] == EN.say("suggestions")
    assert [one["message"] for one in prompts["prompts"]] == list(Suggesting().questions[:4])
    assert slack.refused_calls() == []


def test_pane_without_suggestions_greets_all_the_same(slack: RunningSlack) -> None:
    with served_bot(slack, suggestions=Suggesting(questions=())) as bot:
        channel, ts = opened(slack)
        assert len(slack.thread_of(channel, ts, at_least=2)) == 2
        bot.until_idle()
        assert slack.shown()["prompts"] == [] and slack.refused_calls() == []


def test_first_question_of_a_pane_names_its_thread(slack: RunningSlack, bot: ServedBot) -> None:
    channel, ts = opened(slack)
    slack.thread_of(channel, ts, at_least=2)
    slack.user_message(COST, channel="im", thread_ts=ts)
    slack.thread_of(channel, ts, at_least=4)
    slack.user_message("And Lyon?", channel="im", thread_ts=ts)
    said = slack.thread_of(channel, ts, at_least=6)
    bot.until_idle()
    assert said[0]["assistant_app_thread"]["title"] == COST
    assert [call["arguments"]["title"] for call in slack.calls("assistant.threads.setTitle")] == [COST]
    assert [len(one.history) for one in bot.answering.asked] == [0, 2]
    assert {one["user"] for one in said[3::2]} == {BOT}
    assert slack.refused_calls() == []


def test_status_is_shown_while_the_pane_waits(slack: RunningSlack, bot: ServedBot) -> None:
    channel, ts = opened(slack)
    slack.thread_of(channel, ts, at_least=2)
    held = bot.answering.hold(COST)
    slack.user_message(COST, channel="im", thread_ts=ts)
    slack.calls("assistant.threads.setStatus", at_least=1)
    assert slack.shown()["statuses"][0]["status"] == EN.say("searching", articles=27)
    held.set()
    slack.thread_of(channel, ts, at_least=4)


def test_looking_at_another_channel_changes_nothing(slack: RunningSlack, bot: ServedBot) -> None:
    channel, ts = opened(slack)
    before = len(slack.thread_of(channel, ts, at_least=2))
    slack.move_assistant(ts, NEWS)
    assert all(one["acknowledged"] for one in slack.deliveries())
    bot.until_idle()
    assert len(slack.thread_of(channel, ts)) == before


def home(slack: RunningSlack, tab: str = "messages", **sending: Any) -> str:
    """The app's messages, or another tab, are opened; the channel of the conversation."""
    channel = str(slack.user_message("", channel="im")["deliveries"][0]["payload"]["event"]["channel"])
    event = {"type": "app_home_opened", "user": ALICE, "channel": channel, "tab": tab, "event_ts": "9.9"}
    slack.post_event(event, **sending)
    return channel


def test_whoever_opens_the_messages_sees_questions_and_no_greeting(
    slack: RunningSlack, bot: ServedBot
) -> None:
    channel = home(slack, repeats=2)
    slack.calls("assistant.threads.setSuggestedPrompts", at_least=1)
    bot.until_idle()
    (prompts,) = slack.shown()["prompts"]
    assert prompts["channel_id"] == channel
    assert prompts.get("thread_ts") is None, "with one, Slack would show nothing"
    assert [one["message"] for one in prompts["prompts"]] == list(Suggesting().questions[:4])
    assert slack.calls("chat.postMessage") == [] and slack.refused_calls() == []


def test_other_tabs_are_left_alone(slack: RunningSlack, bot: ServedBot) -> None:
    home(slack, "home")
    bot.until_idle()
    assert slack.shown()["prompts"] == []
