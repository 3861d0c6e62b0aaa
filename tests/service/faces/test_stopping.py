"""A service that is told to stop finishes what it has begun, or refuses it; it takes nothing new and drops nothing."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from indexing.archive.archive import Archive
from service.app import server_options
from tests.conftest import AnswerFrom
from tests.service.held_archive import HeldArchive

ASK = {"question": "How many soldiers entered via Ishkashim?"}
PATIENCE = 60  # seconds until a test that waits for something fails instead of hanging


@asynccontextmanager
async def serving(app: FastAPI, wait: float) -> AsyncIterator[tuple[uvicorn.Server, str, asyncio.Task[None]]]:
    """Serve as `citewell serve` does, but give what is under way `wait` seconds in the end."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        options = server_options(app.state.services.settings) | {"timeout_graceful_shutdown": wait}
        server = uvicorn.Server(uvicorn.Config(app, **options))
        task = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield server, f"http://127.0.0.1:{listening.getsockname()[1]}", task
        server.should_exit = True
        await task


@pytest.mark.usefixtures("filled")
async def test_what_was_begun_is_finished_and_nothing_new_is_taken(
    make_app: Callable[..., FastAPI], answer_from: AnswerFrom, archive: Archive
) -> None:
    held = HeldArchive(archive)
    async with (
        serving(make_app(answer_from(held)), PATIENCE) as (server, address, stopped),
        httpx.AsyncClient(base_url=address, timeout=PATIENCE, trust_env=False) as client,
    ):
        bodies = (ASK, ASK | {"stream": True}, ASK, ASK)  # more than are worked on at a time
        asked = [asyncio.create_task(client.post("/v1/answers", json=body)) for body in bodies]
        while app_queue(server) < len(bodies):
            await asyncio.sleep(0.01)
        server.should_exit = True
        while await takes(address):
            await asyncio.sleep(0.01)
        assert not stopped.done()
        held.let_all_go()
        plain, streamed, *others = await asyncio.gather(*asked)
        assert [reply.json()["answered"] for reply in (plain, *others)] == [True] * 3
        assert streamed.text.rstrip().rpartition("event: ")[2].startswith("done")
        await stopped


@pytest.mark.usefixtures("filled")
async def test_what_takes_too_long_is_refused_and_may_be_sent_again(
    make_app: Callable[..., FastAPI], answer_from: AnswerFrom, archive: Archive
) -> None:
    held = HeldArchive(archive)
    async with (
        serving(make_app(answer_from(held)), 0.1) as (server, address, stopped),
        httpx.AsyncClient(base_url=address, timeout=PATIENCE, trust_env=False) as client,
    ):
        asked = asyncio.create_task(client.post("/v1/answers", json=ASK))
        await held.begun.acquire()
        server.should_exit = True
        reply = await asked
        await stopped
        await held.cancelled.acquire()
    assert (reply.status_code, reply.headers["content-type"]) == (503, "application/problem+json")
    assert reply.headers["retry-after"].isdigit() and reply.headers["x-request-id"]
    assert "send it again" in json.loads(reply.text)["detail"]


def app_queue(server: uvicorn.Server) -> int:
    length: int = server.config.app.state.services.answering.queue_length  # type: ignore[union-attr]
    return length


async def takes(address: str) -> bool:
    """Whether a connection is still taken."""
    url = httpx.URL(address)
    try:
        _, writer = await asyncio.open_connection(url.host, url.port)
    except ConnectionRefusedError:
        return False
    writer.close()
    return True
