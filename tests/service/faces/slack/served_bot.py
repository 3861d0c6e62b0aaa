"""The parts of a bot in, the bot served over HTTP in a thread of its own out, told of by a pretended Slack."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr

from indexing.archive.records import Feedback
from service.answering.suggestions import Suggested
from service.faces.problems import add_problem_handlers
from service.faces.request_ids import RequestIds
from service.faces.signed_links import LinkSigner
from service.faces.slack import slack_events
from service.faces.slack.bot import Bot, SlackServices, build_bot
from service.faces.slack.seen_events import RememberedEvents, SeenEvents
from service.faces.slack.workspaces import Workspaces
from tests.service.faces.slack.scripted_answering import ScriptedAnswering
from tests.slack_stub.running_stub import SECRET, TOKEN, RunningSlack

PATIENCE_S = 120.0


@dataclass
class Shelf:
    """What a bot wants of an archive besides answers."""

    ratings: list[Feedback] = field(default_factory=list)

    async def put_feedback(self, feedback: Feedback) -> None:
        self.ratings.append(feedback)

    async def language_samples(self) -> Sequence[tuple[str, Any]]:
        return [
            ("fr", SimpleNamespace(count=3)),
            ("en", SimpleNamespace(count=9)),
            ("xx", SimpleNamespace(count=99)),
        ]


@dataclass
class Suggesting:
    """Suggestions without an archive."""

    questions: tuple[str, ...] = ("Who won?", "What did it cost?", "Who came?", "When?", "Why?")

    async def for_language(self, tag: str) -> Suggested | None:
        return Suggested(tag, self.questions)


@dataclass
class ServedBot:
    """A bot and what a test may ask of it."""

    url: str
    answering: ScriptedAnswering
    shelf: Shelf
    bot: Bot
    loop: asyncio.AbstractEventLoop
    stop_seconds: float = PATIENCE_S
    unanswered: int | None = None

    def __post_init__(self) -> None:
        self.stopping = threading.Event()
        self.stopped = threading.Event()

    def until_idle(self) -> None:
        """Wait until nothing is being answered, nor about to be: an event is acknowledged before it is looked at."""
        asyncio.run_coroutine_threadsafe(_some_turns(), self.loop).result(PATIENCE_S)
        until = time.monotonic() + PATIENCE_S
        while len(self.bot.running):
            assert time.monotonic() < until, "something is still running"
            time.sleep(0.005)

    def stop(self) -> None:
        """Shut it down, and wait until it is."""
        self.stopping.set()
        assert self.stopped.wait(PATIENCE_S), "it did not stop"


async def _some_turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@contextmanager
def served_bot(
    slack: RunningSlack,
    answering: ScriptedAnswering | None = None,
    *,
    tokens: Sequence[str] = (TOKEN,),
    seen: Callable[[], AbstractAsyncContextManager[SeenEvents]] | None = None,
    **services: Any,
) -> Iterator[ServedBot]:
    """Serve a bot to which `slack` sends its events; `seen` is opened in its event loop."""
    ready: list[ServedBot] = []
    started = threading.Event()

    async def serve() -> None:
        async with seen() if seen else nullcontext(RememberedEvents()) as events:
            await serve_with(events)

    async def serve_with(events: SeenEvents) -> None:
        shelf, answers = Shelf(), answering or ScriptedAnswering()
        parts: dict[str, Any] = {
            "answering": answers,
            "archive": shelf,
            "links": LinkSigner((), pages_need_key=False),
            "workspaces": await Workspaces.open(tokens, slack.api_url),
            "seen": events,
            "suggestions": Suggesting(),
            "signing_secret": SECRET,
            "public_url": "https://archive.example",
            "api_url": slack.api_url,
        }
        bot = build_bot(SlackServices(**(parts | services)))
        app = FastAPI()
        app.state.services = SimpleNamespace(
            slack=bot.app, settings=SimpleNamespace(slack_signing_secret=SecretStr(SECRET))
        )
        add_problem_handlers(app)
        app.include_router(slack_events.router)
        app.add_middleware(RequestIds)
        with socket.create_server(("127.0.0.1", 0)) as listening:
            server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            while not server.started:
                await asyncio.sleep(0.01)
            served = ServedBot(
                f"http://127.0.0.1:{listening.getsockname()[1]}/slack/events",
                answers,
                shelf,
                bot,
                asyncio.get_running_loop(),
            )
            ready.append(served)
            started.set()
            while not served.stopping.is_set():
                await asyncio.sleep(0.01)
            server.should_exit = True
            await serving
            served.unanswered = await bot.stop(served.stop_seconds)
            served.stopped.set()

    thread = threading.Thread(target=asyncio.run, args=[serve()])
    thread.start()
    assert started.wait(PATIENCE_S), "the bot did not start"
    served = ready[0]
    slack.events_to(served.url)
    try:
        yield served
    finally:
        served.stopping.set()
        thread.join(PATIENCE_S)
    assert not thread.is_alive()
