"""A question from Slack in, its answer in the thread out; once for each message, however often Slack sends it."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from indexing.errors import IndexingError
from service.answering.answer import Answer, Citation
from service.answering.events import Answered, Delta, Status
from service.answering.question import QUESTION_LIMIT, Question, Turn
from service.answering.understand_question import likely_languages
from service.errors import Busy, ServiceError
from service.faces.slack.answer_messages import Problem, problem_message
from service.faces.slack.changed_meanwhile import said_now
from service.faces.slack.log_faults import SLACK_FAULTS, log_slack_fault, log_unforeseen, logger
from service.faces.slack.place import Place
from service.faces.slack.question_text import shortened
from service.faces.slack.running_questions import Key, RunningQuestions
from service.faces.slack.send_answer import Reply
from service.faces.slack.slack_services import SlackServices
from service.faces.slack.slack_texts import FALLBACK_LANGUAGE, SlackTexts, slack_texts
from service.faces.slack.thread_history import BotIdentity, ThreadMessage, read_lately, read_thread, turns
from service.faces.slack.undisturbed import undisturbed

TITLE_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the message that asks it, and where the answer goes."""

    text: str
    message: str
    """Its timestamp; of a command, which is no message, anything of its own."""
    place: Place
    bot: BotIdentity
    question_by: str | None = None
    """Who asked, where that is not seen otherwise."""
    alone: bool = False
    """Whether nothing that was said before belongs to it."""

    @property
    def begins_pane_thread(self) -> bool:
        """Whether, without history, it is the first question of a thread that the assistant pane has opened."""
        return self.place.is_direct and self.place.thread not in (None, self.message) and not self.alone

    @property
    def key(self) -> Key:
        """Names it among those that are being answered."""
        return self.place.team, self.place.channel, self.message


class Asking:
    """Asks the archive what is asked in Slack."""

    def __init__(self, services: SlackServices, running: RunningQuestions) -> None:
        """With the parts of the service; what runs is known to `running`."""
        self._services = services
        self._running = running

    async def once(self, *event: str) -> bool:
        """Whether nobody has begun with this event; when that cannot be found out, it is begun with."""
        try:
            return await self._services.seen.first(":".join(event))
        except (IndexingError, ServiceError) as error:
            logger.warning("Slack: cannot tell whether an event came before: %s", error)
            return True

    async def ask(self, asked: Asked, thread: Sequence[ThreadMessage] | None = None) -> None:
        """Answer it, unless it was seen before; `thread` is what was said in its thread, where that is known."""
        if await self.once("question", *asked.key):
            self.answer(asked, thread=thread)

    async def ask_for_question(self, asked: Asked) -> None:
        """Say to somebody who only named the bot how it is asked."""
        if await self.once("question", *asked.key):
            texts = slack_texts(FALLBACK_LANGUAGE)
            await Reply(asked.place, asked.message).say(problem_message(texts, "no_question"))

    async def note_change(self, asked: Asked) -> None:
        """Tell whichever service is answering this message that it was edited or deleted meanwhile."""
        await self.once("changed", *asked.key)

    async def may_renew(self, asked: Asked, edit: str) -> bool:
        """Whether no other service answers this edit of a message."""
        return await self.once("renewed", *asked.key, edit)

    def answer(
        self, asked: Asked, messages: Sequence[str] = (), thread: Sequence[ThreadMessage] | None = None
    ) -> None:
        """Answer it in any case, over `messages` where there are some."""
        reply = Reply(asked.place, asked.message, messages)
        self._running.begin(asked.key, reply, self._answered(asked, reply, thread))

    async def _answered(self, asked: Asked, reply: Reply, thread: Sequence[ThreadMessage] | None) -> None:
        texts = slack_texts(likely_languages(asked.text)[0])
        try:
            if self._running.stopping:
                problem: Problem = "stopped"
            elif len(asked.text) > QUESTION_LIMIT:
                problem = "too_long"
            else:
                await self._answer(asked, reply, texts, thread)
                await self._look_again(asked, reply)
                return
        except asyncio.CancelledError:
            if self._running.stopping and not reply.is_whole:
                await undisturbed(reply.say(problem_message(texts, "stopped")))
            raise  # else whoever edited or deleted the question has the reply now
        except Busy:
            problem = "busy"
        except (IndexingError, ServiceError) as error:
            logger.warning("Slack: answering failed: %s", error)
            problem = "broken"
        except Exception as error:
            log_unforeseen("answering", error)
            problem = "broken"
        await undisturbed(reply.say(problem_message(texts, problem)))

    async def _answer(
        self, asked: Asked, reply: Reply, texts: SlackTexts, thread: Sequence[ThreadMessage] | None
    ) -> None:
        question = Question(asked.text, history=await self._history(asked, thread))
        if not question.history and asked.begins_pane_thread:
            self._running.also(title_thread(asked))
        caller = f"slack:{asked.place.team}:{asked.place.user}"
        writes = self._services.answering.can_write
        answer: Answer | None = None
        articles: int | None = None
        async with aclosing(self._services.answering.stream(question, caller)) as events:
            async for event in events:
                match event:
                    case Status():
                        articles = event.figures.get("articles", articles)
                        if status := status_text(event, texts):
                            reply.show(status)
                    case Delta() if writes:  # what is extracted comes at once, and whole
                        reply.write(event.text)
                    case Answered():
                        answer = event.answer
        assert answer is not None  # an `Answered` comes last
        # Every other refusal says by itself how much was searched.
        says_articles = answer.refusal is not None and answer.refusal.reason == "unverified"
        await undisturbed(
            reply.finish(
                answer,
                slack_texts(answer.language),
                self._link,
                question_by=asked.question_by,
                articles=articles if says_articles else None,
            )
        )

    async def _look_again(self, asked: Asked, reply: Reply) -> None:
        """Answer anew, or take the answer away, when another service heard of a change that it had no answer for."""
        if asked.place.thread is None or await self.once("changed", *asked.key):
            return
        now = await said_now(asked.place, asked.message)
        if now is None:
            return
        if now.text is None:
            await undisturbed(reply.withdraw())
            return
        text = shortened(now.text) if asked.alone else now.text
        if text != asked.text and await self.may_renew(asked, now.edit):
            if text:
                self.answer(replace(asked, text=text), reply.messages)
            else:
                await undisturbed(reply.withdraw())

    async def _history(self, asked: Asked, thread: Sequence[ThreadMessage] | None) -> tuple[Turn, ...]:
        place = asked.place
        outside = place.thread == asked.message
        if asked.alone or place.thread is None or (outside and not place.is_direct):
            return ()
        if thread is None:
            try:
                if outside:
                    thread = await read_lately(place.client, place.channel, asked.message, asked.bot)
                else:
                    thread = await read_thread(place.client, place.channel, place.thread, asked.bot)
            except SLACK_FAULTS as error:
                log_slack_fault("reading what was said before", error)
                return ()
        return turns(thread, asked.message, place.user, asked.bot)

    def _link(self, citation: Citation) -> str | None:
        public = self._services.public_url
        if public is None:
            return None
        article = citation.article
        link = self._services.links.link(article.id, article.version, citation.start, citation.end)
        return public.rstrip("/") + link


async def title_thread(asked: Asked) -> None:
    """Name a thread of the assistant pane by its first question, for the list of earlier ones."""
    place = asked.place
    assert place.thread is not None
    try:
        await place.client.assistant_threads_setTitle(
            channel_id=place.channel, thread_ts=place.thread, title=shortened(asked.text, TITLE_LIMIT)
        )
    except SLACK_FAULTS as error:
        log_slack_fault("assistant.threads.setTitle", error)


def status_text(status: Status, texts: SlackTexts) -> str | None:
    """What is being done, in words; None for what is over before anybody has read it."""
    figures = dict(status.figures)
    if status.step == "waiting":
        ahead = figures.get("ahead", 0)
        return texts.say("waiting", questions=ahead) if ahead else None
    try:
        return texts.say(status.step, **figures)
    except KeyError:  # without its figure
        return None
