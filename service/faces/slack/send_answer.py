"""What happens while a question is answered in, its answer in Slack out: a status, a stream, or one updated message.

Slack is slower than the answering, so what is to be shown meanwhile is sent from beside: always the newest status, and
the text that has gathered since.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from service.answering.answer import Answer
from service.faces.slack.answer_messages import (
    SlackMessage,
    answer_markdown,
    answer_messages,
    closing_messages,
)
from service.faces.slack.answer_metadata import answer_metadata
from service.faces.slack.answer_stream import AnswerStream
from service.faces.slack.escape_text import escape_markdown
from service.faces.slack.log_faults import GONE, SLACK_FAULTS, log_slack_fault, logged_faults, slack_error
from service.faces.slack.message_slots import MessageSlots
from service.faces.slack.place import Place
from service.faces.slack.question_text import shortened
from service.faces.slack.slack_texts import SlackTexts
from service.faces.slack.source_blocks import Link

APPEND_SECONDS = 1.0  # between two additions to a stream: Slack takes 100 a minute
STATUS_SECONDS = 0.5
STATUS_PATIENCE = 1.0
UPDATE_SECONDS = 3.0  # between two updates of a message: Slack takes 50 a minute
PIECE_LIMIT = 12_000  # characters of markdown in one call
STANDALONE_LIMIT = 300  # characters: metadata may not be much larger than it is without them
WORKING = {"event_type": "citewell_question"}
"""Marks a message that says that an answer is coming."""


class Reply:
    """The answer to one message of Slack's, from the first status to the last block."""

    def __init__(self, place: Place, asked_by: str, messages: Sequence[str] = ()) -> None:
        """`asked_by` is the timestamp of the message that asks; `messages` are an older answer to it."""
        self.place = place
        self._asked_by = asked_by
        self._slots = MessageSlots(place, messages)
        self._stream = AnswerStream(place)
        if messages:
            self._stream.broken = True
        self._status: str | None = None
        self._has_status = place.thread is not None and not messages
        self._is_setting_status = self._is_status_shown = False
        self._text: list[str] = []
        self._wake, self._ending = asyncio.Event(), asyncio.Event()
        self._sending: asyncio.Task[None] | None = None
        self.is_whole = False
        """Whether the whole answer stands in Slack."""

    @property
    def messages(self) -> tuple[str, ...]:
        """The timestamps of what stands in Slack."""
        return tuple(self._slots.messages)

    def show(self, status: str) -> None:
        """Say what is being done; a newer status takes the place of one that was not sent yet."""
        self._status = status
        self._go_on()

    def write(self, text: str) -> None:
        """Add to the answer; only for an answer that comes little by little."""
        self._text.append(escape_markdown(text))
        self._go_on()

    async def finish(
        self,
        answer: Answer,
        texts: SlackTexts,
        link: Link,
        *,
        question_by: str | None = None,
        articles: int | None = None,
    ) -> None:
        """The whole answer; logged where Slack does not take it. The last two are as in `answer_messages`."""
        await self._pause()
        metadata = self.metadata(answer)
        with logged_faults("sending an answer"):
            closing = closing_messages(answer, texts, link, articles=articles)
            if not await self._streamed(answer_markdown(answer, texts), closing, metadata):
                await self._abandon_stream()
                whole = answer_messages(answer, texts, link, question_by=question_by, articles=articles)
                await self._slots.put(whole, metadata)
            self.is_whole = True

    async def say(self, message: SlackMessage) -> None:
        """Something that is no answer, in its place."""
        await self._pause()
        with logged_faults("sending a message"):
            await self._abandon_stream()
            await self._slots.put([message], self._mark())

    async def release(self) -> tuple[str, ...]:
        """Send nothing more; gives the messages that stand there, for whoever writes over them."""
        await self._pause()
        await self._abandon_stream()
        # Where the question began the thread and is deleted, there is no thread to clear anything in.
        if self._is_status_shown and not self._slots.messages and self.place.thread != self._asked_by:
            with logged_faults("clearing the status"):
                await self._set_status("")
        return self.messages

    async def withdraw(self) -> None:
        """Take everything away again."""
        await self.release()
        await self._slots.delete_all()

    def metadata(self, answer: Answer) -> dict[str, Any]:
        """What the messages of an answer carry: what it is, the message that asked, and its question in full."""
        metadata = answer_metadata(answer)
        more = {"message": self._asked_by}
        if answer.standalone_question != answer.question:
            more["standalone"] = shortened(answer.standalone_question, STANDALONE_LIMIT)
        return metadata | {"event_payload": metadata["event_payload"] | more}

    def _mark(self) -> dict[str, Any]:
        return WORKING | {"event_payload": {"message": self._asked_by}}

    async def _streamed(
        self, wording: Sequence[str], closing: Sequence[SlackMessage], metadata: dict[str, Any]
    ) -> bool:
        """Whether the answer, or what was left of it, went out through the stream."""
        if self._stream.ts is None:
            self._text = list(wording)
        await self._write_gathered()
        if self._stream.broken or self._stream.ts is None:
            return False
        first, *others = closing
        if not await self._stream.stop(first.blocks, metadata):
            return False
        self._slots.messages.append(self._stream.ts)
        await self._slots.put(others, metadata, start=1)
        return True

    async def _abandon_stream(self) -> None:
        """End a stream that will not be the answer; its message is written over."""
        ts = self._stream.ts
        if ts is None or ts in self._slots.messages:
            return
        await self._stream.stop()
        self._stream.broken = True
        self._slots.messages.insert(0, ts)

    def _go_on(self) -> None:
        self._wake.set()
        if self._sending is None and not self._ending.is_set():
            self._sending = asyncio.create_task(self._send())

    async def _pause(self) -> None:
        """Let what is being sent arrive, and send nothing more from beside."""
        self._ending.set()
        self._wake.set()
        if self._sending is None:
            return
        if self._is_setting_status:  # which is of no use any more: no answer waits for it when Slack is slow
            await asyncio.wait([self._sending], timeout=STATUS_PATIENCE)
            if self._is_setting_status:
                self._sending.cancel()
        await asyncio.wait([self._sending])

    async def _send(self) -> None:
        while True:
            await self._wake.wait()
            if self._ending.is_set():
                return
            self._wake.clear()
            seconds = UPDATE_SECONDS
            with logged_faults("showing what is done"):
                seconds = await self._send_newest()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), seconds)

    async def _send_newest(self) -> float:
        """Send what there is; gives how long to wait before the next."""
        if self._text and not self._stream.broken:
            await self._write_gathered()
            return APPEND_SECONDS
        if self._status is None or self._stream.ts is not None or self._slots.is_private:
            return 0.0
        status, self._status = self._status, None
        if self._has_status:
            try:
                await self._set_status(status)
                return STATUS_SECONDS
            except SLACK_FAULTS as error:
                if slack_error(error) in {"ratelimited", *GONE}:
                    return STATUS_SECONDS
                log_slack_fault("assistant.threads.setStatus", error)
                self._has_status, self._stream.broken = False, True
        await self._slots.put([SlackMessage(text=status, blocks=())], self._mark())
        return UPDATE_SECONDS

    async def _set_status(self, status: str) -> None:
        assert self.place.thread is not None
        self._is_setting_status = True
        try:
            await self.place.client.assistant_threads_setStatus(
                channel_id=self.place.channel, thread_ts=self.place.thread, status=status
            )
        finally:
            self._is_setting_status = False
        self._is_status_shown = bool(status)

    async def _write_gathered(self) -> None:
        text, self._text = self._text, []
        for piece in _joined(text):
            await self._stream.write(piece)


def _joined(texts: Sequence[str]) -> list[str]:
    """The same text in as few pieces as Slack takes."""
    pieces: list[str] = []
    for text in texts:
        if pieces and len(pieces[-1]) + len(text) <= PIECE_LIMIT:
            pieces[-1] += text
        elif text:
            pieces.append(text)
    return pieces
