"""A click on "good answer" or "bad answer" in, a rating in the archive out; the message says what it is about."""

import hmac
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.context.respond.async_respond import AsyncRespond

from indexing.errors import IndexingError
from service.answering.understand_question import likely_languages
from service.errors import ServiceError
from service.faces.http_feedback import FeedbackFields
from service.faces.slack.answer_messages import FEEDBACK_UP
from service.faces.slack.answer_metadata import EVENT_TYPE
from service.faces.slack.escape_text import escape_plain
from service.faces.slack.listened_place import ListenedPlaces
from service.faces.slack.log_faults import SLACK_FAULTS, log_slack_fault, logger
from service.faces.slack.place import Place
from service.faces.slack.running_questions import RunningQuestions
from service.faces.slack.slack_services import Shelf
from service.faces.slack.slack_texts import slack_texts


class FeedbackButtons:
    """Listens to the buttons below answers."""

    def __init__(
        self, archive: Shelf, running: RunningQuestions, places: ListenedPlaces, secret: str
    ) -> None:
        """`secret` hides who rated: whoever reads the list cannot try which user made an id."""
        self._archive = archive
        self._running = running
        self._places = places
        self._secret = secret.encode()

    async def clicked(
        self, ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, respond: AsyncRespond
    ) -> None:
        """One of the two was clicked."""
        await ack()
        self._running.also(self._keep(body, context, respond))

    async def _keep(self, body: dict[str, Any], context: AsyncBoltContext, respond: AsyncRespond) -> None:
        action, user = body["actions"][0], str(body["user"]["id"])
        container = body.get("container") or {}
        channel = str((body.get("channel") or {}).get("id") or container.get("channel_id") or "")
        place = self._places.place(context, channel, None, user)
        message = body.get("message") or {}
        payload = _payload(message) or await _read_again(place, message)
        fields = _fields(payload, "up" if action["action_id"] == FEEDBACK_UP else "down")
        kept = fields is not None and await self._kept(fields, f"slack:{place.team}:{user}")
        texts = slack_texts(likely_languages(str(payload.get("question", "")))[0])
        told = escape_plain(texts.say("thanks" if kept else "feedback_failed"))
        try:
            await respond(text=told, response_type="ephemeral", replace_original=False)
        except SLACK_FAULTS as error:
            log_slack_fault("thanking for a rating", error)

    async def _kept(self, fields: FeedbackFields, caller: str) -> bool:
        hidden = hmac.digest(b"citewell feedback " + self._secret, caller.encode(), "sha256").hex()
        try:
            await self._archive.put_feedback(fields.to_feedback(hidden))
        except (IndexingError, ServiceError) as error:
            logger.warning("Slack: a rating was not kept: %s", error)
            return False
        return True


def _payload(message: Mapping[str, Any]) -> dict[str, Any]:
    metadata = message.get("metadata") or {}
    return dict(metadata.get("event_payload") or {}) if metadata.get("event_type") == EVENT_TYPE else {}


async def _read_again(place: Place, message: Mapping[str, Any]) -> dict[str, Any]:
    """The payload of a message that came without it; empty where Slack does not give it."""
    ts = str(message.get("ts") or "")
    thread = str(message.get("thread_ts") or ts)
    if not ts or not place.channel:
        return {}
    try:
        reply = await place.client.conversations_replies(
            channel=place.channel,
            ts=thread,
            oldest=ts,
            latest=ts,
            inclusive=True,
            limit=2,
            include_all_metadata=True,
        )
    except SLACK_FAULTS as error:
        log_slack_fault("conversations.replies", error)
        return {}
    return next((_payload(one) for one in reply.get("messages") or () if one.get("ts") == ts), {})


def _fields(payload: Mapping[str, Any], rating: str) -> FeedbackFields | None:
    names = ("answer_id", "question", "answer", "citations")
    given = {name: payload[name] for name in names if name in payload}
    try:
        return FeedbackFields.model_validate(given | {"rating": rating})
    except ValidationError:
        return None
