"""Somebody opens a conversation with the bot in; questions that the archive answers, in the old pane a greeting, out.

Apps made since 2026 have one conversation, in the messages of the app (agent_view in their manifest); older ones may
have the assistant pane, of each of whose threads Slack tells: https://docs.slack.dev/ai/migrating-to-agent-messaging
"""

from typing import Any

from slack_bolt.context.async_context import AsyncBoltContext

from indexing.errors import IndexingError
from service.errors import ServiceError
from service.faces.slack.answer_messages import SlackMessage
from service.faces.slack.asking import Asking
from service.faces.slack.escape_text import escape_plain
from service.faces.slack.listened_place import ListenedPlaces
from service.faces.slack.log_faults import SLACK_FAULTS, log_slack_fault, logger
from service.faces.slack.message_slots import MessageSlots
from service.faces.slack.place import Place
from service.faces.slack.running_questions import RunningQuestions
from service.faces.slack.slack_services import Shelf, Suggests
from service.faces.slack.slack_texts import FALLBACK_LANGUAGE, SlackTexts, all_slack_texts, slack_texts

PROMPTS = 4  # https://docs.slack.dev/reference/methods/assistant.threads.setSuggestedPrompts


class AssistantPane:
    """Listens to conversations being opened; what is asked in one comes as a direct message."""

    def __init__(
        self,
        asking: Asking,
        running: RunningQuestions,
        places: ListenedPlaces,
        suggestions: Suggests,
        archive: Shelf,
    ) -> None:
        """`suggestions` of the language that most of `archive` is in."""
        self._asking = asking
        self._running = running
        self._places = places
        self._suggestions = suggestions
        self._archive = archive

    async def started(self, event: dict[str, Any], context: AsyncBoltContext) -> None:
        """A pane was opened with a new thread."""
        thread = event["assistant_thread"]
        place = self._places.place(
            context, str(thread["channel_id"]), str(thread["thread_ts"]), str(thread["user_id"])
        )
        self._running.also(self._greet(place))

    async def home_opened(self, event: dict[str, Any], context: AsyncBoltContext) -> None:
        """The messages of the app were opened, not for the first time perhaps: nothing is said there unasked."""
        if event.get("tab") == "messages":
            place = self._places.place(context, str(event["channel"]), None, str(event["user"]))
            self._running.also(self._suggest_anew(place, str(event.get("event_ts") or "")))

    async def context_changed(self, event: dict[str, Any]) -> None:
        """The pane stays while its reader looks at another channel, which no answer depends on."""

    async def _greet(self, place: Place) -> None:
        assert place.thread is not None
        if not await self._asking.once("pane", place.team, place.channel, place.thread):
            return
        texts = await self._texts()
        try:
            greeting = SlackMessage(text=escape_plain(texts.say("greeting")), blocks=())
            await MessageSlots(place).put([greeting], {})
            await self._suggest(place, texts)
        except SLACK_FAULTS as error:
            log_slack_fault("greeting in the assistant pane", error)

    async def _suggest_anew(self, place: Place, opened: str) -> None:
        if not await self._asking.once("home", place.team, place.channel, opened):
            return
        try:
            await self._suggest(place, await self._texts())
        except SLACK_FAULTS as error:
            log_slack_fault("suggesting questions", error)

    async def _suggest(self, place: Place, texts: SlackTexts) -> None:
        if prompts := await self._prompts(texts.language):
            # With a thread nothing would be shown but in the old pane, and Slack would not say so.
            await place.client.assistant_threads_setSuggestedPrompts(
                channel_id=place.channel,
                thread_ts=place.thread,
                title=texts.say("suggestions"),
                prompts=[{"title": one, "message": one} for one in prompts],
            )

    async def _prompts(self, language: str) -> tuple[str, ...]:
        try:
            suggested = await self._suggestions.for_language(language)
        except (IndexingError, ServiceError) as error:
            logger.warning("Slack: no suggestions: %s", error)
            return ()
        return suggested.questions[:PROMPTS] if suggested is not None else ()

    async def _texts(self) -> SlackTexts:
        """In the language of most passages: Slack does not say which one a reader has without one more permission."""
        try:
            samples = await self._archive.language_samples()
        except IndexingError as error:
            logger.warning("Slack: %s", error)
            samples = ()
        counts = {language: sample.count for language, sample in samples if language in all_slack_texts()}
        return slack_texts(max(counts, key=lambda one: counts[one], default=FALLBACK_LANGUAGE))
