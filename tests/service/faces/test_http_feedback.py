"""`/v1/feedback`: what is kept, replaced and refused, and the pages of it."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio

from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from indexing.archive.open_archive import manifest_for, open_archive
from service.answering.pipeline import Answering
from service.app import create_app
from service.settings import Settings

GIVEN: dict[str, Any] = {
    "answer_id": "ans_01J8ZC3T5W7Y9A1B2C3D4E5F6G",
    "rating": "up",
    "comment": "Exactly what I was looking for.",
    "question": "How many soldiers entered via Ishkashim?",
    "answer": "102 [1]",
    "citations": [{"article_id": "frontiere", "version": "0123456789abcdef", "start": 118, "end": 143}],
}
ADDRESS = "/v1/feedback"
NEWSPAPER = "https://news.example"
OpenClient = Callable[..., httpx.AsyncClient]


@pytest_asyncio.fixture(loop_scope="module")
async def archive(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> AsyncIterator[Archive]:
    """An empty archive for each test of this file, which counts what went in."""
    folder = tmp_path_factory.mktemp("archive")
    archive = await open_archive(folder / "archive", manifest_for(encoder, encoder.terms))
    yield archive
    await archive.close()


@pytest.fixture(scope="module")
def shared(
    shared_archive: Archive, encoder: Encoder, answer_from: Callable[..., Answering]
) -> httpx.AsyncClient:
    """A client of an application over one archive, for tests that leave nothing behind."""
    app = create_app(Settings(), shared_archive, encoder, answer_from(shared_archive))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")


async def listed(client: httpx.AsyncClient, **parameters: Any) -> list[dict[str, Any]]:
    reply = await client.get(ADDRESS, params=parameters)
    assert reply.status_code == 200, reply.text
    found: list[dict[str, Any]] = reply.json()["feedback"]
    return found


async def test_feedback_is_kept_and_listed(client: httpx.AsyncClient) -> None:
    assert await listed(client) == []
    reply = await client.post(ADDRESS, json=GIVEN)
    assert (reply.status_code, reply.content) == (204, b"")
    page = await client.get(ADDRESS)
    assert page.headers["cache-control"] == "no-store"
    assert page.json()["next"] is None
    [one] = page.json()["feedback"]
    assert list(one) == ["id", *GIVEN, "given"]
    assert {name: one[name] for name in GIVEN} == GIVEN


async def test_comment_comes_back_as_text(client: httpx.AsyncClient) -> None:
    for sent, kept in (
        ("ممتاز جدا 👏🏽👩‍👩‍👧", "ممتاز جدا 👏🏽👩‍👩‍👧"),
        ("two\r\nlines\tand a tab ", "two\nlines\tand a tab"),
        ("\x1b[31mred\x07 \x9b2J\x00", "[31mred 2J"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("x" * 4_000, "x" * 4_000),
        (" \n\x00 ", None),
        ("", None),
        (None, None),
    ):
        body = GIVEN | {"comment": sent, "question": "ما هو؟ \x1b", "answer": "١٠٢ [1]\x00"}
        assert (await client.post(ADDRESS, json=body)).status_code == 204
        [one] = await listed(client)
        assert (one["comment"], one["question"], one["answer"]) == (kept, "ما هو؟", "١٠٢ [1]")


async def test_what_may_be_left_out(client: httpx.AsyncClient) -> None:
    least = {name: GIVEN[name] for name in ("answer_id", "rating", "question", "answer")}
    assert (await client.post(ADDRESS, json=least)).status_code == 204
    [one] = await listed(client)
    assert (one["comment"], one["citations"]) == (None, [])


async def test_everything_at_its_limit_fits(client: httpx.AsyncClient) -> None:
    citation = {"article_id": "a" * 128, "version": "f" * 128, "start": 2**53 - 1, "end": 2**53}
    sizes = {"comment": 4_000, "question": 2_000, "answer": 20_000}
    most = GIVEN | {name: "😀" * size for name, size in sizes.items()} | {"citations": [citation] * 100}
    # json.dumps writes each of these characters as two \uXXXX, the longest way there is.
    body = json.dumps(most, indent=8)
    reply = await client.post(ADDRESS, content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code == 204, reply.text
    [one] = await listed(client)
    assert {name: one[name] for name in GIVEN} == most


async def test_same_answer_of_the_same_caller_is_replaced(open_client: OpenClient) -> None:
    async with open_client(api_keys=["first", "second"]) as client:

        async def rate(key: str, **more: Any) -> None:
            headers = {"Authorization": f"Bearer {key}"}
            assert (await client.post(ADDRESS, json=GIVEN | more, headers=headers)).status_code == 204

        await rate("first")
        await rate("second", comment="Not for me.")
        await rate("first", rating="down", comment=None)
        await rate("first", answer_id="ans_2")
        client.headers["Authorization"] = "Bearer second"
        found = [(one["answer_id"], one["rating"], one["comment"]) for one in await listed(client)]
        assert found == [
            ("ans_2", "up", GIVEN["comment"]),
            (GIVEN["answer_id"], "down", None),
            (GIVEN["answer_id"], "up", "Not for me."),
        ]


async def test_pages_are_newest_first_and_by_rating(client: httpx.AsyncClient) -> None:
    for number in range(7):
        rating = "down" if number % 3 == 0 else "up"
        body = GIVEN | {"answer_id": f"ans_{number}", "rating": rating}
        assert (await client.post(ADDRESS, json=body)).status_code == 204
    parameters: dict[str, Any] = {"limit": 3}
    seen: list[list[str]] = []
    while True:
        page = (await client.get(ADDRESS, params=parameters)).json()
        seen.append([one["answer_id"] for one in page["feedback"]])
        if page["next"] is None:
            break
        parameters["cursor"] = page["next"]
    assert seen == [["ans_6", "ans_5", "ans_4"], ["ans_3", "ans_2", "ans_1"], ["ans_0"]]
    assert [one["answer_id"] for one in await listed(client, rating="down")] == ["ans_6", "ans_3", "ans_0"]
    assert [one["answer_id"] for one in await listed(client, rating="up", limit=2)] == ["ans_5", "ans_4"]


ID_SAYS = "allowed: 1 to 128 letters, digits and ._~- (take it from the answer)"
EMPTY_SAYS = "empty, or only space and control characters; allowed: at least one character"


@pytest.mark.parametrize(
    ("change", "place", "says"),
    [
        ({"rating": "meh"}, "body.rating", "Input should be 'up' or 'down'; got \"meh\""),
        ({"rating": None}, "body.rating", "got null"),
        ({"answer_id": ""}, "body.answer_id", ID_SAYS),
        ({"answer_id": "ans/1"}, "body.answer_id", ID_SAYS),
        ({"answer_id": "x" * 129}, "body.answer_id", ID_SAYS),
        ({"answer_id": 7}, "body.answer_id", "should be a valid string; got 7"),
        ({"comment": "x" * 4_001}, "body.comment", "got 4,001 characters, allowed: at most 4,000"),
        ({"comment": ["x"]}, "body.comment", "should be a valid string"),
        ({"question": "x" * 2_001}, "body.question", "got 2,001 characters, allowed: at most 2,000"),
        ({"question": " \x00\n"}, "body.question", EMPTY_SAYS),
        ({"answer": "x" * 20_001}, "body.answer", "got 20,001 characters, allowed: at most 20,000"),
        ({"answer": ""}, "body.answer", EMPTY_SAYS),
        (
            {"citations": GIVEN["citations"] * 101},
            "body.citations",
            "got 101 items, allowed: at most 100",
        ),
        ({"citations": None}, "body.citations", "should be a valid list; got null"),
        (
            {"citations": [GIVEN["citations"][0] | {"quote": "x"}]},
            "body.citations[0].quote",
            "unknown field; allowed are article_id, version, start, end",
        ),
        ({"citations": [{"article_id": "a", "version": "b", "start": 1}]}, "body.citations[0].end", "absent"),
        ({"citations": [GIVEN["citations"][0] | {"end": 118}]}, "body.citations[0]", "allowed: start < end"),
        ({"citations": [GIVEN["citations"][0] | {"start": -1}]}, "body.citations[0].start", "got -1"),
        ({"citations": [GIVEN["citations"][0] | {"end": 2**63}]}, "body.citations[0].end", "less than"),
        ({"citations": [GIVEN["citations"][0] | {"start": 1.5}]}, "body.citations[0].start", "got 1.5"),
        (
            {"stars": 5},
            "body.stars",
            "unknown field; allowed are answer_id, rating, comment, question, answer, citations",
        ),
    ],
)
async def test_refused_feedback_is_a_422_that_names_the_place(
    shared: httpx.AsyncClient, change: dict[str, Any], place: str, says: str
) -> None:
    reply = await shared.post(ADDRESS, json=GIVEN | change)
    assert reply.status_code == 422
    assert reply.headers["content-type"] == "application/problem+json"
    [error] = reply.json()["errors"]
    assert error["place"] == place
    assert says in error["message"]
    assert await listed(shared) == []


@pytest.mark.parametrize("name", ["answer_id", "rating", "question", "answer"])
async def test_absent_field_is_named(shared: httpx.AsyncClient, name: str) -> None:
    reply = await shared.post(ADDRESS, json={one: GIVEN[one] for one in GIVEN if one != name})
    assert (reply.status_code, reply.json()["detail"]) == (422, f"body.{name}: required, but absent")


async def test_body_that_is_none(shared: httpx.AsyncClient) -> None:
    as_json = {"Content-Type": "application/json"}
    for body, status, says in (
        (b"", 422, "got nothing"),
        (b"{", 422, "malformed JSON"),
        (b"[]", 422, "allowed: a JSON object"),
        (b'{"comment": "\\ud800"}', 422, "malformed JSON"),
        (b" " * (512 * 1024 + 1), 413, "longer than 524,288 bytes"),
    ):
        reply = await shared.post(ADDRESS, content=body, headers=as_json)
        assert (reply.status_code, says in reply.json()["detail"]) == (status, True), reply.text
    reply = await shared.post(ADDRESS, content=b"{}", headers={"Content-Type": "text/plain"})
    assert reply.status_code == 415
    assert (await shared.delete(ADDRESS)).headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("parameters", "place"),
    [
        ({"cursor": "broken"}, "query.cursor"),
        ({"cursor": ""}, "query.cursor"),
        ({"cursor": "2024-99-06T10:00:00.000000Z_00000000-0000-0000-0000-000000000000"}, "query.cursor"),
        ({"limit": 0}, "query.limit"),
        ({"limit": 1_001}, "query.limit"),
        ({"limit": "all"}, "query.limit"),
        ({"rating": "meh"}, "query.rating"),
        ({"page": 2}, "query.page"),
    ],
)
async def test_refused_page_is_a_422(
    shared: httpx.AsyncClient, parameters: dict[str, Any], place: str
) -> None:
    reply = await shared.get(ADDRESS, params=parameters)
    assert reply.status_code == 422
    [error] = reply.json()["errors"]
    assert error["place"] == place
    if place == "query.cursor":
        assert "allowed: the `next` that the page before gave" in error["message"]


async def test_feedback_outlives_the_article(client: httpx.AsyncClient, french: dict[str, Any]) -> None:
    assert (await client.post("/v1/articles", json=french)).status_code == 201
    before = (await client.get("/v1/status")).json()
    assert (await client.post(ADDRESS, json=GIVEN)).status_code == 204
    after = (await client.get("/v1/status")).json()
    assert after | {"bytes": None} == before | {"bytes": None}
    assert len((await client.get("/v1/articles")).json()["articles"]) == 1
    assert (await client.delete("/v1/articles/frontiere")).status_code == 204
    [one] = await listed(client)
    assert one["citations"] == GIVEN["citations"]
    answer = (await client.post("/v1/answers", json={"question": GIVEN["question"]})).json()
    assert answer["refusal"]["reason"] == "archive_empty"


async def test_a_reader_with_a_widget_token_may_rate_but_not_read(open_client: OpenClient) -> None:
    async with open_client(api_keys=["secret"], allowed_origins=[NEWSPAPER]) as client:
        page = {"Origin": NEWSPAPER}
        token = (await client.post("/v1/tokens", json={}, headers=page)).json()["token"]
        bearer = {"Authorization": f"Bearer {token}"}
        reply = await client.post(ADDRESS, json=GIVEN, headers=page | bearer)
        assert (reply.status_code, reply.headers["access-control-allow-origin"]) == (204, NEWSPAPER)
        # A new token is the same reader.
        again = (await client.post("/v1/tokens", json={}, headers=page)).json()["token"]
        changed = GIVEN | {"rating": "down"}
        reply = await client.post(ADDRESS, json=changed, headers=page | {"Authorization": f"Bearer {again}"})
        assert reply.status_code == 204
        assert (await client.get(ADDRESS, headers=page | bearer)).status_code == 401
        assert (await client.get(ADDRESS)).status_code == 401
        assert (await client.post(ADDRESS, json=GIVEN)).status_code == 401
        client.headers["Authorization"] = "Bearer secret"
        [one] = await listed(client)
        assert one["rating"] == "down"
        assert "127.0.0.1" not in json.dumps(one)


async def test_description_names_the_fields(shared: httpx.AsyncClient) -> None:
    paths = (await shared.get("/openapi.json")).json()["paths"]
    body = paths[ADDRESS]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(body["properties"]) == set(GIVEN)
    assert {one["name"] for one in paths[ADDRESS]["get"]["parameters"]} == {"limit", "cursor", "rating"}
