"""What Bolt hands to a listener in; who the bot is there, whom it answers, and where, out."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.context.async_context import AsyncBoltContext

from service.faces.slack.paced_client import SlackClients
from service.faces.slack.place import Place, Respond
from service.faces.slack.thread_history import BotIdentity


class ListenedPlaces:
    """Makes places whose client is of the workspace that an event came from."""

    def __init__(self, clients: SlackClients) -> None:
        """The clients of all workspaces."""
        self._clients = clients

    def place(
        self,
        context: AsyncBoltContext,
        channel: str,
        thread: str | None,
        user: str,
        *,
        user_team: str | None = None,
        respond: Respond | None = None,
    ) -> Place:
        """A place in this channel."""
        client = self._clients.client(context.bot_token or "")
        team = context.team_id or context.enterprise_id or ""
        return Place(client, team, channel, thread, user, user_team, respond)

    def of_message(
        self, context: AsyncBoltContext, channel: str, message: Mapping[str, Any], user: str | None = None
    ) -> Place:
        """The thread of a message, or the one that it may begin."""
        thread = str(message.get("thread_ts") or message["ts"])
        asker = user or str(message.get("user") or "")
        team = message.get("user_team") or message.get("team")
        return self.place(context, channel, thread, asker, user_team=team)


def bot_of(context: AsyncBoltContext) -> BotIdentity:
    """Who the bot is in the workspace of this request."""
    return BotIdentity(context.bot_user_id or "", context.bot_id)
