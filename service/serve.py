"""Settings in, a running service out: port, archive, samples, HTTP, and what a newcomer should do next."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
import uvicorn

from indexing.add_articles import add_articles, read_paths
from service.app import create_app, server_options
from service.errors import SettingsError
from service.faces.access import check_binding
from service.open_local import Local, open_local
from service.running_service import announce, find_running, is_citewell, withdraw
from service.settings import Settings

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
FIRST_QUESTION = "How many soldiers entered via Ishkashim?"


async def serve_until_stopped(settings: Settings, *, with_samples: bool) -> None:
    """Serve until a signal comes. Returns at once when this archive is being served already."""
    check_binding(settings)
    if address := find_running(settings.archive):
        click.echo(f"Citewell is running already: {address}/")
        return
    listening = _listen(settings)
    if listening is None:
        click.echo(f"Citewell is running already: {_address(settings.host, settings.port)}/")
        return
    with closing(listening):
        address = _address(settings.host, listening.getsockname()[1])
        async with open_local(settings) as local:
            if with_samples:
                await _add_samples(local, settings)
            await asyncio.to_thread(local.answering.warm_up)
            await _serve(settings, local, listening, address)


def _listen(settings: Settings) -> socket.socket | None:
    """A listening socket; None when Citewell has the port; SettingsError when something else has it."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        if is_citewell(_address(settings.host, settings.port)):
            return None
        raise SettingsError(
            f"cannot listen on {settings.host}:{settings.port} ({error.strerror}); another program has it: "
            "set CITEWELL_PORT to a free port (or CITEWELL_HOST to an address of this machine)"
        ) from error
    return listening


async def _add_samples(local: Local, settings: Settings) -> None:
    if await local.archive.article_count():
        return
    count = 0
    readings = read_paths(
        [str(path) for path in sorted(SAMPLES.glob("*.jsonl"))],
        max_characters=settings.max_article_characters,
    )
    async for added in add_articles(
        readings, local.archive, local.encoder, max_characters=settings.max_article_characters
    ):
        count += added.status == "added"
    click.echo(f"The archive was empty: added {count} sample articles (your first own article removes them).")


async def _serve(settings: Settings, local: Local, listening: socket.socket, address: str) -> None:
    app = create_app(settings, local.archive, local.encoder, local.answering)
    server = uvicorn.Server(uvicorn.Config(app, **server_options(settings)))
    for number in (signal.SIGINT, signal.SIGTERM):
        # uvicorn stops in good order and then raises the signal again, which must not end us before we have closed.
        signal.signal(number, lambda *_: None)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        while not server.started and not serving.done():
            await asyncio.sleep(0.02)
        if server.started:
            announce(settings.archive, address)
            await _greet(local, address)
        await serving
    finally:
        withdraw(settings.archive)


async def _greet(local: Local, address: str) -> None:
    status = await local.archive.status()
    click.echo("\n".join(_greeting(address, status["articles"], bool(status["samples"]))))


def _greeting(address: str, articles: int, samples: bool) -> Iterator[str]:
    yield f"Citewell is ready: {address}/   ({articles} articles)"
    if samples:
        yield f"Try:          {FIRST_QUESTION}"
    yield "Own articles: .venv/bin/citewell add FILES-OR-FOLDERS   Stop: Ctrl-C"


def _address(host: str, port: int) -> str:
    named = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{named}]:{port}" if ":" in named else f"http://{named}:{port}"
