"""Messages, edits and deletions as Slack tells of them in; questions to answer, answers to renew or take away, out."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.context.async_context import AsyncBoltContext

from service.faces.slack.answer_messages import problem_message
from service.faces.slack.asking import Asked, Asking
from service.faces.slack.listened_place import ListenedPlaces, bot_of
from service.faces.slack.log_faults import GONE, SLACK_FAULTS, log_slack_fault, slack_error
from service.faces.slack.message_slots import MessageSlots
from service.faces.slack.place import Place
from service.faces.slack.question_text import mentioned_users, question_text
from service.faces.slack.running_questions import RunningQuestions
from service.faces.slack.slack_texts import FALLBACK_LANGUAGE, slack_texts
from service.faces.slack.thread_history import (
    HUMAN_SUBTYPES,
    TOMBSTONE,
    BotIdentity,
    ThreadMessage,
    answers_to,
    has_answered,
    is_human,
    read_thread,
)

Event = dict[str, Any]


class MessageEvents:
    """Listens to mentions and messages; everything is begun here and goes on after Slack has its acknowledgement."""

    def __init__(
        self,
        asking: Asking,
        running: RunningQuestions,
        places: ListenedPlaces,
        channels: frozenset[str],
    ) -> None:
        """`channels` are those that may be answered in; empty: all. Direct messages may always be."""
        self._asking = asking
        self._running = running
        self._places = places
        self._channels = channels

    async def mention(self, event: Event, context: AsyncBoltContext) -> None:
        """Someone names the bot in a channel or thread."""
        bot = bot_of(context)
        if not is_human(event, bot):
            return
        asked = self._asked(event["channel"], event, context, bot)
        if not self._allowed(asked.place):
            self._running.also(self._refuse_channel(asked))
        elif asked.text:
            self._running.also(self._asking.ask(asked))
        else:
            self._running.also(self._asking.ask_for_question(asked))

    async def message(self, event: Event, context: AsyncBoltContext) -> None:
        """Any message that the bot sees, and what happens to it later."""
        bot = bot_of(context)
        subtype = event.get("subtype")
        if subtype == "message_changed":
            self._running.also(self._changed(event, context, bot))
        elif subtype == "message_deleted":
            before = event.get("previous_message") or {}
            if before.get("user") != bot.user:
                message = {**before, "ts": event["deleted_ts"]}
                self._running.also(self._deleted(event["channel"], message, context, bot))
        elif subtype in HUMAN_SUBTYPES and is_human(event, bot):
            self._written(event, context, bot)

    def _written(self, event: Event, context: AsyncBoltContext, bot: BotIdentity) -> None:
        asked = self._asked(event["channel"], event, context, bot)
        if asked.place.is_direct:
            if asked.text:
                self._running.also(self._asking.ask(asked))
            return
        # A mention of the bot comes as an event of its own; who names somebody else talks to them.
        is_reply = event.get("thread_ts") not in (None, event["ts"])
        if (
            is_reply
            and asked.text
            and self._allowed(asked.place)
            and not mentioned_users(event.get("text") or "")
        ):
            self._running.also(self._follow_up(asked))

    async def _follow_up(self, asked: Asked) -> None:
        thread = await self._thread(asked.place, asked.bot)
        if has_answered(thread):
            await self._asking.ask(asked, thread)

    async def _changed(self, event: Event, context: AsyncBoltContext, bot: BotIdentity) -> None:
        message, before = event["message"], event.get("previous_message") or {}
        channel = event["channel"]
        if message.get("subtype") == TOMBSTONE:
            await self._deleted(channel, {**before, **message, "user": before.get("user")}, context, bot)
            return
        is_edit = message.get("edited") and message.get("text") != before.get("text")
        if not is_edit or not is_human(message, bot):
            return  # links were unfolded, or a reply was counted
        asked = self._asked(channel, message, context, bot)
        if not self._concerns_us(message, before, asked):
            return
        edit = str(message["edited"].get("ts") or "")
        if not await self._asking.once("edit", *asked.key, edit):
            return
        reply = await self._running.cancel(asked.key)
        if reply is not None:
            messages = await reply.release()
        else:
            await self._asking.note_change(asked)
            thread = await self._thread(asked.place, bot)
            messages = answers_to(thread, asked.message)
            if not messages:
                if self._is_for_us(message, asked):
                    await self._asking.ask(asked, thread)
                return
        if reply is None and not await self._asking.may_renew(asked, edit):
            return
        if asked.text:
            self._asking.answer(asked, messages)
        else:
            await MessageSlots(asked.place, messages).delete_all()

    async def _deleted(
        self, channel: str, message: Mapping[str, Any], context: AsyncBoltContext, bot: BotIdentity
    ) -> None:
        asked = self._asked(channel, message, context, bot)
        reply = await self._running.cancel(asked.key)
        if reply is not None:
            await reply.withdraw()
        elif self._concerns_us(message, message, asked):
            await self._asking.note_change(asked)
            messages = answers_to(await self._thread(asked.place, bot), asked.message)
            await MessageSlots(asked.place, messages).delete_all()

    def _concerns_us(self, message: Mapping[str, Any], before: Mapping[str, Any], asked: Asked) -> bool:
        """Whether a thread has to be read for it: not for every edit of every message of a channel."""
        if asked.place.is_direct or asked.key in self._running or message.get("thread_ts"):
            return True
        texts = f"{message.get('text') or ''} {before.get('text') or ''}"
        return asked.bot.user in mentioned_users(texts)

    def _is_for_us(self, message: Mapping[str, Any], asked: Asked) -> bool:
        """Whether an edited message, unanswered so far, asks the bot now."""
        mentions = mentioned_users(message.get("text") or "")
        return bool(asked.text) and (
            asked.place.is_direct or (asked.bot.user in mentions and self._allowed(asked.place))
        )

    async def _refuse_channel(self, asked: Asked) -> None:
        if not await self._asking.once("question", *asked.key):
            return
        place = asked.place
        told = problem_message(slack_texts(FALLBACK_LANGUAGE), "not_here")
        try:
            await place.client.chat_postEphemeral(
                channel=place.channel,
                user=place.user,
                thread_ts=place.thread if place.thread != asked.message else None,
                text=told.text,
                blocks=list(told.blocks),
            )
        except SLACK_FAULTS as error:
            log_slack_fault("chat.postEphemeral", error)

    async def _thread(self, place: Place, bot: BotIdentity) -> list[ThreadMessage]:
        """What was said there; nothing where Slack does not tell."""
        assert place.thread is not None
        try:
            return await read_thread(place.client, place.channel, place.thread, bot)
        except SLACK_FAULTS as error:
            if slack_error(error) not in GONE:
                log_slack_fault("conversations.replies", error)
            return []

    def _asked(
        self, channel: str, message: Mapping[str, Any], context: AsyncBoltContext, bot: BotIdentity
    ) -> Asked:
        place = self._places.of_message(context, channel, message)
        return Asked(question_text(message.get("text") or ""), str(message["ts"]), place, bot)

    def _allowed(self, place: Place) -> bool:
        return place.is_direct or not self._channels or place.channel in self._channels
