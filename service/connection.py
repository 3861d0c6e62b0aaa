"""The running service if there is one, else the archive itself, behind the same calls."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError

from indexing.add_articles import Added, Reading, stored_id
from indexing.archive.records import Feedback, Rating
from service.answering.answer import Answer
from service.answering.question import Question
from service.api_keys import own_key
from service.errors import ServiceError, ServiceUnreachable
from service.read_events import ReadEvents, ServerEvent
from service.running_service import find_running
from service.settings import Settings
from service.unpack_backup import unpack_backup

PAGE = 500
BATCH_ARTICLES = 64  # of one request; the service stores 32 at a time
BATCH_BYTES = 1_000_000
EVENT_STREAM = "text/event-stream"
SILENCE_SECONDS = 90.0  # while an answer is made the service says something every 15 s
_ANSWER = TypeAdapter(Answer)


class AnswerEvent(NamedTuple):
    """What happens while a question is answered, named and filled as in the contract."""

    name: str
    data: dict[str, Any]


class Connection(Protocol):
    """What the command line asks of an archive, near or far."""

    def add(self, readings: Iterable[Reading]) -> AsyncIterator[Added]:
        """Add articles; one result per reading, in order."""

    async def ask(self, question: Question) -> dict[str, Any]:
        """The answer object of the contract."""

    def stream(self, question: Question) -> AsyncGenerator[AnswerEvent]:
        """The same as it comes about: `status`, `passages`, `delta`, and the whole `answer` last.

        Whoever stops listening closes it, which stops the work.
        """

    async def article(self, article_id: str, version: str | None = None) -> dict[str, Any] | None:
        """An article with its canonical `text`, in its current or the given version; None when there is none."""

    async def status(self) -> dict[str, Any]:
        """The status object of the contract."""

    async def remove(self, article_id: str) -> bool:
        """Remove one article; False when unknown."""

    def export(self) -> AsyncIterator[dict[str, Any]]:
        """Every article in the article format."""

    def feedback(self, limit: int, rating: Rating | None = None) -> AsyncIterator[dict[str, Any]]:
        """What readers thought of answers, newest first, at most `limit` of it, as `GET /v1/feedback` lists it."""

    async def backup(self, folder: Path) -> None:
        """Put a copy of the embedded archive as it is at one moment into an empty folder; not yet checked."""


@asynccontextmanager
async def connect(settings: Settings, service: str | None = None) -> AsyncIterator[Connection]:
    """Connect to the named service, the one that holds the archive, or the archive itself."""
    # An archive on a server is held by nobody: several processes may open it at once.
    address = service or (
        None if settings.server else await asyncio.to_thread(find_running, settings.archive)
    )
    if address is None:
        # Imported here: it loads torch, seconds that a command to a running service should not take.
        from service.local_connection import connect_locally  # noqa: PLC0415

        async with connect_locally(settings) as local:
            yield local
        return
    key = own_key(settings)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    # One answer of a long addition may wait for a batch of others.
    timeout = httpx.Timeout(None, connect=10.0)
    try:
        client = httpx.AsyncClient(base_url=address, headers=headers, timeout=timeout, trust_env=False)
    except httpx.InvalidURL as error:
        raise ServiceError(
            f"--service {address!r} is no address ({error}), allowed: such as http://127.0.0.1:8000"
        ) from None
    async with client:
        yield ServiceConnection(client)


class ServiceConnection:
    """A running service, by HTTP."""

    def __init__(self, client: httpx.AsyncClient, silence_seconds: float = SILENCE_SECONDS) -> None:
        """Use `client`, whose base address is the service; a stream that is silent for so long is given up."""
        self._client = client
        self._silence_seconds = silence_seconds

    async def add(self, readings: Iterable[Reading]) -> AsyncIterator[Added]:
        """Send what was read as JSON lines, a batch a request, while the next batch is being read.

        httpx sends a whole body before it reads the reply: one request for all would hold everything back.
        """
        iterator = iter(readings)
        following = asyncio.create_task(_next_batch(iterator))
        try:
            while (batch := await following).results:
                following = asyncio.create_task(_next_batch(iterator))
                async for added in self._send(batch):
                    yield added
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    async def _send(self, batch: "_Batch") -> AsyncIterator[Added]:
        waiting = deque(batch.results)
        if batch.lines:
            options: dict[str, Any] = {
                "content": b"".join(batch.lines),
                "headers": {"Content-Type": "application/x-ndjson"},
            }
            async with self._stream("POST", "/v1/articles", **options) as reply:
                async for line in reply.aiter_lines():
                    while waiting and isinstance(waiting[0], Added):
                        yield waiting.popleft()  # type: ignore[misc]
                    if waiting:
                        yield _added(str(waiting.popleft()), self._object(line))
        for left in waiting:
            unanswered = "the service gave no result for it; add it again"
            yield left if isinstance(left, Added) else Added(left, "failed", error=unanswered)

    async def ask(self, question: Question) -> dict[str, Any]:
        """Ask the service."""
        return await self._json("POST", "/v1/answers", json=_body(question))

    async def stream(self, question: Question) -> AsyncGenerator[AnswerEvent]:
        """Ask the service and hear what it does; it stops when this is closed, since the connection closes too."""
        options: dict[str, Any] = {
            "json": _body(question) | {"stream": True},
            "headers": {"Accept": EVENT_STREAM},
            "timeout": httpx.Timeout(self._silence_seconds, connect=10.0),
        }
        async with self._stream("POST", "/v1/answers", **options) as reply:
            if not reply.headers.get("Content-Type", "").startswith(EVENT_STREAM):
                raise self._foreign()
            reading = ReadEvents()
            async for chunk in reply.aiter_bytes():
                for event in map(self._answer_event, reading.take(chunk)):
                    if event is not None:
                        yield event
                        if event.name == "answer":
                            return
        raise ServiceError(
            f"the service at {self._client.base_url} stopped in the middle of an answer; ask again"
        )

    def _answer_event(self, event: ServerEvent) -> AnswerEvent | None:
        """The event checked; None for a name that nobody here knows."""
        match event.name:
            case "error":
                raise ServiceError(_problem(event.data, "the service could not finish the answer; ask again"))
            case "answer":
                return AnswerEvent("answer", self._answer(event.data))
            case "status" | "passages" | "delta":
                return AnswerEvent(event.name, self._object(event.data))
        return None

    def _answer(self, said: str) -> dict[str, Any]:
        """The answer object as it came, once it has every field of an answer."""
        try:
            answer = _ANSWER.validate_json(said, strict=True)
        except ValidationError:
            raise self._foreign() from None
        if answer.answered == (answer.refusal is not None):
            raise self._foreign()
        return self._object(said)

    async def status(self) -> dict[str, Any]:
        """Ask the service for its status."""
        return await self._json("GET", "/v1/status")

    async def remove(self, article_id: str) -> bool:
        """Ask the service to remove one article."""
        async with self._stream("DELETE", f"/v1/articles/{_quoted(article_id)}", allowed=(404,)) as reply:
            return reply.status_code != httpx.codes.NOT_FOUND

    async def export(self) -> AsyncIterator[dict[str, Any]]:
        """Every article and copy, page by page."""
        cursor: str | None = None
        while True:
            params = {"limit": PAGE} | ({"cursor": cursor} if cursor else {})
            page = await self._json("GET", "/v1/articles", params=params)
            for listed in page["articles"]:
                article = await self.article(listed["id"])
                copies = article["also_in"] if article is not None else []
                for whole in (article, *[await self.article(copy["id"]) for copy in copies]):
                    if whole is not None:  # else it was removed meanwhile
                        yield {name: whole[name] for name in EXPORTED}
            cursor = page["cursor"]
            if cursor is None:
                return

    async def feedback(self, limit: int, rating: Rating | None = None) -> AsyncIterator[dict[str, Any]]:
        """Page by page, no more than is wanted."""
        params: dict[str, Any] = {"rating": rating} if rating else {}
        left = limit
        while left > 0:
            params["limit"] = min(left, PAGE)
            page = await self._json("GET", "/v1/feedback", params=params)
            listed, params["cursor"] = page.get("feedback"), page.get("next")
            if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
                raise self._foreign()
            for one in listed[:left]:
                yield one
            left -= len(listed)
            if not listed or not params["cursor"]:
                return

    async def rate(self, feedback: Feedback) -> None:
        """Have the service keep what a reader thought of an answer."""
        body = asdict(feedback)
        del body["id"], body["given"]  # which it makes itself
        async with self._stream("POST", "/v1/feedback", json=body):
            pass

    async def backup(self, folder: Path) -> None:
        """Fetch the copy that the service makes of itself."""
        async with self._stream("GET", "/v1/backup") as reply:
            if reply.headers.get("Content-Type") != "application/x-tar":
                raise self._foreign()
            await unpack_backup(reply.aiter_raw(), folder)

    async def article(self, article_id: str, version: str | None = None) -> dict[str, Any] | None:
        """Ask the service for one article."""
        options = {"params": {"v": version}} if version is not None else {}
        article = await self._json("GET", f"/v1/articles/{_quoted(article_id)}", allowed=(404,), **options)
        return article if "id" in article else None

    async def _json(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        async with self._stream(method, path, **options) as reply:
            return self._object(await reply.aread())

    def _object(self, said: bytes | str) -> dict[str, Any]:
        try:
            value = json.loads(said)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise self._foreign()
        return value

    def _foreign(self) -> ServiceError:
        return ServiceError(f"what answers at {self._client.base_url} is not Citewell; check --service")

    @asynccontextmanager
    async def _stream(
        self, method: str, path: str, allowed: tuple[int, ...] = (), **options: Any
    ) -> AsyncIterator[httpx.Response]:
        try:
            async with self._client.stream(method, path, **options) as reply:
                if reply.is_error and reply.status_code not in allowed:
                    said = await reply.aread()
                    raise ServiceError(_problem(said, f"the service answered {reply.status_code}"))
                yield reply
        except httpx.RequestError as error:
            raise ServiceUnreachable(
                f"the service at {self._client.base_url} does not answer ({type(error).__name__}); "
                "start it with `citewell serve`, or check --service"
            ) from error


EXPORTED = ("id", "title", "text", "url", "source", "author", "language", "published", "tags", "meta")


def _quoted(article_id: str) -> str:
    return quote(article_id, safe="")


def _body(question: Question) -> dict[str, Any]:
    """The question as `POST /v1/answers` takes it."""
    filters = {name: getattr(question.filters, name) for name in question.filters.__dataclass_fields__}
    return {
        "question": question.text,
        "history": [{"role": turn.role, "content": turn.content} for turn in question.history],
        "filters": {name: value for name, value in filters.items() if value},
        "top_k": question.top_k,
        "answer_language": question.answer_language,
        "mode": question.mode,
    }


@dataclass(slots=True)
class _Batch:
    """Articles of one request as JSON lines, and in order their places, or the result of what was not readable."""

    results: list[str | Added] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    size: int = 0

    def append(self, reading: Reading) -> None:
        line = _json_line(reading)
        if line is None:
            self.results.append(Added(reading.place, "failed", error=reading.error))
            return
        self.results.append(reading.place)
        self.lines.append(line)
        self.size += len(line)

    @property
    def full(self) -> bool:
        return len(self.results) >= BATCH_ARTICLES or self.size >= BATCH_BYTES


async def _next_batch(iterator: Iterator[Reading]) -> _Batch:
    batch = _Batch()
    while not batch.full and (reading := await asyncio.to_thread(next, iterator, None)) is not None:
        batch.append(reading)
    return batch


def _json_line(reading: Reading) -> bytes | None:
    """The article as the service takes it, which does not know the file's place: its id goes along."""
    if reading.item is None:
        return None
    body = reading.item.model_dump(exclude_none=True)
    if reading.default_id is not None and not body.get("id") and not body.get("url"):
        body["id"], original = stored_id(reading.default_id)
        if original is not None:
            body["meta"] = {**body["meta"], "original_id": original}
    line = json.dumps(body, ensure_ascii=False)
    # Surrogates as in `canonical_text`: pairs become their character, a lone one U+FFFD, as no UTF-8 can hold it.
    return line.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode() + b"\n"


def _added(place: str, result: dict[str, Any]) -> Added:
    return Added(
        place,
        result["status"],
        result.get("id"),
        result.get("version"),
        result.get("passages", 0),
        result.get("error"),
    )


def _problem(said: bytes | str, otherwise: str) -> str:
    """The detail of a problem object on one line."""
    try:
        return " ".join(str(json.loads(said)["detail"]).split())
    except (ValueError, KeyError, TypeError):
        return otherwise
