"""The command `/citewell` and the shortcut "Check against the archive" in, questions to the archive out."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.context.respond.async_respond import AsyncRespond

from service.answering.understand_question import likely_languages
from service.faces.slack.answer_messages import Problem, problem_message
from service.faces.slack.asking import Asked, Asking
from service.faces.slack.listened_place import ListenedPlaces, bot_of
from service.faces.slack.log_faults import SLACK_FAULTS, log_slack_fault
from service.faces.slack.place import Place
from service.faces.slack.question_text import message_text, question_text, shortened
from service.faces.slack.running_questions import RunningQuestions
from service.faces.slack.slack_texts import slack_texts

COMMAND = "/citewell"
SHORTCUT = "citewell_check"


class Commands:
    """Listens to what people start from Slack's own menus; each is acknowledged before anything else."""

    def __init__(
        self,
        asking: Asking,
        running: RunningQuestions,
        places: ListenedPlaces,
        channels: frozenset[str],
    ) -> None:
        """`channels` are those that may be answered in; empty: all."""
        self._asking = asking
        self._running = running
        self._places = places
        self._channels = channels

    async def command(
        self, ack: AsyncAck, command: dict[str, Any], context: AsyncBoltContext, respond: AsyncRespond
    ) -> None:
        """`/citewell QUESTION`: the channel sees who asked what, and the answer; threads of it are followed."""
        await ack()
        user, channel = str(command["user_id"]), str(command["channel_id"])
        place = self._places.place(context, channel, None, user, respond=respond)
        name = str(command.get("trigger_id") or "")
        asked = Asked(
            question_text(command.get("text") or ""),
            f"command {name}",
            place,
            bot_of(context),
            question_by=user,
        )
        self._running.also(self._ask(asked, "command", name))

    async def check(
        self, ack: AsyncAck, shortcut: dict[str, Any], context: AsyncBoltContext, respond: AsyncRespond
    ) -> None:
        """The shortcut of a message: what the archive has on it, in the message's thread."""
        await ack()
        message: Mapping[str, Any] = shortcut["message"]
        channel, user = str(shortcut["channel"]["id"]), str(shortcut["user"]["id"])
        thread = str(message.get("thread_ts") or message["ts"])
        place = self._places.place(context, channel, thread, user, respond=respond)
        bot = bot_of(context)
        text = "" if message.get("user") == bot.user else shortened(question_text(message_text(message)))
        asked = Asked(text, str(message["ts"]), place, bot, alone=True)
        self._running.also(self._ask(asked, "shortcut", str(shortcut.get("trigger_id") or "")))

    async def _ask(self, asked: Asked, kind: str, name: str) -> None:
        if asked.key in self._running or not await self._asking.once(kind, asked.place.team, name):
            return
        place = asked.place
        if self._channels and not place.is_direct and place.channel not in self._channels:
            await self._tell(place, asked.text, "not_here")
        elif not asked.text:
            await self._tell(place, asked.text, "no_question")
        else:
            self._asking.answer(asked)

    async def _tell(self, place: Place, text: str, problem: Problem) -> None:
        assert place.respond is not None
        told = problem_message(slack_texts(likely_languages(text)[0]), problem)
        try:
            await place.respond(
                text=told.text, blocks=list(told.blocks), response_type="ephemeral", replace_original=False
            )
        except SLACK_FAULTS as error:
            log_slack_fault("answering a command", error)
