"""`/v1/articles`: articles in and their results out; lists, single articles with their text, removal."""

import asyncio
import uuid
from codecs import BOM_UTF8
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import from_json
from starlette.responses import Response

from indexing.add_articles import Reading, add_articles, article_input
from indexing.errors import ArticleRefused
from service.faces.article_files import file_batches
from service.faces.article_lines import Line, line_batches
from service.faces.find_article import find_article, unknown_article
from service.faces.http_answers import language_tag
from service.faces.request_body import away_from_loop, parse_json, read_body, require_media_type
from service.faces.result_lines import Batch, ResultLines, added_object
from service.faces.services import Parts, Services

JSON = "application/json"
JSON_LINES = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines")
FORM = "multipart/form-data"
_SLACK = 1_000_000  # bytes of metadata beside the text
PAGE_LIMIT = 1_000
_PRIVATE = {"Cache-Control": "no-store"}

router = APIRouter(tags=["articles"])

_TEXT_FIELDS = ("id", "title", "text", "html", "url", "source", "author", "language", "published")
_ARTICLE_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": {
                    "type": "object",
                    "description": "one article: `text` or `html`, and what else is known",
                    "properties": {
                        **{name: {"type": "string"} for name in _TEXT_FIELDS},
                        "tags": {"type": "array", "items": {"type": "string"}},
                        "meta": {"type": "object"},
                    },
                    "additionalProperties": True,
                }
            },
            JSON_LINES[0]: {"schema": {"type": "string", "description": "one article a line"}},
            FORM: {
                "schema": {
                    "type": "object",
                    "properties": {
                        "file": {"type": "array", "items": {"type": "string", "format": "binary"}}
                    },
                }
            },
        },
    }
}


def _cursor(value: str) -> str:
    try:
        return str(uuid.UUID(value))
    except ValueError:
        raise ValueError("allowed: the `cursor` that the page before gave") from None


class ListQuery(BaseModel):
    """The parameters of a page of articles."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=PAGE_LIMIT)] = 100
    cursor: Annotated[str, AfterValidator(_cursor)] | None = None
    language: Annotated[str, AfterValidator(language_tag)] | None = None
    source: Annotated[str, Field(min_length=1, max_length=1_000)] | None = None


def article_bytes(max_characters: int) -> int:
    """The most bytes one article may take as JSON, which may write a character as \\uXXXX."""
    return 6 * max_characters + _SLACK


@router.post("/v1/articles", summary="Add articles", openapi_extra=_ARTICLE_BODY)
async def post_articles(request: Request, parts: Parts) -> Response:
    """One article as JSON (201 when new), or many as JSON lines or files, with one result line each."""
    kind = require_media_type(request, (JSON, *JSON_LINES, FORM))
    if kind == JSON:
        return await _add_one(request, parts)
    if kind == FORM:
        return ResultLines(request, file_batches(request, parts.settings.max_article_characters), parts)
    return ResultLines(request, _from_lines(request, parts), parts)


async def _add_one(request: Request, parts: Services) -> Response:
    limit = parts.settings.max_article_characters
    body = await read_body(request, article_bytes(limit))
    item = await away_from_loop(lambda body: article_input(parse_json(body)), body)
    reading = Reading(place="body", item=item, default_id=None, error=None)
    added = await anext(add_articles([reading], parts.archive, parts.encoder, max_characters=limit))
    if added.status == "failed":
        raise ArticleRefused(added.error or "the article was refused")
    return JSONResponse(added_object(added), 201 if added.status == "added" else 200)


async def _from_lines(request: Request, parts: Services) -> AsyncGenerator[Batch, None]:
    limit = article_bytes(parts.settings.max_article_characters)
    async with aclosing(line_batches(request, limit)) as batches:
        async for lines in batches:
            yield await asyncio.to_thread(_batch, lines, limit)


def _batch(lines: list[Line], limit: int) -> Batch:
    return [({"line": line.number}, _reading(line, limit)) for line in lines]


def _reading(line: Line, limit: int) -> Reading:
    place = f"line {line.number}"
    if line.data is None:
        return _failure(place, f"got a line longer than {limit:,} bytes, the most for one; split the article")
    data = line.data.removeprefix(BOM_UTF8) if line.number == 1 else line.data
    try:
        item = article_input(from_json(data.strip(), allow_inf_nan=False))
    except ArticleRefused as refusal:
        return _failure(place, str(refusal))
    except ValueError as error:
        why = str(error).replace(" at line 1 column ", " at column ")
        return _failure(
            place, f"got malformed JSON ({why}), allowed: one JSON object a line; correct the line"
        )
    return Reading(place=place, item=item, default_id=None, error=None)


def _failure(place: str, error: str) -> Reading:
    return Reading(place=place, item=None, default_id=None, error=error)


@router.get("/v1/articles", summary="List articles")
async def get_articles(query: Annotated[ListQuery, Query()], parts: Parts) -> JSONResponse:
    """Metadata of articles, a page at a time; `cursor` of one page asks for the next, null on the last."""
    page = await parts.archive.articles(query.limit, query.cursor, query.language, query.source)
    return JSONResponse({"articles": page.articles, "cursor": page.cursor}, headers=_PRIVATE)


# `path`, so that an id with an encoded slash is one id.
@router.get("/v1/articles/{article_id:path}", summary="Read an article")
async def get_article(article_id: str, parts: Parts, v: str | None = None) -> JSONResponse:
    """Metadata, versions and the canonical text that offsets refer to; `v` names an earlier version."""
    stored = await find_article(parts.archive, article_id, v or None)
    article = stored.article
    found = {
        **article.metadata(),
        "version": stored.version,
        "current_version": stored.current_version,
        "versions": list(stored.versions),
        "passages": stored.passages,
        "also_in": list(stored.also_in),
        "copy_of": stored.copy_of,
        "added": stored.added,
        "updated": stored.updated,
        "text": article.text,
    }
    return JSONResponse(found, headers=_PRIVATE)


@router.delete("/v1/articles/{article_id:path}", status_code=204, summary="Remove an article")
async def delete_article(article_id: str, parts: Parts) -> Response:
    """Remove all versions."""
    if not await parts.archive.remove(article_id):
        raise unknown_article(article_id)
    return Response(status_code=204)
