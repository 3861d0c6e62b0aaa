"""Server-sent events over a real server: their order, their errors, clients that leave, wait or read nothing."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request

from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from indexing.archive.search_passages import Candidate
from indexing.errors import ArchiveError, ArchiveFull
from service.answering.answer import Answer
from service.answering.confidence import Confidence
from service.answering.pipeline import Answering
from service.answering.question import Question
from service.answering.reader import Reader
from service.faces.event_stream import EventStream, event_bytes
from tests.service.held_archive import HeldArchive

ISHKASHIM = "How many soldiers entered via Ishkashim?"
SECRET = "Who is Rumpelstiltskin?"
PATIENCE = 60  # seconds until a test that waits for something fails instead of hanging
PROBLEM = "application/problem+json"
AnswerFrom = Callable[..., Answering]
Told = tuple[str, Any]


async def told(reply: httpx.Response) -> AsyncGenerator[Told]:
    """The events of a reply as they come: name and data; a comment is ("", its text)."""
    name = ""
    async for line in reply.aiter_lines():
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif line:
            yield (name, json.loads(value)) if field == "data" else (field, value)


async def stream(client: httpx.AsyncClient, question: str = ISHKASHIM, **fields: Any) -> list[Told]:
    body = {"question": question, "stream": True, **fields}
    async with client.stream("POST", "/v1/answers", json=body) as reply:
        assert reply.status_code == 200
        return [event async for event in told(reply)]


def step(name: str) -> Callable[[Told], bool]:
    return lambda event: event[0] == "status" and event[1]["step"] == name


async def until(events: AsyncIterator[Told], wanted: Callable[[Told], bool]) -> Told:
    async for event in events:
        if wanted(event):
            return event
    raise AssertionError("the events ended before what was waited for")


async def asked(client: httpx.AsyncClient, question: str = ISHKASHIM) -> httpx.Response:
    return await client.post("/v1/answers", json={"question": question})


def same(answer: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two answers say the same, each made for itself."""
    own = {"id": other["id"], "timings_ms": other["timings_ms"]}
    return answer | own == other and answer["timings_ms"].keys() == other["timings_ms"].keys()


@pytest.mark.parametrize("question", [ISHKASHIM, "What is the recipe for apple pie?"])
async def test_events_tell_how_the_answer_is_made_and_end_with_the_same_answer(
    make_app: Callable[..., FastAPI], serve: Any, filled: httpx.AsyncClient, question: str
) -> None:
    async with serve(make_app()) as address, httpx.AsyncClient(base_url=address, timeout=PATIENCE) as client:
        body = {"question": question, "stream": True}
        async with client.stream("POST", "/v1/answers", json=body) as reply:
            events = [event async for event in told(reply)]
        alone = (await asked(client, question)).json()
        articles = (await client.get("/v1/status")).json()["articles"]
    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["x-accel-buffering"] == "no"
    assert reply.headers["x-request-id"]
    names = [name for name, _ in events]
    deltas = [data["text"] for name, data in events if name == "delta"]
    assert names == ["status"] * 4 + ["passages", "status"] + ["delta"] * len(deltas) + ["answer", "done"]
    steps = [data["step"] for name, data in events if name == "status"]
    assert steps == ["waiting", "understanding", "searching", "reading", "checking"]
    assert events[2] == ("status", {"step": "searching", "articles": articles})
    answer = events[-2][1]
    assert "".join(deltas) == answer["answer"]
    assert dict(events)["passages"] == {"passages": answer["passages"]}
    assert same(answer, alone)
    assert answer["answered"] is (question == ISHKASHIM)
    assert events[-1] == ("done", {})


async def test_streamed_links_are_signed_where_pages_need_a_key(
    make_app: Callable[..., FastAPI], serve: Any, filled: httpx.AsyncClient
) -> None:
    app = make_app(api_keys="k1")
    async with serve(app) as address, httpx.AsyncClient(base_url=address, timeout=PATIENCE) as client:
        refused = await client.post("/v1/answers", json={"question": ISHKASHIM, "stream": True})
        assert (refused.status_code, refused.headers["content-type"]) == (401, PROBLEM)
        client.headers["Authorization"] = "Bearer k1"
        [*_, (_, answer), _] = await stream(client)
        del client.headers["Authorization"]
        link = answer["citations"][0]["link"]
        assert "&until=" in link and "&mark=" in link
        assert (await client.get(link)).status_code == 200


async def test_events_are_sent_while_the_work_goes_on(
    make_app: Callable[..., FastAPI],
    serve: Any,
    filled: httpx.AsyncClient,
    archive: Archive,
    answer_from: AnswerFrom,
) -> None:
    held = HeldArchive(archive)
    async with (
        serve(make_app(answer_from(held))) as address,
        httpx.AsyncClient(base_url=address, timeout=PATIENCE) as client,
        client.stream("POST", "/v1/answers", json={"question": ISHKASHIM, "stream": True}) as reply,
    ):
        events = told(reply)
        assert await anext(events) == ("status", {"step": "waiting", "ahead": 0})
        await until(events, step("searching"))
        assert held.checked == 0
        held.let_all_go()
        assert [name async for name, _ in events][-1] == "done"


@pytest.mark.parametrize(
    ("accept", "flag", "streamed"),
    [
        (None, None, False),
        (None, False, False),
        ("*/*", None, False),
        ("*/*", True, True),
        ("application/json", True, True),
        ("text/event-stream", None, True),
        ("text/event-stream", False, True),
        ("Text/Event-Stream;charset=utf-8", None, True),
        ("text/event-stream, */*;q=0.1", None, True),
        ("text/event-stream, application/json;q=0.9", None, True),
        ("application/json, text/event-stream", None, False),
        ("application/json, text/event-stream;q=0.9", None, False),
        ("text/event-stream;q=0", None, False),
        ("text/html,application/xhtml+xml,*/*;q=0.8", None, False),
    ],
)
async def test_flag_or_accept_header_asks_for_events(
    client: httpx.AsyncClient, accept: str | None, flag: bool | None, streamed: bool
) -> None:
    body = {"question": "x"} | ({} if flag is None else {"stream": flag})
    reply = await client.post("/v1/answers", json=body, headers={"Accept": accept} if accept else {})
    assert reply.status_code == 200
    kind = "text/event-stream; charset=utf-8" if streamed else "application/json"
    assert reply.headers["content-type"] == kind


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"question": "x", "stream": true', "line 1 column"),
        (b'{"question": "", "stream": true}', "1 to 2,000"),
        (b'{"question": "x", "stream": true, "mode": "generative"}', "CITEWELL_LLM_BASE_URL"),
        (b'{"question": "x", "stream": "yes"}', "boolean"),
    ],
)
async def test_what_is_wrong_with_the_request_is_an_ordinary_problem(
    client: httpx.AsyncClient, content: bytes, says: str
) -> None:
    headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
    reply = await client.post("/v1/answers", content=content, headers=headers)
    assert (reply.status_code, reply.headers["content-type"]) == (422, PROBLEM)
    assert says in reply.json()["detail"]


class BrokenArchive(Archive):
    """An archive whose searches end in one error."""

    error: Exception

    async def candidates(self, *_: object) -> list[Candidate]:
        raise self.error


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [
        (ArchiveFull("no room left; free some"), 507, "no room left; free some"),
        (
            ArchiveError("the archive cannot be read (I/O error)"),
            503,
            "the archive cannot be read (I/O error)",
        ),
        (RuntimeError(f"no answer to {SECRET}"), 500, "the service's log has more under req_"),
    ],
)
async def test_what_fails_after_the_first_event_is_told_in_band_and_ends_them(
    make_app: Callable[..., FastAPI],
    serve: Any,
    filled: httpx.AsyncClient,
    archive: Archive,
    answer_from: AnswerFrom,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    status: int,
    says: str,
) -> None:
    caplog.set_level(logging.INFO, "citewell")
    broken = BrokenArchive(archive._engine, archive.manifest, archive.place)
    broken.error = error
    async with (
        serve(make_app(answer_from(broken))) as address,
        httpx.AsyncClient(base_url=address, timeout=PATIENCE) as client,
        client.stream("POST", "/v1/answers", json={"question": SECRET, "stream": True}) as reply,
    ):
        events = [event async for event in told(reply)]
    assert reply.status_code == 200
    assert [name for name, _ in events] == ["status"] * 3 + ["error"]
    problem = events[-1][1]
    assert (problem["type"], problem["status"]) == ("about:blank", status)
    assert problem["title"] and says in problem["detail"]
    assert problem["request_id"] == reply.headers["x-request-id"]
    [record] = [record for record in caplog.records if record.name == "citewell.service"]
    assert problem["request_id"] in record.getMessage() and "Rumpel" not in caplog.text
    assert "Rumpel" not in json.dumps(events)


async def test_full_queue_is_a_503_before_the_first_event(
    make_app: Callable[..., FastAPI],
    serve: Any,
    filled: httpx.AsyncClient,
    archive: Archive,
    answer_from: AnswerFrom,
) -> None:
    held = HeldArchive(archive)
    async with (
        serve(make_app(answer_from(held, queue=3))) as address,
        httpx.AsyncClient(base_url=address, timeout=PATIENCE) as client,
    ):
        replies = []
        for ahead in range(3):
            reply = await begun_stream(client)
            events = told(reply)
            assert await anext(events) == ("status", {"step": "waiting", "ahead": ahead})
            replies.append((reply, events))
        refused = await client.post("/v1/answers", json={"question": ISHKASHIM, "stream": True})
        assert (refused.status_code, refused.headers["content-type"]) == (503, PROBLEM)
        assert int(refused.headers["retry-after"]) >= 1
        assert "queue" in refused.json()["detail"]
        held.let_all_go()
        for reply, events in replies:
            assert [name async for name, _ in events][-1] == "done"
            await reply.aclose()
        assert (await asked(client)).json()["timings_ms"]["queue_length"] == 0


@pytest.mark.parametrize("waiting", [False, True])
async def test_client_that_leaves_stops_the_work_and_frees_its_place(
    make_app: Callable[..., FastAPI],
    serve: Any,
    filled: httpx.AsyncClient,
    archive: Archive,
    answer_from: AnswerFrom,
    waiting: bool,
) -> None:
    """While its question is searched for, and while it waits behind two others."""
    held = HeldArchive(archive)
    async with (
        serve(make_app(answer_from(held, queue=3 if waiting else 1))) as address,
        asyncio.timeout(PATIENCE),
        httpx.AsyncClient(base_url=address, timeout=PATIENCE) as client,
    ):
        others = [asyncio.create_task(asked(client)) for _ in range(2 if waiting else 0)]
        for _ in others:
            await held.begun.acquire()
        body = {"question": ISHKASHIM, "stream": True, "filters": {"article_id": ["frontiere"]}}
        async with client.stream("POST", "/v1/answers", json=body) as reply:
            await until(told(reply), step("waiting" if waiting else "searching"))
            if not waiting:
                await held.begun.acquire()
        if not waiting:
            await held.cancelled.acquire()
        assert held.checked == 0
        late = await admitted(client)
        held.let_all_go()
        assert [name async for name, _ in told(late)][-1] == "done"
        assert [(await other).status_code for other in others] == [200] * len(others)
    assert held.order.count(("frontiere",)) == (0 if waiting else 1)


async def admitted(client: httpx.AsyncClient) -> httpx.Response:
    """The first stream that is no 503: how soon a place is free is not what is tested."""
    while True:
        reply = await begun_stream(client)
        if reply.status_code != 503:
            return reply
        await reply.aclose()
        await asyncio.sleep(0.01)


async def begun_stream(client: httpx.AsyncClient, key: str = "", **fields: Any) -> httpx.Response:
    """A reply whose events are still to be read."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    body = {"question": ISHKASHIM, "stream": True, **fields}
    return await client.send(
        client.build_request("POST", "/v1/answers", json=body, headers=headers), stream=True
    )


async def test_silence_is_broken_by_pings(make_app: Callable[..., FastAPI], serve: Any) -> None:
    go_on = asyncio.Event()

    async def pieces() -> AsyncGenerator[bytes]:
        yield event_bytes("status", {"step": "reading"})
        await go_on.wait()
        yield event_bytes("done", {})

    async def silent(request: Request) -> EventStream:
        return EventStream(request, pieces(), ping_seconds=0.01)

    app = make_app()
    app.add_api_route("/v1/silent", silent, methods=["POST"], response_model=None)
    async with (
        serve(app) as address,
        asyncio.timeout(PATIENCE),
        httpx.AsyncClient(base_url=address, timeout=PATIENCE) as client,
        client.stream("POST", "/v1/silent") as reply,
    ):
        events = told(reply)
        assert await anext(events) == ("status", {"step": "reading"})
        for _ in range(2):
            assert await anext(events) == ("", "ping")
        go_on.set()
        assert await until(events, lambda event: event[0] == "done")
        assert not [event async for event in events]


class LongWinded(Answering):
    """Answers with more than lies between two sockets."""

    async def ask(self, question: Question, caller: str = "") -> Answer:
        return replace(await super().ask(question, caller), standalone_question="long " * 400_000)


async def test_client_that_reads_nothing_keeps_no_place_and_loses_nothing(
    make_app: Callable[..., FastAPI],
    serve: Any,
    filled: httpx.AsyncClient,
    archive: Archive,
    encoder: Encoder,
    reader: Reader,
    confidence: Confidence,
) -> None:
    held = HeldArchive(archive)
    answering = LongWinded(held, encoder, reader, confidence, queue=1, threshold=0.0)
    body = json.dumps({"question": ISHKASHIM, "stream": True}).encode()
    head = b"POST /v1/answers HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
    async with (
        serve(make_app(answering)) as address,
        asyncio.timeout(PATIENCE),
        httpx.AsyncClient(base_url=address, timeout=PATIENCE) as client,
    ):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        connection.setblocking(False)
        url = httpx.URL(address)
        await asyncio.get_running_loop().sock_connect(connection, (url.host, url.port))
        slow, writer = await asyncio.open_connection(sock=connection, limit=1 << 24)
        writer.transport.pause_reading()
        writer.write(head + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await held.begun.acquire()
        assert (await asked(client)).status_code == 503
        held.let_all_go()
        await (await admitted(client)).aclose()
        writer.transport.resume_reading()
        assert (await slow.read()).endswith(b"event: done\ndata: {}\n\n\r\n0\r\n\r\n")
        writer.close()
        await writer.wait_closed()


async def test_two_callers_take_turns(
    make_app: Callable[..., FastAPI],
    serve: Any,
    filled: httpx.AsyncClient,
    archive: Archive,
    answer_from: AnswerFrom,
) -> None:
    """One asks five questions, then the other one: it is not the sixth, but comes after the next one of the five."""
    held = HeldArchive(archive)
    async with (
        serve(make_app(answer_from(held), api_keys="k1,k2")) as address,
        asyncio.timeout(PATIENCE),
        httpx.AsyncClient(base_url=address, timeout=PATIENCE) as client,
    ):
        replies = []
        for number, key in enumerate(["k1", "k1", "k1", "k1", "k1", "k2"]):
            reply = await begun_stream(client, key, filters={"article_id": [f"{key} {number}"]})
            events = told(reply)
            await anext(events)  # it stands in the queue
            replies.append((reply, events))
            if number < 2:
                await held.begun.acquire()
        for _ in range(4):
            held.go.release()
            await held.begun.acquire()
        held.let_all_go()
        for reply, events in replies:
            assert [name async for name, _ in events][-1] == "done"
            await reply.aclose()
    assert [name for [name] in held.order] == ["k1 0", "k1 1", "k1 2", "k2 5", "k1 3", "k1 4"]


def test_line_ends_within_an_event_are_escaped() -> None:
    text = "".join(map(chr, range(0x100))) + "\u2028\u2029"
    event = event_bytes("delta", {"text": text})
    assert len(event.decode().splitlines()) == 3
    assert json.loads(event.decode().splitlines()[1].removeprefix("data: ")) == {"text": text}
