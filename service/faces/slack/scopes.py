"""What the bot asks a workspace for, and why; `deploy/slack-manifest.yaml` asks for the same."""

SCOPES = {
    "app_mentions:read": "to hear of messages that mention it",
    "assistant:write": "to show suggested questions, and what it is doing while one waits",
    "channels:history": "to read the thread that it was asked in, in public channels: follow-ups count what was said",
    "chat:write": "to answer, and to change or take back an answer when the question is",
    "commands": "for /citewell and the message shortcut",
    "groups:history": "as channels:history, in private channels that it was invited to",
    "im:history": "to hear of direct messages, and to read the conversation with its reader",
    "mpim:history": "as channels:history, in group messages that it was added to",
}
"""Scope to reason. With none of them it reads channels that it was not invited to."""
EVENTS = {
    "app_home_opened": "its messages are opened: it suggests questions",
    "app_mention": "somebody asks it in a channel",
    "message.channels": "follow-ups, edits and deletions in public channels that it is in",
    "message.groups": "the same in private channels",
    "message.im": "direct messages",
    "message.mpim": "the same in group messages",
}
"""Event to what it is listened to for."""
