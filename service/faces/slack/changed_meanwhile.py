"""A message that was answered in, what it says by now out: another service may have heard of its edit or deletion."""

from dataclasses import dataclass

from service.faces.slack.log_faults import GONE, SLACK_FAULTS, log_slack_fault, slack_error
from service.faces.slack.place import Place
from service.faces.slack.question_text import message_text, question_text
from service.faces.slack.thread_history import TOMBSTONE


@dataclass(frozen=True, slots=True)
class SaidNow:
    """The message as Slack has it; `text` None: it is deleted. `edit` names the last edit."""

    text: str | None
    edit: str


async def said_now(place: Place, message: str) -> SaidNow | None:
    """What the message says; None where Slack does not tell."""
    try:
        reply = await place.client.conversations_replies(
            channel=place.channel,
            ts=place.thread or message,
            oldest=message,
            latest=message,
            inclusive=True,
            limit=2,
        )
    except SLACK_FAULTS as error:
        if slack_error(error) in GONE:
            return SaidNow(None, "")
        log_slack_fault("conversations.replies", error)
        return None
    found = next((one for one in reply.get("messages") or () if one.get("ts") == message), None)
    if found is None or found.get("subtype") == TOMBSTONE:
        return SaidNow(None, "")
    return SaidNow(question_text(message_text(found)), str((found.get("edited") or {}).get("ts") or ""))
