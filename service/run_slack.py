"""The application in; the bot that belongs to it out, which runs and stops together with its server."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from socket import socket

import uvicorn
from fastapi import FastAPI

from service.app import SHUTDOWN_SECONDS
from service.faces.services import Services
from service.faces.slack.run_bot import BotParts, RunningBot, start_bot

FORCED_SECONDS = 0.1


@asynccontextmanager
async def slack_bot(app: FastAPI) -> AsyncIterator[RunningBot | None]:
    """Start the bot that the settings of `app` ask for, and stop it at the end; None: they ask for none."""
    services: Services = app.state.services
    settings = services.settings
    if not settings.slack:
        yield None
        return
    parts = BotParts(
        services.answering,
        services.archive,
        services.links,
        services.archive.seen,
        services.answered_suggestions,
    )
    bot = await start_bot(settings, parts, over_http=settings.slack_signing_secret is not None)
    app.state.services = replace(services, slack=bot.bot.app)
    try:
        yield bot
    finally:
        await bot.stop(0)  # unless it was stopped in good order already


class StoppedTogether(uvicorn.Server):
    """A server that lets requests and what was asked in Slack finish in one and the same time."""

    def __init__(self, config: uvicorn.Config, bot: RunningBot | None) -> None:
        """`bot` may be None."""
        super().__init__(config)
        self._bot = bot

    async def serve(self, sockets: list[socket] | None = None) -> None:
        """Serve until a signal comes."""
        for number in (signal.SIGINT, signal.SIGTERM):
            # uvicorn stops in good order and then raises the signal again, which must not end us before we have closed.
            signal.signal(number, lambda *_: None)
        await super().serve(sockets)

    async def has_started(self, serving: "asyncio.Task[None]") -> bool:
        """Wait until it serves; False when it could not."""
        while not self.started and not serving.done():
            await asyncio.sleep(0.02)
        return self.started

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Take nothing new, and finish what was begun."""
        stopping = asyncio.create_task(self._bot.stop(SHUTDOWN_SECONDS)) if self._bot else None
        await super().shutdown(sockets)
        while stopping is not None and not stopping.done() and not self.force_exit:
            await asyncio.wait([stopping], timeout=FORCED_SECONDS)
        if stopping is not None:
            stopping.cancel()
