"""A server and its bot stop in one and the same time, and the second Ctrl-C ends both."""

import asyncio
import signal
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from service.app import SHUTDOWN_SECONDS
from service.run_slack import StoppedTogether, slack_bot
from service.settings import Settings


class SlowBot:
    """A bot that answers something until it is let go."""

    def __init__(self) -> None:
        self.given: list[float] = []
        self.let_go = asyncio.Event()

    async def stop(self, seconds: float) -> None:
        self.given.append(seconds)
        await self.let_go.wait()


def server(bot: Any) -> StoppedTogether:
    return StoppedTogether(uvicorn.Config(FastAPI(), log_level="error", lifespan="off"), bot)


async def test_what_slack_asked_has_the_time_that_requests_have() -> None:
    bot = SlowBot()
    served = server(bot)
    serving = asyncio.create_task(served.serve(sockets=[]))
    assert await served.has_started(serving)
    served.should_exit = True
    while not bot.given:
        await asyncio.sleep(0.01)
    assert not serving.done() and bot.given == [SHUTDOWN_SECONDS]
    bot.let_go.set()
    await serving


async def test_second_ctrl_c_ends_it() -> None:
    bot = SlowBot()
    served = server(bot)
    serving = asyncio.create_task(served.serve(sockets=[]))
    assert await served.has_started(serving)
    served.should_exit = True
    while not bot.given:
        await asyncio.sleep(0.01)
    served.force_exit = True
    await serving


async def test_without_a_bot_it_is_a_server_like_any_other() -> None:
    served = server(None)
    serving = asyncio.create_task(served.serve(sockets=[]))
    assert await served.has_started(serving)
    served.should_exit = True
    await serving


async def test_settings_without_slack_start_no_bot() -> None:
    app = FastAPI()
    app.state.services = SimpleNamespace(settings=Settings())
    async with slack_bot(app) as bot:
        assert bot is None


@pytest.fixture(autouse=True)
def signals_are_kept() -> Any:
    """A server takes the signals of its process."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
