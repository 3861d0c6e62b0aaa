"""Where to send traces in (OpenTelemetry's own variables); spans of requests and of answering's steps out, over OTLP.

Off unless `OTEL_EXPORTER_OTLP_ENDPOINT` is set. FastAPI makes the span of a request and Haystack, through the tracer
here, those of the steps. No span holds a question, an article, an address or an id of either.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from haystack.tracing.tracer import Span, Tracer, disable_tracing, enable_tracing
from opentelemetry import trace

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_STEP = "haystack.component.name"


@contextmanager
def traced(
    environment: Mapping[str, str], say: Callable[[str], None]
) -> Iterator[trace.TracerProvider | None]:
    """The provider of spans while the block runs, sent within a few seconds after it; None where there is to be none.

    What is wrong with the variables, or missing, is told to `say` in one line, and the service goes on without.
    """
    if not _wanted(environment):
        yield None
        return
    reason = _unusable(environment)
    if reason is None:
        try:
            from service.send_spans import SentSpans  # noqa: PLC0415 - needs the extra `otel`
        except ImportError:
            reason = (
                "OTEL_EXPORTER_OTLP_ENDPOINT is set and OpenTelemetry's SDK is not installed; "
                "run `pip install 'citewell[otel]'` in this environment, or unset it"
            )
    if reason is not None:
        say(f"citewell: no traces are sent: {reason}")
        yield None
        return
    spans = SentSpans(environment)
    enable_tracing(StepTracer(spans.provider.get_tracer("haystack")))
    try:
        yield spans.provider
    finally:
        disable_tracing()
        spans.close()


def _wanted(environment: Mapping[str, str]) -> bool:
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if environment.get("OTEL_TRACES_EXPORTER", "").strip().lower() == "none":
        return False
    return any(environment.get(name) for name in ENDPOINTS)


def _unusable(environment: Mapping[str, str]) -> str | None:
    """What is wrong with the variables, and what is allowed; the address is not shown, it may hold a password."""
    name = next(name for name in ENDPOINTS if environment.get(name))
    try:
        parts = urlsplit(environment[name])
        whole = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        whole = False
    if not whole:
        return f"{name} is no address; allowed is one such as http://collector:4318"
    protocol = next((environment[one] for one in PROTOCOLS if environment.get(one)), "http/protobuf")
    if protocol != "http/protobuf":
        return (
            f"got the protocol {protocol[:40]!r}, allowed is http/protobuf; a collector takes it at port 4318"
        )
    return None


class StepTracer(Tracer):
    """Haystack's hook: a span for each run of the pipeline and of each component, with its name and nothing else.

    Of the tags that Haystack hands over, one (`haystack.pipeline.input_data`) is the question itself.
    """

    def __init__(self, tracer: trace.Tracer) -> None:
        """Spans come from `tracer` and belong to the span that is current where they begin."""
        self._tracer = tracer

    @contextmanager
    def trace(
        self,
        operation_name: str,
        tags: dict[str, Any] | None = None,
        parent_span: Span | None = None,
    ) -> Iterator[Span]:
        """A span for the block; of an error only its kind."""
        step = (tags or {}).get(_STEP)
        with self._tracer.start_as_current_span(
            f"answering {step}" if step else "answering",
            attributes={_STEP: step} if step else None,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield _StepSpan(span)
            except Exception as error:
                span.set_attribute("error.type", type(error).__qualname__)
                span.set_status(trace.StatusCode.ERROR)
                raise

    def current_span(self) -> Span | None:
        """Nobody asks for it: a correlation of log lines would need it."""
        return None


class _StepSpan(Span):
    """Takes no tag: inputs and outputs of a component hold text."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def set_tag(self, key: str, value: Any) -> None:
        """Leave it out."""

    def set_content_tag(self, key: str, value: Any) -> None:
        """Leave it out, whatever HAYSTACK_CONTENT_TRACING_ENABLED says."""

    def raw_span(self) -> Any:
        """The span of OpenTelemetry."""
        return self._span
