"""Lines of a conversation in, answers and what the commands show out; what was said is kept here and nowhere else."""

import asyncio
import re
import sys
from collections.abc import Callable, Coroutine, Iterable
from contextlib import AsyncExitStack, aclosing
from typing import Any

import click

from indexing.errors import IndexingError
from service.answering.question import HISTORY_LIMIT, QUESTION_LIMIT, TURN_LIMIT, Filters, Question, Turn
from service.connection import Connection, connect
from service.errors import ServiceError, ServiceUnreachable, one_line
from service.greetings import Greetings
from service.read_lines import is_typed, read_lines
from service.render_context import context_text
from service.render_text import answer_text, sources_text, step_text
from service.settings import Settings
from service.show_status import show_status

PROMPT = "> "
COMMANDS = {
    "open": (":open 1", "quote 1 of the last answer within its article"),
    "sources": (":sources", "the articles that the last answer cites"),
    "new": (":new", "forget what was said and begin a new conversation"),
    "help": (":help", "this list; the first letter of a command is enough"),
    "quit": (":quit", "end, as Ctrl-D does; Ctrl-C stops an answer under way"),
}
_MARKS = (":", "：")  # the second is what a Chinese keyboard types
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def chat(settings: Settings, service: str | None, filters: Filters, top_k: int) -> int:
    """Talk until the lines on standard input end; the exit code: 1 when the service was gone at the end, else 0."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            with show_status() as show:
                show("opening the archive")
                connection = runner.run(stack.enter_async_context(connect(settings, service)))
                articles = _articles(runner.run(connection.status()), service)
            if is_typed():
                click.echo(Greetings().say("terminal", articles=f"{articles:,}"), err=True)
            conversation = Conversation(connection, filters, top_k)
            _talk(conversation, read_lines(PROMPT), runner.run)
        finally:
            runner.run(stack.aclose())
    return 1 if conversation.service_gone else 0


def _articles(status: dict[str, Any], service: str | None) -> int:
    """How many there are; raises ServiceError when it was not Citewell that said so."""
    articles = status.get("articles")
    if not isinstance(articles, int):
        raise ServiceError(f"what answers at {service} is not Citewell; check --service")
    return articles


def _talk(
    conversation: "Conversation",
    lines: Iterable[str],
    run: Callable[[Coroutine[Any, Any, bool]], bool],
) -> None:
    for line in lines:
        try:
            if not run(conversation.take(line)):
                return
        except KeyboardInterrupt:
            if not is_typed():
                raise
            click.echo("stopped", err=True)


class Conversation:
    """Questions that are answered in the light of those before, and commands on the last answer."""

    def __init__(self, connection: Connection, filters: Filters, top_k: int) -> None:
        """Ask `connection`, every question with these filters."""
        self.service_gone = False
        self._connection = connection
        self._filters = filters
        self._top_k = top_k
        self._turns: list[Turn] = []
        self._last: dict[str, Any] | None = None

    async def take(self, line: str) -> bool:
        """Print what answers a question or a command; an error is one line. False when the conversation ends."""
        words = _CONTROLS.sub("", line).strip().lstrip("\ufeff")
        try:
            printed = await self._reply(words)
        except (IndexingError, ServiceError, OSError) as error:
            self.service_gone = self.service_gone or isinstance(error, ServiceUnreachable)
            click.echo(f"citewell: {one_line(error)}", err=True)
            return True
        if printed:
            click.echo(f"{printed}\n")
        return printed is not None

    async def _reply(self, words: str) -> str | None:
        """What to print; None to end."""
        if words.startswith(_MARKS):
            return await self._follow(words[1:])
        return await self._answer(words) if words else ""

    async def _answer(self, text: str) -> str:
        self.service_gone = False
        if len(text) > QUESTION_LIMIT:
            raise ServiceError(f"the question is longer than {QUESTION_LIMIT:,} characters; shorten it")
        answer = await self._asked(Question(text, tuple(self._turns), self._filters, self._top_k))
        self._last = answer
        said = Turn("user", text), Turn("assistant", answer["answer"][:TURN_LIMIT])
        self._turns = [*self._turns, *said][-HISTORY_LIMIT:]
        understood = answer["standalone_question"]
        as_asked = understood.strip() == answer["question"].strip()
        shown = [] if as_asked else [click.style(f"understood as: {understood}", dim=True)]
        return "\n".join([*shown, answer_text(answer)])

    async def _asked(self, question: Question) -> dict[str, Any]:
        with show_status() as show:
            async with aclosing(self._connection.stream(question)) as events:
                async for event in events:
                    if event.name == "status":
                        show(step_text(event.data))
                    elif event.name == "answer":
                        return event.data
        raise ServiceError("no answer came; ask again")

    async def _follow(self, words: str) -> str | None:
        name, _, argument = words.strip().partition(" ")
        match [one for one in COMMANDS if name and one.startswith(name.lower())]:
            case ["open"]:
                return await self._opened(argument)
            case ["sources"]:
                return sources_text({"citations": self._citations()})
            case ["new"]:
                self._turns, self._last = [], None
                return ""
            case ["help"]:
                return _help_text()
            case ["quit"]:
                return None
        known = ", ".join(example for example, _ in COMMANDS.values())
        raise ServiceError(f"there is no command :{name[:40]}; there are {known}")

    async def _opened(self, argument: str) -> str:
        citations = {str(citation["number"]): citation for citation in self._citations()}
        wanted = argument.strip().strip("[]") or (next(iter(citations)) if len(citations) == 1 else "")
        # A number in any script: Arabic and Persian keyboards write their own digits.
        citation = citations.get(str(int(wanted)) if wanted.isdecimal() and len(wanted) < 10 else wanted)
        if citation is None:
            asked = f"there is no quote {wanted[:40]}" if wanted else "which quote"
            raise ServiceError(f"{asked}; the last answer has {', '.join(citations)}: type :open 1")
        cited = citation["article"]
        article = await self._connection.article(cited["id"], cited["version"])
        if article is None:
            raise ServiceError(f"article {cited['id']} was removed since; ask the question again")
        passages = self._last["passages"] if self._last else []
        return context_text(citation, passages, article, styled=sys.stdout.isatty())

    def _citations(self) -> list[dict[str, Any]]:
        """Those of the last answer; raises ServiceError when there are none."""
        if self._last is None:
            raise ServiceError("nothing was answered yet; ask a question first")
        citations: list[dict[str, Any]] = list(self._last["citations"])
        if not citations:
            raise ServiceError("the last answer cites nothing; ask another question")
        return citations


def _help_text() -> str:
    width = max(len(example) for example, _ in COMMANDS.values())
    lines = [f"{example:<{width}}  {meaning}" for example, meaning in COMMANDS.values()]
    return "\n".join(["Every other line is a question; what was asked before counts.", *lines])
