"""What people do in a workspace, and what methods changed, in; the events, commands and clicks that the app gets out.

The shapes are those of https://docs.slack.dev/reference/events and
https://docs.slack.dev/reference/interaction-payloads.
"""

import copy
import time
from typing import Any

from tests.slack_stub.api_methods import shown
from tests.slack_stub.deliveries import Deliveries, Delivery, Repeats
from tests.slack_stub.interactions import Interactions
from tests.slack_stub.workspace import Channel, Message, State, Workspace

Sending = dict[str, Any]


class People:
    """Acts for people; tells the app of it as Slack does."""

    def __init__(
        self,
        state: State,
        interactions: Interactions,
        deliveries: Deliveries,
        address: str,
        own_events: bool,
        subscribed: set[str],
    ) -> None:
        """`own_events`: whether the app hears of its own messages, as apps do that follow a channel's messages."""
        self._state = state
        self._interactions = interactions
        self._deliveries = deliveries
        self._address = address
        self._own_events = own_events
        self._subscribed = subscribed

    # People.

    def say(
        self, user: str, channel: str, text: str, sending: Sending, **fields: Any
    ) -> tuple[Message, list[Delivery]]:
        """A message of a person, or of another bot (`bot_id`); `channel` may be `im` for a direct message."""
        where = self._where(user, channel)
        if fields.get("bot_id"):
            fields = {"subtype": "bot_message", "username": "another bot", "client_msg_id": None, **fields}
        message = self._state.by_user(where, user, text, **fields)
        return message, self._tell_of(where, message, sending)

    def edit(self, channel: str, ts: str, text: str | None, sending: Sending) -> list[Delivery]:
        """Another text; without one only a preview of a link is added, which is a change, too, but no edit."""
        where = self._state.channels[channel]
        message = where.messages[ts]
        before = copy.deepcopy(message)
        if text is None:
            message["attachments"] = [{"id": 1, "from_url": "https://e.org", "title": "A preview"}]
        else:
            message["text"] = text
            message["edited"] = {"user": message["user"], "ts": self._state.next_ts()}
        return self._changed(where, before, message, sending)

    def delete(self, channel: str, ts: str, sending: Sending) -> list[Delivery]:
        """Take a message away; one with replies leaves a tombstone, and that is a change."""
        where = self._state.channels[channel]
        message = where.messages[ts]
        stone = self._state.remove(where, message)
        if stone is not None:
            return self._changed(where, message, stone, sending)
        return self._deleted(where, message, sending)

    def open_messages(self, user: str, sending: Sending) -> list[Delivery]:
        """The messages of the app: https://docs.slack.dev/ai/migrating-to-agent-messaging."""
        where = self._where(user, "im")
        about = {"user": user, "channel": where.id, "tab": "messages", "event_ts": self._state.next_ts()}
        event = {"type": "app_home_opened", **about}
        return [self._send(self._state.workspaces[where.team], event, sending)] if self._hears(event) else []

    def open_assistant(
        self, user: str, context_channel: str | None, sending: Sending
    ) -> tuple[Message, list[Delivery]]:
        """A new thread in the assistant pane, which apps made before 2026 may have."""
        where = self._where(user, "im")
        workspace = self._state.workspaces[where.team]
        message = self._state.by_bot(
            where,
            workspace,
            subtype="assistant_app_thread",
            text="New Assistant Thread",
            assistant_app_thread={"title": "New Assistant Thread"},
        )
        return message, self._assistant_event(
            "assistant_thread_started", where, user, message, context_channel, sending
        )

    def move_assistant(self, user: str, ts: str, context_channel: str, sending: Sending) -> list[Delivery]:
        """The person looks at another channel beside the open pane."""
        where = self._where(user, "im")
        message = where.messages[ts]
        kind = "assistant_thread_context_changed"
        return self._assistant_event(kind, where, user, message, context_channel, sending)

    def command(self, user: str, channel: str, command: str, text: str, sending: Sending) -> list[Delivery]:
        """A slash command, in any conversation, whether the bot is in it or not."""
        where = self._where(user, channel)
        workspace = self._state.workspaces[where.team]
        payload = {
            "token": "stub",
            "team_id": where.team,
            "team_domain": workspace.name.lower(),
            "channel_id": where.id,
            "channel_name": where.name or "directmessage",
            "user_id": user,
            "user_name": self._state.users[user]["name"],
            "command": command,
            "text": text,
            "api_app_id": workspace.app,
            "is_enterprise_install": "false",
            "response_url": self._response_url(where, user),
            "trigger_id": self._interactions.new_trigger(),
        }
        return [self._deliveries.send("slash_commands", payload, **_how(sending))]

    def shortcut(
        self, user: str, channel: str, ts: str, callback_id: str, sending: Sending
    ) -> list[Delivery]:
        """A message shortcut on a message."""
        where = self._state.channels[channel]
        message = where.messages[ts]
        payload = {
            **self._interaction("message_action", where, user),
            "callback_id": callback_id,
            "message_ts": ts,
            "message": shown(message),
            "response_url": self._response_url(where, user, thread_ts=message.get("thread_ts")),
        }
        return [self._deliveries.send("interactive", payload, **_how(sending))]

    def click(
        self, user: str, channel: str, ts: str, action_id: str, which: str, sending: Sending
    ) -> list[Delivery]:
        """A click on a button of a message; of a pair of feedback buttons on the `positive` or `negative` one."""
        where = self._state.channels[channel]
        message = where.messages.get(ts) or next(
            one for one in self._state.ephemeral if one["channel"] == channel and one["ts"] == ts
        )
        ephemeral = ts not in where.messages
        action = _action(message, action_id, which)
        container: dict[str, Any] = {
            "type": "message",
            "message_ts": ts,
            "channel_id": channel,
            "is_ephemeral": ephemeral,
        }
        if message.get("thread_ts"):
            container["thread_ts"] = message["thread_ts"]
        payload = {
            **self._interaction("block_actions", where, user),
            "container": container,
            "actions": [action],
            "state": {"values": {}},
            "response_url": self._response_url(
                where, user, message_ts=ts, thread_ts=message.get("thread_ts"), ephemeral=ephemeral
            ),
        }
        if not ephemeral:
            payload["message"] = shown(message)
        return [self._deliveries.send("interactive", payload, **_how(sending))]

    def event(self, team: str, event: dict[str, Any], sending: Sending) -> list[Delivery]:
        """Any event, as it is given."""
        return [self._send(self._state.workspaces[team], event, sending)]

    # Changes by the app's own calls: `api_methods.Announce`.

    def posted(self, channel: Channel, message: Message) -> None:
        """A message of the app is new."""
        if self._own_events:
            self._tell_of(channel, message, {})

    def changed(self, channel: Channel, before: Message, message: Message) -> None:
        """A message of the app is another."""
        if self._own_events:
            self._changed(channel, before, message, {})

    def deleted(self, channel: Channel, before: Message) -> None:
        """A message of the app is gone."""
        if self._own_events:
            self._deleted(channel, before, {})

    # What they have in common.

    def _where(self, user: str, channel: str) -> Channel:
        if channel == "im":
            return self._state.direct_messages(self._state.users[user]["team_id"], user)
        return self._state.channels[channel]

    def _tell_of(self, channel: Channel, message: Message, sending: Sending) -> list[Delivery]:
        """A mention in a channel comes twice: as `app_mention` and as `message`, each an event of its own."""
        workspace = self._state.workspaces[channel.team]
        if workspace.bot_user not in channel.members:
            return []
        about = {**shown(message), "channel": channel.id, "event_ts": message["ts"]}
        told = []
        mentioned = workspace.bot_user in self._state.mentions(message["text"])
        if mentioned and channel.kind != "im" and message["user"] != workspace.bot_user:
            told.append({**about, "type": "app_mention"})
        told.append({**about, "channel_type": channel.kind})
        return [self._send(workspace, event, sending) for event in told if self._hears(event)]

    def _changed(
        self, channel: Channel, before: Message, message: Message, sending: Sending
    ) -> list[Delivery]:
        return self._hidden(
            channel,
            {"subtype": "message_changed", "message": shown(message), "previous_message": shown(before)},
            sending,
        )

    def _deleted(self, channel: Channel, before: Message, sending: Sending) -> list[Delivery]:
        return self._hidden(
            channel,
            {"subtype": "message_deleted", "deleted_ts": before["ts"], "previous_message": shown(before)},
            sending,
        )

    def _hidden(self, channel: Channel, fields: dict[str, Any], sending: Sending) -> list[Delivery]:
        workspace = self._state.workspaces[channel.team]
        ts = self._state.next_ts()
        about = {
            "channel": channel.id,
            "channel_type": channel.kind,
            "hidden": True,
            "ts": ts,
            "event_ts": ts,
        }
        event = {"type": "message", **fields, **about}
        if workspace.bot_user not in channel.members or not self._hears(event):
            return []
        return [self._send(workspace, event, sending)]

    def _hears(self, event: dict[str, Any]) -> bool:
        """Whether the app subscribed to it: https://docs.slack.dev/reference/events names them."""
        if event["type"] != "message":
            return event["type"] in self._subscribed
        kind = {"channel": "channels", "group": "groups"}.get(event["channel_type"], event["channel_type"])
        return f"message.{kind}" in self._subscribed

    def _assistant_event(
        self,
        kind: str,
        where: Channel,
        user: str,
        message: Message,
        context_channel: str | None,
        sending: Sending,
    ) -> list[Delivery]:
        context = {"channel_id": context_channel, "team_id": where.team} if context_channel else {}
        thread = {"user_id": user, "context": context, "channel_id": where.id, "thread_ts": message["ts"]}
        event = {"type": kind, "assistant_thread": thread, "event_ts": self._state.next_ts()}
        return [self._send(self._state.workspaces[where.team], event, sending)] if self._hears(event) else []

    def _interaction(self, kind: str, where: Channel, user: str) -> dict[str, Any]:
        workspace = self._state.workspaces[where.team]
        person = self._state.users[user]
        return {
            "type": kind,
            "token": "stub",
            "api_app_id": workspace.app,
            "action_ts": self._state.next_ts(),
            "team": {"id": where.team, "domain": workspace.name.lower()},
            "enterprise": None,
            "is_enterprise_install": False,
            "user": {"id": user, "username": person["name"], "name": person["name"], "team_id": where.team},
            "channel": {"id": where.id, "name": where.name or "directmessage"},
            "trigger_id": self._interactions.new_trigger(),
        }

    def _response_url(self, where: Channel, user: str, **about: Any) -> str:
        key = self._interactions.new_response_url(where.team, where.id, user, **about)
        return f"{self._address}/response/{key}"

    def _send(self, workspace: Workspace, event: dict[str, Any], sending: Sending) -> Delivery:
        authorization = {
            "enterprise_id": None,
            "team_id": workspace.id,
            "user_id": workspace.bot_user,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        payload = {
            "token": "stub",
            "team_id": workspace.id,
            "context_team_id": workspace.id,
            "context_enterprise_id": None,
            "api_app_id": workspace.app,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{self._state.number():010d}",
            "event_time": int(time.time()),
            "authorizations": [authorization],
            "is_ext_shared_channel": False,
        }
        return self._deliveries.send("events_api", payload, **_how(sending))


def _how(sending: Sending) -> dict[str, Any]:
    repeats = Repeats(int(sending.get("repeats") or 0), bool(sending.get("at_once")))
    return {"to": sending.get("to"), "repeats": repeats}


def _action(message: Message, action_id: str, which: str) -> dict[str, Any]:
    for block in message.get("blocks") or []:
        for element in [*(block.get("elements") or []), block.get("accessory") or {}]:
            if element.get("action_id") != action_id:
                continue
            clicked = element
            if element["type"] == "feedback_buttons":
                clicked = element[f"{which}_button"]
            return {
                "type": element["type"],
                "action_id": action_id,
                "block_id": block.get("block_id", ""),
                "text": clicked.get("text"),
                "value": clicked.get("value"),
                "action_ts": f"{time.time():.6f}",
            }
    raise LookupError(f"the message has no button {action_id}")
