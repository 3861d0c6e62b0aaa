"""`/v1/status`, `/healthz`, `/readyz`: what they say, and that each asks only what it must."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
from fastapi import FastAPI

from indexing.archive.archive import Archive
from indexing.errors import ArchiveError


async def test_status_is_the_archives_own(filled: httpx.AsyncClient, archive: Archive) -> None:
    status = (await filled.get("/v1/status")).json()
    assert status["articles"] == 2
    assert status["languages"] == {"fr": 1, "de": 1}
    assert set(status) == set(await archive.status())


class Closed:
    """An archive that answers nothing any more."""

    def __getattr__(self, name: str) -> Any:
        raise ArchiveError("the archive was closed; start the service again")


async def test_alive_is_not_ready(make_app: Callable[..., FastAPI]) -> None:
    app = make_app()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        assert (await client.get("/readyz")).json() == {"status": "ready"}
        assert (await client.head("/readyz")).status_code == 200
        app.state.services = replace(app.state.services, archive=Closed())
        reply = await client.get("/healthz")
        assert (reply.status_code, reply.json()) == (200, {"status": "ok", "service": "citewell"})
        assert (await client.head("/healthz")).status_code == 200
        reply = await client.get("/readyz")
        assert (reply.status_code, reply.headers["content-type"]) == (503, "application/problem+json")
        assert "was closed" in reply.json()["detail"]
        assert reply.headers["retry-after"]


async def test_models_that_cannot_encode_are_not_ready(make_app: Callable[..., FastAPI]) -> None:
    app = make_app()
    app.state.services = replace(app.state.services, encoder=None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        reply = await client.get("/readyz")
        assert reply.status_code == 503
        assert "models cannot answer" in reply.json()["detail"] and "NoneType" not in reply.text
