"""`/v1/feedback`: what a reader thought of an answer in, kept in the archive; pages of it, newest first, out."""

import hmac
import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response

from indexing.archive.kept_feedback import given_now, read_cursor
from indexing.archive.records import CitedPlace, Feedback, feedback_id
from service.answering.question import QUESTION_LIMIT
from service.faces.caller import caller_of
from service.faces.control_characters import without_control_characters
from service.faces.request_body import read_model
from service.faces.services import Parts

COMMENT_LIMIT = 4_000
ANSWER_LIMIT = 20_000
CITATIONS_LIMIT = 100
PAGE_LIMIT = 1_000
# Everything at its limit fits, each character written as two \uXXXX.
BODY_LIMIT = 512 * 1024
_ID = re.compile(r"[A-Za-z0-9._~-]{1,128}")
_OFFSET_LIMIT = 2**53  # beyond it JavaScript and JSON lose whole numbers

router = APIRouter(tags=["feedback"])


def _id(value: str) -> str:
    if not _ID.fullmatch(value):
        raise ValueError("allowed: 1 to 128 letters, digits and ._~- (take it from the answer)")
    return value


def _said(value: str) -> str:
    text = without_control_characters(value).strip()
    if not text:
        raise ValueError("empty, or only space and control characters; allowed: at least one character")
    return text


def _comment(value: str) -> str | None:
    return without_control_characters(value).strip() or None


def _cursor(value: str) -> str:
    try:
        read_cursor(value)
    except ValueError:
        raise ValueError("allowed: the `next` that the page before gave") from None
    return value


_Id = Annotated[str, AfterValidator(_id)]
_Offset = Annotated[int, Field(ge=0, le=_OFFSET_LIMIT)]


class CitationFields(BaseModel):
    """A citation of the answer: which text, and where in it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    article_id: _Id
    version: _Id
    start: _Offset
    end: _Offset

    @model_validator(mode="after")
    def _start_before_end(self) -> "CitationFields":
        if self.start >= self.end:
            raise ValueError("start is not before end; allowed: start < end")
        return self


class FeedbackFields(BaseModel):
    """The body of `POST /v1/feedback`; `comment` and `citations` may be left out."""

    model_config = ConfigDict(extra="forbid", strict=True)

    answer_id: _Id = Field(description="`id` of the answer")
    rating: Literal["up", "down"]
    comment: Annotated[str, Field(max_length=COMMENT_LIMIT), AfterValidator(_comment)] | None = None
    question: Annotated[str, Field(max_length=QUESTION_LIMIT), AfterValidator(_said)]
    answer: Annotated[str, Field(max_length=ANSWER_LIMIT), AfterValidator(_said)]
    citations: Annotated[list[CitationFields], Field(max_length=CITATIONS_LIMIT)] = []

    def to_feedback(self, caller: str) -> Feedback:
        """The feedback as the archive keeps it, given now; `caller` goes into its id only."""
        return Feedback(
            id=feedback_id(self.answer_id, caller),
            answer_id=self.answer_id,
            rating=self.rating,
            comment=self.comment,
            question=self.question,
            answer=self.answer,
            citations=tuple(CitedPlace(**place.model_dump()) for place in self.citations),
            given=given_now(),
        )


class FeedbackQuery(BaseModel):
    """The parameters of a page of feedback."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=PAGE_LIMIT)] = 100
    cursor: Annotated[str, AfterValidator(_cursor)] | None = None
    rating: Literal["up", "down"] | None = None


@router.post(
    "/v1/feedback",
    status_code=204,
    summary="Rate an answer",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": FeedbackFields.model_json_schema()}},
        }
    },
)
async def post_feedback(request: Request, parts: Parts) -> Response:
    """Kept in the archive; the same caller's feedback on the same answer replaces what was said before."""
    fields = await read_model(request, FeedbackFields, BODY_LIMIT)
    await parts.archive.put_feedback(fields.to_feedback(_hidden(caller_of(request), parts.access.keys)))
    return Response(status_code=204)


def _hidden(caller: str, keys: Sequence[str]) -> str:
    """The caller's name under the first key: whoever reads the list cannot try which address made an id.

    Without keys every caller is on this machine and nothing is to be hidden.
    """
    secret = keys[0] if keys else ""
    return hmac.digest(f"citewell feedback {secret}".encode(), caller.encode(), "sha256").hex()


@router.get("/v1/feedback", summary="List feedback")
async def get_feedback(query: Annotated[FeedbackQuery, Query()], parts: Parts) -> JSONResponse:
    """Newest first, a page at a time; `next` of one page is the `cursor` of the next, null on the last."""
    page = await parts.archive.feedback(query.limit, query.cursor, query.rating)
    listed = [asdict(one) for one in page.feedback]
    return JSONResponse({"feedback": listed, "next": page.cursor}, headers={"Cache-Control": "no-store"})
