"""What the face tests share: the real application over a real archive, asked in process or over a socket."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import uvicorn
from fastapi import FastAPI

from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from indexing.archive.open_archive import manifest_for, open_archive
from service.answering.pipeline import Answering
from service.app import create_app, server_options
from service.settings import Settings

HERE = Path(__file__).parent
OpenClient = Callable[..., httpx.AsyncClient]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one file share its archive, so they share an event loop."""
    for item in items:
        if HERE in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="module"), append=False)


@pytest.fixture(scope="session")
def french() -> dict[str, Any]:
    """An article on soldiers at a border."""
    return {
        "id": "frontiere",
        "title": "Des soldats passent la frontière",
        "source": "Courrier du Pamir",
        "url": "https://pamir.example/2021/07/frontiere",
        "language": "fr",
        "published": "2021-07-05",
        "tags": ["asie"],
        "text": (
            "Plus de mille soldats afghans ont franchi la frontière dans la nuit de dimanche.\n\n"
            "Ils sont entrés par plusieurs postes : Ishkashim (102 personnes) et Khorog (312 personnes). "
            "Le président a ordonné la mobilisation de 20 000 réservistes."
        ),
    }


@pytest.fixture(scope="session")
def german() -> dict[str, Any]:
    """An article on bread."""
    return {
        "id": "baecker",
        "title": "Bäckerei gewinnt Preis",
        "source": "Stadtanzeiger",
        "language": "de",
        "published": "2022-03-01",
        "text": (
            "Die kleine Bäckerei am Markt hat den Preis für das beste Roggenbrot gewonnen. "
            "Der Preis ist mit 500 Euro dotiert."
        ),
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_archive(
    tmp_path_factory: pytest.TempPathFactory, encoder: Encoder
) -> AsyncIterator[Archive]:
    """One embedded archive for the tests of a file."""
    folder = tmp_path_factory.mktemp("archive")
    archive = await open_archive(folder / "archive", manifest_for(encoder, encoder.terms))
    yield archive
    await archive.close()


@pytest.fixture
def archive(shared_archive: Archive) -> Archive:
    """The archive that the application of a test serves."""
    return shared_archive


@pytest.fixture
def make_app(
    archive: Archive, encoder: Encoder, answer_from: Callable[..., Answering]
) -> Callable[..., FastAPI]:
    """Build the application with settings by field name; `answering` may be replaced."""

    def make(answering: Answering | None = None, **settings: Any) -> FastAPI:
        chosen = Settings(**settings)
        if answering is None:
            answering = answer_from(archive, queue=chosen.queue)
        return create_app(chosen, archive, encoder, answering)

    return make


@pytest.fixture
def open_client(make_app: Callable[..., FastAPI]) -> OpenClient:
    """Open a client of the application in this process."""

    def make(answering: Answering | None = None, **settings: Any) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(make_app(answering, **settings))
        return httpx.AsyncClient(transport=transport, base_url="http://localhost")

    return make


@pytest.fixture
def client(open_client: OpenClient) -> httpx.AsyncClient:
    """A client of the application without keys."""
    return open_client()


@pytest_asyncio.fixture(loop_scope="module")
async def filled(
    client: httpx.AsyncClient, french: dict[str, Any], german: dict[str, Any]
) -> httpx.AsyncClient:
    """The same, over an archive that holds the two articles above."""
    for article in (french, german):
        assert (await client.post("/v1/articles", json=article)).is_success
    return client


@pytest.fixture(scope="session")
def serve() -> Callable[[FastAPI], Any]:
    """Serve an application on a free loopback port: `async with serve(app) as address`."""

    @asynccontextmanager
    async def serving(app: FastAPI) -> AsyncIterator[str]:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)  # a slow reader is felt at once
            server = uvicorn.Server(uvicorn.Config(app, **server_options(app.state.services.settings)))
            task = asyncio.create_task(server.serve(sockets=[listening]))
            while not server.started:
                await asyncio.sleep(0.01)
            try:
                yield f"http://127.0.0.1:{listening.getsockname()[1]}"
            finally:
                server.should_exit = True
                await task

    return serving
