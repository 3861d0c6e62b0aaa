"""A thread of Slack's in, what was said in it out: the whole memory of a conversation, since none is kept here.

Whose words count is told by the bot's own messages, which carry the question that they answer: the question and its
answer are turns. Of the others' messages two kinds are: the one that began the thread, which is what it is about, and
what the asker wrote besides. Everything else is talk among people, or of other bots.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from service.answering.question import HISTORY_LIMIT, TURN_LIMIT, Turn
from service.faces.slack.answer_metadata import EVENT_TYPE as ANSWER_TYPE
from service.faces.slack.escape_text import escape_plain
from service.faces.slack.question_text import mentioned_users, question_text
from service.faces.slack.send_answer import WORKING

PAGE = 200
LATELY = 10  # messages of a conversation with the bot alone
LATELY_SECONDS = 3600.0  # in which one goes on with what was spoken of
MOST_PAGES = 20
HUMAN_SUBTYPES = (None, "thread_broadcast", "file_share", "me_message")
"""Of messages that a person wrote; with others Slack itself tells something, such as who joined."""
SLACKBOT = "USLACKBOT"
TOMBSTONE = "tombstone"
"""The subtype of what stands for a deleted message that others have replied to."""
OWN_TYPES = (ANSWER_TYPE, WORKING["event_type"])


@dataclass(frozen=True, slots=True)
class BotIdentity:
    """Who the bot is in a workspace."""

    user: str
    bot: str | None


@dataclass(frozen=True, slots=True)
class ThreadMessage:
    """One message; of the bot's own the metadata say which message they answer."""

    ts: str
    user: str
    text: str
    is_own: bool = False
    is_human: bool = True
    kind: str | None = None
    payload: Mapping[str, Any] | None = None

    @property
    def answers(self) -> str | None:
        """The timestamp of the message that this one answers, or will."""
        return str(self.payload.get("message", "")) if self.payload is not None else None

    @property
    def is_answer(self) -> bool:
        """Whether it is (a part of) an answer."""
        return self.is_own and self.kind == ANSWER_TYPE


async def read_thread(
    client: AsyncWebClient, channel: str, thread: str, bot: BotIdentity
) -> list[ThreadMessage]:
    """The messages of a thread, oldest first; raises one of SLACK_FAULTS."""
    found: list[ThreadMessage] = []
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        reply = await client.conversations_replies(
            channel=channel, ts=thread, limit=PAGE, include_all_metadata=True, cursor=cursor
        )
        found += [_message(one, bot) for one in reply.get("messages") or ()]
        cursor = (reply.get("response_metadata") or {}).get("next_cursor") or None
        if cursor is None:
            break
    # With every page the first message comes again.
    return sorted({one.ts: one for one in found}.values(), key=lambda one: timestamp(one.ts))


async def read_lately(
    client: AsyncWebClient, channel: str, before: str, bot: BotIdentity
) -> list[ThreadMessage]:
    """Of direct messages, the thread that the asker wrote in last before a message outside of any thread.

    Who talks to the bot alone need not open a thread for "And in Lyon?". Raises one of SLACK_FAULTS.
    """
    reply = await client.conversations_history(channel=channel, latest=before, limit=LATELY)
    thread = last_thread(reply.get("messages") or (), before)
    return in_full(await read_thread(client, channel, thread, bot)) if thread is not None else []


def in_full(messages: Sequence[ThreadMessage]) -> list[ThreadMessage]:
    """The same with each question in the full wording that was answered: what it went on from is not among them."""
    full = {one.answers: (one.payload or {}).get("standalone") for one in messages if one.is_answer}
    return [
        replace(one, text=escape_plain(str(wording))) if (wording := full.get(one.ts)) else one
        for one in messages
    ]


def last_thread(messages: Sequence[Mapping[str, Any]], before: str) -> str | None:
    """The thread that was written in last, of messages outside of threads; None when it was too long ago."""
    threads = [one for one in messages if one.get("reply_count") and one.get("latest_reply")]
    newest = max(threads, key=lambda one: timestamp(str(one["latest_reply"])), default=None)
    if newest is None or float(before) - float(newest["latest_reply"]) > LATELY_SECONDS:
        return None
    return str(newest["ts"])


def timestamp(ts: str) -> tuple[int, str]:
    """A message's timestamp for comparing: seconds have as many digits as they have, microseconds six."""
    return len(ts.partition(".")[0]), ts


def is_human(message: Mapping[str, Any], bot: BotIdentity) -> bool:
    """Whether a person wrote this message: no bot, not Slack, and not the bot itself."""
    user = message.get("user")
    by_bot = bool(message.get("bot_id") or message.get("bot_profile"))
    return (
        bool(user)
        and not by_bot
        and user not in (bot.user, SLACKBOT)
        and message.get("subtype") in HUMAN_SUBTYPES
    )


def has_answered(messages: Sequence[ThreadMessage]) -> bool:
    """Whether the bot has answered in this thread, so that what follows needs no mention."""
    return any(one.is_answer for one in messages)


def answers_to(messages: Sequence[ThreadMessage], asked_by: str) -> tuple[str, ...]:
    """The timestamps of the bot's messages that answer, or were about to answer, this message."""
    return tuple(one.ts for one in messages if one.is_own and one.answers == asked_by)


def turns(messages: Sequence[ThreadMessage], asked_by: str, user: str, bot: BotIdentity) -> tuple[Turn, ...]:
    """The conversation before the message `asked_by` of `user`: questions, each with its answer behind it."""
    # An answer carries its whole wording, and so does each further part of it.
    answers = {one.answers: one for one in reversed(messages) if one.is_answer}
    before = [one for one in messages if timestamp(one.ts) < timestamp(asked_by)]
    said = [turn for one in before for turn in _turns_of(one, answers, before[0], user, bot)]
    return tuple(said[-HISTORY_LIMIT:])


def _turns_of(
    one: ThreadMessage,
    answers: Mapping[str | None, ThreadMessage],
    first: ThreadMessage,
    user: str,
    bot: BotIdentity,
) -> Iterator[Turn]:
    answer = answers.get(one.ts)
    if answer is not None:
        yield from _pair(question_text(one.text), answer)
    elif one is first and one.is_answer:  # the answer to a command, whose question stands in no message
        yield from _pair("", one)
    elif one.is_human and (one is first or one.user == user):
        others = mentioned_users(one.text) - {bot.user}
        if (text := question_text(one.text)) and (one is first or not others):
            yield Turn("user", text[:TURN_LIMIT])


def _pair(question: str, answer: ThreadMessage) -> Iterator[Turn]:
    payload = answer.payload or {}
    for role, text in (
        ("user", question or str(payload.get("question", ""))),
        ("assistant", payload.get("answer")),
    ):
        if isinstance(text, str) and text.strip():
            yield Turn("user" if role == "user" else "assistant", text[:TURN_LIMIT])


def _message(given: Mapping[str, Any], bot: BotIdentity) -> ThreadMessage:
    own = given.get("user") == bot.user or (bot.bot is not None and given.get("bot_id") == bot.bot)
    metadata = given.get("metadata") or {}
    kind = metadata.get("event_type")
    known = own and kind in OWN_TYPES
    return ThreadMessage(
        ts=str(given.get("ts", "")),
        user=str(given.get("user") or ""),
        text=str(given.get("text") or ""),
        is_own=own,
        is_human=is_human(given, bot),
        kind=kind if known else None,
        payload=(metadata.get("event_payload") or {}) if known else None,
    )
