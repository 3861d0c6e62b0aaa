"""The parts of the service in, a Slack Bolt application with all its listeners out."""

import logging
import re
import secrets
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from service.faces.slack.asking import Asking
from service.faces.slack.assistant_pane import AssistantPane
from service.faces.slack.commands import COMMAND, SHORTCUT, Commands
from service.faces.slack.feedback_buttons import FeedbackButtons
from service.faces.slack.listened_place import ListenedPlaces
from service.faces.slack.log_faults import log_unforeseen
from service.faces.slack.message_events import MessageEvents
from service.faces.slack.paced_client import SlackClients
from service.faces.slack.running_questions import RunningQuestions
from service.faces.slack.slack_services import SlackServices

__all__ = ["Bot", "SlackServices", "build_bot"]

# At its level DEBUG Bolt would write down what comes and goes; its warnings are of SLACK_BOT_TOKEN in the environment,
# which it reads as well and does not need.
_bolt_logger = logging.getLogger("citewell.slack.bolt")
_bolt_logger.setLevel(logging.ERROR)


class Bot:
    """The application, and what it has begun."""

    def __init__(self, app: AsyncApp, running: RunningQuestions, clients: SlackClients) -> None:
        """Own `clients`, which are closed in the end."""
        self.app = app
        self.running = running
        self._clients = clients

    async def stop(self, seconds: float) -> int:
        """Finish what is being answered, for so long; the rest say so in their threads, and are counted."""
        unanswered = await self.running.stop(seconds)
        await self._clients.close()
        return unanswered


def build_bot(services: SlackServices) -> Bot:
    """The bot; nothing is asked of Slack before something comes from there."""
    app = AsyncApp(
        name="citewell-slack",  # Bolt sets the level of a logger of that name, and `citewell` is that of ours
        logger=_bolt_logger,
        # Without a secret nothing may come over HTTP: no signature matches one that nobody knows.
        signing_secret=services.signing_secret or secrets.token_hex(32),
        client=AsyncWebClient(base_url=services.api_url, logger=_bolt_logger),
        authorize=services.workspaces,
    )
    running, clients = RunningQuestions(), SlackClients(services.api_url)
    places, asking = ListenedPlaces(clients), Asking(services, running)
    messages = MessageEvents(asking, running, places, services.channels)
    commands = Commands(asking, running, places, services.channels)
    pane = AssistantPane(asking, running, places, services.suggestions, services.archive)
    feedback = FeedbackButtons(services.archive, running, places, services.signing_secret or "")
    app.event("app_mention")(messages.mention)
    app.event("message")(messages.message)
    app.event("app_home_opened")(pane.home_opened)
    app.event("assistant_thread_started")(pane.started)
    app.event("assistant_thread_context_changed")(pane.context_changed)
    app.command(COMMAND)(commands.command)
    app.shortcut(SHORTCUT)(commands.check)
    app.action(re.compile("citewell_feedback_(up|down)"))(feedback.clicked)
    app.event(re.compile(".*"))(_nothing)  # what nobody listens to is acknowledged, or Slack sends it again
    app.action(re.compile(".*"))(_acknowledged)  # links that are buttons
    app.error(_log_error)
    return Bot(app, running, clients)


async def _nothing() -> None:
    """Listen to nothing."""


async def _acknowledged(ack: Any) -> None:
    await ack()


async def _log_error(error: Exception, request: AsyncBoltRequest) -> BoltResponse | None:
    log_unforeseen(f"a {request.mode} request", error)
    return None
