"""Settings in, the Slack bot without the rest of the service out, until it is told to stop."""

import asyncio
from contextlib import AsyncExitStack, closing
from socket import socket

import click
import uvicorn
from fastapi import FastAPI

from service.api_keys import KeyRing
from service.app import create_app, server_options
from service.connection import ServiceConnection, connect
from service.distant_service import DistantAnswering, DistantArchive, NoSuggestions
from service.errors import ServiceError, SettingsError
from service.faces.access import check_binding
from service.faces.signed_links import LinkSigner
from service.faces.slack.run_bot import BotParts, RunningBot, start_bot
from service.faces.slack.seen_events import RememberedEvents
from service.log_lines import start_log
from service.open_local import open_local, overruled
from service.run_slack import StoppedTogether, slack_bot
from service.running_service import find_running
from service.serve import address_of, listen, said_when_slow
from service.settings import Settings


async def answer_slack_until_stopped(settings: Settings, service: str | None = None) -> None:
    """Answer in Slack until a signal comes, through the service that holds the archive (or is named) if there is one.

    Raises SettingsError when the settings name no Slack.
    """
    if not settings.slack:
        raise SettingsError(
            "SLACK_BOT_TOKEN is not set, so there is no Slack to answer in; docs/slack.md leads there in ten minutes"
        )
    address = service or (
        None if settings.server else await asyncio.to_thread(find_running, settings.archive)
    )
    start_log(settings.log, requests=settings.log_requests == "on")
    if address is None:
        await _answer_here(settings)
    else:
        await _answer_through(settings, address)


async def _answer_through(settings: Settings, address: str) -> None:
    if settings.slack_app_token is None:
        raise ServiceError(
            f"{address} holds the archive, and only over Socket Mode (SLACK_APP_TOKEN) can it be answered through; for "
            "Slack to send to that service itself, set SLACK_SIGNING_SECRET and SLACK_BOT_TOKEN in its .env and start "
            "it again"
        )
    async with connect(settings, address) as connection:
        assert isinstance(connection, ServiceConnection), "an address was given"
        articles = (await connection.status())["articles"]
        parts = BotParts(
            DistantAnswering(connection),
            DistantArchive(connection),
            LinkSigner(KeyRing.of(settings), pages_need_key=settings.pages_need_key),
            RememberedEvents(),
            NoSuggestions(),
        )
        bot = await start_bot(settings, parts, over_http=False)
        try:
            await _serve(FastAPI(), bot, settings, [], f"{articles} articles of {address}")
        finally:
            await bot.stop(0)


async def _answer_here(settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        sockets = []
        if settings.slack_signing_secret is not None:  # else we connect to Slack, and nobody to us
            check_binding(settings)
            listening = listen(settings)
            if listening is None:
                raise ServiceError(
                    f"another Citewell has {address_of(settings.host, settings.port)}; set CITEWELL_PORT to a free port"
                )
            sockets.append(stack.enter_context(closing(listening)))
        if said := overruled(settings):
            click.echo(said)
        with said_when_slow(f"Opening the archive {settings.place} ..."):
            local = await stack.enter_async_context(open_local(settings))
            await asyncio.to_thread(local.answering.warm_up)
        app = create_app(settings, local.archive, local.encoder, local.answering, only_slack=True)
        bot = await stack.enter_async_context(slack_bot(app))
        assert bot is not None, "the settings name a Slack"
        articles = (await local.archive.status())["articles"]
        await _serve(app, bot, settings, sockets, f"{articles} articles")


async def _serve(app: FastAPI, bot: RunningBot, settings: Settings, sockets: list[socket], said: str) -> None:
    server = StoppedTogether(uvicorn.Config(app, **server_options(settings)), bot)
    serving = asyncio.create_task(server.serve(sockets))
    if await server.has_started(serving):
        click.echo(f"Citewell answers in Slack: {bot.said()}   ({said})\nStop: Ctrl-C")
    await serving
