"""The official client of the Model Context Protocol against a real server: tools, articles, errors, keys."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import httpx2
import pytest
from fastapi import FastAPI
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent, TextResourceContents

from indexing.archive.archive import Archive
from indexing.archive.search_passages import Candidate
from indexing.errors import ArchiveError
from service.answering.answer import Answer
from service.answering.pipeline import Answering
from service.answering.question import Question, Turn
from service.faces.mcp_read_article import PIECE
from tests.service.held_archive import HeldArchive

ASK = "How many soldiers entered via Ishkashim?"
PATIENCE = 60  # seconds until a test that waits for something fails instead of hanging
Opened = Callable[..., Any]


@pytest.fixture
def opened(make_app: Callable[..., FastAPI], serve: Any, filled: httpx.AsyncClient) -> Opened:
    """Serve the application and open the official client: `async with opened() as client`."""

    @asynccontextmanager
    async def opening(
        answering: Answering | None = None, mode: str = "auto", key: str | None = None, **settings: Any
    ) -> AsyncIterator[Client]:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with (
            serve(make_app(answering, **settings)) as address,
            httpx2.AsyncClient(headers=headers, timeout=PATIENCE) as http,
            Client(streamable_http_client(f"{address}/mcp", http_client=http), mode=mode) as client,
        ):
            yield client

    return opening


def text_of(result: CallToolResult) -> str:
    [content] = result.content
    assert isinstance(content, TextContent)
    return content.text


# The revision without a session, and the one before it with its handshake.
@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_tools_and_articles_are_offered_in_both_generations_of_the_protocol(
    opened: Opened, mode: str
) -> None:
    async with opened(mode=mode) as client:
        assert (client.protocol_version >= "2026") is (mode == "auto")
        assert client.server_info.name == "citewell"
        assert client.server_info.version and "verbatim quotes" in client.instructions
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"ask", "read_article"}
        assert tools["ask"].input_schema["required"] == ["question"]
        assert {"history", "language", "source", "published_from", "published_to"} <= set(
            tools["ask"].input_schema["properties"]
        )
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools.values())
        answered = await client.call_tool("ask", {"question": ASK})
        assert answered.structured_content["answered"] and "Ishkashim (102 personnes)" in text_of(answered)
        [template] = (await client.list_resource_templates()).resource_templates
        assert template.uri_template == "citewell://articles/{id}"


async def test_answer_comes_as_text_with_numbered_quotes_and_as_the_answer_object(
    opened: Opened, filled: httpx.AsyncClient, french: dict[str, Any]
) -> None:
    async with opened() as client:
        result = await client.call_tool("ask", {"question": ASK})
        answer = result.structured_content
        over_http = (await filled.post("/v1/answers", json={"question": ASK})).json()
        own = {name: answer[name] for name in ("id", "timings_ms")}
        assert not result.is_error and over_http | own == answer
        lines = text_of(result).split("\n\n")
        assert lines[:2] == [answer["answer"], f"Confidence: {answer['confidence']:.2f}"]
        citation = answer["citations"][0]
        assert lines[2].startswith(
            f"[1] “{citation['quote']}” — {french['title']}, Courrier du Pamir, 2021-07-05"
        )
        assert lines[2].endswith(
            f"(article_id frontiere, version {citation['article']['version']}, "
            f"start {citation['start']}, end {citation['end']})"
        )
        place = {"version": citation["article"]["version"]} | {n: citation[n] for n in ("start", "end")}
        read = await client.call_tool("read_article", {"article_id": "frontiere", **place})
        assert read.structured_content["text"] == citation["quote"]


async def test_refusal_names_what_came_nearest(opened: Opened) -> None:
    async with opened() as client:
        result = await client.call_tool("ask", {"question": "What is the recipe for apple pie?"})
    refusal = result.structured_content["refusal"]
    assert not result.is_error and not result.structured_content["answered"]
    first, *rest = text_of(result).split("\n\n")
    assert first == result.structured_content["answer"]
    assert len(rest) == (len(refusal["nearest"]) and len(refusal["nearest"]) + 1)


async def test_filters_limit_the_articles(opened: Opened) -> None:
    async with opened() as client:
        for filters, found in (
            ({"language": ["FR"]}, {"frontiere"}),
            ({"source": ["Stadtanzeiger"]}, {"baecker"}),
            ({"tags": ["asie"], "article_id": ["frontiere"]}, {"frontiere"}),
            ({"published_from": "2021-07-06"}, {"baecker"}),
            ({"published_from": None, "published_to": "2021-07-05"}, {"frontiere"}),
        ):
            result = await client.call_tool("ask", {"question": ASK, **filters})
            passages = result.structured_content["passages"]
            assert {passage["article_id"] for passage in passages} <= found, filters


class Overheard(Answering):
    """The real Answering, which remembers what it was asked."""

    def __init__(self, answering: Answering) -> None:
        self.__dict__ |= answering.__dict__
        self.questions: list[Question] = []

    async def ask(self, question: Question, caller: str = "") -> Answer:
        assert caller
        self.questions.append(question)
        return await super().ask(question, caller)


async def test_last_forty_turns_are_the_conversation(
    opened: Opened, archive: Archive, answer_from: Callable[..., Answering]
) -> None:
    overheard = Overheard(answer_from(archive))
    turns = [{"role": "user", "content": f"turn {number}"} for number in range(45)]
    async with opened(overheard) as client:
        assert not (await client.call_tool("ask", {"question": "And then?", "history": turns})).is_error
    history = tuple(Turn("user", f"turn {number}") for number in range(5, 45))
    assert overheard.questions == [Question("And then?", history)]


async def test_article_is_read_whole_or_in_part(opened: Opened, french: dict[str, Any]) -> None:
    async with opened() as client:
        whole = await client.call_tool("read_article", {"article_id": "frontiere"})
        part = await client.call_tool("read_article", {"article_id": "frontiere", "start": 5, "end": 10})
    text, length = french["text"], len(french["text"])
    fields = whole.structured_content
    assert {name: fields[name] for name in ("id", "title", "source", "published", "language", "tags")} == {
        name: french[name] for name in ("id", "title", "source", "published", "language", "tags")
    }
    assert (fields["text"], fields["start"], fields["end"], fields["characters"]) == (text, 0, length, length)
    assert text_of(whole).startswith(
        f"{french['title']}\nCourrier du Pamir, 2021-07-05, fr, {french['url']}\n"
    )
    assert text_of(whole).endswith(f"\n\n{text}")
    assert part.structured_content["text"] == text[5:10]
    assert f"Characters 5 to 10 of {length}" in text_of(part)


async def test_long_article_is_read_piece_by_piece(opened: Opened, filled: httpx.AsyncClient) -> None:
    text = "Ein Satz. 😀 " * 4_000
    assert (await filled.post("/v1/articles", json={"id": "long", "text": text})).is_success
    pieces: list[str] = []
    async with opened() as client:
        while sum(map(len, pieces)) < len(text):
            arguments = {"article_id": "long", "start": sum(map(len, pieces)), "end": len(text)}
            pieces.append((await client.call_tool("read_article", arguments)).structured_content["text"])
    assert (len(pieces[0]), "".join(pieces)) == (PIECE, text)
    assert (await filled.delete("/v1/articles/long")).is_success


async def test_newest_articles_are_listed_and_read(opened: Opened, french: dict[str, Any]) -> None:
    async with opened() as client:
        listed = (await client.list_resources()).resources
        assert [resource.uri for resource in listed] == [
            "citewell://articles/baecker",
            "citewell://articles/frontiere",
        ]
        assert (listed[1].name, listed[1].title) == ("frontiere", french["title"])
        assert listed[1].description == "Courrier du Pamir, 2021-07-05, fr"
        [content] = (await client.read_resource(listed[1].uri)).contents
    assert isinstance(content, TextResourceContents)
    assert (content.text, content.mime_type) == (french["text"], "text/plain")
    assert content.meta and content.meta["citewell"]["published"] == "2021-07-05"


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize(
    ("uri", "says"),
    [
        ("citewell://articles/nobody", 'no article "nobody"'),
        ("citewell://articles/", "allowed: citewell://articles/ID"),
        ("citewell://articles/a/b", "allowed: citewell://articles/ID"),
        ("file:///etc/passwd", "allowed: citewell://articles/ID"),
    ],
)
async def test_unknown_article_is_an_error_of_the_protocol(
    opened: Opened, mode: str, uri: str, says: str
) -> None:
    async with opened(mode=mode) as client:
        with pytest.raises(MCPError, match=says) as raised:
            await client.read_resource(uri)
    assert raised.value.code == -32602


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [
        ("ask", {}, "arguments.question: required"),
        ("ask", {"question": " "}, "1 to 2,000"),
        ("ask", {"question": "x" * 2001}, "2,001 characters"),
        ("ask", {"question": "x", "lang": "fr"}, "allowed are language, source"),
        (
            "ask",
            {"question": "x", "language": "fr"},
            'arguments.language: Input should be a valid list; got "fr"',
        ),
        ("ask", {"question": "x", "published_from": "5 July"}, "RFC 3339"),
        (
            "ask",
            {"question": "x", "published_from": "2022", "history": [{"role": "system", "content": "x"}]},
            "(and 1 more)",
        ),
        (
            "ask",
            {"question": "x", "published_from": "2022-01-02", "published_to": "2022-01-01"},
            "published_from is after",
        ),
        ("read_article", {"article_id": "nobody"}, 'no article "nobody"'),
        ("read_article", {"article_id": "frontiere", "version": "x"}, 'no version "x"'),
        ("read_article", {"article_id": "frontiere", "start": 5, "end": 5}, "0 ≤ start < end ≤ "),
        ("read_article", {"article_id": "frontiere", "start": 99_999}, "got 99,999"),
        ("read_article", {"article_id": "frontiere", "start": -1}, "greater than or equal to 0"),
    ],
)
async def test_what_is_wrong_with_a_call_is_one_sentence_for_the_assistant(
    opened: Opened, tool: str, arguments: dict[str, Any], says: str
) -> None:
    async with opened() as client:
        result = await client.call_tool(tool, arguments)
    assert result.is_error and result.structured_content is None
    assert says in text_of(result) and "\n" not in text_of(result)


async def test_unknown_tool_is_an_error_of_the_protocol(opened: Opened) -> None:
    async with opened() as client:
        with pytest.raises(MCPError, match='no tool "search"; allowed: ask, read_article'):
            await client.call_tool("search", {})


class BrokenArchive(Archive):
    """An archive that fails."""

    error: Exception

    async def candidates(self, *_: object) -> list[Candidate]:
        raise self.error


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ArchiveError("the archive cannot be read (I/O error)"), "the archive cannot be read (I/O error)"),
        (RuntimeError(f"no answer to {ASK}"), "the service's log has more under req_"),
    ],
)
async def test_failure_inside_is_told_and_logged_without_the_question(
    opened: Opened,
    archive: Archive,
    answer_from: Callable[..., Answering],
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    says: str,
) -> None:
    broken = BrokenArchive(archive._engine, archive.manifest, archive.place)
    broken.error = error
    async with opened(answer_from(broken)) as client:
        result = await client.call_tool("ask", {"question": ASK})
    assert result.is_error and says in text_of(result)
    assert [record for record in caplog.records if record.name == "citewell.service"]
    assert "Ishkashim" not in caplog.text + text_of(result)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_key_is_needed_where_keys_are_set(opened: Opened, mode: str) -> None:
    async with opened(mode=mode, key="k1", api_keys="k1") as client:
        result = await client.call_tool("ask", {"question": ASK})
        assert "&mark=" in result.structured_content["citations"][0]["link"]
    with pytest.RaisesGroup(
        pytest.RaisesExc(MCPError, match="a key is needed here"), flatten_subgroups=True, allow_unwrapped=True
    ):
        async with opened(mode=mode, api_keys="k1"):
            pass


def message(method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


HEADERS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


async def test_path_answers_without_a_session_or_a_redirect_and_in_json(client: httpx.AsyncClient) -> None:
    reply = await client.post("/mcp", json=message("tools/list"), headers=HEADERS)
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/json")
    assert "mcp-session-id" not in reply.headers and reply.headers["x-request-id"]
    assert [tool["name"] for tool in reply.json()["result"]["tools"]] == ["ask", "read_article"]
    assert (await client.post("/mcp/", json=message("tools/list"), headers=HEADERS)).status_code == 404


@pytest.mark.parametrize(
    ("method", "sent", "status"),
    [
        ("GET", {"headers": {"Accept": "text/event-stream"}}, 405),
        ("GET", {"headers": {"Accept": "text/html"}}, 405),
        ("DELETE", {}, 405),
        ("POST", {"content": b"{}", "headers": {"Content-Type": "text/plain"}}, 415),
        ("POST", {"json": {"x": "x" * (4 << 20)}, "headers": HEADERS}, 413),
        ("POST", {"content": b"{", "headers": HEADERS}, 400),
        ("POST", {"json": message("tools/list"), "headers": {**HEADERS, "Host": "evil.example"}}, 403),
        (
            "POST",
            {"json": message("tools/list"), "headers": {**HEADERS, "Origin": "https://evil.example"}},
            403,
        ),
    ],
)
async def test_every_refusal_has_the_shape_of_the_protocol(
    client: httpx.AsyncClient, method: str, sent: dict[str, Any], status: int
) -> None:
    reply = await client.request(method, "/mcp", **sent)
    assert (reply.status_code, reply.headers["content-type"]) == (status, "application/json")
    error = reply.json()
    assert (error["jsonrpc"], error["id"]) == ("2.0", None)
    assert isinstance(error["error"]["code"], int) and error["error"]["message"]
    assert reply.headers.get("allow") == ("POST" if status == 405 else None)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000", "127.8.8.8"])
async def test_every_name_of_this_machine_is_answered(client: httpx.AsyncClient, host: str) -> None:
    headers = {**HEADERS, "Host": host, "Origin": f"http://{host}"}
    reply = await client.post("/mcp", json=message("tools/list"), headers=headers)
    assert reply.status_code == 200


async def test_browser_of_an_allowed_origin_may_send_what_its_client_needs(
    open_client: Callable[..., httpx.AsyncClient],
) -> None:
    client = open_client(allowed_origins="https://news.example")
    headers = {
        "Origin": "https://news.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,mcp-protocol-version,mcp-method",
    }
    reply = await client.options("/mcp", headers=headers)
    assert reply.status_code == 204
    assert {"Authorization", "*"} <= set(reply.headers["access-control-allow-headers"].split(", "))


@pytest.mark.parametrize("version", [None, "2026-07-28"])
async def test_client_that_leaves_stops_the_work(
    make_app: Callable[..., FastAPI],
    serve: Any,
    filled: httpx.AsyncClient,
    archive: Archive,
    answer_from: Callable[..., Answering],
    version: str | None,
) -> None:
    held = HeldArchive(archive)
    body = message("tools/call", name="ask", arguments={"question": ASK})
    headers = dict(HEADERS)
    if version:
        prefix = "io.modelcontextprotocol/"
        meta = {f"{prefix}protocolVersion": version, f"{prefix}clientCapabilities": {}}
        body["params"]["_meta"] = meta
        headers |= {"MCP-Protocol-Version": version, "Mcp-Method": "tools/call", "Mcp-Name": "ask"}
    async with (
        serve(make_app(answer_from(held))) as address,
        asyncio.timeout(PATIENCE),
        httpx.AsyncClient(base_url=address, timeout=PATIENCE) as client,
    ):
        asking = asyncio.create_task(client.post("/mcp", content=json.dumps(body), headers=headers))
        await held.begun.acquire()
        asking.cancel()
        await held.cancelled.acquire()
        held.let_all_go()


async def test_application_that_starts_again_answers_again(
    make_app: Callable[..., FastAPI], serve: Any
) -> None:
    app = make_app()
    for _ in range(2):
        async with serve(app) as address, httpx.AsyncClient(base_url=address, timeout=PATIENCE) as client:
            replies = await asyncio.gather(
                *(client.post("/mcp", json=message("tools/list"), headers=HEADERS) for _ in range(5))
            )
            assert [reply.status_code for reply in replies] == [200] * 5
