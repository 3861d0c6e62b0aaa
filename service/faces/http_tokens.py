"""`POST /v1/tokens`: a page's origin in, a widget token and what the widget shows before the first question out."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from indexing.archive.archive import Archive
from indexing.archive.tags_and_dates import normalised_language
from service.answering.suggestions import Suggestions
from service.faces.access import too_many
from service.faces.caller import address_of
from service.faces.request_body import read_model
from service.faces.services import Parts

TOKENS_RATE = "60/minute"
"""For an address, behind which a whole office may be; a page asks when its widget opens, then every ten minutes."""
_BODY_LIMIT = 4 * 1024

router = APIRouter(tags=["widget"])


class TokenFields(BaseModel):
    """The body of `POST /v1/tokens`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    language: Annotated[str, Field(max_length=200)] | None = Field(
        None, description="The page's language (BCP 47), for suggested questions; none fits: no suggestions"
    )


@router.post(
    "/v1/tokens",
    summary="A token for a page with the widget",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": TokenFields.model_json_schema()}},
        }
    },
)
async def post_token(request: Request, parts: Parts) -> JSONResponse:
    """For pages of the `Origin`: a token (null where no key is needed), what the archive holds, suggestions."""
    origin = parts.access.page_origin(request.scope)
    if parts.access.keys and (seconds := await parts.token_rate.turn(address_of(request))):
        raise too_many(seconds)
    fields = await read_model(request, TokenFields, _BODY_LIMIT)
    token = parts.access.tokens.issue(origin)
    reply = {
        "token": token,
        "expires_in": parts.access.tokens.seconds if token else None,
        "archive": await _held(parts.archive),
        "suggestions": await _suggested(parts.answered_suggestions, fields.language),
    }
    return JSONResponse(reply, headers={"Cache-Control": "no-store"})


async def _held(archive: Archive) -> dict[str, Any]:
    status = await archive.status()
    days = status["published"]
    return {
        "articles": status["articles"],
        "languages": status["languages"],
        "sources": status["sources"],
        "published": {"first": days["from"], "last": days["to"]},
    }


async def _suggested(suggestions: Suggestions, language: str | None) -> dict[str, Any] | None:
    tag = normalised_language(language or "")  # a page may call its language anything
    found = await suggestions.for_language(tag) if tag else None
    return None if found is None else {"language": found.language, "questions": list(found.questions)}
