"""What a pretended Slack knows in, its lookups and changes out: workspaces, users, channels, messages, streams.

Nothing here judges a call (see `api_methods`) or tells anyone of a change (see `people`); messages have the fields that
Slack gives them.
"""

import itertools
import re
import time
from dataclasses import dataclass, field
from typing import Any

Message = dict[str, Any]

# What deploy/slack-manifest.yaml asks for, so that a call which needs more is refused; a workspace may grant others.
SCOPES = (
    "app_mentions:read",
    "assistant:write",
    "channels:history",
    "chat:write",
    "commands",
    "groups:history",
    "im:history",
    "mpim:history",
)
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")


@dataclass
class Workspace:
    """A workspace in which the app is installed, with the token it got for it."""

    id: str
    token: str
    bot_user: str
    bot: str
    name: str = "Newsroom"
    app: str = "A0STUB"
    scopes: tuple[str, ...] = SCOPES
    revoked: str = ""
    """The error that its token gets, as `token_revoked` or `account_inactive`; empty: it is good."""


@dataclass
class Channel:
    """A conversation: a public channel, a private one, or direct messages."""

    id: str
    team: str
    kind: str  # channel, group, im, mpim
    name: str = ""
    members: set[str] = field(default_factory=set)
    archived: bool = False
    messages: dict[str, Message] = field(default_factory=dict)

    def thread(self, ts: str) -> list[Message]:
        """The thread that holds a message: its parent and the replies, the oldest first; empty if there is none."""
        found = self.messages.get(ts)
        if found is None:
            return []
        root = found.get("thread_ts", ts)
        return [
            message
            for at, message in sorted(self.messages.items(), key=lambda one: float(one[0]))
            if at == root or message.get("thread_ts") == root
        ]


@dataclass
class Stream:
    """A message that is being streamed."""

    app: str
    text: str = ""
    chunk_blocks: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class State:
    """Everything that is kept."""

    workspaces: dict[str, Workspace] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    streams: dict[tuple[str, str], Stream] = field(default_factory=dict)
    ephemeral: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    prompts: list[dict[str, Any]] = field(default_factory=list)
    views: list[dict[str, Any]] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _last_ts: float = 0.0

    def number(self) -> int:
        """A number that was not given before."""
        return next(self._numbers)

    def next_ts(self) -> str:
        """The time of a new message: it names the message, so none is given twice."""
        self._last_ts = max(time.time(), self._last_ts + 0.000_1)
        return f"{self._last_ts:.6f}"

    def by_token(self, token: str) -> Workspace | None:
        """The workspace of a bot token."""
        return next((one for one in self.workspaces.values() if one.token == token), None)

    def direct_messages(self, team: str, user: str) -> Channel:
        """The conversation of a user with the bot; it is opened when it is not there."""
        bot = self.workspaces[team].bot_user
        for channel in self.channels.values():
            if channel.kind == "im" and channel.team == team and channel.members == {user, bot}:
                return channel
        opened = Channel(f"D{team[1:]}{user[1:]}", team, "im", members={user, bot})
        self.channels[opened.id] = opened
        return opened

    def by_user(self, channel: Channel, user: str, text: str, **fields: Any) -> Message:
        """A new message of a person, as Slack keeps it."""
        ts = self.next_ts()
        message = {
            "type": "message",
            "user": user,
            "ts": ts,
            "client_msg_id": f"00000000-0000-0000-0000-{self.number():012d}",
            "text": text,
            "team": channel.team,
            "blocks": [_rich_text(text, f"u{self.number()}")],
            **fields,
        }
        return self._keep(channel, message)

    def by_bot(self, channel: Channel, workspace: Workspace, **fields: Any) -> Message:
        """A new message of the app, as Slack keeps it."""
        message = {
            "type": "message",
            "user": workspace.bot_user,
            "bot_id": workspace.bot,
            "app_id": workspace.app,
            "team": workspace.id,
            "ts": self.next_ts(),
            "text": "",
            "bot_profile": {"id": workspace.bot, "app_id": workspace.app, "name": "citewell"},
            **fields,
        }
        for block in message.get("blocks") or []:
            block.setdefault("block_id", f"b{self.number()}")
        return self._keep(channel, message)

    def _keep(self, channel: Channel, message: Message) -> Message:
        channel.messages[message["ts"]] = message
        parent = channel.messages.get(message.get("thread_ts", ""))
        if parent is not None and parent is not message:
            parent.setdefault("thread_ts", parent["ts"])
            self.count_replies(channel, parent)
        return message

    def remove(self, channel: Channel, message: Message) -> Message | None:
        """Take a message away; a parent with replies leaves a tombstone, which is returned."""
        self.streams.pop((channel.id, message["ts"]), None)
        if message.get("reply_count"):
            kept = ("ts", "thread_ts", "reply_count", "reply_users", "reply_users_count", "latest_reply")
            stone = {
                "type": "message",
                "subtype": "tombstone",
                "user": "USLACKBOT",
                "text": "This message was deleted.",
                "hidden": True,
                **{name: message[name] for name in kept if name in message},
            }
            channel.messages[message["ts"]] = stone
            return stone
        del channel.messages[message["ts"]]
        parent = channel.messages.get(message.get("thread_ts", ""))
        if parent is not None:
            self.count_replies(channel, parent)
        return None

    def count_replies(self, channel: Channel, parent: Message) -> None:
        """The fields of a parent that speak of its replies."""
        replies = [one for one in channel.thread(parent["ts"]) if one is not parent]
        if not replies:
            for name in ("thread_ts", "reply_count", "reply_users", "reply_users_count", "latest_reply"):
                parent.pop(name, None)
            return
        users = sorted({str(one.get("user")) for one in replies})
        parent.update(
            reply_count=len(replies),
            reply_users=users,
            reply_users_count=len(users),
            latest_reply=replies[-1]["ts"],
        )

    def mentions(self, text: str) -> list[str]:
        """The users that a text mentions."""
        return _MENTION.findall(text)


def streamed_blocks(text: str, block_id: str) -> list[dict[str, Any]]:
    """Slack turns streamed Markdown into rich text; here its words stay as they are."""
    return [_rich_text(text, block_id)] if text else []


def _rich_text(text: str, block_id: str) -> dict[str, Any]:
    """The block that Slack's composer makes of what is typed, with its entities undone."""
    runs: list[dict[str, Any]] = []
    for number, part in enumerate(_MENTION.split(text)):
        if number % 2:
            runs.append({"type": "user", "user_id": part})
        elif part:
            plain = part.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
            runs.append({"type": "text", "text": plain})
    return {
        "type": "rich_text",
        "block_id": block_id,
        "elements": [{"type": "rich_text_section", "elements": runs or [{"type": "text", "text": " "}]}],
    }


def newsroom() -> State:
    """Two workspaces with people and channels, the same in every test.

    T0NEWS (token xoxb-news): UALICE, UBOB; C0NEWS with the bot, C0QUIET without, G0DESK private with the bot.
    T0PAPER (token xoxb-paper): UCAROL; C0PAPER with the bot.
    """
    state = State()
    state.workspaces["T0NEWS"] = Workspace("T0NEWS", "xoxb-news", "U0BOTNEWS", "B0NEWS", "Newsroom")
    state.workspaces["T0PAPER"] = Workspace("T0PAPER", "xoxb-paper", "U0BOTPAPER", "B0PAPER", "Paper")
    for user, team, name, locale in (
        ("UALICE", "T0NEWS", "alice", "en-GB"),
        ("UBOB", "T0NEWS", "bob", "fr-FR"),
        ("UCAROL", "T0PAPER", "carol", "de-DE"),
    ):
        state.users[user] = {
            "id": user,
            "team_id": team,
            "name": name,
            "real_name": name.title(),
            "locale": locale,
            "tz": "Europe/London",
            "is_bot": False,
            "deleted": False,
            "profile": {"display_name": name, "real_name": name.title()},
        }
    for channel in (
        Channel("C0NEWS", "T0NEWS", "channel", "news", {"UALICE", "UBOB", "U0BOTNEWS"}),
        Channel("C0QUIET", "T0NEWS", "channel", "quiet", {"UALICE", "UBOB"}),
        Channel("G0DESK", "T0NEWS", "group", "desk", {"UALICE", "U0BOTNEWS"}),
        Channel("C0PAPER", "T0PAPER", "channel", "paper", {"UCAROL", "U0BOTPAPER"}),
    ):
        state.channels[channel.id] = channel
    return state
