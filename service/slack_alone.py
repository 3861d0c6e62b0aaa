"""Settings in, the Slack bot without the rest of the service out, until it is told to stop."""

import asyncio
from contextlib import AsyncExitStack, closing

import click
import uvicorn

from service.app import create_app, server_options
from service.errors import ServiceError, SettingsError
from service.faces.access import check_binding
from service.log_lines import start_log
from service.open_local import open_local, overruled
from service.run_slack import StoppedTogether, slack_bot
from service.running_service import find_running
from service.serve import address_of, listen, said_when_slow
from service.settings import Settings


async def answer_slack_until_stopped(settings: Settings) -> None:
    """Answer in Slack until a signal comes; raises SettingsError when the settings name no Slack."""
    if not settings.slack:
        raise SettingsError(
            "SLACK_BOT_TOKEN is not set, so there is no Slack to answer in; docs/slack.md leads there in ten minutes"
        )
    check_binding(settings)
    if settings.server is None and (address := find_running(settings.archive)):
        raise ServiceError(
            f"{address} holds the archive {settings.archive.resolve()}, and answers in Slack itself when it is started "
            "with these settings: set them in its .env and restart it, or stop it first"
        )
    async with AsyncExitStack() as stack:
        sockets = []
        if settings.slack_signing_secret is not None:  # else we connect to Slack, and nobody to us
            listening = listen(settings)
            if listening is None:
                raise ServiceError(
                    f"another Citewell has {address_of(settings.host, settings.port)}; set CITEWELL_PORT to a free port"
                )
            sockets.append(stack.enter_context(closing(listening)))
        start_log(settings.log, requests=settings.log_requests == "on")
        if said := overruled(settings):
            click.echo(said)
        with said_when_slow(f"Opening the archive {settings.place} ..."):
            local = await stack.enter_async_context(open_local(settings))
            await asyncio.to_thread(local.answering.warm_up)
        app = create_app(settings, local.archive, local.encoder, local.answering, only_slack=True)
        bot = await stack.enter_async_context(slack_bot(app))
        assert bot is not None, "the settings name a Slack"
        server = StoppedTogether(uvicorn.Config(app, **server_options(settings)), bot)
        serving = asyncio.create_task(server.serve(sockets))
        if await server.has_started(serving):
            articles = (await local.archive.status())["articles"]
            click.echo(f"Citewell answers in Slack: {bot.said()}   ({articles} articles)\nStop: Ctrl-C")
        await serving
