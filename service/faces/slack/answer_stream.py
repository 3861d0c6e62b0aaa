"""Pieces of an answer in, one message of a thread that grows out: Slack's chat.startStream, appendStream, stopStream.

https://docs.slack.dev/messaging/sending-and-scheduling-messages#text-streaming
"""

from collections.abc import Mapping, Sequence
from typing import Any

from service.faces.slack.log_faults import SLACK_FAULTS, log_slack_fault, slack_error
from service.faces.slack.place import Place

# Slack has ended it, as it does with those that nothing came for, or somebody has deleted its message.
OVER = frozenset({"message_not_in_streaming_state", "message_not_found"})


class AnswerStream:
    """A stream in the thread of `place`; once Slack has refused anything it is `broken`, and says no more."""

    def __init__(self, place: Place) -> None:
        """Nothing is sent before the first text."""
        self._place = place
        self.ts: str | None = None
        """The message that it writes; serves chat.update when the stream is broken."""
        self.broken = place.thread is None
        self._is_open = False

    async def write(self, text: str) -> None:
        """Add markdown text, at most 12,000 characters."""
        if self.broken:
            return
        client, channel = self._place.client, self._place.channel
        try:
            if self.ts is not None:
                await client.chat_appendStream(channel=channel, ts=self.ts, markdown_text=text)
                return
            assert self._place.thread is not None
            reply = await client.chat_startStream(
                channel=channel,
                thread_ts=self._place.thread,
                recipient_team_id=self._place.user_team or self._place.team,
                recipient_user_id=self._place.user,
                markdown_text=text,
            )
            self.ts, self._is_open = str(reply["ts"]), True
        except SLACK_FAULTS as error:
            self._break(error)

    async def stop(
        self, blocks: Sequence[dict[str, Any]] = (), metadata: Mapping[str, Any] | None = None
    ) -> bool:
        """End it, with blocks below its text; False where it cannot be ended so, or is over already."""
        if self.ts is None or not self._is_open:
            return False
        try:
            await self._place.client.chat_stopStream(
                channel=self._place.channel,
                ts=self.ts,
                blocks=list(blocks) or None,
                metadata=dict(metadata) if metadata else None,
            )
            self._is_open = False
            return True
        except SLACK_FAULTS as error:
            self._break(error)
            return False

    def _break(self, error: BaseException) -> None:
        self.broken = True
        if slack_error(error) in OVER:
            self._is_open = False
        log_slack_fault("a chat stream", error)
