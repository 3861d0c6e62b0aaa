"""A pretended Slack with many questions in; how soon events are acknowledged, whether any is answered twice, out."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import numpy as np
import uvicorn
from pydantic import SecretStr

from evaluation.ask_own import sample_files
from evaluation.bench_options import BenchOptions, Figure, PartResult
from evaluation.conversations import load_conversations
from evaluation.errors import EvaluationError
from evaluation.metrics import percentiles
from evaluation.service_child import ServiceChild, free_port, service_child
from evaluation.slack_newsroom import EVENTS_A_QUESTION, SECRET, TOKEN, Newsroom, newsroom
from indexing.add_articles import add_articles, read_paths
from service.app import create_app, server_options
from service.faces.access import SLACK_EVENTS
from service.open_local import Local, open_local
from service.run_slack import slack_bot
from service.settings import Settings

UNDER_WAY = 50
ACKNOWLEDGED = 300  # questions, each of which comes as two events
ACK_GOAL_MS = 300.0
TWICE = 500  # questions, so 1,000 events
REPEATED = 0.3


def measure_slack(options: BenchOptions) -> PartResult:
    """Events acknowledged while fifty questions are under way; then 1,000 events, many sent again, to two bots."""
    return asyncio.run(_measure(options))


async def _measure(options: BenchOptions) -> PartResult:
    chance = random.Random(options.seed)
    questions = [one.standalone for one in load_conversations()]
    async with newsroom() as slack:
        more = {
            "SLACK_BOT_TOKEN": TOKEN,
            "SLACK_SIGNING_SECRET": SECRET,
            "SLACK_API_URL": slack.api_url,
        }
        print(f"slack: {ACKNOWLEDGED} questions, {UNDER_WAY} under way ...", flush=True)
        with service_child(options.settings, options.work / "slack", options.work, more) as service:
            drawn = chance.choices(questions, k=UNDER_WAY + ACKNOWLEDGED)
            acknowledged = await _acknowledge(slack, service, drawn)
    async with newsroom() as slack:
        print(f"slack: {TWICE} questions to two bots, {REPEATED:.0%} sent again ...", flush=True)
        twice = await _twice(slack, options, chance.choices(questions, k=TWICE), chance)
    figures = [*_acknowledgement_figures(acknowledged), *_double_figures(twice)]
    times = {"acknowledged": acknowledged.pop("milliseconds")}
    return PartResult(figures, {"acknowledged": acknowledged, "twice": twice}, times)


async def _acknowledge(slack: Newsroom, service: ServiceChild, questions: Sequence[str]) -> dict[str, Any]:
    """Keep the bot busy; the time that each event waited for its 200."""
    async with httpx.AsyncClient(base_url=service.address, timeout=120, trust_env=False) as client:
        lines = b"".join(path.read_bytes() for path in sample_files())
        kind = {"Content-Type": "application/x-ndjson"}
        reply = await client.post("/v1/articles", content=lines, headers=kind)
        if reply.is_error or '"failed"' in reply.text:
            raise EvaluationError(f"the samples were not added: {reply.status_code} {reply.text[:200]}")
    await slack.tell(f"{service.address}{SLACK_EVENTS}")
    await slack.keep_asking(questions, UNDER_WAY)
    await slack.until_answered()
    return {
        "milliseconds": await slack.acknowledgements(begin=UNDER_WAY),  # before, fewer were under way
        "late": await slack.unacknowledged(),
        "unanswered": sum(not count for count in (await slack.begun()).values()),
        "refused": dict(await slack.refused()),
    }


async def _twice(
    slack: Newsroom, options: BenchOptions, questions: Sequence[str], chance: random.Random
) -> dict[str, Any]:
    """Send everything to two bots over one archive in turn, and much of it again: at once, or after the first."""
    settings = options.settings.model_copy(
        update={
            "archive": options.work / "slack-twice",
            "slack_bot_tokens": (SecretStr(TOKEN),),
            "slack_signing_secret": SecretStr(SECRET),
            "slack_app_token": None,
            "slack_api_url": slack.api_url,
            "queue": 2 * UNDER_WAY,
        }
    )
    async with AsyncExitStack() as stack:
        local = await stack.enter_async_context(open_local(settings))
        await _fill(local, settings)
        urls = [await stack.enter_async_context(_served(settings, local)) for _ in range(2)]
        await slack.tell(*urls)
        sending = [_sending(urls, chance) for _ in questions]
        await slack.keep_asking(questions, UNDER_WAY, sending)
        await slack.until_answered()
        sent = len(await slack.acknowledgements())
        begun = await slack.begun()
        return {
            "events": EVENTS_A_QUESTION * len(questions),
            "sent": sent,
            "double": sum(count > 1 for count in begun.values()),
            "unanswered": sum(not count for count in begun.values()),
            "late": await slack.unacknowledged(),
            "refused": dict(await slack.refused()),
        }


def _sending(urls: Sequence[str], chance: random.Random) -> dict[str, Any]:
    to = chance.sample(urls, len(urls))
    if chance.random() >= REPEATED:
        return {"to": to}
    return {"to": to, "repeats": chance.choice((1, 1, 2, 3)), "at_once": chance.random() < 0.5}


async def _fill(local: Local, settings: Settings) -> None:
    limit = settings.max_article_characters
    samples = read_paths([str(path) for path in sample_files()], max_characters=limit)
    async for added in add_articles(samples, local.archive, local.encoder, max_characters=limit):
        if added.status == "failed":
            raise EvaluationError(f"the samples were not added: {added}")
    await asyncio.to_thread(local.answering.warm_up)


@asynccontextmanager
async def _served(settings: Settings, local: Local) -> AsyncIterator[str]:
    """An application of its own over the archive of another; gives the address of its events."""
    app = create_app(settings, local.archive, local.encoder, local.answering)
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, **server_options(settings)))
    async with slack_bot(app):
        serving = asyncio.create_task(server.serve())
        while not server.started and not serving.done():
            await asyncio.sleep(0.02)
        try:
            yield f"http://127.0.0.1:{port}{SLACK_EVENTS}"
        finally:
            server.should_exit = True
            await serving


def _acknowledgement_figures(measured: dict[str, Any]) -> list[Figure]:
    milliseconds = measured["milliseconds"]
    p50, p99 = np.percentile(milliseconds, [50, 99])
    what = f"Slack, {UNDER_WAY} questions under way"
    beside = f"{len(milliseconds)} events, the slowest {percentiles(milliseconds)['max']:.0f} ms"
    goal = f"under {ACK_GOAL_MS:g}"
    return [
        Figure(f"{what}: acknowledged, p50", round(float(p50), 1), "ms"),
        Figure(
            f"{what}: acknowledged, p99", round(float(p99), 1), "ms", goal, bool(p99 < ACK_GOAL_MS), beside
        ),
        _none(f"{what}: not acknowledged within 3 s", measured["late"]),
        _none(f"{what}: questions without an answer", measured["unanswered"]),
        _none(f"{what}: calls that Slack refused", sum(measured["refused"].values())),
    ]


def _double_figures(measured: dict[str, Any]) -> list[Figure]:
    what = f"{measured['events']:,} events to two bots, {REPEATED:.0%} sent again"
    return [
        _none(f"{what}: double answers", measured["double"], f"sent {measured['sent']:,} times"),
        _none(f"{what}: questions without an answer", measured["unanswered"]),
    ]


def _none(what: str, count: int, beside: str = "") -> Figure:
    return Figure(what, count, "", "0", not count, beside)
