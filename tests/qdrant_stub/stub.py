"""A folder in, the REST calls that Citewell makes of a Qdrant server answered out, until the process is ended.

Searching is qdrant-client's local mode; what a server does beyond that stands here: the key, the shape of every
request (by the models that qdrant-client generates from Qdrant's published OpenAPI, which forbid unknown fields, and
by that OpenAPI itself where a copy of it is at hand),
the limit on a body, payload indexes, without which no filter is taken (as in Qdrant's strict mode), settings of a
collection that come back as they were given. State is on disk before a reply goes out. It fails as it is told to:
`POST /stub/faults` takes a list of faults, `GET /stub/requests` says what came.
"""

import argparse
import asyncio
import json
import re
import signal
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qsl, unquote

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python
from qdrant_client import AsyncQdrantClient, models

from tests.qdrant_stub.published_openapi import PublishedOpenAPI

BODY_BYTES = 32 << 20  # a server's default
PARAMETERS: dict[str, TypeAdapter[Any]] = {
    "wait": TypeAdapter(Literal["true", "false"]),
    "ordering": TypeAdapter(models.WriteOrdering),
    "consistency": TypeAdapter(models.ReadConsistencyType | int),
    "timeout": TypeAdapter(int),
}
WRITE, READ, ADMIN = ("wait", "ordering", "timeout"), ("consistency", "timeout"), ("timeout",)
PHRASES = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    413: "Payload Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


class Fault(BaseModel, extra="forbid"):
    """What is to go wrong with requests that match, after the first `skip`, for `times` of them.

    `status`: answer so instead; `status_after`: do it, then answer so; `slow`: wait, then do it; `slow_after`: the
    other way round; `drop`: close the connection instead; `drop_after`: do it, then close; `cut`: close in mid-body.
    """

    do: Literal["status", "status_after", "slow", "slow_after", "drop", "drop_after", "cut"]
    method: str = ".*"
    path: str = ".*"
    skip: int = 0
    times: int = 1
    status: int = 503
    headers: dict[str, str] = {}
    body: str | None = None
    seconds: float = 0.0


class Request(NamedTuple):
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Refused(Exception):
    """A reply that is no success."""

    def __init__(self, status: int, reason: str) -> None:
        """`reason` is what Qdrant says under `status.error`."""
        super().__init__(reason)
        self.status = status


class Route(NamedTuple):
    """A call of one collection: which method of the stub works on it, its parameters, the shape of its body."""

    work: str
    parameters: tuple[str, ...]
    body: TypeAdapter[Any] | None = None


ROUTES = {
    ("GET", "/exists"): Route("exists", ()),
    ("PUT", ""): Route("create", ADMIN, TypeAdapter(models.CreateCollection)),
    ("GET", ""): Route("described", ()),
    ("PATCH", ""): Route("change", ADMIN, TypeAdapter(models.UpdateCollection)),
    ("DELETE", ""): Route("drop", ADMIN),
    ("PUT", "/index"): Route("index", WRITE, TypeAdapter(models.CreateFieldIndex)),
    ("PUT", "/points"): Route("upsert", WRITE, TypeAdapter(models.PointsList | models.PointsBatch)),
    ("POST", "/points"): Route("retrieve", READ, TypeAdapter(models.PointRequest)),
    ("POST", "/points/delete"): Route(
        "delete", WRITE, TypeAdapter(models.PointIdsList | models.FilterSelector)
    ),
    ("POST", "/points/payload"): Route("set_payload", WRITE, TypeAdapter(models.SetPayload)),
    ("POST", "/points/scroll"): Route("scroll", READ, TypeAdapter(models.ScrollRequest)),
    ("POST", "/points/count"): Route("count", READ, TypeAdapter(models.CountRequest)),
    ("POST", "/points/query/batch"): Route("query", READ, TypeAdapter(models.QueryRequestBatch)),
    ("POST", "/facet"): Route("facet", READ, TypeAdapter(models.FacetRequest)),
}


class Stub:
    """The server. One request is worked on at a time."""

    def __init__(
        self,
        folder: Path,
        api_key: str | None,
        read_only_key: str | None,
        version: str,
        published: PublishedOpenAPI | None = None,
    ) -> None:
        """Go on from what `folder` holds."""
        self._published = published
        self._local = AsyncQdrantClient(path=str(folder / "local"))
        self._made = folder / "collections.json"
        self._collections: dict[str, Any] = json.loads(self._made.read_text()) if self._made.exists() else {}
        self._api_key, self._read_only_key, self._version = api_key, read_only_key, version
        self._faults: list[Fault] = []
        self._requests: list[dict[str, Any]] = []
        self._working = asyncio.Lock()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        try:
            request = await _read(reader)
            if request is not None:
                await self._answer(request, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # whoever asked has gone
        finally:
            writer.close()

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        if request.path.startswith("/stub/"):
            await _send(writer, 200, {}, self._controlled(request))
            return
        fault = self._fault(request)
        do = fault.do if fault is not None else "nothing"
        if do == "drop":
            self._note(request, 0)
            return
        if fault is not None and do == "slow":
            await asyncio.sleep(fault.seconds)
        headers: dict[str, str] = {}
        if fault is not None and do == "status":
            status, body = fault.status, _failure(f"told to answer {fault.status}")
        else:
            status, body = await self._worked(request)
        self._note(request, status, body if status >= 400 else None)
        if fault is not None and do in ("status", "status_after"):
            status, headers = fault.status, fault.headers
            body = fault.body.encode() if fault.body is not None else _failure(f"told to answer {status}")
        if fault is not None and do == "slow_after":
            await asyncio.sleep(fault.seconds)
        if do != "drop_after":
            await _send(writer, status, headers, body, cut=do == "cut")

    def _controlled(self, request: Request) -> bytes:
        if request.path == "/stub/faults":
            self._faults = TypeAdapter(list[Fault]).validate_json(request.body)
            return b"{}"
        if request.path == "/stub/forget":
            self._requests.clear()
            return b"{}"
        return json.dumps(self._requests).encode()

    def _fault(self, request: Request) -> Fault | None:
        for fault in self._faults:
            if re.fullmatch(fault.method, request.method) and re.fullmatch(fault.path, request.path):
                if fault.skip > 0:
                    fault.skip -= 1
                elif fault.times > 0:
                    fault.times -= 1
                    return fault
        return None

    def _note(self, request: Request, status: int, body: bytes | None = None) -> None:
        said = body.decode() if body else None
        noted = {"method": request.method, "path": request.path, "query": request.query}
        self._requests.append({**noted, "bytes": len(request.body), "status": status, "error": said})

    async def _worked(self, request: Request) -> tuple[int, bytes]:
        started = time.monotonic()
        try:
            self._let_in(request)
            async with self._working:
                result = await self._result(request)
        except Refused as error:
            if error.status == 401:
                return 401, str(error).encode()  # plain text, as Qdrant
            return error.status, _failure(str(error))
        except ValidationError as error:
            first = error.errors()[0]
            return 400, _failure(f"Format error in JSON body: {first['loc']}: {first['msg']}")
        except ValueError as error:
            known = "not found" in str(error) or "doesn't exist" in str(error)
            return (
                (404, _failure(f"Not found: {error}")) if known else (400, _failure(f"Wrong input: {error}"))
            )
        if request.path == "/":
            return 200, json.dumps(result).encode()
        whole = {"result": to_jsonable_python(result), "status": "ok", "time": time.monotonic() - started}
        return 200, json.dumps(whole).encode()

    def _let_in(self, request: Request) -> None:
        if len(request.body) > BODY_BYTES:
            raise Refused(
                413, f"JSON payload ({len(request.body)} bytes) is larger than allowed ({BODY_BYTES})"
            )
        if self._api_key is None:
            return
        given = request.headers.get("api-key") or request.headers.get("authorization", "").removeprefix(
            "Bearer "
        )
        if given == self._read_only_key and given:
            if request.method in ("PUT", "PATCH", "DELETE") or request.path.endswith(("/delete", "/payload")):
                raise Refused(403, "Forbidden: Global manage access is required")
        elif given != self._api_key:
            raise Refused(401, "Invalid API key or JWT" if given else "Must provide an API key")

    async def _result(self, request: Request) -> Any:
        if (request.method, request.path) == ("GET", "/"):
            return {"title": "qdrant - vector search engine", "version": self._version, "commit": "0" * 40}
        if (request.method, request.path) == ("GET", "/collections"):
            return await self._local.get_collections()
        match = re.fullmatch(r"/collections/([^/]+)((?:/[a-z]+)*)", request.path)
        route = ROUTES.get((request.method, match[2])) if match else None
        if match is None or route is None:
            raise Refused(404, f"this stub has no {request.method} {request.path}")
        _check_query(request, route.parameters)
        name = unquote(match[1])
        body = () if route.body is None else (route.body.validate_json(request.body),)
        if self._published and (fault := self._published.fault(request.method, request.path, request.body)):
            raise Refused(400, f"Format error in JSON body: {fault}")
        return await getattr(self, "_" + route.work)(name, *body)

    async def _exists(self, name: str) -> Any:
        return {"exists": await self._local.collection_exists(name)}

    async def _drop(self, name: str) -> Any:
        self._collections.pop(name, None)
        self._keep()
        return await self._local.delete_collection(name)

    async def _delete(self, name: str, wanted: models.PointIdsList | models.FilterSelector) -> Any:
        self._require_indexes(name, getattr(wanted, "filter", None))
        return await self._local.delete(name, wanted)

    async def _count(self, name: str, wanted: models.CountRequest) -> Any:
        self._require_indexes(name, wanted.filter)
        return await self._local.count(name, wanted.filter, exact=bool(wanted.exact))

    async def _facet(self, name: str, wanted: models.FacetRequest) -> Any:
        self._require_indexes(name, wanted.filter, wanted.key)
        return await self._local.facet(
            name, wanted.key, wanted.filter, wanted.limit or 10, bool(wanted.exact)
        )

    async def _create(self, name: str, wanted: models.CreateCollection) -> bool:
        if await self._local.collection_exists(name):
            raise Refused(409, f"Wrong input: Collection `{name}` already exists!")
        dense = wanted.vectors if isinstance(wanted.vectors, dict) else wanted.vectors or {}
        await self._local.create_collection(name, dense, wanted.sparse_vectors, metadata=wanted.metadata)
        self._collections[name] = {"made": wanted.model_dump(mode="json", exclude_none=True), "indexes": {}}
        self._keep()
        return True

    async def _change(self, name: str, wanted: models.UpdateCollection) -> bool:
        if wanted.model_dump(exclude_none=True).keys() - {"metadata"}:
            raise Refused(501, "this stub changes nothing of a collection but its metadata")
        await self._local.update_collection(name, metadata=wanted.metadata)
        return True

    async def _described(self, name: str) -> Any:
        info = to_jsonable_python(await self._local.get_collection(name))
        made = self._collections[name]["made"]
        for key in ("shard_number", "replication_factor", "write_consistency_factor"):
            info["config"]["params"][key] = made.get(key, 1)
        for key in ("vectors", "sparse_vectors"):
            info["config"]["params"][key] = made.get(key)
        info["config"]["quantization_config"] = made.get("quantization_config")
        count = (await self._local.count(name)).count
        info["payload_schema"] = {
            field: {"data_type": kind, "points": count}
            for field, kind in self._collections[name]["indexes"].items()
        }
        return info

    async def _index(self, name: str, wanted: models.CreateFieldIndex) -> Any:
        if name not in self._collections:
            raise Refused(404, f"Not found: Collection `{name}` doesn't exist!")
        schema = to_jsonable_python(wanted.field_schema)
        self._collections[name]["indexes"][wanted.field_name] = (
            schema["type"] if isinstance(schema, dict) else schema
        )
        self._keep()
        return _completed()

    async def _upsert(self, name: str, wanted: models.PointsList | models.PointsBatch) -> Any:
        points = wanted.points if isinstance(wanted, models.PointsList) else wanted.batch
        self._require_indexes(name, wanted.update_filter)
        options = {"update_filter": wanted.update_filter, "update_mode": wanted.update_mode}
        return await self._local.upsert(name, points, **options)

    async def _retrieve(self, name: str, wanted: models.PointRequest) -> Any:
        payload = True if wanted.with_payload is None else wanted.with_payload
        return await self._local.retrieve(name, wanted.ids, payload, wanted.with_vector or False)

    async def _set_payload(self, name: str, wanted: models.SetPayload) -> Any:
        self._require_indexes(name, wanted.filter)
        points = wanted.points if wanted.points is not None else wanted.filter
        if points is None:
            raise Refused(400, "Wrong input: No filter or points provided")
        return await self._local.set_payload(name, wanted.payload, points, key=wanted.key)

    async def _scroll(self, name: str, wanted: models.ScrollRequest) -> Any:
        self._require_indexes(name, wanted.filter)
        payload = True if wanted.with_payload is None else wanted.with_payload
        points, following = await self._local.scroll(
            name,
            wanted.filter,
            wanted.limit or 10,
            offset=wanted.offset,
            with_payload=payload,
            with_vectors=wanted.with_vector or False,
        )
        return {"points": points, "next_page_offset": following}

    async def _query(self, name: str, wanted: models.QueryRequestBatch) -> Any:
        for search in wanted.searches:
            corpus = (
                search.params.idf.corpus
                if search.params and isinstance(search.params.idf, BaseModel)
                else None
            )
            for where in (search.filter, corpus):
                self._require_indexes(name, where)
        return await self._local.query_batch_points(name, wanted.searches)

    def _require_indexes(self, name: str, where: models.Filter | None, *keys: str) -> None:
        indexes = self._collections.get(name, {}).get("indexes", {})
        for key in (*keys, *_keys(where)):
            if name in self._collections and key not in indexes:
                raise Refused(400, f'Bad request: Index required but not found for "{key}"')

    def _keep(self) -> None:
        beside = self._made.with_suffix(".new")
        beside.write_text(json.dumps(self._collections))
        beside.replace(self._made)


def _keys(where: Any) -> Iterator[str]:
    """Every payload key that a filter names."""
    if isinstance(where, models.Filter):
        for part in (where.must, where.should, where.must_not):
            for condition in part if isinstance(part, list) else [part]:
                yield from _keys(condition)
    elif getattr(where, "key", None) is not None:
        yield where.key


def _check_query(request: Request, known: tuple[str, ...]) -> None:
    for name, value in request.query.items():
        if name not in known:
            raise Refused(400, f"Format error in query: unknown parameter {name}")
        PARAMETERS[name].validate_python(int(value) if value.isdigit() else value)


def _completed() -> dict[str, Any]:
    return {"operation_id": 1, "status": "completed"}


def _failure(reason: str) -> bytes:
    return json.dumps({"status": {"error": reason}, "time": 0.0}).encode()


async def _read(reader: asyncio.StreamReader) -> Request | None:
    line = (await reader.readline()).decode("latin-1").split()
    if len(line) != 3:
        return None
    headers: dict[str, str] = {}
    while (header := (await reader.readline()).decode("latin-1").strip()) != "":
        key, _, value = header.partition(":")
        headers[key.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    path, _, query = line[1].partition("?")
    return Request(line[0], path, dict(parse_qsl(query)), headers, body)


async def _send(
    writer: asyncio.StreamWriter, status: int, headers: dict[str, str], body: bytes, *, cut: bool = False
) -> None:
    kind = "application/json" if body.startswith((b"{", b"[")) else "text/plain"
    head = {"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close", **headers}
    lines = [
        f"HTTP/1.1 {status} {PHRASES.get(status, '')}",
        *(f"{name}: {value}" for name, value in head.items()),
    ]
    writer.write(
        ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (body[: len(body) // 2] if cut else body)
    )
    await writer.drain()


async def _main() -> None:
    parser = argparse.ArgumentParser(description="A loopback stand-in for a Qdrant server.")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--api-key")
    parser.add_argument("--read-only-key")
    parser.add_argument("--version", default="1.19.0")
    parser.add_argument("--openapi", type=Path)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    given.folder.mkdir(parents=True, exist_ok=True)
    published = PublishedOpenAPI(given.openapi) if given.openapi else None
    stub = Stub(given.folder, given.api_key, given.read_only_key, given.version, published)
    server = await asyncio.start_server(stub.serve, "127.0.0.1", given.port, limit=1 << 20)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await stopped.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(_main())
