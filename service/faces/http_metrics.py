"""`GET /metrics`: nothing in, what the service counts of itself out, as Prometheus reads it."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.faces.services import Parts

router = APIRouter(tags=["status"])


@router.get("/metrics", summary="Counters for Prometheus", response_class=Response)
async def get_metrics(request: Request, parts: Parts) -> Response:
    """Text format 0.0.4, or OpenMetrics when the Accept header asks for it; needs a key once keys are set."""
    body, media_type = await parts.metrics.exposition(request.headers.get("accept", ""))
    return Response(body, headers={"Content-Type": media_type, "Cache-Control": "no-store"})
