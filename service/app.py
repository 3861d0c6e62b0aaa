"""Settings, archive, encoder and answering in, the web application out; nothing is global."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from opentelemetry.trace import TracerProvider

from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from service.answering.pipeline import Answering
from service.answering.suggestions import Suggestions
from service.api_keys import KeyRing
from service.faces import (
    chat_completions,
    http_answers,
    http_articles,
    http_backup,
    http_feedback,
    http_metrics,
    http_status,
    http_tokens,
    pages,
    widget_script,
)
from service.faces.access import AccessControl, AccessRules
from service.faces.bad_http import ProblemProtocol
from service.faces.mcp import mcp_route
from service.faces.metrics import Metrics
from service.faces.problems import PROBLEM_RESPONSES, add_problem_handlers
from service.faces.rate_limits import CallerRates, RateLimit, SharedCounts
from service.faces.request_ids import CatchErrors, RequestIds
from service.faces.services import Services
from service.faces.signed_links import LinkSigner
from service.faces.slack import slack_events
from service.faces.watch_requests import WatchRequests
from service.faces.widget_script import WidgetScript
from service.faces.widget_tokens import WidgetTokens
from service.settings import Settings

# h11 bounds the head of a request. The form sends its question in the address: 2,000 characters of up to
# four bytes, each written as %XX, are 24 KB.
HEAD_BYTES = 64 * 1024
SHUTDOWN_SECONDS = 20
WHOLE = (
    *(http_answers, http_articles, http_feedback, chat_completions, http_status, http_metrics, http_backup),
    *(pages, http_tokens, widget_script),
)
"""The faces that are routes, in the order in which the description lists them."""
UNTRACED = frozenset({"/healthz", "/readyz", "/metrics"})  # asked every few seconds by machines


def create_app(
    settings: Settings,
    archive: Archive,
    encoder: Encoder,
    answering: Answering,
    clock: Callable[[], float] = time.time,
    tracer_provider: TracerProvider | None = None,
    *,
    only_slack: bool = False,
) -> FastAPI:
    """The application; whoever opened archive and encoder closes them. Raises SettingsError.

    `clock` gives Unix seconds: widget tokens and links expire by it. With a `tracer_provider` each request is a span.
    `only_slack`: it takes what Slack sends, and says how it is; nobody else can ask.
    """
    keys = KeyRing.of(settings)
    access = AccessRules.of(settings, keys, WidgetTokens(keys, clock=clock))
    app = FastAPI(
        title="Citewell",
        summary="Ask a news archive a question in any language, get a cited, verbatim answer.",
        telemetry={
            "tracing": tracer_provider is not None,
            "tracer_provider": tracer_provider,
            "operation_spans": False,
            "exclude": lambda scope: scope.get("path") in UNTRACED,
            "metrics": False,
            "logs": False,
            "auto_configure": False,
        },
        # Our own page at /docs: the usual one loads its script from elsewhere.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # A redirect would name a host from the request; a wrong address is a 404.
        redirect_slashes=False,
        responses=PROBLEM_RESPONSES,
    )
    store = settings.rate_store
    shared = SharedCounts(store.get_secret_value()) if store else None
    metrics = Metrics(archive, answering, settings.queue, keys)
    app.state.services = Services(
        settings=settings,
        archive=archive,
        encoder=encoder,
        answering=answering,
        access=access,
        links=LinkSigner(keys, pages_need_key=settings.pages_need_key, clock=clock),
        answered_suggestions=Suggestions(pages.load_suggestions(), archive, answering),
        widget=WidgetScript.joined(),
        token_rate=RateLimit(http_tokens.TOKENS_RATE, "tokens", shared),
        metrics=metrics,
        backing_up=asyncio.Lock(),
    )
    add_problem_handlers(app)
    for module in WHOLE if not only_slack else (http_status,):
        app.include_router(module.router)
    if settings.slack_signing_secret is not None:
        app.include_router(slack_events.router)
    if not only_slack:
        app.router.routes.append(mcp_route())
    # The last one added is the outermost.
    app.add_middleware(CatchErrors)
    rates = CallerRates(settings.rate_per_key, settings.rate_per_address, shared)
    widget_rate = RateLimit(settings.widget_rate, "widget", shared)
    app.add_middleware(AccessControl, rules=access, widget_rate=widget_rate, caller_rates=rates)
    app.add_middleware(WatchRequests, rules=access, metrics=metrics)
    app.add_middleware(RequestIds)
    return app


def server_options(settings: Settings) -> dict[str, Any]:
    """Arguments for `uvicorn.Config` beside the application and its address; no log line holds a question."""
    return {
        "access_log": False,  # it prints the query, which may hold a question
        "log_level": "warning",
        "server_header": False,
        "proxy_headers": settings.needs_keys,  # without keys no proxy is between
        "http": ProblemProtocol,
        "ws": "none",
        "h11_max_incomplete_event_size": HEAD_BYTES,
        "timeout_graceful_shutdown": SHUTDOWN_SECONDS,
    }
