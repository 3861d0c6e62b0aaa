"""A method of the Web API, the workspace that calls and its arguments in; Slack's reply, or Refused, out.

What the arguments alone tell is checked before (`check_message`); here it is what depends on the state: channels,
membership, whose a message is, whether it is being streamed. The errors are those of the methods' pages.
"""

import copy
import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any, Protocol

from tests.slack_stub.interactions import Interactions
from tests.slack_stub.workspace import Channel, Message, State, Stream, Workspace, streamed_blocks

Arguments = dict[str, Any]
Reply = dict[str, Any]


class Refused(Exception):
    """A call that Slack answers with `ok: false`."""

    def __init__(self, error: str, **fields: Any) -> None:
        super().__init__(error)
        self.error = error
        self.fields = fields


class Announce(Protocol):
    """Who is told of changes."""

    def posted(self, channel: Channel, message: Message) -> None:
        """A message is new."""

    def changed(self, channel: Channel, before: Message, message: Message) -> None:
        """A message is another."""

    def deleted(self, channel: Channel, before: Message) -> None:
        """A message is gone."""


class ApiMethods:
    """The methods, each named as Slack names it with `_` for `.`."""

    def __init__(self, state: State, interactions: Interactions, announce: Announce, page: int) -> None:
        self._state = state
        self._interactions = interactions
        self._announce = announce
        self._page = page
        self._methods: dict[str, tuple[Callable[[Workspace, Arguments], Reply], str]] = {
            "auth.test": (self._auth_test, ""),
            "chat.postMessage": (self._post_message, "chat:write"),
            "chat.postEphemeral": (self._post_ephemeral, "chat:write"),
            "chat.update": (self._update, "chat:write"),
            "chat.delete": (self._delete, "chat:write"),
            "chat.startStream": (self._start_stream, "chat:write"),
            "chat.appendStream": (self._append_stream, "chat:write"),
            "chat.stopStream": (self._stop_stream, "chat:write"),
            "chat.getPermalink": (self._permalink, ""),
            "conversations.replies": (self._replies, "history"),
            "conversations.history": (self._history, "history"),
            "conversations.info": (self._info, "read"),
            "conversations.members": (self._members, "read"),
            "conversations.open": (self._open, "im:write"),
            "assistant.threads.setStatus": (self._set_status, "chat:write"),
            "assistant.threads.setSuggestedPrompts": (self._set_prompts, "assistant:write"),
            "assistant.threads.setTitle": (self._set_title, "assistant:write"),
            "reactions.add": (self._react, "reactions:write"),
            "reactions.remove": (self._unreact, "reactions:write"),
            "users.info": (self._user, "users:read"),
            "bots.info": (self._bot, "users:read"),
            "views.open": (self._open_view, ""),
        }

    def known(self, method: str) -> bool:
        """Whether there is such a method."""
        return method in self._methods

    def call(self, method: str, workspace: Workspace, given: Arguments) -> Reply:
        """Carry a call out."""
        run, scope = self._methods[method]
        if scope in ("history", "read"):
            channel = self._state.channels.get(str(given.get("channel")))
            kind = (
                {"channel": "channels", "group": "groups"}.get(channel.kind, channel.kind) if channel else ""
            )
            scope = f"{kind}:{scope}" if kind else ""
        if scope and scope not in workspace.scopes:
            raise Refused("missing_scope", needed=scope, provided=",".join(workspace.scopes))
        return run(workspace, given)

    # Who calls, and who there is.

    def _auth_test(self, workspace: Workspace, given: Arguments) -> Reply:
        return {
            "url": f"https://{workspace.name.lower()}.slack.com/",
            "team": workspace.name,
            "user": "citewell",
            "team_id": workspace.id,
            "user_id": workspace.bot_user,
            "bot_id": workspace.bot,
            "is_enterprise_install": False,
        }

    def _user(self, workspace: Workspace, given: Arguments) -> Reply:
        user = self._state.users.get(str(given["user"]))
        if user is None or user["team_id"] != workspace.id:
            raise Refused("user_not_found")
        # "Set this to true to receive the locale": https://docs.slack.dev/reference/methods/users.info
        shown = (
            user if _true(given.get("include_locale")) else {k: v for k, v in user.items() if k != "locale"}
        )
        return {"user": shown}

    def _bot(self, workspace: Workspace, given: Arguments) -> Reply:
        if given.get("bot") != workspace.bot:
            raise Refused("bot_not_found")
        return {"bot": {"id": workspace.bot, "app_id": workspace.app, "user_id": workspace.bot_user}}

    # Messages.

    def _post_message(self, workspace: Workspace, given: Arguments) -> Reply:
        channel = self._to_post(workspace, str(given["channel"]))
        fields = self._content(given)
        if given.get("thread_ts"):
            fields["thread_ts"] = self._root(channel, str(given["thread_ts"]))
        message = self._state.by_bot(channel, workspace, **fields)
        self._announce.posted(channel, message)
        return {"channel": channel.id, "ts": message["ts"], "message": shown(message)}

    def _post_ephemeral(self, workspace: Workspace, given: Arguments) -> Reply:
        channel = self._to_post(workspace, str(given["channel"]))
        if given["user"] not in channel.members:
            raise Refused("user_not_in_channel")
        ts = self._state.next_ts()
        note = {"channel": channel.id, "user": given["user"], "ts": ts, **self._content(given)}
        if given.get("thread_ts"):
            note["thread_ts"] = self._root(channel, str(given["thread_ts"]))
        self._state.ephemeral.append(note)
        return {"message_ts": ts}

    def _update(self, workspace: Workspace, given: Arguments) -> Reply:
        channel, message = self._own(workspace, given, "cant_update_message")
        if (channel.id, message["ts"]) in self._state.streams:
            raise Refused("streaming_state_conflict")
        before = copy.deepcopy(message)
        fields = self._content(given)
        if fields.get("text") and "blocks" not in fields:
            message.pop("blocks", None)  # "blocks will only be retained if the text argument is not provided"
        if given.get("metadata") == {}:
            message.pop("metadata", None)
            fields.pop("metadata", None)
        message.update(fields)
        message["edited"] = {"user": workspace.bot_user, "ts": self._state.next_ts()}
        self._announce.changed(channel, before, message)
        return {
            "channel": channel.id,
            "ts": message["ts"],
            "text": message["text"],
            "message": shown(message),
        }

    def _delete(self, workspace: Workspace, given: Arguments) -> Reply:
        channel, message = self._own(workspace, given, "cant_delete_message")
        stone = self._state.remove(channel, message)
        if stone is None:
            self._announce.deleted(channel, message)
        else:
            self._announce.changed(channel, message, stone)
        return {"channel": channel.id, "ts": message["ts"]}

    def _permalink(self, workspace: Workspace, given: Arguments) -> Reply:
        channel = self._channel(workspace, str(given["channel"]))
        if str(given["message_ts"]) not in channel.messages:
            raise Refused("message_not_found")
        ts = str(given["message_ts"]).replace(".", "")
        return {"permalink": f"https://{workspace.name.lower()}.slack.com/archives/{channel.id}/p{ts}"}

    # Streams: https://docs.slack.dev/reference/methods/chat.startStream

    def _start_stream(self, workspace: Workspace, given: Arguments) -> Reply:
        channel = self._to_post(workspace, str(given["channel"]))
        root = self._root(channel, str(given["thread_ts"]))
        if channel.kind != "im":
            if given.get("recipient_user_id") not in self._state.users:
                raise Refused("user_not_found")
            if given.get("recipient_team_id") not in self._state.workspaces:
                raise Refused("team_not_found")
        message = self._state.by_bot(channel, workspace, thread_ts=root, streaming_state="in_progress")
        stream = self._state.streams[channel.id, message["ts"]] = Stream(workspace.app)
        self._extend(stream, message, given)
        self._announce.posted(channel, message)
        return {"channel": channel.id, "ts": message["ts"]}

    def _append_stream(self, workspace: Workspace, given: Arguments) -> Reply:
        channel, message, stream = self._streaming(workspace, given)
        self._extend(stream, message, given)
        return {"channel": channel.id, "ts": message["ts"]}

    def _stop_stream(self, workspace: Workspace, given: Arguments) -> Reply:
        channel, message, stream = self._streaming(workspace, given)
        self._extend(stream, message, given)
        if not (stream.text or stream.chunk_blocks or given.get("blocks")):
            raise Refused("no_text")
        before = copy.deepcopy(message)
        del self._state.streams[channel.id, message["ts"]]
        message["streaming_state"] = "completed"
        message["blocks"] = [
            *streamed_blocks(stream.text, f"s{self._state.number()}"),
            *stream.chunk_blocks,
            *(given.get("blocks") or []),
        ]
        for block in message["blocks"]:
            block.setdefault("block_id", f"b{self._state.number()}")
        if given.get("metadata"):
            message["metadata"] = given["metadata"]
        self._announce.changed(channel, before, message)
        return {"channel": channel.id, "ts": message["ts"], "message": shown(message)}

    def _streaming(self, workspace: Workspace, given: Arguments) -> tuple[Channel, Message, Stream]:
        channel = self._channel(workspace, str(given["channel"]))
        message = channel.messages.get(str(given["ts"]))
        if message is None:
            raise Refused("message_not_found")
        if message.get("app_id") != workspace.app:
            raise Refused("message_not_owned_by_app")
        stream = self._state.streams.get((channel.id, message["ts"]))
        if stream is None:
            raise Refused("message_not_in_streaming_state")
        return channel, message, stream

    def _extend(self, stream: Stream, message: Message, given: Arguments) -> None:
        stream.text += given.get("markdown_text") or ""
        for chunk in given.get("chunks") or []:
            if chunk["type"] == "markdown_text":
                stream.text += chunk["text"]
            elif chunk["type"] == "blocks":
                stream.chunk_blocks += chunk["blocks"]
        if len(stream.chunk_blocks) > 50:
            raise Refused("msg_blocks_too_many")
        message["text"] = stream.text

    # Conversations.

    def _replies(self, workspace: Workspace, given: Arguments) -> Reply:
        channel = self._to_read(workspace, str(given["channel"]))
        thread = channel.thread(str(given["ts"]))
        if not thread:
            raise Refused("thread_not_found")
        return self._paged(thread, given)

    def _history(self, workspace: Workspace, given: Arguments) -> Reply:
        channel = self._to_read(workspace, str(given["channel"]))
        tops = [one for one in channel.messages.values() if one.get("thread_ts", one["ts"]) == one["ts"]]
        return self._paged(sorted(tops, key=lambda one: float(one["ts"]), reverse=True), given)

    def _paged(self, messages: list[Message], given: Arguments) -> Reply:
        """The page that is asked for; Slack may give fewer than `limit`, and here it does."""
        inclusive = _true(given.get("inclusive"))
        oldest, latest = float(given.get("oldest") or 0), float(given.get("latest") or "inf")
        between = [
            one
            for one in messages
            if oldest < float(one["ts"]) < latest or (inclusive and float(one["ts"]) in (oldest, latest))
        ]
        try:
            start = (
                int(b64decode(str(given["cursor"])).decode().removeprefix("next:"))
                if given.get("cursor")
                else 0
            )
        except ValueError:
            raise Refused("invalid_cursor") from None
        size = min(int(given.get("limit") or 100), self._page)
        page = between[start : start + size]
        more = start + size < len(between)
        cursor = b64encode(f"next:{start + size}".encode()).decode() if more else ""
        whole = _true(given.get("include_all_metadata"))
        return {
            "messages": [shown(one, metadata=whole) for one in page],
            "has_more": more,
            "response_metadata": {"next_cursor": cursor},
        }

    def _info(self, workspace: Workspace, given: Arguments) -> Reply:
        channel = self._channel(workspace, str(given["channel"]))
        return {
            "channel": {
                "id": channel.id,
                "name": channel.name,
                "is_channel": channel.kind == "channel",
                "is_group": channel.kind == "group",
                "is_im": channel.kind == "im",
                "is_private": channel.kind != "channel",
                "is_archived": channel.archived,
                "is_member": workspace.bot_user in channel.members,
            }
        }

    def _members(self, workspace: Workspace, given: Arguments) -> Reply:
        channel = self._channel(workspace, str(given["channel"]))
        return {"members": sorted(channel.members), "response_metadata": {"next_cursor": ""}}

    def _open(self, workspace: Workspace, given: Arguments) -> Reply:
        user = str(given["users"])
        if self._state.users.get(user, {}).get("team_id") != workspace.id:
            raise Refused("user_not_found")
        return {"channel": {"id": self._state.direct_messages(workspace.id, user).id}}

    # Assistant threads.

    def _set_status(self, workspace: Workspace, given: Arguments) -> Reply:
        self._assistant_thread(workspace, given)
        names = ("channel_id", "thread_ts", "status", "loading_messages")
        self._state.statuses.append({name: given.get(name) for name in names})
        return {}

    def _set_prompts(self, workspace: Workspace, given: Arguments) -> Reply:
        channel = self._channel(workspace, str(given["channel_id"]))
        if channel.kind != "im":
            raise Refused("channel_not_found")
        thread = channel.thread(str(given.get("thread_ts")))
        if given.get("thread_ts") and not thread:
            raise Refused("invalid_thread_ts")
        # "Including it in a call for an agent app will cause the call to silently fail": only the old pane has threads
        # of this kind.
        if not thread or thread[0].get("subtype") == "assistant_app_thread":
            self._state.prompts.append({**given})
        return {}

    def _set_title(self, workspace: Workspace, given: Arguments) -> Reply:
        channel, root = self._assistant_thread(workspace, given)
        if root.get("subtype") != "assistant_app_thread":
            raise Refused("invalid_thread_ts")
        before = copy.deepcopy(root)
        root["assistant_app_thread"] = {**root.get("assistant_app_thread", {}), "title": given["title"]}
        root["text"] = given["title"]
        root["edited"] = {}
        self._announce.changed(channel, before, root)
        return {}

    def _assistant_thread(self, workspace: Workspace, given: Arguments) -> tuple[Channel, Message]:
        channel = self._channel(workspace, str(given["channel_id"]))
        thread = channel.thread(str(given["thread_ts"]))
        if not thread:
            raise Refused("invalid_thread_ts")
        return channel, thread[0]

    # Reactions and modals.

    def _react(self, workspace: Workspace, given: Arguments) -> Reply:
        names = self._reactions(workspace, given)
        if given["name"] in names:
            raise Refused("already_reacted")
        names.append(given["name"])
        return {}

    def _unreact(self, workspace: Workspace, given: Arguments) -> Reply:
        names = self._reactions(workspace, given)
        if given["name"] not in names:
            raise Refused("no_reaction")
        names.remove(given["name"])
        return {}

    def _reactions(self, workspace: Workspace, given: Arguments) -> list[str]:
        channel = self._to_read(workspace, str(given["channel"]))
        message = channel.messages.get(str(given["timestamp"]))
        if message is None:
            raise Refused("message_not_found")
        names: list[str] = message.setdefault("reactions_of_bot", [])
        return names

    def _open_view(self, workspace: Workspace, given: Arguments) -> Reply:
        error = self._interactions.use_trigger(str(given["trigger_id"]))
        if error:
            raise Refused(error)
        view = {"id": f"V{self._state.number()}", "team_id": workspace.id, **given["view"]}
        self._state.views.append(view)
        return {"view": view}

    # What the calls above have in common.

    def _channel(self, workspace: Workspace, name: str) -> Channel:
        channel = self._state.channels.get(name)
        hidden = (
            channel is not None and channel.kind != "channel" and workspace.bot_user not in channel.members
        )
        if channel is None or channel.team != workspace.id or hidden:
            raise Refused("channel_not_found")
        return channel

    def _to_read(self, workspace: Workspace, name: str) -> Channel:
        channel = self._channel(workspace, name)
        if workspace.bot_user not in channel.members:
            raise Refused("not_in_channel")
        return channel

    def _to_post(self, workspace: Workspace, name: str) -> Channel:
        """The channel, also by a user's id: https://docs.slack.dev/reference/methods/chat.postMessage#channels."""
        if self._state.users.get(name, {}).get("team_id") == workspace.id:
            return self._state.direct_messages(workspace.id, name)
        channel = self._to_read(workspace, name)
        if channel.archived:
            raise Refused("is_archived")
        return channel

    def _root(self, channel: Channel, ts: str) -> str:
        thread = channel.thread(ts)
        if not thread:
            raise Refused("thread_not_found")
        # A reply's ts makes replies that nobody sees: "use its parent instead".
        if thread[0]["ts"] != ts:
            raise Refused("cannot_reply_to_message")
        return ts

    def _own(self, workspace: Workspace, given: Arguments, error: str) -> tuple[Channel, Message]:
        channel = self._channel(workspace, str(given["channel"]))
        message = channel.messages.get(str(given["ts"]))
        if message is None:
            raise Refused("message_not_found")
        if message.get("app_id") != workspace.app:
            raise Refused(error)
        return channel, message

    def _content(self, given: Arguments) -> dict[str, Any]:
        fields = {
            name: given[name] for name in ("text", "blocks", "metadata", "attachments") if given.get(name)
        }
        if given.get("blocks") == []:
            fields["blocks"] = []
        if given.get("markdown_text"):
            fields["text"] = given["markdown_text"]
            fields["blocks"] = streamed_blocks(given["markdown_text"], f"m{self._state.number()}")
        return copy.deepcopy(fields)


def shown(message: Message, metadata: bool = True) -> Message:
    """A message as a reply gives it; metadata only to who asks for it."""
    hidden = {"reactions_of_bot", "streaming_state"} | (set() if metadata else {"metadata"})
    return json.loads(json.dumps({k: v for k, v in message.items() if k not in hidden}))  # type: ignore[no-any-return]


def _true(value: Any) -> bool:
    """Forms and queries carry booleans as words."""
    return str(value).lower() in ("1", "true")
