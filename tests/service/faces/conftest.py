"""What the face tests share: the real application over a real archive, asked in process or over a socket."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from indexing.archive.terms import Terms
from service.answering.pipeline import Answering
from service.app import create_app, server_options
from service.settings import Settings

FRENCH = {
    "id": "frontiere",
    "title": "Des soldats passent la frontière",
    "source": "Courrier du Pamir",
    "url": "https://pamir.example/2021/07/frontiere",
    "language": "fr",
    "published": "2021-07-05",
    "text": (
        "Plus de mille soldats afghans ont franchi la frontière dans la nuit de dimanche.\n\n"
        "Ils sont entrés par plusieurs postes : Ishkashim (102 personnes) et Khorog (312 personnes). "
        "Le président a ordonné la mobilisation de 20 000 réservistes."
    ),
}
GERMAN = {
    "id": "baecker",
    "title": "Bäckerei gewinnt Preis",
    "source": "Stadtanzeiger",
    "language": "de",
    "published": "2022-03-01",
    "text": "Die kleine Bäckerei am Markt hat den Preis für das beste Roggenbrot gewonnen. Der Preis ist mit 500 Euro dotiert.",
}


@pytest.fixture
def make_app(archive: Archive, encoder: Encoder) -> Callable[..., FastAPI]:
    """Build the application with settings by field name; `answering` may be replaced."""

    def make(answering: Answering | None = None, **settings: Any) -> FastAPI:
        chosen = Settings(**settings)
        if answering is None:
            answering = Answering(archive, encoder, Terms(encoder.tokenizer), queue=chosen.queue)
        return create_app(chosen, archive, encoder, answering)

    return make


@pytest.fixture
async def open_client(make_app: Callable[..., FastAPI]) -> AsyncIterator[Callable[..., Any]]:
    """Open a client of the application in this process."""
    async with AsyncExitStack() as stack:

        async def make(answering: Answering | None = None, **settings: Any) -> httpx.AsyncClient:
            transport = httpx.ASGITransport(make_app(answering, **settings))
            client = httpx.AsyncClient(transport=transport, base_url="http://localhost")
            return await stack.enter_async_context(client)

        yield make


@pytest.fixture
async def client(open_client: Callable[..., Any]) -> httpx.AsyncClient:
    """A client of the application without keys."""
    opened: httpx.AsyncClient = await open_client()
    return opened


@pytest.fixture
async def filled(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """The same, over an archive that holds the two articles above."""
    for article in (FRENCH, GERMAN):
        assert (await client.post("/v1/articles", json=article)).status_code == 201
    return client


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[str]:
    """Serve the application on a free loopback port; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, **server_options(app.state.services.settings)))
        task = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task
