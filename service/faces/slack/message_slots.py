"""Messages in, the same posted in a place out: over those that stand there already, then new ones; spare ones go."""

from collections.abc import Mapping, Sequence
from typing import Any

from slack_sdk.errors import SlackApiError

from service.faces.slack.answer_messages import SlackMessage
from service.faces.slack.log_faults import GONE, SLACK_FAULTS, log_slack_fault, slack_error
from service.faces.slack.place import Place

# The bot is not in that channel, or may not post there.
NOT_THERE = frozenset(
    {
        "not_in_channel",
        "channel_not_found",
        "is_archived",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "messages_tab_disabled",
        "missing_scope",
    }
)
# What a message looks like is refused: its words alone are worth more than nothing.
MISSHAPEN = frozenset(
    {
        "invalid_blocks",
        "invalid_blocks_format",
        "msg_blocks_too_long",
        "metadata_too_large",
        "invalid_metadata_format",
        "invalid_metadata_schema",
    }
)
PRIVATE_LIMIT = 5  # https://docs.slack.dev/interactivity/handling-user-interaction#message_responses

Metadata = Mapping[str, Any]


class MessageSlots:
    """The messages of one answer, by their timestamps, in order."""

    def __init__(self, place: Place, messages: Sequence[str] = ()) -> None:
        """`messages` stand there already and are written over."""
        self.place = place
        self.messages = list(messages)
        self._said_privately = 0

    @property
    def is_private(self) -> bool:
        """Whether only the asker is told."""
        return self._said_privately > 0

    async def put(self, wanted: Sequence[SlackMessage], metadata: Metadata, *, start: int = 0) -> None:
        """Have exactly these messages from slot `start` on; raises one of SLACK_FAULTS."""
        for number, message in enumerate(wanted, start):
            if self._said_privately:
                await self._say_privately(message)
            elif number < len(self.messages):
                await self._update(self.messages[number], message, metadata)
            else:
                await self._post(message, metadata)
        while len(self.messages) > start + len(wanted):
            await self._delete(self.messages.pop())

    async def delete_all(self) -> None:
        """Take every message away."""
        while self.messages:
            await self._delete(self.messages.pop())

    async def _post(self, message: SlackMessage, metadata: Metadata) -> None:
        place = self.place
        where = {"channel": place.channel, "thread_ts": place.thread or next(iter(self.messages), None)}
        try:
            reply = await _shaped(place.client.chat_postMessage, message, metadata, where)
        except SlackApiError as error:
            if place.respond is None or self.messages or slack_error(error) not in NOT_THERE:
                raise
            await self._say_privately(message)
        else:
            self.messages.append(str(reply["ts"]))

    async def _update(self, ts: str, message: SlackMessage, metadata: Metadata) -> None:
        await _shaped(
            self.place.client.chat_update, message, metadata, {"channel": self.place.channel, "ts": ts}
        )

    async def _delete(self, ts: str) -> None:
        try:
            await self.place.client.chat_delete(channel=self.place.channel, ts=ts)
        except SLACK_FAULTS as error:
            if slack_error(error) not in GONE:
                log_slack_fault("chat.delete", error)

    async def _say_privately(self, message: SlackMessage) -> None:
        assert self.place.respond is not None
        self._said_privately += 1
        if self._said_privately > PRIVATE_LIMIT:
            return
        await self.place.respond(
            text=message.text,
            blocks=list(without_buttons(message.blocks)),
            response_type="ephemeral",
            replace_original=False,
        )


def without_buttons(blocks: Sequence[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """What only the asker sees has no metadata, so a rating of it could not say what it is about."""
    return tuple(block for block in blocks if block["type"] not in ("actions", "context_actions"))


async def _shaped(method: Any, message: SlackMessage, metadata: Metadata, where: Mapping[str, Any]) -> Any:
    """Send the message; its words alone when Slack refuses what it looks like."""
    links = {} if "ts" in where else {"unfurl_links": False, "unfurl_media": False}
    try:
        return await method(
            **where, **links, text=message.text, blocks=list(message.blocks), metadata=dict(metadata)
        )
    except SlackApiError as error:
        if slack_error(error) not in MISSHAPEN:
            raise
        log_slack_fault("sending blocks", error)
        return await method(**where, **links, text=message.text, blocks=[])
