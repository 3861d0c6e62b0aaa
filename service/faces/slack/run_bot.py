"""The parts of a service in; its bot out, hearing of questions in the ways that the settings name, until stopped."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from service.faces.access import SLACK_EVENTS
from service.faces.signed_links import LinkSigner
from service.faces.slack.bot import Bot, build_bot
from service.faces.slack.seen_events import SeenEvents
from service.faces.slack.slack_services import Answers, Shelf, SlackServices, Suggests
from service.faces.slack.socket_mode import SocketMode
from service.faces.slack.workspaces import Workspaces
from service.settings import Settings

CONNECT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class RunningBot:
    """A bot, and the connection over which it hears of questions unless Slack sends them to us."""

    bot: Bot
    workspaces: Workspaces
    socket: SocketMode | None
    over_http: bool

    def said(self) -> str:
        """One line for people: where it answers, how it hears, and what is wrong."""
        names = ", ".join(sorted(workspace.name for workspace in self.workspaces.found)) or "no workspace"
        ways = [SLACK_EVENTS] if self.over_http else []
        if self.socket is not None:
            ways.insert(0, f"Socket Mode{'' if self.socket.connected.is_set() else ' (not connected yet)'}")
        lacking = len(self.workspaces.refused) + self.workspaces.waiting
        wrong = f"; tokens that do not work: {lacking}, `citewell slack --check` says why" if lacking else ""
        return f"{names}, by {' and '.join(ways)}{wrong}"

    async def stop(self, seconds: float) -> None:
        """Hear nothing more, and let what is being answered finish for so long."""
        if self.socket is not None:
            await self.socket.stop()
        await self.bot.stop(seconds)


@dataclass(frozen=True, slots=True)
class BotParts:
    """What a bot works with, of a service in this process or another."""

    answering: Answers
    archive: Shelf
    links: LinkSigner
    seen: SeenEvents
    suggestions: Suggests


async def start_bot(
    settings: Settings, parts: BotParts, *, over_http: bool, connect_seconds: float = CONNECT_SECONDS
) -> RunningBot:
    """Ask Slack whose the tokens are, and begin; a Slack that is down is no reason not to.

    `over_http`: whether something here takes what Slack sends, and hands it to the bot. For a connection of Socket Mode
    so many seconds are waited; it comes later otherwise.
    """
    tokens = [token.get_secret_value() for token in settings.slack_bot_tokens]
    workspaces = await Workspaces.open(tokens, settings.slack_api_url)
    secret, app_token = settings.slack_signing_secret, settings.slack_app_token
    bot = build_bot(
        SlackServices(
            answering=parts.answering,
            archive=parts.archive,
            links=parts.links,
            workspaces=workspaces,
            seen=parts.seen,
            suggestions=parts.suggestions,
            signing_secret=secret.get_secret_value() if secret else None,
            channels=frozenset(settings.slack_channels),
            public_url=settings.public_url,
            api_url=settings.slack_api_url,
        )
    )
    socket = None
    if app_token is not None:
        socket = SocketMode(bot.app, app_token.get_secret_value(), settings.slack_api_url)
        socket.start()
        with suppress(TimeoutError):  # then it goes on trying
            async with asyncio.timeout(connect_seconds):
                await socket.connected.wait()
    return RunningBot(bot, workspaces, socket, over_http)
