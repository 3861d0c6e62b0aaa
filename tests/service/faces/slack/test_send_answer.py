"""An answer goes out as a stream where Slack takes one, else as one message that is updated; whole in any case."""

from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from service.answering.answer import Answer
from service.faces.slack.slack_texts import slack_texts
from tests.service.faces.slack.scripted_answering import ScriptedAnswering, answered, written
from tests.service.faces.slack.served_bot import ServedBot, served_bot
from tests.slack_stub.running_stub import BOT, NEWS, RunningSlack, running_slack

EN = slack_texts("en")
COST = "What did the bridge cost?"
SENTENCES = ("The bridge was repaired.", "It cost 340,000 euros.", "The <town> paid *all* of it.")


@pytest.fixture
def writer(slack: RunningSlack) -> Iterator[ServedBot]:
    """A bot whose answers are written little by little."""
    answering = ScriptedAnswering(can_write=True)
    answering.answers[COST] = written(COST, *SENTENCES)
    answering.parts[COST] = (f"{SENTENCES[0]} [1]", *(f" {one} [1]" for one in SENTENCES[1:]))
    with served_bot(slack, answering) as served:
        yield served


def answers(slack: RunningSlack, ts: str, count: int = 1) -> list[dict[str, Any]]:
    return [one for one in slack.thread_of(NEWS, ts, at_least=count + 1) if one["user"] == BOT]


def called(slack: RunningSlack, *, ok: bool = True) -> list[str]:
    """The methods called, in order, of those that show something."""
    shows = ("chat.", "assistant.threads.setStatus")
    return [call["method"] for call in slack.calls() if call["method"].startswith(shows) and call["ok"] is ok]


def words(message: dict[str, Any]) -> str:
    """Everything that a message shows."""

    def told(given: Any) -> Iterator[str]:
        if isinstance(given, dict):
            if isinstance(text := given.get("text"), str):
                yield text
            for value in given.values():
                yield from told(value)
        elif isinstance(given, list):
            for one in given:
                yield from told(one)

    return unescape("\n".join(told(message.get("blocks") or [])))


def test_extracted_answer_is_streamed_with_its_quotes_below(slack: RunningSlack, bot: ServedBot) -> None:
    asked = slack.mention(COST)["message"]
    (said,) = answers(slack, asked["ts"])
    assert called(slack)[-2:] == ["chat.startStream", "chat.stopStream"]
    assert "340 000 euros" in words(said) and "a coûté 340 000 euros à la commune" in words(said)
    assert "https://archive.example/articles/pont?v=v1&start=30" in words(said)
    started = slack.calls("chat.startStream")[0]["arguments"]
    assert (started["recipient_user_id"], started["recipient_team_id"]) == ("UALICE", "T0NEWS")
    statuses = [one["status"] for one in slack.shown()["statuses"]]
    assert set(statuses) <= {EN.say("searching", articles=27)}
    assert slack.refused_calls() == []


def test_written_answer_grows_and_says_nothing_twice(slack: RunningSlack, writer: ServedBot) -> None:
    asked = slack.mention(COST)["message"]
    (said,) = answers(slack, asked["ts"])
    text = words(said)
    assert [text.count(one) for one in ("was repaired", "It cost 340,000", "<town>")] == [1, 1, 1]
    assert "\\*all\\*" in text
    assert said["metadata"]["event_payload"]["answer"].startswith(SENTENCES[0])
    assert slack.refused_calls() == []


def test_stream_that_slack_does_not_begin_becomes_a_message(slack: RunningSlack, writer: ServedBot) -> None:
    slack.fail({"method": "chat.startStream", "kind": "error", "error": "channel_type_not_supported"})
    asked = slack.mention(COST)["message"]
    (said,) = answers(slack, asked["ts"])
    assert "chat.postMessage" in called(slack)
    assert all(sentence.split()[0] in words(said) for sentence in SENTENCES)
    writer.until_idle()
    assert len(answers(slack, asked["ts"])) == 1


@pytest.mark.parametrize("method", ["chat.appendStream", "chat.stopStream"])
def test_stream_that_breaks_is_written_over_whole(
    slack: RunningSlack, writer: ServedBot, method: str
) -> None:
    writer.answering.answers[COST] = whole = _with_long_parts(writer.answering)
    slack.fail({"method": method, "kind": "status", "status": 502, "times": 1})
    asked = slack.mention(COST)["message"]
    writer.answering.until_asked(1)
    writer.until_idle()
    found = answers(slack, asked["ts"])
    assert "chat.update" in called(slack)
    text = "\n".join(words(one) for one in found)
    assert [text.count(f"number {number} ") for number in range(len(whole.statements))] == [1] * 9


def _with_long_parts(answering: ScriptedAnswering) -> Answer:
    """An answer that is too long for one piece of a stream, so that it is appended to."""
    sentences = [f"Sentence number {number} {'says much ' * 180}." for number in range(9)]
    answering.parts[COST] = tuple(f"{one} [1] " for one in sentences)
    return written(COST, *sentences)


def test_stream_that_slack_ended_is_written_over(slack: RunningSlack, writer: ServedBot) -> None:
    held = writer.answering.hold(COST)
    asked = slack.mention(COST)["message"]
    slack.calls("chat.startStream", at_least=1)
    slack.end_streams()
    held.set()
    writer.until_idle()
    (said,) = answers(slack, asked["ts"])
    assert called(slack)[-2:] == ["chat.startStream", "chat.update"]
    assert called(slack, ok=False) in (["chat.stopStream"], ["chat.appendStream"])
    assert [words(said).count(one) for one in ("repaired", "340,000", "<town>")] == [1, 1, 1]


def test_edit_while_streaming_writes_over_the_stream(slack: RunningSlack, writer: ServedBot) -> None:
    writer.answering.hold(COST)
    asked = slack.mention(COST)["message"]
    slack.calls("chat.startStream", at_least=1)
    slack.edit_message(NEWS, asked["ts"], f"<@{BOT}> And Lyon?")
    writer.answering.until_asked(2)
    writer.until_idle()
    (said,) = answers(slack, asked["ts"])
    assert "And Lyon?" in str(said["metadata"]) and SENTENCES[0] not in words(said)
    assert slack.refused_calls() == []


def test_deletion_while_streaming_leaves_nothing(slack: RunningSlack, writer: ServedBot) -> None:
    writer.answering.hold(COST)
    asked = slack.mention(COST)["message"]
    slack.calls("chat.startStream", at_least=1)
    slack.delete_message(NEWS, asked["ts"])
    writer.until_idle()
    assert answers(slack, asked["ts"], 0) == []
    assert slack.refused_calls() == []


def test_place_without_a_status_gets_one_message_that_is_updated(slack: RunningSlack, bot: ServedBot) -> None:
    slack.fail({"method": "assistant.threads.setStatus", "kind": "error", "error": "not_allowed"})
    held = bot.answering.hold(COST)
    asked = slack.mention(COST)["message"]
    (working,) = answers(slack, asked["ts"])
    assert working["text"] == EN.say("searching", articles=27)
    assert working["metadata"]["event_payload"] == {"message": asked["ts"]}
    held.set()
    bot.until_idle()
    (said,) = answers(slack, asked["ts"])
    assert said["ts"] == working["ts"]
    assert "340 000 euros" in words(said)
    assert called(slack) == ["chat.postMessage", "chat.update"]


def test_message_that_says_that_an_answer_is_coming_is_deleted_with_its_question(
    slack: RunningSlack, bot: ServedBot
) -> None:
    slack.fail({"method": "assistant.threads.setStatus", "kind": "error", "error": "not_allowed"})
    bot.answering.hold(COST)
    asked = slack.mention(COST)["message"]
    answers(slack, asked["ts"])
    slack.delete_message(NEWS, asked["ts"])
    bot.until_idle()
    assert answers(slack, asked["ts"], 0) == []


def test_long_answer_comes_in_several_messages_all_of_them_marked(
    slack: RunningSlack, bot: ServedBot
) -> None:
    bot.answering.answers[COST] = answered(COST, citations=60)
    asked = slack.mention(COST)["message"]
    bot.answering.until_asked(1)
    bot.until_idle()
    found = answers(slack, asked["ts"], 2)
    assert len(found) >= 2
    assert {one["metadata"]["event_payload"]["message"] for one in found} == {asked["ts"]}
    buttons = [one for one in found if any(block["type"] == "actions" for block in one["blocks"])]
    assert buttons == [found[-1]]
    slack.edit_message(NEWS, asked["ts"], f"<@{BOT}> And Lyon?")
    bot.answering.until_asked(2)
    bot.until_idle()
    (left,) = answers(slack, asked["ts"])
    assert left["ts"] == found[0]["ts"]
    assert slack.refused_calls() == []


def test_blocks_that_slack_refuses_leave_the_words(slack: RunningSlack, bot: ServedBot) -> None:
    slack.fail(
        {"method": "chat.startStream", "kind": "error", "error": "internal_error"},
        {"method": "chat.postMessage", "kind": "error", "error": "invalid_blocks", "times": 1},
    )
    asked = slack.mention(COST)["message"]
    bot.answering.until_asked(1)
    bot.until_idle()
    (said,) = answers(slack, asked["ts"])
    assert "340 000 euros" in said["text"] and not said.get("blocks")


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 503},
        {"kind": "garbage"},
        {"kind": "cut_before"},
        {"kind": "cut_after"},
        {"kind": "error", "error": "account_inactive"},
    ],
    ids=lambda fault: str(fault["kind"]),
)
def test_slack_that_is_down_harms_nothing_and_is_logged(
    slack: RunningSlack, bot: ServedBot, fault: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    slack.fail({"method": "*", **fault})
    slack.mention(COST)
    bot.answering.until_asked(1)
    bot.until_idle()
    assert "sending an answer failed" in caplog.text
    assert COST not in caplog.text and "340 000" not in caplog.text
    slack.fail()
    again = slack.mention("And now?")["message"]
    assert len(answers(slack, again["ts"])) == 1


def test_answer_does_not_wait_for_a_status_that_slack_is_slow_to_take(
    slack: RunningSlack, bot: ServedBot
) -> None:
    slack.fail({"method": "assistant.threads.setStatus", "kind": "slow", "seconds": 25})
    asked = slack.mention(COST)["message"]
    assert len(slack.thread_of(NEWS, asked["ts"], at_least=2, wait=20)) == 2


def test_reset_connection_posts_nothing_twice(slack: RunningSlack, bot: ServedBot) -> None:
    slack.fail(
        {"method": "chat.startStream", "kind": "error", "error": "internal_error"},
        {"method": "chat.postMessage", "kind": "cut_after", "times": 1},
    )
    asked = slack.mention(COST)["message"]
    bot.answering.until_asked(1)
    bot.until_idle()
    assert len(answers(slack, asked["ts"])) == 1


def test_many_at_once_are_all_answered_within_the_limits() -> None:
    with running_slack(pace=60, own_events="off") as limited, served_bot(limited) as bot:
        questions = [f"Question {number}?" for number in range(45)]
        held = [bot.answering.hold(question) for question in questions]
        asked = [limited.mention(question, wait=0)["message"]["ts"] for question in questions]
        bot.answering.until_asked(len(questions))
        for one in held:
            one.set()
        bot.until_idle()
        threads = [answers(limited, ts, 1) for ts in asked]
        assert [len(found) for found in threads] == [1] * 45
        assert all("340 000 euros" in words(found[0]) for found in threads)
        assert any(call["status"] == 429 for call in limited.calls())
        assert limited.refused_calls() == []
