"""`/v1/status`, `/healthz`, `/readyz`: nothing in; what the archive holds, alive, ready or why not out."""

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from indexing.errors import IndexingError
from service.faces.problems import RETRY_SECONDS, Problem, unforeseen
from service.faces.services import Parts, Services

READY_SECONDS = 10.0

router = APIRouter(tags=["status"])
_FRESH = {"Cache-Control": "no-store"}
_RETRY = {"Retry-After": str(RETRY_SECONDS)}


@router.get("/v1/status", summary="What the archive holds")
async def get_status(parts: Parts) -> JSONResponse:
    """As `citewell status --json`."""
    return JSONResponse(await parts.archive.status(), headers=_FRESH)


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", summary="Alive")
async def get_health(parts: Parts) -> JSONResponse:
    """The process answers; nothing else is asked.

    `service` tells it from another program on the port, `token` (given by `citewell serve`) from any other Citewell.
    """
    token = {"token": parts.token} if parts.token else {}
    return JSONResponse({"status": "ok", "service": "citewell", **token}, headers=_FRESH)


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", summary="Ready")
async def get_readiness(request: Request, parts: Parts) -> JSONResponse:
    """The archive was read and a word encoded just now; else 503 with the reason."""
    try:
        await asyncio.wait_for(_try_everything(parts), READY_SECONDS)
    except TimeoutError:
        raise Problem(
            503,
            f"archive and models did not answer within {READY_SECONDS:.0f} s; try again",
            headers=_RETRY,
        ) from None
    except IndexingError:
        raise
    except Exception as error:
        detail = unforeseen(request.scope, error).detail
        raise Problem(503, f"archive or models cannot answer: {detail}", headers=_RETRY) from None
    return JSONResponse({"status": "ready"}, headers=_FRESH)


async def _try_everything(parts: Services) -> None:
    await parts.archive.articles(1, None, None, None)
    await asyncio.to_thread(parts.encoder.encode_questions, ["ready?"])
