"""Batches of readings in, one JSON line a result out, each sent as soon as it is known.

Many clients read nothing until they have sent everything. So results never wait for the client: what it
has not taken yet lies in a spool (memory, then a temporary file), and reading goes on.
"""

import asyncio
import json
import tempfile
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from fastapi import Request
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from indexing.add_articles import Added, Reading, add_articles
from service.faces.problems import as_problem, unforeseen
from service.faces.services import Services

Batch = list[tuple[dict[str, Any], Reading]]
"""Readings, each with what names it in a failure: `{"line": 17}`."""

_IN_MEMORY = 1 << 20
_PIECE = 1 << 16


def added_object(added: Added) -> dict[str, Any]:
    """The result of one article that went in."""
    return {"id": added.id, "version": added.version, "status": added.status, "passages": added.passages}


class ResultLines(Response):
    """Adds the articles of `batches` while it sends their results."""

    media_type = "application/x-ndjson"

    def __init__(self, request: Request, batches: AsyncGenerator[Batch, None], parts: Services) -> None:
        """Nothing is read before the reply is asked for."""
        self.status_code = 200
        self.background: BackgroundTask | None = None
        self.body = b""
        self.init_headers({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._request = request
        self._batches = batches
        self._parts = parts

    def init_headers(self, headers: Any = None) -> None:
        """As for any reply, but its length is not known."""
        super().init_headers(headers)
        self.raw_headers = [header for header in self.raw_headers if header[0] != b"content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the results; what goes wrong before the first one is an ordinary problem."""
        with _Spool() as results:
            work = asyncio.create_task(self._work(results))
            try:
                piece = await results.read()
                if results.error is not None:
                    raise results.error
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                while piece:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                    piece = await results.read()
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            finally:
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)

    async def _work(self, results: "_Spool") -> None:
        label: dict[str, Any] = {}
        try:
            async with aclosing(self._batches) as batches:
                async for batch in batches:
                    label = batch[0][0]
                    waiting = [label for label, _ in batch[1:]]
                    limit = self._parts.settings.max_article_characters
                    readings = [reading for _, reading in batch]
                    async for added in add_articles(
                        readings, self._parts.archive, self._parts.encoder, max_characters=limit
                    ):
                        results.write(_result(label, added))
                        label = waiting.pop(0) if waiting else {"line": label["line"] + 1}
        except Exception as error:
            self._fail(results, label, error)
        finally:
            results.close()

    def _fail(self, results: "_Spool", label: dict[str, Any], error: Exception) -> None:
        if results.empty or isinstance(error, ClientDisconnect):
            results.error = error
            return
        problem = as_problem(error) or unforeseen(self._request.scope, error)
        why = f"{problem.detail}; this article and everything after it was not added"
        results.write({**label, "status": "failed", "error": why})


def _result(label: dict[str, Any], added: Added) -> dict[str, Any]:
    if added.status == "failed":
        return {**label, "status": "failed", "error": added.error}
    return added_object(added)


class _Spool:
    """Lines written at one end and read at the other, in one event loop."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 (closed by __exit__)
        self._written = self._read = 0
        self._closed = False
        self._changed = asyncio.Event()

    def __enter__(self) -> "_Spool":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def empty(self) -> bool:
        return self._written == 0

    def write(self, result: dict[str, Any]) -> None:
        self._file.seek(self._written)
        self._written += self._file.write(json.dumps(result, ensure_ascii=False).encode("utf-8") + b"\n")
        self._changed.set()

    def close(self) -> None:
        self._closed = True
        self._changed.set()

    async def read(self) -> bytes:
        """What is there, as soon as something is; nothing at the end."""
        while self._read == self._written and not self._closed:
            self._changed.clear()
            await self._changed.wait()
        self._file.seek(self._read)
        piece = self._file.read(_PIECE)
        self._read += len(piece)
        return piece
