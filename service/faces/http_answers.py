"""`POST /v1/answers`: one question with its filters in, one answer object out, or the events of its making."""

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from indexing.archive.filters import Filters
from indexing.archive.tags_and_dates import normalised_date, normalised_language
from service.answering.answer import Answer
from service.answering.pipeline import Answering
from service.answering.question import (
    HISTORY_LIMIT,
    QUESTION_LIMIT,
    TOP_K_LIMIT,
    TURN_LIMIT,
    Question,
    Turn,
)
from service.faces.caller import caller_of
from service.faces.control_characters import without_control_characters
from service.faces.event_stream import EVENT_STREAM, EventStream, answer_events
from service.faces.problems import invalid, prefers
from service.faces.request_body import gone, read_model
from service.faces.services import Parts

# A question, 40 turns of conversation and long lists of filters fit several times over.
BODY_LIMIT = 4 * 1024 * 1024
_FILTER_VALUES = 1_000

router = APIRouter(tags=["answers"])


def language_tag(value: str) -> str:
    """The BCP 47 tag as articles carry it; raises ValueError."""
    tag = normalised_language(value)
    if tag is None:
        raise ValueError("allowed: a language tag (BCP 47) such as fr, de or zh-Hant")
    return tag


def _moment(value: str) -> str:
    moment = normalised_date(value)
    if moment is None:
        raise ValueError("allowed: an RFC 3339 date (2021-07-01) or date-time (2021-07-01T12:00:00Z)")
    return moment


def _at(moment: str, time_of_day: str) -> str:
    """A date with a time of day, a date-time as it is: both in UTC, so they compare as text."""
    return moment if "T" in moment else f"{moment}T{time_of_day}Z"


def question_text(value: str) -> str:
    """The question without space around it; raises ValueError when nothing is left or it is too long."""
    text = value.strip()
    if not text:
        raise ValueError(f"got no question; allowed: 1 to {QUESTION_LIMIT:,} characters")
    if len(text) > QUESTION_LIMIT:
        raise ValueError(f"got a question of {len(text):,} characters; allowed: 1 to {QUESTION_LIMIT:,}")
    return text


def turn_text(value: str) -> str:
    """What was said in a turn, without control characters; raises ValueError when nothing is left."""
    text = without_control_characters(value)
    if not text.strip():
        raise ValueError(
            f"empty, or only space and control characters; allowed: 1 to {TURN_LIMIT:,} characters"
        )
    return text


_Language = Annotated[str, AfterValidator(language_tag)]
_Moment = Annotated[str, AfterValidator(_moment)]
_Names = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=4_000)]], Field(max_length=_FILTER_VALUES)
]


class TurnFields(BaseModel):
    """One turn of the conversation so far."""

    model_config = ConfigDict(extra="forbid", strict=True)

    role: Literal["user", "assistant"]
    content: Annotated[str, Field(max_length=TURN_LIMIT), AfterValidator(turn_text)]


class FilterFields(BaseModel):
    """Which articles may answer; a date without a time as `published_to` includes that day (UTC)."""

    model_config = ConfigDict(extra="forbid", strict=True)

    language: Annotated[list[_Language], Field(max_length=_FILTER_VALUES)] = []
    source: _Names = []
    tags: _Names = []
    article_id: _Names = []
    published_from: _Moment | None = None
    published_to: _Moment | None = None

    @model_validator(mode="after")
    def _from_before_to(self) -> "FilterFields":
        since, until = self.published_from, self.published_to
        if since and until and _at(since, "00:00:00") > _at(until, "23:59:59"):
            raise ValueError("published_from is after published_to; allowed: the same moment or earlier")
        return self


class QuestionFields(BaseModel):
    """The body of `POST /v1/answers`; only `question` is required."""

    model_config = ConfigDict(extra="forbid", strict=True)

    question: Annotated[str, AfterValidator(question_text)] = Field(
        description=f"1 to {QUESTION_LIMIT:,} characters",
        examples=["How many soldiers entered via Ishkashim?"],
    )
    history: Annotated[list[TurnFields], Field(max_length=HISTORY_LIMIT)] = []
    filters: FilterFields | None = None
    top_k: Annotated[int, Field(ge=1, le=TOP_K_LIMIT)] = 8
    answer_language: _Language | None = None
    mode: Literal["extractive", "generative"] | None = None
    stream: bool = False

    def to_question(self) -> Question:
        """The question as the pipeline takes it."""
        filters = self.filters or FilterFields()
        return Question(
            text=self.question,
            history=tuple(Turn(turn.role, turn.content) for turn in self.history),
            filters=Filters(
                language=tuple(filters.language),
                source=tuple(filters.source),
                tags=tuple(filters.tags),
                article_id=tuple(filters.article_id),
                published_from=filters.published_from,
                published_to=filters.published_to,
            ),
            top_k=self.top_k,
            answer_language=self.answer_language,
            mode=self.mode,
        )


@router.post(
    "/v1/answers",
    summary="Ask a question",
    responses={200: {"content": {EVENT_STREAM: {"schema": {"type": "string"}}}}},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": QuestionFields.model_json_schema()}},
        }
    },
)
async def post_answer(request: Request, parts: Parts) -> Response:
    """A cited answer, or a refusal that says why; both are 200.

    With `stream`, or an Accept header that prefers text/event-stream: server-sent events, the same answer among them.
    """
    fields = await read_model(request, QuestionFields, BODY_LIMIT)
    if fields.mode == "generative" and not parts.answering.can_write:
        raise invalid(
            "body.mode",
            "got generative, which needs a language model at CITEWELL_LLM_BASE_URL; "
            "allowed without one: extractive, null",
        )
    question = fields.to_question()
    if fields.stream or prefers(EVENT_STREAM, request):
        events = parts.answering.stream(question, caller_of(request))
        return EventStream(request, answer_events(request.scope, events, parts.links))
    answer = await ask_while_connected(request, parts.answering, question)
    return JSONResponse(parts.links.with_links(answer).to_dict(), headers={"Cache-Control": "no-store"})


async def ask_while_connected(request: Request, answering: Answering, question: Question) -> Answer:
    """The answer; when the client leaves first, the work is cancelled before its next step."""
    asked = asyncio.ensure_future(answering.ask(question, caller_of(request)))
    left = asyncio.ensure_future(gone(request))
    try:
        await asyncio.wait((asked, left), return_when=asyncio.FIRST_COMPLETED)
        if not asked.done():
            raise ClientDisconnect
        return asked.result()
    finally:
        for task in (asked, left):
            task.cancel()
        await asyncio.gather(asked, left, return_exceptions=True)
