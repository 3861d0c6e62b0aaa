"""OpenAI's own client against a real server: answers whole and streamed, what it may send, errors in its protocol."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import openai
import pytest
from fastapi import FastAPI
from openai import AsyncOpenAI, OpenAI

from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from indexing.archive.search_passages import Candidate
from indexing.errors import ArchiveError
from service.answering.answer import Answer
from service.answering.events import Event
from service.answering.pipeline import Answering
from service.answering.question import Question, Turn
from tests.service.held_archive import HeldArchive

ASK = "How many soldiers entered via Ishkashim?"
APPLES = "What is the recipe for apple pie?"
PATIENCE = 60  # seconds until a test that waits for something fails instead of hanging
Opened = Callable[..., Any]


@pytest.fixture
def opened(make_app: Callable[..., FastAPI], serve: Any, filled: httpx.AsyncClient) -> Opened:
    """Serve the application and open the official client: `async with opened() as client`."""

    @asynccontextmanager
    async def opening(
        answering: Answering | None = None, key: str = "none", **settings: Any
    ) -> AsyncIterator[AsyncOpenAI]:
        async with (
            serve(make_app(answering, **settings)) as address,
            AsyncOpenAI(base_url=f"{address}/v1", api_key=key, max_retries=0, timeout=PATIENCE) as client,
        ):
            yield client

    return opening


async def ask(client: AsyncOpenAI, *texts: str, **more: Any) -> Any:
    messages = [
        {"role": "assistant" if (len(texts) - place) % 2 == 0 else "user", "content": text}
        for place, text in enumerate(texts)
    ]
    return await client.chat.completions.create(**{"model": "citewell", "messages": messages, **more})


def marked(message: Any) -> list[str]:
    """What the annotations of a message stand on."""
    places = [annotation.url_citation for annotation in message.annotations]
    return [message.content[place.start_index : place.end_index] for place in places]


async def test_answer_has_footnotes_annotations_and_the_whole_answer_object(
    opened: Opened, encoder: Encoder, french: dict[str, Any]
) -> None:
    async with opened() as client:
        reply = await ask(client, ASK)
    [choice] = reply.choices
    answer = reply.citewell
    assert (reply.object, reply.model, choice.finish_reason) == ("chat.completion", "citewell", "stop")
    assert (choice.message.role, choice.message.refusal) == ("assistant", None)
    assert answer["answered"] and answer["question"] == ASK
    text, *footnotes = choice.message.content.split("\n\n")
    assert text == answer["answer"]
    assert len(footnotes) == len(answer["citations"])
    for number, (footnote, citation) in enumerate(zip(footnotes, answer["citations"], strict=True), 1):
        assert footnote.startswith(f"[{number}] “{citation['quote']}” — ")
    assert footnotes[0].endswith(f"— {french['title']}, Courrier du Pamir, 2021-07-05, {french['url']}")
    assert marked(choice.message) == [f"[{one['number']}]" for one in answer["citations"]]
    assert choice.message.annotations[0].url_citation.url == french["url"]
    assert choice.message.annotations[0].url_citation.title == french["title"]
    tokens = [
        len(encoder.tokenizer.encode(one, add_special_tokens=False)) for one in (ASK, choice.message.content)
    ]
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == tuple(tokens)
    assert reply.usage.total_tokens == sum(tokens)


async def test_article_without_a_publishers_page_is_linked_here_and_the_link_opens(opened: Opened) -> None:
    async with opened() as client, httpx.AsyncClient(timeout=PATIENCE) as browser:
        reply = await ask(client, "Mit wie viel Euro ist der Preis dotiert?")
        [annotation] = reply.choices[0].message.annotations
        url = annotation.url_citation.url
        assert url == str(client.base_url).removesuffix("/v1/") + reply.citewell["citations"][0]["link"]
        assert "<mark" in (await browser.get(url)).text


async def test_refusal_is_a_sentence_without_footnotes(opened: Opened) -> None:
    async with opened() as client:
        reply = await ask(client, APPLES)
    message = reply.choices[0].message
    assert reply.citewell["answered"] is False
    assert (message.content, message.annotations) == (reply.citewell["answer"], [])


@pytest.mark.parametrize("question", [ASK, APPLES])
async def test_stream_is_the_same_answer_in_pieces(opened: Opened, question: str) -> None:
    async with opened() as client:
        whole = await ask(client, question)
        chunks = [chunk async for chunk in await ask(client, question, stream=True)]
    message = whole.choices[0].message
    assert {(chunk.id, chunk.object, chunk.model) for chunk in chunks} == {
        (chunks[0].id, "chat.completion.chunk", "citewell")
    }
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == message.content
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * (len(chunks) - 1) + ["stop"]
    last = chunks[-1]
    assert last.choices[0].delta.annotations == [one.model_dump() for one in message.annotations]
    own = {name: whole.citewell[name] for name in ("id", "timings_ms")}
    assert last.citewell | own == whole.citewell
    assert all(chunk.usage is None and "usage" not in chunk.model_fields_set for chunk in chunks)


async def test_usage_comes_last_when_it_is_asked_for(opened: Opened) -> None:
    async with opened() as client:
        whole = await ask(client, ASK)
        streamed = await ask(client, ASK, stream=True, stream_options={"include_usage": True})
        *chunks, last = [chunk async for chunk in streamed]
    assert all(chunk.usage is None and "usage" in chunk.model_fields_set for chunk in chunks)
    assert (last.choices, last.usage) == ([], whole.usage)


async def test_helper_of_the_client_puts_the_stream_together(opened: Opened) -> None:
    async with opened() as client:
        whole = await ask(client, ASK)
        messages: Any = [{"role": "user", "content": ASK}]
        async with client.chat.completions.stream(model="citewell", messages=messages) as stream:
            final = await stream.get_final_completion()
    assert final.choices[0].message.content == whole.choices[0].message.content
    assert final.choices[0].finish_reason == "stop"
    assert marked(final.choices[0].message) == marked(whole.choices[0].message)


async def test_wire_is_events_with_data_alone_that_end_with_done(
    make_app: Callable[..., FastAPI], serve: Any, filled: httpx.AsyncClient
) -> None:
    body = {"model": "citewell", "messages": [{"role": "user", "content": ASK}], "stream": True}
    async with serve(make_app()) as address, httpx.AsyncClient(base_url=address, timeout=PATIENCE) as client:
        reply = await client.post("/v1/chat/completions", json=body)
    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert reply.headers["cache-control"] == "no-store"
    events = reply.text.split("\n\n")
    assert all(event.startswith("data: ") and "\n" not in event for event in events[:-1])
    assert events[-2:] == ["data: [DONE]", ""]
    assert json.loads(events[0].removeprefix("data: "))["choices"][0]["delta"]["role"] == "assistant"


async def test_what_steers_a_language_model_has_no_effect(opened: Opened) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
    more: dict[str, Any] = {
        "temperature": 0.2, "top_p": 0.9, "max_tokens": 5, "max_completion_tokens": 5, "n": 1, "seed": 1,
        "stop": ["."], "tools": [tool], "tool_choice": "auto", "response_format": {"type": "json_object"},
        "user": "me", "metadata": {"a": "b"}, "logprobs": True, "reasoning_effort": "high",
        "extra_body": {"chat_id": "x", "stream_options": None},
    }  # fmt: skip
    messages = [
        {"role": "system", "content": "You are a pirate."},
        {"role": "developer", "content": "Answer in verse."},
        {"role": "user", "content": [{"type": "text", "text": ASK}], "name": "me"},
    ]
    async with opened() as client:
        plain = await ask(client, ASK)
        reply = await ask(client, messages=messages, **more)
    assert reply.choices[0].message.content == plain.choices[0].message.content


async def test_client_that_waits_in_a_thread_is_answered_too(
    make_app: Callable[..., FastAPI], serve: Any, filled: httpx.AsyncClient
) -> None:
    async with serve(make_app()) as address:
        with OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0, timeout=PATIENCE) as client:
            messages: Any = [{"role": "user", "content": ASK}]
            asking = client.chat.completions.create
            reply = await asyncio.to_thread(asking, model="citewell", messages=messages)
            chunks = await asyncio.to_thread(
                lambda: list(asking(model="citewell", messages=messages, stream=True))
            )
    content = reply.choices[0].message.content
    assert content and "102" in content and "\n\n[1] “" in content
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == content


class Overheard(Answering):
    """The real Answering, which remembers what it was asked."""

    def __init__(self, answering: Answering) -> None:
        self.__dict__ |= answering.__dict__
        self.questions: list[Question] = []
        self.callers: set[str] = set()

    async def ask(self, question: Question, caller: str = "") -> Answer:
        self.questions.append(question)
        self.callers.add(caller)
        return await super().ask(question, caller)


@pytest.mark.parametrize("stream", [False, True])
async def test_earlier_turns_are_passed_on_without_their_footnotes(
    opened: Opened, archive: Archive, answer_from: Callable[..., Answering], stream: bool
) -> None:
    overheard = Overheard(answer_from(archive))
    async with opened(overheard) as client:
        first = await ask(client, ASK)
        content = first.choices[0].message.content
        assert "\n\n[1] “" in content
        second = await ask(client, ASK, content, "And via Khorog?", stream=stream)
        if stream:
            assert [chunk async for chunk in second]
    assert len(overheard.callers) == 1 and "" not in overheard.callers
    told = (Turn("user", ASK), Turn("assistant", first.citewell["answer"]))
    assert overheard.questions == [Question(ASK), Question("And via Khorog?", told)]


async def test_models_are_citewell_alone(opened: Opened) -> None:
    async with opened() as client:
        [model] = (await client.models.list()).data
        assert (model.id, model.object) == ("citewell", "model")
        assert await client.models.retrieve("citewell") == model
        with pytest.raises(openai.NotFoundError) as raised:
            await client.models.retrieve("gpt-4o")
    assert raised.value.code == "model_not_found"


@pytest.mark.parametrize(
    ("fields", "kind", "param", "says"),
    [
        ({"model": "gpt-4o"}, openai.NotFoundError, None, 'no model "gpt-4o"; allowed: citewell'),
        ({"messages": []}, openai.BadRequestError, "messages", "no message of the role user"),
        ({"messages": "who?"}, openai.BadRequestError, "messages", "valid list"),
        (
            {"messages": [{"role": "pirate", "content": "x"}]},
            openai.BadRequestError,
            "messages[0].role",
            "pirate",
        ),
        ({"n": 2}, openai.BadRequestError, "n", "less than or equal to 1; got 2"),
        ({"stream": "yes"}, openai.BadRequestError, "stream", "boolean"),
        (
            {"messages": [{"role": "user", "content": "x" * 2001}]},
            openai.BadRequestError,
            "messages[0].content",
            "2,001 characters",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url"}]}], "stream": True},
            openai.BadRequestError,
            "messages[0].content[0]",
            "image_url",
        ),
    ],
)
async def test_bad_request_is_an_error_of_the_protocol_that_names_the_place(
    opened: Opened, fields: dict[str, Any], kind: type[openai.APIStatusError], param: str | None, says: str
) -> None:
    async with opened() as client:
        with pytest.raises(kind) as raised:
            await ask(client, ASK, **fields)
    error = raised.value
    assert isinstance(error.body, dict)
    assert set(error.body) == {"message", "type", "param", "code"}
    assert (error.type, error.param) == ("invalid_request_error", param)
    assert error.code == ("model_not_found" if kind is openai.NotFoundError else None)
    assert says in error.body["message"] and not error.body["message"].startswith("body.")
    assert error.request_id


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "code"),
    [
        (
            "POST",
            "/v1/chat/completions",
            {"content": b"{", "headers": {"Content-Type": "application/json"}},
            400,
            None,
        ),
        (
            "POST",
            "/v1/chat/completions",
            {"content": b"{}", "headers": {"Content-Type": "text/plain"}},
            415,
            None,
        ),
        ("POST", "/v1/chat/completions", {"json": {"x": "x" * (4 << 20)}}, 413, None),
        ("GET", "/v1/chat/completions", {}, 405, None),
        ("DELETE", "/v1/models", {}, 405, None),
        ("GET", "/v1/models/a/b", {}, 404, "model_not_found"),
        ("GET", "/v1/models", {"headers": {"Host": "evil.example"}}, 403, None),
        (
            "GET",
            "/v1/models",
            {"headers": {"Origin": "https://evil.example", "Accept": "text/html"}},
            403,
            None,
        ),
    ],
)
async def test_every_refusal_on_these_paths_has_the_shape_of_the_protocol(
    client: httpx.AsyncClient, method: str, path: str, sent: dict[str, Any], status: int, code: str | None
) -> None:
    reply = await client.request(method, path, **sent)
    assert (reply.status_code, reply.headers["content-type"]) == (status, "application/json")
    assert reply.headers["x-request-id"]
    error = reply.json()["error"]
    assert reply.json().keys() == {"error"}
    assert error["message"] and (error["type"], error["code"]) == ("invalid_request_error", code)
    assert ("allow" in reply.headers) is (status == 405)


async def test_key_is_what_these_clients_send(opened: Opened) -> None:
    async with opened(key="k1", api_keys="k1") as client:
        reply = await ask(client, ASK)
        assert "&mark=" in reply.citewell["citations"][0]["link"]
        stranger = client.with_options(api_key="wrong")
        with pytest.raises(openai.AuthenticationError, match="not one of CITEWELL_API_KEYS") as raised:
            await ask(stranger, ASK, stream=True)
        assert (raised.value.status_code, raised.value.code) == (401, "invalid_api_key")
        with pytest.raises(openai.AuthenticationError):
            await stranger.models.list()


@pytest.mark.parametrize("stream", [False, True])
async def test_full_queue_is_a_503_that_says_when_to_come_again(
    opened: Opened, archive: Archive, answer_from: Callable[..., Answering], stream: bool
) -> None:
    held = HeldArchive(archive)
    async with opened(answer_from(held, queue=1)) as client, asyncio.timeout(PATIENCE):
        first = asyncio.create_task(ask(client, ASK))
        await held.begun.acquire()
        with pytest.raises(openai.InternalServerError) as raised:
            await ask(client, ASK, stream=stream)
        assert raised.value.status_code == 503
        assert int(raised.value.response.headers["retry-after"]) >= 1
        assert raised.value.type == "server_error" and "queue" in raised.value.message
        held.let_all_go()
        assert (await first).citewell["answered"]


class BrokenArchive(Archive):
    """An archive whose searches fail."""

    async def candidates(self, *_: object) -> list[Candidate]:
        raise ArchiveError("the archive cannot be read (I/O error)")


async def test_what_fails_in_mid_stream_is_told_in_the_stream(
    opened: Opened, archive: Archive, answer_from: Callable[..., Answering]
) -> None:
    broken = answer_from(BrokenArchive(archive._engine, archive.manifest, archive.place))
    async with opened(broken) as client:
        with pytest.raises(openai.APIError, match="cannot be read") as raised:
            assert [chunk async for chunk in await ask(client, ASK, stream=True)]
        assert (raised.value.type, isinstance(raised.value, openai.APIStatusError)) == ("server_error", False)
        with pytest.raises(openai.InternalServerError, match="cannot be read") as whole:
            await ask(client, ASK)
        assert whole.value.status_code == 503 and whole.value.response.headers["retry-after"]


@pytest.mark.parametrize("stream", [False, True])
async def test_client_that_leaves_stops_the_work(
    opened: Opened, archive: Archive, answer_from: Callable[..., Answering], stream: bool
) -> None:
    held = HeldArchive(archive)
    async with opened(answer_from(held)) as client, asyncio.timeout(PATIENCE):
        asking = asyncio.create_task(_first_chunk(client) if stream else ask(client, ASK))
        await held.begun.acquire()
        if stream:
            await (await asking).close()
        else:
            asking.cancel()
        await held.cancelled.acquire()


async def _first_chunk(client: AsyncOpenAI) -> Any:
    streamed = await ask(client, ASK, stream=True)
    assert (await anext(aiter(streamed))).choices[0].delta.role == "assistant"
    return streamed


class Silent(Answering):
    """An Answering that ends without an answer."""

    can_write = False

    def __init__(self) -> None:
        pass

    async def stream(self, question: Question, caller: str = "") -> AsyncGenerator[Event]:
        if question.text:
            raise RuntimeError(question.text)
        yield  # type: ignore[misc]


async def test_unforeseen_error_says_nothing_of_the_question(
    opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(Silent()) as client:
        with pytest.raises(openai.InternalServerError) as raised:
            await ask(client, "Rumpelstiltskin?", stream=True)
    assert raised.value.request_id and raised.value.request_id in raised.value.message
    assert "Rumpel" not in raised.value.message and "Rumpel" not in caplog.text
