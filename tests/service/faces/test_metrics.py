"""`/metrics`: what is counted, where, and that nothing of a question is in it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from indexing.archive.archive import Archive
from indexing.errors import ArchiveError
from service.answering.observe import watched_by
from service.answering.pipeline import Answering
from service.answering.question import Question
from service.api_keys import KeyRing
from service.errors import ModeUnavailable
from service.faces.metrics import Metrics
from tests.service.faces.conftest import OpenClient
from tests.service.held_archive import HeldArchive

QUESTION = "How many soldiers entered via Ishkashim?"
Figures = dict[tuple[str, frozenset[tuple[str, str]]], float]


def figure(figures: Figures, name: str, **labels: str) -> float | None:
    return figures.get((name, frozenset(labels.items())))


async def scrape(client: httpx.AsyncClient) -> Figures:
    reply = await client.get("/metrics")
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(reply.text)
        for sample in family.samples
    }


async def test_a_question_is_counted_with_outcome_mode_and_steps(filled: httpx.AsyncClient) -> None:
    before = await scrape(filled)
    assert figure(before, "citewell_questions_total", outcome="answered", mode="extractive") == 0
    answer = (await filled.post("/v1/answers", json={"question": QUESTION})).json()
    assert answer["answered"]
    after = await scrape(filled)
    assert figure(after, "citewell_questions_total", outcome="answered", mode="extractive") == 1
    steps = set(answer["timings_ms"]) - {"queue_length"}
    for step in steps:
        assert figure(after, "citewell_answer_step_seconds_count", step=step) == 1, step
    total = figure(after, "citewell_answer_step_seconds_sum", step="total")
    assert total == pytest.approx(answer["timings_ms"]["total"] / 1000)


async def test_a_refusal_is_counted_with_its_reason(filled: httpx.AsyncClient) -> None:
    await filled.post("/v1/answers", json={"question": QUESTION, "filters": {"language": ["ja"]}})
    figures = await scrape(filled)
    assert figure(figures, "citewell_questions_total", outcome="refused", mode="extractive") == 1
    assert figure(figures, "citewell_refusals_total", reason="nothing_relevant") == 1


async def test_a_question_that_gets_no_answer_is_counted_too(
    filled: httpx.AsyncClient,
    make_app: Callable[..., FastAPI],
    answer_from: Callable[..., Answering],
    archive: Archive,
) -> None:
    held = HeldArchive(archive)
    answering = answer_from(held, queue=1)
    app = make_app(answering)
    done = app.state.services.metrics.question_done
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        with watched_by(done):
            asked = asyncio.ensure_future(answering.ask(Question(QUESTION)))
            await held.begun.acquire()
            assert (await client.post("/v1/answers", json={"question": QUESTION})).status_code == 503
            asked.cancel()
            await asyncio.gather(asked, return_exceptions=True)
            with pytest.raises(ModeUnavailable):
                await answering.ask(Question(QUESTION, mode="generative"))
        figures = await scrape(client)
    assert figure(figures, "citewell_questions_total", outcome="busy", mode="extractive") == 1
    assert figure(figures, "citewell_questions_total", outcome="cancelled", mode="extractive") == 1
    assert figure(figures, "citewell_questions_total", outcome="mode_unavailable", mode="generative") == 1


async def test_the_stream_is_counted_once(filled: httpx.AsyncClient) -> None:
    await filled.post("/v1/answers", json={"question": QUESTION, "stream": True})
    figures = await scrape(filled)
    assert figure(figures, "citewell_questions_total", outcome="answered", mode="extractive") == 1


async def test_archive_models_version_and_queue_are_told(filled: httpx.AsyncClient, archive: Archive) -> None:
    figures = await scrape(filled)
    status = await archive.status()
    for name in ("articles", "copies", "passages", "bytes"):
        assert figure(figures, f"citewell_archive_{name}") == status[name]
    assert figure(figures, "citewell_archive_readable") == 1
    assert figure(figures, "citewell_queue_length") == 0
    assert figure(figures, "citewell_queue_limit") == 64
    info = [dict(labels) for name, labels in figures if name == "citewell_info"]
    assert [one["encoder"] for one in info] == [status["models"]["encoder"]]
    assert info[0]["version"] and info[0]["engine"] == "Qdrant Edge"


async def test_nothing_of_questions_ids_or_addresses_is_told(filled: httpx.AsyncClient) -> None:
    await filled.post("/v1/answers", json={"question": QUESTION})
    await filled.get("/v1/articles/frontiere", params={"v": "secret-version"})
    await filled.get("/no-such-page/secret-path")
    text = (await filled.get("/metrics")).text
    for secret in ("Ishkashim", "frontiere", "secret-version", "secret-path", "ans_", "req_", "127.0.0.1"):
        assert secret not in text, secret


class Lying(Archive):
    """An archive whose texts have changed under the quotes."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive._engine, archive.manifest, archive.place)

    async def article(self, article_id: str, version: str | None = None) -> Any:
        stored = await super().article(article_id, version)
        return stored and replace(stored, article=replace(stored.article, text=stored.article.text.upper()))


async def test_what_the_check_drops_is_counted_by_kind(
    filled: httpx.AsyncClient,
    archive: Archive,
    open_client: OpenClient,
    answer_from: Callable[..., Answering],
) -> None:
    async with open_client(answer_from(Lying(archive))) as client:
        answer = (await client.post("/v1/answers", json={"question": QUESTION})).json()
        assert not answer["answered"]
        figures = await scrape(client)
    assert (figure(figures, "citewell_verification_failures_total", kind="quote_differs") or 0) >= 1
    assert figure(figures, "citewell_verification_failures_total", kind="version_gone") == 0
    assert figure(figures, "citewell_refusals_total", reason=answer["refusal"]["reason"]) == 1


class Closed(Archive):
    """An archive that answers nothing any more."""

    def __init__(self) -> None:
        pass

    async def status(self) -> dict[str, Any]:
        raise ArchiveError("the archive was closed")


async def test_an_archive_that_cannot_be_read_costs_only_its_own_figures(
    make_app: Callable[..., FastAPI], answer_from: Callable[..., Answering], archive: Archive
) -> None:
    metrics = Metrics(Closed(), answer_from(archive), 64, KeyRing())
    body, _ = await metrics.exposition("")
    assert b"citewell_archive_readable 0.0" in body and b"citewell_queue_limit 64.0" in body


async def test_the_archive_is_counted_at_most_every_15_seconds(
    filled: httpx.AsyncClient, archive: Archive, answer_from: Callable[..., Answering]
) -> None:
    class Counted(Archive):
        asked = 0

        def __init__(self) -> None:
            super().__init__(archive._engine, archive.manifest, archive.place)

        async def status(self) -> dict[str, Any]:
            self.asked += 1
            return await super().status()

    now, counted = 100.0, Counted()
    metrics = Metrics(counted, answer_from(archive), 64, KeyRing(), clock=lambda: now)
    await metrics.exposition("")
    now = 114.0
    await metrics.exposition("")
    assert counted.asked == 1
    now = 116.0
    await metrics.exposition("")
    assert counted.asked == 2


async def test_metrics_need_a_key_once_keys_are_set(open_client: OpenClient) -> None:
    async with open_client(api_keys=(SecretStr("first"),)) as client:
        assert (await client.get("/metrics")).status_code == 401
        assert (await client.get("/metrics", headers={"Authorization": "Bearer first"})).status_code == 200


async def test_metrics_have_one_address_and_no_redirect(client: httpx.AsyncClient) -> None:
    assert (await client.get("/metrics/")).status_code == 404
    openmetrics = {"Accept": "application/openmetrics-text; version=1.0.0"}
    reply = await client.get("/metrics", headers=openmetrics)
    assert reply.headers["content-type"].startswith("application/openmetrics-text")
    assert reply.text.endswith("# EOF\n")


async def test_two_applications_count_apart(
    make_app: Callable[..., FastAPI], filled: httpx.AsyncClient, open_client: OpenClient
) -> None:
    async with open_client() as other:
        await other.post("/v1/answers", json={"question": QUESTION})
        assert (
            figure(await scrape(other), "citewell_questions_total", outcome="answered", mode="extractive")
            == 1
        )
    assert (
        figure(await scrape(filled), "citewell_questions_total", outcome="answered", mode="extractive") == 0
    )
