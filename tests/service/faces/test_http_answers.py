"""`POST /v1/answers`: the answer object, what is refused and how, a full queue, modes that come later."""

import asyncio
import inspect
import unicodedata
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from indexing.add_articles import article_input
from indexing.archive.archive import Archive
from indexing.archive.filters import Filters, passages_where
from service.answering.pipeline import Answering
from service.answering.question import Question, Turn
from service.faces.http_answers import QuestionFields

ANSWER_FIELDS = {
    "id", "question", "standalone_question", "language", "answered", "answer", "short_answer", "confidence",
    "mode", "statements", "citations", "passages", "refusal", "timings_ms",
}  # fmt: skip


async def ask(client: httpx.AsyncClient, **fields: Any) -> httpx.Response:
    return await client.post("/v1/answers", json=fields)


async def test_archive_without_articles_is_said(client: httpx.AsyncClient) -> None:
    reply = await ask(client, question="  Who entered via Ishkashim?\n")
    answer = reply.json()
    assert reply.status_code == 200
    assert set(answer) == ANSWER_FIELDS
    assert answer["question"] == "Who entered via Ishkashim?"
    assert (answer["answered"], answer["citations"], answer["refusal"]["reason"]) == (
        False,
        [],
        "archive_empty",
    )


async def test_every_quote_is_at_its_place_in_the_served_text(filled: httpx.AsyncClient) -> None:
    answer = (await ask(filled, question="How many soldiers entered via Ishkashim?")).json()
    assert answer["answered"] and answer["refusal"] is None
    assert answer["short_answer"] and answer["answer"] == f"{answer['short_answer']} [1]"
    assert "Ishkashim (102 personnes)" in answer["statements"][0]["text"]
    assert 0 < answer["confidence"] < 1
    for citation in answer["citations"]:
        article = citation["article"]
        stored = (await filled.get(f"/v1/articles/{article['id']}", params={"v": article["version"]})).json()
        assert stored["text"][citation["start"] : citation["end"]] == citation["quote"]
        assert citation["start"] <= citation["answer_start"] < citation["answer_end"] <= citation["end"]
        assert stored["text"][citation["answer_start"] : citation["answer_end"]] == answer["short_answer"]
        assert citation["stance"] == "supports"
        place = f"v={article['version']}&start={citation['start']}&end={citation['end']}"
        assert citation["link"] == f"/articles/{article['id']}?{place}"
        assert (await filled.get(citation["link"])).status_code == 200


async def test_link_is_the_same_with_and_without_a_service(
    filled: httpx.AsyncClient, archive: Archive, answer_from: Callable[..., Answering]
) -> None:
    text, filters = "How many soldiers entered via Ishkashim?", {"article_id": ["frontiere"]}
    answer = (await ask(filled, question=text, filters=filters)).json()
    local = await answer_from(archive).ask(Question(text, filters=Filters(article_id=("frontiere",))))
    assert local.citations
    assert [one.link for one in local.citations] == [one["link"] for one in answer["citations"]]


async def test_filters_limit_the_articles(filled: httpx.AsyncClient) -> None:
    question = "How many soldiers entered via Ishkashim?"
    for filters, found in (
        ({"language": ["fr"]}, {"frontiere"}),
        ({"language": ["FR"]}, {"frontiere"}),
        ({"source": ["Stadtanzeiger"]}, {"baecker"}),
        ({"tags": ["asie"]}, {"frontiere"}),
        ({"article_id": ["baecker"]}, {"baecker"}),
        ({"published_from": "2021-07-05", "published_to": "2021-07-05"}, {"frontiere"}),
        ({"published_from": "2021-07-06T00:00:00Z"}, {"baecker"}),
        ({"published_from": "2021-07-06t00:00:00z"}, {"baecker"}),
        ({"published_to": "2021-07-06t01:30:00.5+02:00"}, {"frontiere"}),
    ):
        answer = (await ask(filled, question=question, filters=filters)).json()
        assert {passage["article_id"] for passage in answer["passages"]} <= found, filters
    assert len((await ask(filled, question=question, top_k=1)).json()["passages"]) == 1


@pytest.mark.parametrize(
    ("fields", "place", "says"),
    [
        ({}, "body.question", "required"),
        ({"question": ""}, "body.question", "1 to 2,000"),
        ({"question": " \n\u3000"}, "body.question", "1 to 2,000"),
        ({"question": "x" * 2001}, "body.question", "2,001 characters"),
        ({"question": None}, "body.question", "valid string; got null"),
        ({"question": 7}, "body.question", "got 7"),
        ({"question": "x", "topk": 3}, "body.topk", "allowed are question, history, filters, top_k"),
        ({"question": "x", "filters": {"lang": []}}, "body.filters.lang", "allowed are language, source"),
        ({"question": "x", "filters": []}, "body.filters", "got []"),
        ({"question": "x", "filters": {"language": "fr"}}, "body.filters.language", 'got "fr"'),
        ({"question": "x", "filters": {"language": ["../x"]}}, "body.filters.language[0]", "BCP 47"),
        (
            {"question": "x", "filters": {"published_from": "5 July"}},
            "body.filters.published_from",
            "RFC 3339",
        ),
        (
            {"question": "x", "filters": {"published_to": "2021-02-30"}},
            "body.filters.published_to",
            "RFC 3339",
        ),
        (
            {"question": "x", "filters": {"published_to": "2021-02-03T10:00:00"}},
            "body.filters.published_to",
            "Z",
        ),
        (
            {"question": "x", "filters": {"published_from": "2021-07-02", "published_to": "2021-07-01"}},
            "body.filters",
            "published_from is after published_to",
        ),
        ({"question": "x", "top_k": 0}, "body.top_k", "greater than or equal to 1; got 0"),
        ({"question": "x", "top_k": 51}, "body.top_k", "less than or equal to 50; got 51"),
        ({"question": "x", "top_k": "8"}, "body.top_k", 'got "8"'),
        ({"question": "x", "top_k": True}, "body.top_k", "got true"),
        (
            {"question": "x", "history": [{"role": "system", "content": "a"}]},
            "body.history[0].role",
            "'user'",
        ),
        ({"question": "x", "history": [{"role": "user"}]}, "body.history[0].content", "required"),
        (
            {"question": "x", "history": [{"role": "user", "content": "a", "x": 1}]},
            "body.history[0].x",
            "role, content",
        ),
        ({"question": "x", "history": [{"role": "user", "content": "a"}] * 41}, "body.history", "at most 40"),
        (
            {"question": "x", "history": [{"role": "robot", "content": ""}] * 10_000},
            "body.history",
            "got 10,000 items, allowed: at most 40",
        ),
        ({"question": "x", "history": "a"}, "body.history", 'got "a"'),
        ({"question": "x", "history": ["a"]}, "body.history[0]", 'got "a"'),
        (
            {"question": "x", "history": [{"role": "user", "content": "a" * 8_001}]},
            "body.history[0].content",
            "got 8,001 characters, allowed: at most 8,000",
        ),
        ({"question": "x", "history": [{"role": "user", "content": ""}]}, "body.history[0].content", "empty"),
        (
            {"question": "x", "history": [{"role": "assistant", "content": "\u0000\u007f\u0085 \n"}]},
            "body.history[0].content",
            "empty, or only space and control characters; allowed: 1 to 8,000 characters",
        ),
        (
            {"question": "x", "history": [{"role": "user", "content": ["a"]}]},
            "body.history[0].content",
            'valid string; got ["a"]',
        ),
        (
            {"question": "x", "history": [{"role": "user", "content": None}]},
            "body.history[0].content",
            "valid string; got null",
        ),
        ({"question": "x", "answer_language": "English!"}, "body.answer_language", "BCP 47"),
        ({"question": "x", "mode": "generative"}, "body.mode", "CITEWELL_LLM_BASE_URL"),
        ({"question": "x", "mode": "fast"}, "body.mode", "'extractive'"),
        ({"question": "x", "stream": "yes"}, "body.stream", "boolean"),
    ],
)
async def test_bad_field_is_a_422_that_names_it(
    client: httpx.AsyncClient, fields: dict[str, Any], place: str, says: str
) -> None:
    reply = await ask(client, **fields)
    assert reply.status_code == 422
    [error] = reply.json()["errors"]
    assert error["place"] == place
    assert says in error["message"]
    assert reply.json()["detail"] == f"{place}: {error['message']}"


async def test_every_bad_field_is_named(client: httpx.AsyncClient) -> None:
    problem = (await ask(client, question="", top_k=99, x=1)).json()
    assert {error["place"] for error in problem["errors"]} == {"body.question", "body.top_k", "body.x"}
    assert "2 more" in problem["detail"]


async def test_limits_themselves_are_allowed(client: httpx.AsyncClient) -> None:
    turns = [{"role": "user", "content": "a" * 8_000}, {"role": "assistant", "content": "b"}] * 20
    reply = await ask(
        client, question="😀" * 2000, history=turns, top_k=50, mode="extractive", answer_language=None
    )
    assert reply.status_code == 200


def test_control_characters_of_a_turn_are_removed_and_line_ends_and_tabs_kept() -> None:
    every = "".join(map(chr, range(0x250))) + "\u2028\U0001f600\U0010ffff"
    fields = QuestionFields.model_validate({"question": "x", "history": [{"role": "user", "content": every}]})
    [turn] = fields.to_question().history
    assert turn.content == "".join(
        character for character in every if character in "\t\n" or unicodedata.category(character) != "Cc"
    )


def test_fields_become_a_question() -> None:
    fields = {
        "question": " who? ",
        "history": [{"role": "user", "content": "a"}],
        "filters": {"language": ["ZH-hant-tw"], "tags": ["x"], "published_to": "2021-07-05"},
        "top_k": 3,
        "answer_language": "pt-br",
    }
    question = QuestionFields.model_validate(fields).to_question()
    assert question.text == "who?"
    assert question.history == (Turn("user", "a"),)
    assert question.filters.language == ("zh-Hant-TW",)
    assert (question.filters.tags, question.filters.published_to) == (("x",), "2021-07-05")
    assert (question.top_k, question.answer_language, question.mode) == (3, "pt-BR", None)
    assert QuestionFields.model_validate({"question": "who?"}).to_question() == Question("who?")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2021-07-05", "2021-07-05"),
        ("2021-07-05t14:00:00z", "2021-07-05T14:00:00Z"),
        ("2021-07-05T14:00:00.75+02:00", "2021-07-05T12:00:00Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
    ],
)
def test_dates_are_taken_as_articles_carry_them(given: str, kept: str) -> None:
    body = {"question": "who?", "filters": {"published_from": given, "published_to": given}}
    filters = QuestionFields.model_validate(body).to_question().filters
    assert (filters.published_from, filters.published_to) == (kept, kept)


def test_languages_are_taken_as_articles_carry_them() -> None:
    for tag in ("de-x-ab", "DE-X-AB", "zh_hant", "fr-ca"):
        body = {"question": "who?", "filters": {"language": [tag]}}
        carried = article_input({"text": "a", "language": tag}).language
        assert QuestionFields.model_validate(body).to_question().filters.language == (carried,)


def test_filters_match_any_spelling_of_a_language() -> None:
    as_written, as_carried = Filters(language=("ZH_hant", "FR")), Filters(language=("zh-Hant", "fr"))
    assert passages_where(as_written) == passages_where(as_carried)


class WaitingArchive:
    """The archive, which lets each question wait for `go` once it has begun."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.go = asyncio.Event()
        self.begun = asyncio.Semaphore(0)

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self.archive, name)
        if not inspect.iscoroutinefunction(attribute):
            return attribute

        async def later(*arguments: Any, **named: Any) -> Any:
            self.begun.release()
            await self.go.wait()
            return await attribute(*arguments, **named)

        return later


async def test_full_queue_is_a_503_with_retry_after(
    open_client: Callable[..., httpx.AsyncClient],
    archive: Archive,
    answer_from: Callable[..., Answering],
) -> None:
    waiting = WaitingArchive(archive)
    client = open_client(answer_from(waiting, queue=2))
    asked = [asyncio.create_task(ask(client, question="who?")) for _ in range(2)]
    async with asyncio.timeout(60):
        for _ in asked:
            await waiting.begun.acquire()
    reply = await ask(client, question="who?")
    assert reply.status_code == 503
    assert int(reply.headers["retry-after"]) >= 1
    assert "queue" in reply.json()["detail"]
    page = await client.get("/", params={"question": "who?"}, headers={"Accept": "text/html"})
    assert (page.status_code, "queue" in page.text) == (503, True)
    waiting.go.set()
    assert [(await task).status_code for task in asked] == [200, 200]
    assert (await ask(client, question="who?")).status_code == 200
