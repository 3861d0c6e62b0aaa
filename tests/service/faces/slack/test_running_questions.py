"""A bot that is told to stop finishes what it has begun, or says in the thread that it could not."""

import pytest

from service.faces.slack import running_questions
from service.faces.slack.slack_texts import slack_texts
from tests.service.faces.slack.served_bot import ServedBot
from tests.slack_stub.running_stub import BOT, NEWS, RunningSlack

EN = slack_texts("en")
COST = "What did the bridge cost?"


@pytest.fixture
def long_farewell(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said in the end arrives, however slow the machine."""
    monkeypatch.setattr(running_questions, "FAREWELL_SECONDS", 60.0)


def test_what_is_being_answered_is_finished(slack: RunningSlack, bot: ServedBot) -> None:
    held = bot.answering.hold(COST)
    asked = slack.mention(COST)["message"]
    bot.answering.until_asked(1)
    bot.stopping.set()
    while not bot.bot.running.stopping:
        pass
    assert not bot.stopped.is_set()
    held.set()
    bot.stop()
    assert bot.unanswered == 0
    (_, said) = slack.thread_of(NEWS, asked["ts"], at_least=2)
    assert said["user"] == BOT and said["metadata"]["event_type"] == "citewell_answer"


@pytest.mark.usefixtures("long_farewell")
def test_what_takes_too_long_says_that_it_was_stopped(
    slack: RunningSlack, bot: ServedBot, caplog: pytest.LogCaptureFixture
) -> None:
    bot.stop_seconds = 0.1
    bot.answering.hold(COST)
    asked = slack.mention(COST)["message"]
    bot.answering.until_asked(1)
    bot.stop()
    assert bot.unanswered == 1
    (_, said) = slack.thread_of(NEWS, asked["ts"], at_least=2)
    assert said["text"] == EN.say("stopped")
    assert bot.answering.cancelled == [COST]
    assert "stopped before 1 questions" in caplog.text and COST not in caplog.text


@pytest.mark.usefixtures("long_farewell")
def test_answer_that_is_on_its_way_when_the_time_is_over_stays(slack: RunningSlack, bot: ServedBot) -> None:
    bot.stop_seconds = 0.1
    slack.fail({"method": "chat.stopStream", "kind": "slow", "seconds": 2})
    asked = slack.mention(COST)["message"]
    slack.calls("chat.stopStream", at_least=1)
    bot.stop()
    (_, said) = slack.thread_of(NEWS, asked["ts"], at_least=2)
    assert said["metadata"]["event_type"] == "citewell_answer"
    assert slack.calls("chat.update") == []


def test_stopping_does_not_wait_for_a_slack_that_says_nothing(slack: RunningSlack, bot: ServedBot) -> None:
    bot.stop_seconds = 0.1
    slack.fail({"method": "chat.*", "kind": "slow", "seconds": 8})  # longer than a farewell may take
    slack.mention(COST)
    slack.calls("chat.startStream", at_least=1)
    bot.stop()
    assert bot.unanswered == 1


def test_bot_that_did_nothing_stops_at_once(bot: ServedBot) -> None:
    bot.stop()
    assert bot.unanswered == 0
