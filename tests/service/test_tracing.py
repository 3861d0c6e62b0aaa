"""A real service and a collector on loopback: one trace a request with its steps, and no text in any of it."""

import socket
import sys
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from evaluation.service_child import service_child
from service.settings import Settings
from service.tracing import traced
from tests.service.otlp_collector import Collector, attributes, otlp_collector

ARTICLE = {
    "id": "zanzibar-otters",
    "title": "Otters in the harbour",
    "text": "The harbour master counted 4,170,236 otters on Tuesday. He said that nobody had seen so many before.",
}
QUESTION = "How many otters did the harbour master count?"
# Words of the question, of the article, of its id and of the answer.
TEXT = (b"otters", b"Otters", b"harbour", b"4,170,236", b"zanzibar", b"Tuesday")
STEPS = ["understand", "standalone", "embed", "retrieve", "read", "read_closely", "compose", "verify"]
CALLER = {
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "X-Request-ID": "seen-by-us",
}


@pytest.fixture(scope="module")
def collected(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Collector:
    """What a service sent that was asked in several ways, among them some that fail, and then stopped."""
    work = tmp_path_factory.mktemp("traced")
    with otlp_collector() as collector:
        more = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.address, "HAYSTACK_CONTENT_TRACING_ENABLED": "true"}
        with (
            service_child(Settings(models=models), work / "archive", work, more) as service,
            httpx.Client(base_url=service.address, timeout=120, trust_env=False) as client,
        ):
            assert client.post("/v1/articles", json=ARTICLE).status_code == 201
            answer = client.post("/v1/answers", json={"question": QUESTION}, headers=CALLER).json()
            assert "4,170,236" in answer["short_answer"]
            assert client.get(answer["citations"][0]["link"]).is_success
            assert "4,170,236" in client.get("/", params={"question": QUESTION}).text
            with client.stream("POST", "/v1/answers", json={"question": QUESTION, "stream": True}) as left:
                next(left.iter_bytes())
            assert client.get("/v1/articles/zanzibar-otters?v=otters").status_code == 404
            assert client.post("/v1/answers", json={"question": "", "otters": "4,170,236"}).status_code == 422
        said = "".join(path.read_text("utf-8") for path in work.glob("*.log"))
        assert "Failed to detach" not in said and "Traceback" not in said, said
        # Stopped: what it had not sent before, it sent then.
        return collector


def test_a_request_and_the_steps_of_its_answer_are_one_trace(collected: Collector) -> None:
    asked = next(
        span for span in collected.spans if attributes(span).get("citewell.request_id") == "seen-by-us"
    )
    assert asked.trace_id.hex() == "0af7651916cd43dd8448eb211c80319c"
    assert asked.parent_span_id.hex() == "b7ad6b7169203331"
    assert (asked.name, asked.kind) == ("POST /v1/answers", Span.SPAN_KIND_SERVER)
    assert attributes(asked)["http.route"] == "/v1/answers"
    assert attributes(asked)["http.response.status_code"] == 200
    [answering] = children(collected, asked)
    assert answering.name == "answering"
    steps = sorted(children(collected, answering), key=lambda span: span.start_time_unix_nano)
    assert [span.name for span in steps] == [f"answering {step}" for step in STEPS]
    assert all(span.end_time_unix_nano >= span.start_time_unix_nano for span in steps)
    assert {span.trace_id for span in [answering, *steps]} == {asked.trace_id}


def test_every_route_is_named_by_its_template(collected: Collector) -> None:
    routes = {span.name for span in collected.spans if span.kind == Span.SPAN_KIND_SERVER}
    assert routes == {
        "POST /v1/articles",
        "POST /v1/answers",
        "GET /articles/{article_id}",
        "GET /v1/articles/{article_id}",
        "GET /",
    }


def test_no_text_and_no_id_is_in_anything_sent(collected: Collector) -> None:
    assert len(collected.bodies) and len(collected.spans) > 20
    everything = b"".join(collected.bodies)
    assert [word for word in TEXT if word in everything] == []


def test_it_is_named_as_a_service(collected: Collector) -> None:
    resource = collected.requests[0].resource_spans[0].resource
    told = {one.key: one.value.string_value for one in resource.attributes}
    assert told["service.name"] == "citewell" and told["service.version"]


def children(collected: Collector, parent: Span) -> list[Span]:
    return [span for span in collected.spans if span.parent_span_id == parent.span_id]


def test_nothing_is_traced_unless_an_address_is_set() -> None:
    said: list[str] = []
    for environment in (
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_SDK_DISABLED": "true"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_TRACES_EXPORTER": "none"},
    ):
        with traced(environment, said.append) as spans:
            assert spans is None
    assert said == []


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "service.send_spans", None)  # as if its import failed
    said: list[str] = []
    with traced({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, said.append) as spans:
        assert spans is None
    assert len(said) == 1 and "pip install 'citewell[otel]'" in said[0]


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"}, "http://collector:4318"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://[half"}, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "allowed is http/protobuf",
        ),
    ],
)
def test_what_cannot_be_used_is_told_and_nothing_is_traced(environment: dict[str, str], wanted: str) -> None:
    said: list[str] = []
    with traced(environment, said.append) as spans:
        assert spans is None
    assert len(said) == 1 and wanted in said[0]


@pytest.mark.parametrize("listens", [True, False], ids=["silent", "down"])
def test_a_collector_that_takes_nothing_holds_neither_work_nor_end(
    listens: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "OTEL_EXPORTER_OTLP_TIMEOUT", "3600"
    )  # without a limit of ours the end would wait for it
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        if not listens:
            listening.close()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        said: list[str] = []
        with traced({"OTEL_EXPORTER_OTLP_ENDPOINT": address}, said.append) as spans:
            assert spans is not None
            tracer = spans.get_tracer("test")
            for _ in range(5_000):  # more than its queue holds
                tracer.start_span("one").end()
    assert said == []
