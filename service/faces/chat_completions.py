"""`/v1/chat/completions` and `/v1/models`: a chat in OpenAI's protocol in, a cited answer as its next message out."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from service.answering.question import Question
from service.faces.caller import caller_of
from service.faces.chat_chunks import chat_chunks
from service.faces.chat_footnotes import footnoted
from service.faces.chat_messages import MessageFields, asked_in
from service.faces.chat_reply import MODEL, count_usage, new_head
from service.faces.event_stream import EVENT_STREAM, EventStream
from service.faces.http_answers import BODY_LIMIT, ask_while_connected
from service.faces.problems import Problem, shown
from service.faces.protocol_errors import CHAT_COMPLETIONS, MODELS
from service.faces.request_body import read_model
from service.faces.services import Parts, Services

# The protocol wants a date of the model; ours has a checksum instead, and a program must not see it change.
_MODEL = {"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}
_FRESH = {"Cache-Control": "no-store"}

router = APIRouter(tags=["chat"])


class StreamOptions(BaseModel):
    """What a stream holds besides the answer."""

    model_config = ConfigDict(extra="ignore", strict=True)

    include_usage: bool | None = None


class ChatFields(BaseModel):
    """The body of `POST /v1/chat/completions`; what steers a language model is accepted and has no effect."""

    model_config = ConfigDict(extra="ignore", strict=True)

    model: str = Field(examples=[MODEL])
    messages: list[MessageFields]
    n: Annotated[int, Field(ge=1, le=1)] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None


@router.post(
    CHAT_COMPLETIONS,
    summary="Ask in OpenAI's protocol",
    responses={200: {"content": {EVENT_STREAM: {"schema": {"type": "string"}}}}},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": ChatFields.model_json_schema()}},
        }
    },
)
async def post_chat_completion(request: Request, parts: Parts) -> Response:
    """The last message of the user is the question, those before it the conversation; footnotes hold the quotes."""
    fields = await read_model(request, ChatFields, BODY_LIMIT)
    _require_ours(fields.model)
    question = asked_in(fields.messages)
    if not fields.stream:
        return JSONResponse(await _completion(request, parts, question), headers=_FRESH)
    events = parts.answering.stream(question, caller_of(request))
    with_usage = bool(fields.stream_options and fields.stream_options.include_usage)
    return EventStream(request, chat_chunks(request, parts, question, events, with_usage))


async def _completion(request: Request, parts: Services, question: Question) -> dict[str, Any]:
    answer = parts.links.with_links(await ask_while_connected(request, parts.answering, question))
    text = footnoted(answer, str(request.base_url).rstrip("/"))
    message = {
        "role": "assistant",
        "content": text.content,
        "refusal": None,
        "annotations": text.annotations,
    }
    return {
        **new_head("chat.completion"),
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": await asyncio.to_thread(count_usage, parts.encoder.tokenizer, question, text.content),
        "citewell": answer.to_dict(),
    }


@router.get(MODELS, summary="List the one model")
async def get_models() -> JSONResponse:
    """OpenAI's list of models."""
    return JSONResponse({"object": "list", "data": [_MODEL]}, headers=_FRESH)


@router.get(f"{MODELS}/{{model:path}}", summary="The model, by its name")
async def get_model(model: str) -> JSONResponse:
    """OpenAI's description of one model."""
    _require_ours(model)
    return JSONResponse(_MODEL, headers=_FRESH)


def _require_ours(model: str) -> None:
    if model != MODEL:
        raise Problem(404, f"there is no model {shown(model)}; allowed: {MODEL}")
