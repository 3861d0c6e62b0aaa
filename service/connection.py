"""The running service if there is one, else the archive itself, behind the same calls."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, Protocol
from urllib.parse import quote

import httpx

from indexing.add_articles import Added, Reading
from service.answering.question import Question
from service.errors import ServiceError, ServiceUnreachable
from service.running_service import find_running
from service.settings import Settings

PAGE = 500


class Connection(Protocol):
    """What the command line asks of an archive, near or far."""

    def add(self, readings: Iterable[Reading]) -> AsyncIterator[Added]:
        """Add articles; one result per reading, in order."""

    async def ask(self, question: Question) -> dict[str, Any]:
        """The answer object of the contract."""

    async def status(self) -> dict[str, Any]:
        """The status object of the contract."""

    async def remove(self, article_id: str) -> bool:
        """Remove one article; False when unknown."""

    def export(self) -> AsyncIterator[dict[str, Any]]:
        """Every article in the article format."""


@asynccontextmanager
async def connect(settings: Settings, service: str | None = None) -> AsyncIterator[Connection]:
    """Connect to the named service, the one that holds the archive, or the archive itself."""
    address = service or await asyncio.to_thread(find_running, settings.archive)
    if address is None:
        # Imported here: it loads torch, seconds that a command to a running service should not take.
        from service.local_connection import connect_locally  # noqa: PLC0415

        async with connect_locally(settings) as local:
            yield local
        return
    key = settings.api_keys[0].get_secret_value() if settings.api_keys else None
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    timeout = httpx.Timeout(
        None, connect=10.0
    )  # one answer of a long addition may wait for a batch of others
    async with httpx.AsyncClient(
        base_url=address, headers=headers, timeout=timeout, trust_env=False
    ) as client:
        yield ServiceConnection(client)


class ServiceConnection:
    """A running service, by HTTP."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        """Use `client`, whose base address is the service."""
        self._client = client

    async def add(self, readings: Iterable[Reading]) -> AsyncIterator[Added]:
        """Send what was read as JSON lines; results come back while later files are still being read."""
        sent: asyncio.Queue[Reading] = asyncio.Queue()
        iterator = iter(readings)

        async def lines() -> AsyncIterator[bytes]:
            while (reading := await asyncio.to_thread(next, iterator, None)) is not None:
                sent.put_nowait(reading)
                if reading.item is not None:
                    yield json.dumps(_body(reading), ensure_ascii=False).encode() + b"\n"

        headers = {"Content-Type": "application/x-ndjson"}
        async with self._stream("POST", "/v1/articles", content=lines(), headers=headers) as reply:
            async for line in reply.aiter_lines():
                result = json.loads(line)
                while (reading := await sent.get()).item is None:
                    yield Added(reading.place, "failed", error=reading.error)
                yield _added(reading, result)
        while not sent.empty():
            reading = sent.get_nowait()
            yield Added(reading.place, "failed", error=reading.error or "the service gave no result for it")

    async def ask(self, question: Question) -> dict[str, Any]:
        """Ask the service."""
        filters = {name: getattr(question.filters, name) for name in question.filters.__dataclass_fields__}
        body = {
            "question": question.text,
            "history": [{"role": turn.role, "content": turn.content} for turn in question.history],
            "filters": {name: value for name, value in filters.items() if value},
            "top_k": question.top_k,
            "answer_language": question.answer_language,
            "mode": question.mode,
        }
        return await self._json("POST", "/v1/answers", json=body)

    async def status(self) -> dict[str, Any]:
        """Ask the service for its status."""
        return await self._json("GET", "/v1/status")

    async def remove(self, article_id: str) -> bool:
        """Ask the service to remove one article."""
        async with self._stream("DELETE", f"/v1/articles/{_quoted(article_id)}", allowed=(404,)) as reply:
            return reply.status_code != httpx.codes.NOT_FOUND

    async def export(self) -> AsyncIterator[dict[str, Any]]:
        """Every article, page by page."""
        cursor: str | None = None
        while True:
            params = {"limit": PAGE} | ({"cursor": cursor} if cursor else {})
            page = await self._json("GET", "/v1/articles", params=params)
            for listed in page["articles"]:
                article = await self._json("GET", f"/v1/articles/{_quoted(listed['id'])}")
                for id in (listed["id"], *(copy["id"] for copy in article["also_in"])):
                    whole = (
                        article
                        if id == listed["id"]
                        else await self._json("GET", f"/v1/articles/{_quoted(id)}")
                    )
                    yield {name: whole[name] for name in EXPORTED}
            cursor = page["cursor"]
            if cursor is None:
                return

    async def _json(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        async with self._stream(method, path, **options) as reply:
            body: dict[str, Any] = json.loads(await reply.aread())
            return body

    @asynccontextmanager
    async def _stream(
        self, method: str, path: str, allowed: tuple[int, ...] = (), **options: Any
    ) -> AsyncIterator[httpx.Response]:
        try:
            async with self._client.stream(method, path, **options) as reply:
                if reply.is_error and reply.status_code not in allowed:
                    raise ServiceError(_problem(reply.status_code, await reply.aread()))
                yield reply
        except httpx.TransportError as error:
            raise ServiceUnreachable(
                f"the service at {self._client.base_url} does not answer ({type(error).__name__}); "
                "start it with `citewell serve`, or check --service"
            ) from error


EXPORTED = ("id", "title", "text", "url", "source", "author", "language", "published", "tags", "meta")


def _quoted(article_id: str) -> str:
    return quote(article_id, safe="")


def _body(reading: Reading) -> dict[str, Any]:
    assert reading.item is not None
    body = reading.item.model_dump(exclude_none=True)
    if reading.default_id is not None and not body.get("id") and not body.get("url"):
        body["id"] = reading.default_id  # the service does not know the file's place
    return body


def _added(reading: Reading, result: dict[str, Any]) -> Added:
    return Added(
        reading.place,
        result["status"],
        result.get("id"),
        result.get("version"),
        result.get("passages", 0),
        result.get("error"),
    )


def _problem(status: int, body: bytes) -> str:
    try:
        return str(json.loads(body)["detail"])
    except (ValueError, KeyError, TypeError):
        return f"the service answered {status}"
