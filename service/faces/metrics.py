"""What the service counts of itself, in a registry of its own: numbers only, no question, no text, no id."""

import asyncio
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector
from prometheus_client.exposition import choose_encoder

from indexing.archive.archive import Archive
from service.answering.observe import FAULTS, OUTCOMES, TROUBLES, Observation
from service.answering.pipeline import Answering
from service.api_keys import KeyRing

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
# Counting a large archive takes a while, and Prometheus asks every few seconds.
ARCHIVE_SECONDS = 15.0
ARCHIVE_TIMEOUT = 5.0


class Metrics:
    """The metrics of one application; `docs/operations.md` lists them."""

    def __init__(
        self,
        archive: Archive,
        answering: Answering,
        queue: int,
        keys: KeyRing,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Of `answering` only the length of its queue is asked; `queue` is how many questions may wait or run."""
        self._archive = archive
        self._clock = clock
        self._counted: float | None = None
        self._counting = asyncio.Lock()
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._questions = Counter(
            "citewell_questions",
            "Questions by what became of them.",
            ["outcome", "mode"],
            registry=self.registry,
        )
        self._refusals = Counter(
            "citewell_refusals", "Refused questions by reason.", ["reason"], registry=self.registry
        )
        self._steps = Histogram(
            "citewell_answer_step_seconds",
            "Time of each step of an answer or refusal; `total` is all of them, `queued` the wait before.",
            ["step"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self._faults = Counter(
            "citewell_verification_failures",
            "What the last check dropped because no stored article proves it, by kind.",
            ["kind"],
            registry=self.registry,
        )
        self._troubles = Counter(
            "citewell_language_model_failures",
            "What went wrong with the language model, by kind; the extracted answer took its place.",
            ["kind"],
            registry=self.registry,
        )
        self._requests = Counter(
            "citewell_http_requests",
            "Requests by route, method and status.",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self._request_seconds = Histogram(
            "citewell_http_request_seconds",
            "Time from a request's head to the last byte of its reply, by route.",
            ["route"],
            buckets=SECONDS,
            registry=self.registry,
        )
        length = Gauge("citewell_queue_length", "Questions that wait or run.", registry=self.registry)
        length.set_function(lambda: answering.queue_length)
        Gauge("citewell_queue_limit", "CITEWELL_QUEUE: above it, 503.", registry=self.registry).set(queue)
        self._readable = self._gauge(
            "archive_readable", "1 when the archive could be counted just now, else 0."
        )
        self._articles = self._gauge("archive_articles", "Articles, without copies.")
        self._copies = self._gauge("archive_copies", "The same texts under other ids.")
        self._passages = self._gauge("archive_passages", "Passages that can be found.")
        self._indexed = self._gauge("archive_indexed", "Passages in the index of a large embedded archive.")
        self._bytes = self._gauge("archive_bytes", "Bytes on disk; 0 where the engine does not say.")
        broken = self._gauge(
            "keys_file_broken", "1 while CITEWELL_API_KEYS_FILE cannot be used and older keys stay valid."
        )
        broken.set_function(lambda: keys.broken)
        self._gauge("keys", "Valid API keys.").set_function(lambda: len(keys))
        self._info = Info("citewell", "Version, engine and model.", registry=self.registry)
        for outcome in OUTCOMES:  # so that a rate exists before the first one
            self._questions.labels(outcome, "extractive")
            if answering.can_write:
                self._questions.labels(outcome, "generative")
        for fault in FAULTS:
            self._faults.labels(fault)
        for trouble in TROUBLES:
            self._troubles.labels(trouble)

    def _gauge(self, name: str, meaning: str) -> Gauge:
        return Gauge(f"citewell_{name}", meaning, registry=self.registry)

    def question_done(self, seen: Observation) -> None:
        """Count one question."""
        self._questions.labels(seen.outcome, seen.mode).inc()
        if seen.refusal is not None:
            self._refusals.labels(seen.refusal).inc()
        for step, milliseconds in seen.steps.items():
            self._steps.labels(step).observe(milliseconds / 1000)
        for fault, count in seen.faults.items():
            self._faults.labels(fault).inc(count)
        for trouble, times in seen.troubles.items():
            self._troubles.labels(trouble).inc(times)

    def request_done(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one request; `route` is the template, never the path, which may hold an id."""
        self._requests.labels(route, method, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    async def exposition(self, accept: str) -> tuple[bytes, str]:
        """Everything as Prometheus reads it, and its media type: OpenMetrics when `accept` asks for that."""
        await self._count_archive()
        encode, media_type = choose_encoder(accept)
        return encode(self.registry), media_type

    async def _count_archive(self) -> None:
        """An archive that cannot be read leaves the last figures standing and says so beside them."""
        async with self._counting:
            if self._counted is not None and self._clock() - self._counted < ARCHIVE_SECONDS:
                return
            try:
                status = await asyncio.wait_for(self._archive.status(), ARCHIVE_TIMEOUT)
            except Exception:  # of whatever kind: the other figures must still be had
                self._readable.set(0)
                return
            self._counted = self._clock()
            self._readable.set(1)
            self._articles.set(status["articles"])
            self._copies.set(status["copies"])
            self._passages.set(status["passages"])
            self._indexed.set(status["indexed"] or 0)
            if status["bytes"] is not None:
                self._bytes.set(status["bytes"])
            models = {name: str(value) for name, value in status["models"].items()}
            self._info.info({"version": program_version(), "engine": str(status["engine"]), **models})


def program_version() -> str:
    """The version of Citewell that runs; `unknown` where it was not installed."""
    try:
        return version("citewell")
    except PackageNotFoundError:
        return "unknown"
