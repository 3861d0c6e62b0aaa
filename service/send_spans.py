"""Spans in, batches of them to an OTLP collector over HTTP out; only what is on a list leaves.

Needs the extra `otel`, and is imported only where traces are wanted.
"""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from threading import Thread

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status

CLOSE_SECONDS = 3.0
# FastAPI's spans also have the path and the query of the request, which hold ids and questions.
SENT = frozenset(
    {
        "citewell.request_id",
        "error.type",
        "haystack.component.name",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "network.protocol.version",
        "url.scheme",
    }
)


class SentSpans:
    """Collects the spans of `provider` and sends them in the background, as the variables `OTEL_*` say."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Nothing is sent yet, and an address that nobody answers is no error, here or later."""
        named = {} if environment.get("OTEL_SERVICE_NAME") else {SERVICE_NAME: "citewell"}
        resource = Resource.create({**named, SERVICE_VERSION: version("citewell")})
        self._exporter = OnlyListed(OTLPSpanExporter())
        self.provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self.provider.add_span_processor(BatchSpanProcessor(self._exporter))

    def close(self) -> None:
        """Send what is left; after CLOSE_SECONDS it is given up, so that no collector holds the end of the service."""
        closing = Thread(target=self.provider.shutdown, daemon=True)
        closing.start()
        closing.join(CLOSE_SECONDS)
        if closing.is_alive():
            self._exporter.shutdown()  # ends the waiting between two tries


class OnlyListed(SpanExporter):
    """Hands spans on without events, descriptions and whatever attribute is not on the list."""

    def __init__(self, exporter: SpanExporter) -> None:
        """`exporter` gets what is left of them."""
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch; an error is told by the result and logged by OpenTelemetry."""
        return self._exporter.export([_only_listed(span) for span in spans])

    def shutdown(self) -> None:
        """Send nothing more."""
        self._exporter.shutdown()


def _only_listed(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes={name: value for name, value in (span.attributes or {}).items() if name in SENT},
        kind=span.kind,
        instrumentation_scope=span.instrumentation_scope,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
    )
