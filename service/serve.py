"""Settings in, a running service out: port, archive, samples, HTTP, and what a newcomer should do next."""

import asyncio
import errno
import os
import socket
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Timer

import click
import uvicorn
from opentelemetry.trace import TracerProvider

from indexing.add_articles import add_articles, read_paths
from service.api_keys import own_key
from service.app import create_app, server_options
from service.errors import SettingsError
from service.faces.access import check_binding
from service.faces.slack.run_bot import RunningBot
from service.log_lines import start_log
from service.open_local import Local, open_local, overruled
from service.run_slack import StoppedTogether, slack_bot
from service.running_service import (
    FILE,
    announce,
    archive_of,
    find_running,
    new_token,
    who_answers,
    withdraw,
)
from service.settings import Settings
from service.tracing import traced

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
FIRST_QUESTION = "How many soldiers entered via Ishkashim?"
SLOW_SECONDS = 2.0


async def serve_until_stopped(settings: Settings, *, with_samples: bool) -> None:
    """Serve until a signal comes. Returns at once when Citewell runs already, for this archive or on this port."""
    check_binding(settings)
    if settings.server is None and (address := find_running(settings.archive)):
        click.echo(f"Citewell is running already: {address}/   (archive {settings.archive.resolve()})")
        return
    listening = listen(settings)
    if listening is None:
        click.echo(_runs_elsewhere(settings))
        return
    with closing(listening):
        start_log(settings.log, requests=settings.log_requests == "on")
        address = address_of(settings.host, listening.getsockname()[1])
        if said := overruled(settings):
            click.echo(said)
        async with AsyncExitStack() as stack:
            with said_when_slow(f"Opening the archive {settings.place} ..."):
                local = await stack.enter_async_context(open_local(settings))
                if with_samples:
                    await _add_samples(local, settings)
                await asyncio.to_thread(local.answering.warm_up)
            with traced(os.environ, partial(click.echo, err=True)) as spans:
                await _serve(settings, local, listening, address, spans)


@contextmanager
def said_when_slow(text: str) -> Iterator[None]:
    """Print `text` if the block takes more than two seconds."""
    timer = Timer(SLOW_SECONDS, click.echo, [text])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def listen(settings: Settings) -> socket.socket | None:
    """A listening socket; None when Citewell has the port; SettingsError when it cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        if error.errno != errno.EADDRINUSE:
            raise SettingsError(
                f"cannot listen on {settings.host}:{settings.port} ({error.strerror}); set CITEWELL_HOST to an "
                "address of this machine and CITEWELL_PORT to a port that you may open (1024 or higher)"
            ) from error
        match who_answers(address_of(settings.host, settings.port)):
            case "citewell":
                return None
            case "nobody yet":
                who = "whoever has it does not answer (a Citewell that is still starting?): try again soon"
            case _:
                who = "another program has it: stop that"
        raise SettingsError(
            f"cannot listen on {settings.host}:{settings.port} ({error.strerror}); {who}, "
            "or set CITEWELL_PORT to a free port"
        ) from error
    return listening


def _runs_elsewhere(settings: Settings) -> str:
    """One line on the Citewell that has our port but did not announce itself for our archive."""
    address = address_of(settings.host, settings.port)
    archive = archive_of(address, own_key(settings))
    told = f"archive {archive}" if archive else "its archive is shown to holders of its key only"
    line = f"Citewell is running already: {address}/   ({told})"
    ours = settings.place
    return line if archive == ours else f"{line}; to serve {ours} as well, set CITEWELL_PORT to a free port"


async def _add_samples(local: Local, settings: Settings) -> None:
    """Add those that are missing (all, or what an interrupted start left out) unless there are other articles."""
    status = await local.archive.status()
    stored = set(await local.archive.sample_ids())
    if status["articles"] + status["copies"] > len(stored):
        return
    limit = settings.max_article_characters
    samples = read_paths([str(path) for path in sorted(SAMPLES.glob("*.jsonl"))], max_characters=limit)
    missing = [reading for reading in samples if reading.item is None or reading.item.id not in stored]
    if not missing:
        return
    count = 0
    async for added in add_articles(missing, local.archive, local.encoder, max_characters=limit):
        count += added.status != "failed"
    lacked = "Some samples were missing" if stored else "The archive was empty"
    click.echo(f"{lacked}: added {count} sample articles (your first own article removes them).")


async def _serve(
    settings: Settings, local: Local, listening: socket.socket, address: str, spans: TracerProvider | None
) -> None:
    token = new_token()
    app = create_app(settings, local.archive, local.encoder, local.answering, tracer_provider=spans)
    app.state.services = replace(app.state.services, token=token)
    async with slack_bot(app) as bot:
        server = StoppedTogether(uvicorn.Config(app, **server_options(settings)), bot)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            if await server.has_started(serving):
                if settings.server is None:
                    _announce(settings, address, token)
                await _greet(local, address, bot)
                local.archive.keep_indexed()
            await serving
        finally:
            if settings.server is None:
                withdraw(settings.archive, token)


def _announce(settings: Settings, address: str, token: str) -> None:
    """Say where we are; on a full disk the service runs without, so that it can still be asked."""
    try:
        announce(settings.archive, address, token)
    except OSError as error:
        click.echo(
            f"citewell: {settings.archive.resolve() / FILE} cannot be written ({error.strerror or error}): "
            f"`citewell add` and the others will not find this service by themselves, tell them --service {address}",
            err=True,
        )


async def _greet(local: Local, address: str, bot: RunningBot | None) -> None:
    status = await local.archive.status()
    click.echo("\n".join(_greeting(address, status["articles"], bool(status["samples"]), bot)))


def _greeting(address: str, articles: int, samples: bool, bot: RunningBot | None) -> Iterator[str]:
    yield f"Citewell is ready: {address}/   ({articles} articles)"
    if bot is not None:
        yield f"Slack:        {bot.said()}"
    if samples:
        yield f"Try:          {FIRST_QUESTION}"
    yield "Own articles: .venv/bin/citewell add FILES-OR-FOLDERS   Stop: Ctrl-C"


def address_of(host: str, port: int) -> str:
    """How whoever is on this machine reaches what listens there."""
    named = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{named}]:{port}" if ":" in named else f"http://{named}:{port}"
