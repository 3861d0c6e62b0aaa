"""Everything that can go wrong in, an RFC 9457 problem (or, for a browser, a readable page) out."""

import http
import json
import logging
import secrets
import traceback
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from indexing.errors import ArchiveError, ArchiveFull, ArticleRefused, IndexingError
from service.errors import Busy, ModeUnavailable, ServiceError
from service.faces.protocol_errors import error_of_protocol
from service.faces.render import page

logger = logging.getLogger("citewell.service")

PROBLEM_JSON = "application/problem+json"
REQUEST_ID_KEY = "citewell.request_id"
RETRY_SECONDS = 5
# The names of RFC 9110, which Python has from 3.13 on.
_TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}
PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "A problem (RFC 9457)",
        "content": {
            PROBLEM_JSON: {
                "schema": {
                    "type": "object",
                    "required": ["type", "title", "status", "detail", "request_id"],
                    "properties": {
                        "type": {"type": "string"},
                        "title": {"type": "string"},
                        "status": {"type": "integer"},
                        "detail": {"type": "string"},
                        "request_id": {"type": "string"},
                        "errors": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "properties": {"place": {"type": "string"}, "message": {"type": "string"}},
                            },
                        },
                    },
                }
            }
        },
    }
}
"""What every route may answer besides its own, for the OpenAPI description."""

_PATH = 200  # characters of a path that a problem repeats
_FRAMES = 8  # the innermost calls of a trace in the log
_SHOWN = 80  # characters of a refused value that a problem repeats


class Problem(Exception):
    """A reply that is an error: status, one line of detail, and for 422 the places that are wrong."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Iterable[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """`errors` are objects with `place` and `message`."""
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = [dict(error) for error in errors]
        self.headers = dict(headers or {})


def invalid(place: str, message: str) -> Problem:
    """A 422 about one place of the request, such as `body.mode`."""
    return Problem(422, f"{place}: {message}", errors=[{"place": place, "message": message}])


def request_id(scope: Scope) -> str:
    """The id of this request; made on first use."""
    made: str = scope.setdefault(REQUEST_ID_KEY, "req_" + secrets.token_hex(8))
    return made


def problem_object(scope: Scope, problem: Problem) -> dict[str, Any]:
    """The problem as the JSON object that goes out."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": _TITLES.get(problem.status) or http.HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "request_id": request_id(scope),
    }
    if problem.errors:
        body["errors"] = problem.errors
    return body


def problem_reply(scope: Scope, problem: Problem) -> Response:
    """The reply: problem+json, what the path's own protocol has for it, or a page for a browser that opens one."""
    body = problem_object(scope, problem)
    path: str = scope["path"]
    own = error_of_protocol(path, body)
    if own is None and not path.startswith("/v1/") and prefers("text/html", Request(scope)):
        reply: Response = page("problem.html", status=problem.status, problem=body)
    else:
        status, shape = own or (problem.status, body)
        kind = "application/json" if own else PROBLEM_JSON
        reply = Response(json.dumps(shape, ensure_ascii=False), status, media_type=kind)
        reply.headers["Cache-Control"] = "no-store"
    reply.headers.update(problem.headers)
    return reply


def prefers(kind: str, request: Request) -> bool:
    """Whether the Accept header names this media type, with a higher weight than it gives JSON."""
    accept = ",".join(request.headers.getlist("accept"))
    weights: dict[str, float] = {}
    for part in accept.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        given = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
        try:
            weights[name] = float(given)
        except ValueError:
            weights[name] = 0.0
    json_weight = max(weights.get("application/json", 0.0), weights.get(PROBLEM_JSON, 0.0))
    return weights.get(kind, 0.0) > json_weight


def as_problem(error: Exception) -> Problem | None:
    """What an error of ours means over HTTP; None for one that nobody foresaw."""
    match error:
        case Problem():
            return error
        case Busy():
            return Problem(503, str(error), headers={"Retry-After": str(error.retry_after)})
        case ArticleRefused() | ModeUnavailable():
            return Problem(422, str(error), errors=[{"place": "body", "message": str(error)}])
        case ArchiveFull():
            return Problem(507, str(error))
        case ArchiveError() | IndexingError():
            return Problem(503, str(error), headers={"Retry-After": str(RETRY_SECONDS)})
        case ServiceError():
            return Problem(500, str(error))
    return None


def unforeseen(scope: Scope, error: BaseException) -> Problem:
    """Log where an error came from, without its message, which may hold a question; say its request id."""
    causes: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(causes) < 5:
        causes.append(
            f"{type(cause).__qualname__}\n{''.join(traceback.format_tb(cause.__traceback__, -_FRAMES))}"
        )
        cause = cause.__cause__ or cause.__context__
    logger.error("%s: unforeseen error: %s", request_id(scope), "caused by ".join(causes).rstrip())
    return Problem(500, f"something went wrong inside; the service's log has more under {request_id(scope)}")


def logged_problem(scope: Scope, error: Exception) -> Problem:
    """What any error means over HTTP; the log says what is the service's fault and not the caller's."""
    problem = as_problem(error) or unforeseen(scope, error)
    if isinstance(error, IndexingError | ServiceError) and problem.status >= 500:
        logger.warning("%s: %s", request_id(scope), problem.detail)
    return problem


def add_problem_handlers(app: FastAPI) -> None:
    """Make every foreseen error of the application a problem."""

    async def foreseen(request: Request, error: Exception) -> Response:
        return problem_reply(request.scope, logged_problem(request.scope, error))

    async def of_framework(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return problem_reply(request.scope, _of_framework(request, error))

    async def of_parameters(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return problem_reply(request.scope, validation_problem(error.errors()))

    for kind in (Problem, IndexingError, ServiceError):
        app.add_exception_handler(kind, foreseen)
    app.add_exception_handler(HTTPException, of_framework)
    app.add_exception_handler(RequestValidationError, of_parameters)


def validation_problem(
    found: Iterable[Mapping[str, Any]], known: Mapping[str, Iterable[str]] | None = None
) -> Problem:
    """Pydantic's findings as a 422; `known` maps the place of an object to its allowed fields."""
    errors = [_readable(finding, known or {}) for finding in found]
    first = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return Problem(422, f"{first['place']}: {first['message']}{more}", errors=errors)


def _readable(finding: Mapping[str, Any], known: Mapping[str, Iterable[str]]) -> dict[str, str]:
    place = place_of(finding["loc"])
    kind, message, got = finding["type"], str(finding["msg"]), finding.get("input")
    if kind == "extra_forbidden":
        parent = place_of(part for part in finding["loc"][:-1] if isinstance(part, str))
        allowed = ", ".join(known.get(parent, ()))
        return {"place": place, "message": "unknown field" + (f"; allowed are {allowed}" if allowed else "")}
    if kind == "missing":
        return {"place": place, "message": "required, but absent"}
    if kind in ("string_too_long", "too_long") and isinstance(got, str | list | tuple):
        unit = "characters" if isinstance(got, str) else "items"
        limit = finding["ctx"]["max_length"]
        return {"place": place, "message": f"got {len(got):,} {unit}, allowed: at most {limit:,}"}
    message = message.removeprefix("Value error, ")
    return {"place": place, "message": f"{message}; got {shown(got)}"}


def place_of(location: Iterable[str | int]) -> str:
    """A place in a request for people: ("body", "history", 0, "role") as `body.history[0].role`."""
    place = ""
    for part in location:
        place += f"[{part}]" if isinstance(part, int) else f".{part}" if place else str(part)
    return place


def shown(value: object) -> str:
    """A refused value as JSON would write it, on one line and short."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = repr(value)
    text = "".join(character if character.isprintable() else "�" for character in text)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _of_framework(request: Request, error: HTTPException) -> Problem:
    path = quote(request.scope["path"], safe="/~:@!$&'()*+,;=")[:_PATH]
    if error.status_code == 404:
        return Problem(404, f"there is nothing at {path}; /docs lists every address")
    if error.status_code == 405:
        allowed = ", ".join(_methods(request.app.routes, request.scope))
        detail = f"{request.method} is not possible at {path}; allowed: {allowed}"
        return Problem(405, detail, headers={"Allow": allowed})
    return Problem(error.status_code, str(error.detail), headers=error.headers)


def _methods(routes: Iterable[BaseRoute], scope: Scope) -> list[str]:
    """Every method some route answers at this path (Starlette's own header names the first route's only)."""
    found = set()
    routes = list(routes)
    for method in ("DELETE", "GET", "HEAD", "POST", "PUT"):
        tried = {**scope, "method": method}
        if any(route.matches(dict(tried))[0] is Match.FULL for route in routes):
            found.add(method)
    return sorted(found)
