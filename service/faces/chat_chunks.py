"""What happens while a question is answered in, OpenAI's chunks of a chat completion out; `[DONE]` is the last."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from fastapi import Request
from fastapi.sse import format_sse_event

from service.answering.answer import Answer
from service.answering.events import Answered, Delta, Event
from service.answering.question import Question
from service.faces.chat_footnotes import footnoted
from service.faces.chat_reply import count_usage, new_head
from service.faces.event_stream import event_bytes
from service.faces.problems import logged_problem, problem_object
from service.faces.protocol_errors import openai_error
from service.faces.services import Services

DONE = format_sse_event(data_str="[DONE]")


async def chat_chunks(
    request: Request, parts: Services, question: Question, events: AsyncGenerator[Event], with_usage: bool
) -> AsyncGenerator[bytes]:
    """The role, the answer as it is verified, its footnotes, the whole answer object, and what it all came to.

    What fails after the first chunk is told in the stream; before it, it is raised.
    """
    chunks = _Chunks(with_usage)
    begun = False
    try:
        async with aclosing(events):
            async for event in events:
                if not begun:
                    yield chunks.made({"role": "assistant", "content": ""})
                    begun = True
                if isinstance(event, Delta):
                    yield chunks.made({"content": event.text})
                if isinstance(event, Answered):
                    async for chunk in _end(chunks, request, parts, question, event.answer):
                        yield chunk
        yield DONE
    except Exception as error:
        if not begun:
            raise
        _, told = openai_error(problem_object(request.scope, logged_problem(request.scope, error)))
        yield event_bytes(None, told)


async def _end(
    chunks: "_Chunks", request: Request, parts: Services, question: Question, answer: Answer
) -> AsyncGenerator[bytes]:
    """What is known only once everything is."""
    linked = parts.links.with_links(answer)
    text = footnoted(linked, str(request.base_url).rstrip("/"))
    if text.footnotes:
        yield chunks.made({"content": text.footnotes})
    yield chunks.made({"annotations": text.annotations}, "stop", citewell=linked.to_dict())
    if chunks.with_usage:
        usage = await asyncio.to_thread(count_usage, parts.encoder.tokenizer, question, text.content)
        yield chunks.last(usage)


class _Chunks:
    """Chunks of one reply."""

    def __init__(self, with_usage: bool) -> None:
        self.with_usage = with_usage
        # A program that asked for the usage finds the field on every chunk, null on all but the last.
        self._head = new_head("chat.completion.chunk") | ({"usage": None} if with_usage else {})

    def made(self, delta: dict[str, Any], finish_reason: str | None = None, **more: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return event_bytes(None, {**self._head, "choices": [choice], **more})

    def last(self, usage: dict[str, int]) -> bytes:
        return event_bytes(None, {**self._head, "choices": [], "usage": usage})
