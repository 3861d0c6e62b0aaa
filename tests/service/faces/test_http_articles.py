"""`/v1/articles`: one article, many as lines or files, lists, single articles, removal."""

import gzip
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio

from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from indexing.archive.open_archive import manifest_for, open_archive
from indexing.errors import ArchiveFull
from service.answering.pipeline import Answering
from service.app import create_app
from service.settings import Settings

NDJSON = {"Content-Type": "application/x-ndjson"}


@pytest_asyncio.fixture(loop_scope="module")
async def archive(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> AsyncIterator[Archive]:
    """An empty archive for each test of this file, which counts what went in."""
    folder = tmp_path_factory.mktemp("archive")
    archive = await open_archive(folder / "archive", manifest_for(encoder, encoder.terms))
    yield archive
    await archive.close()


@pytest.fixture
def shared(
    shared_archive: Archive, encoder: Encoder, answer_from: Callable[..., Answering]
) -> httpx.AsyncClient:
    """A client of an application over one archive, for tests that leave nothing behind."""
    app = create_app(Settings(), shared_archive, encoder, answer_from(shared_archive))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")


def text(number: int) -> str:
    return f"Article number {number} says that the river rose by {number} metres."


def lines(reply: httpx.Response) -> list[dict[str, Any]]:
    assert reply.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in reply.text.splitlines()]


async def count(client: httpx.AsyncClient) -> int:
    found: int = (await client.get("/v1/status")).json()["articles"]
    return found


async def test_one_article_is_added_then_unchanged_then_updated(
    client: httpx.AsyncClient, french: dict[str, Any]
) -> None:
    added = await client.post("/v1/articles", json=french)
    assert added.status_code == 201
    assert set(added.json()) == {"id", "version", "status", "passages"}
    assert (added.json()["id"], added.json()["status"]) == ("frontiere", "added")
    assert added.json()["passages"] >= 1
    again = await client.post("/v1/articles", json=french)
    assert (again.status_code, again.json()["status"]) == (200, "unchanged")
    assert again.json()["version"] == added.json()["version"]
    changed = await client.post("/v1/articles", json={**french, "text": "Tout a changé à Ishkashim."})
    assert (changed.status_code, changed.json()["status"]) == (200, "updated")
    copy = await client.post("/v1/articles", json={"id": "copie", "text": "Tout a changé à Ishkashim."})
    assert (copy.status_code, copy.json()["status"]) == (200, "duplicate")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "neither text nor html"),
        ({"text": ""}, "without text"),
        ({"text": " \n"}, "without text"),
        ({"text": 5}, "field 'text'"),
        ({"text": "x", "published": "yesterday"}, "field 'published'"),
        ({"text": "x", "language": "??"}, "field 'language'"),
        ({"text": "x", "url": "javascript:alert(1)"}, "field 'url'"),
        ([], "JSON object"),
        ([{"text": "x"}], "JSON object"),
        ("x", "JSON object"),
    ],
)
async def test_refused_article_is_a_422(shared: httpx.AsyncClient, body: Any, says: str) -> None:
    reply = await shared.post("/v1/articles", json=body)
    assert reply.status_code == 422
    assert reply.headers["content-type"] == "application/problem+json"
    assert says in reply.json()["detail"]
    assert await count(shared) == 0


async def test_article_above_the_limit_is_refused(open_client: Callable[..., httpx.AsyncClient]) -> None:
    client = open_client(max_article_characters=1_000)
    assert (await client.post("/v1/articles", json={"text": "x" * 1_000})).status_code == 201
    reply = await client.post("/v1/articles", json={"text": "x" * 1_001})
    assert (reply.status_code, "1,001 characters" in reply.json()["detail"]) == (422, True)
    # As long as allowed and written as \uXXXX still fits; beyond that the body is not read to its end.
    assert (await client.post("/v1/articles", json={"text": "я" * 1_000})).status_code == 201
    reply = await client.post("/v1/articles", json={"text": "x" * 1_100_000})
    assert reply.status_code == 413
    assert "1,006,000 bytes" in reply.json()["detail"]


async def test_malformed_line_costs_only_itself(client: httpx.AsyncClient) -> None:
    body = [json.dumps({"id": str(number), "text": text(number)}) for number in range(1, 41)]
    body[16] = '{"text": "broken}'
    body[20] = ""
    body[21] = '{"title": "no text"}'
    reply = await client.post("/v1/articles", content="\r\n".join(body).encode(), headers=NDJSON)
    assert reply.status_code == 200
    results = lines(reply)
    assert len(results) == 39
    failed = [result for result in results if result["status"] == "failed"]
    assert [set(result) for result in failed] == [{"line", "status", "error"}] * 2
    assert [result["line"] for result in failed] == [17, 22]
    assert "malformed JSON" in failed[0]["error"] and "column 17" in failed[0]["error"]
    assert all("\n" not in result["error"] for result in failed)
    good = [result for result in results if result["status"] != "failed"]
    assert [result["id"] for result in good] == [str(n) for n in range(1, 41) if n not in (17, 21, 22)]
    assert all(set(result) == {"id", "version", "status", "passages"} for result in good)
    assert await count(client) == 37


async def test_too_long_and_unreadable_lines_cost_only_themselves(
    open_client: Callable[..., httpx.AsyncClient],
) -> None:
    client = open_client(max_article_characters=1_000)

    async def body() -> AsyncIterator[bytes]:
        yield b'\xef\xbb\xbf{"id": "first", "text": "With a byte order mark."}\n{"text": "'
        for _ in range(40):
            yield b"x" * 65_536
        yield b'"}\n[]\n{"text": "\xff"}\n{"text": "\\ud800"}\n{"text": NaN}\n'
        yield json.dumps({"text": "y" * 1_001}).encode() + b"\n"
        yield b'{"id": "last", "text": "Without a line end."}'

    results = lines(await client.post("/v1/articles", content=body(), headers=NDJSON))
    assert [result.get("line") for result in results] == [None, 2, 3, 4, 5, 6, 7, None]
    assert (results[0]["id"], results[-1]["id"]) == ("first", "last")
    assert "longer than 1,006,000 bytes" in results[1]["error"]
    assert "1,001 characters" in results[6]["error"]


async def test_duplicate_ids_in_one_body_become_versions(client: httpx.AsyncClient) -> None:
    body = b'{"id": "a", "text": "One."}\n{"id": "a", "text": "Two."}\n{"id": "b", "text": "Two."}\n'
    results = lines(await client.post("/v1/articles", content=body, headers=NDJSON))
    assert [result["status"] for result in results] == ["added", "updated", "duplicate"]
    article = (await client.get("/v1/articles/a")).json()
    assert article["text"] == "Two." and len(article["versions"]) == 2


@pytest.mark.parametrize("body", [b"", b"\n\n \n"])
async def test_no_lines_give_no_results(shared: httpx.AsyncClient, body: bytes) -> None:
    reply = await shared.post("/v1/articles", content=body, headers=NDJSON)
    assert (reply.status_code, reply.content) == (200, b"")


class FullArchive:
    """The archive, whose disk is full from the given batch on."""

    def __init__(self, archive: Archive, batches: int) -> None:
        self.archive = archive
        self.left = batches

    def __getattr__(self, name: str) -> Any:
        return getattr(self.archive, name)

    async def commit(self, batch: Any) -> None:
        if batch and self.left == 0:
            raise ArchiveFull("no room left where the archive lies; free some")
        self.left -= bool(batch)
        await self.archive.commit(batch)


async def test_full_disk_before_the_first_result_is_a_507(make_app: Any, archive: Archive) -> None:
    app = make_app()
    full = FullArchive(archive, 0)
    app.state.services = replace(app.state.services, archive=full)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        for headers in (NDJSON, {"Content-Type": "application/json"}):
            reply = await client.post("/v1/articles", content=b'{"text": "x"}', headers=headers)
            assert (reply.status_code, reply.headers["content-type"]) == (507, "application/problem+json")
            assert "no room left" in reply.json()["detail"]


async def test_full_disk_later_ends_the_results_with_a_line_that_says_so(
    make_app: Any, archive: Archive
) -> None:
    app = make_app()
    app.state.services = replace(app.state.services, archive=FullArchive(archive, 1))
    body = b"".join(json.dumps({"id": str(n), "text": text(n)}).encode() + b"\n" for n in range(1, 101))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        results = lines(await client.post("/v1/articles", content=body, headers=NDJSON))
    added = len(results) - 1
    assert all(result["status"] == "added" for result in results[:-1])
    assert results[-1]["line"] == added + 1
    assert (
        "no room left" in results[-1]["error"] and "everything after it was not added" in results[-1]["error"]
    )
    assert (await archive.status())["articles"] == added


async def test_files_of_a_form_go_in_by_their_kind(client: httpx.AsyncClient) -> None:
    page = (
        "<html><head><title>Page</title></head><body><article><p>" + text(3) + "</p></article></body></html>"
    )
    packed = gzip.compress(f'{{"text": "{text(4)}"}}\n{{"text": \n{{"text": "{text(5)}"}}\n'.encode())
    files = [
        ("file", ("a.txt", text(1).encode())),
        ("file", ("../../a.txt", "Größe und Öl kosten überall mehr.".encode("cp1252"))),
        ("other", ("page.html", page.encode())),
        ("file", ("many.jsonl.gz", packed)),
        ("file", ("tool.exe", b"MZ\x00")),
        ("file", ("empty.txt", b"")),
    ]
    reply = await client.post("/v1/articles", files=files)
    assert reply.status_code == 200
    results = lines(reply)
    assert [result["status"] for result in results] == [*["added"] * 4, "failed", "added", "failed", "failed"]
    failed = [result for result in results if result["status"] == "failed"]
    assert [(result["line"], result["file"]) for result in failed] == [
        (4, "many.jsonl.gz:2"),
        (5, "tool.exe"),
        (6, "empty.txt"),
    ]
    assert "citewell-" not in reply.text  # no path of ours
    assert (await client.get(f"/v1/articles/{results[1]['id']}")).json()["text"].startswith("Größe und Öl")
    again = lines(await client.post("/v1/articles", files=files[:1]))
    assert (again[0]["status"], again[0]["id"]) == ("unchanged", results[0]["id"])


@pytest.mark.parametrize(
    ("form", "status", "says"),
    [
        ({"data": {"text": "x"}, "files": {"file": ("a.txt", b"x")}}, 422, "'text' that is no file"),
        (
            {"content": b"--b--\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
            422,
            "no file",
        ),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 400, "boundary"),
    ],
)
async def test_form_without_files_is_refused(
    shared: httpx.AsyncClient, form: dict[str, Any], status: int, says: str
) -> None:
    reply = await shared.post("/v1/articles", **form)
    assert (reply.status_code, reply.headers["content-type"]) == (status, "application/problem+json")
    assert says in reply.json()["detail"]


async def test_list_goes_page_by_page(client: httpx.AsyncClient, french: dict[str, Any]) -> None:
    body = b"".join(
        json.dumps({"id": f"n{n}", "text": text(n), "language": "en"}).encode() + b"\n" for n in range(5)
    )
    await client.post("/v1/articles", content=body, headers=NDJSON)
    await client.post("/v1/articles", json=french)
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(3):
        params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await client.get("/v1/articles", params=params)).json()
        assert set(page) == {"articles", "cursor"} and len(page["articles"]) == 2
        seen += [article["id"] for article in page["articles"]]
        cursor = page["cursor"]
    assert cursor is None
    assert sorted(seen) == ["frontiere", "n0", "n1", "n2", "n3", "n4"]
    [article] = (await client.get("/v1/articles", params={"language": "FR"})).json()["articles"]
    assert article["id"] == "frontiere" and article["version"] and "text" not in article
    assert len((await client.get("/v1/articles?source=Courrier du Pamir")).json()["articles"]) == 1
    assert (await client.get("/v1/articles?source=Nobody")).json() == {"articles": [], "cursor": None}


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("limit=0", "query.limit"),
        ("limit=1001", "query.limit"),
        ("limit=all", "query.limit"),
        ("cursor=7", "query.cursor"),
        ("language=../x", "query.language"),
        ("langauge=fr", "query.langauge"),
    ],
)
async def test_bad_list_parameter_is_named(shared: httpx.AsyncClient, query: str, place: str) -> None:
    reply = await shared.get(f"/v1/articles?{query}")
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["place"] == place


async def test_article_is_served_in_every_version_and_under_its_copies(client: httpx.AsyncClient) -> None:
    first = (
        await client.post("/v1/articles", json={"id": "a", "text": "One \U0001f468\u200d\U0001f469.\r\nTwo."})
    ).json()
    second = (await client.post("/v1/articles", json={"id": "a", "text": "Three.", "tags": ["x"]})).json()
    await client.post("/v1/articles", json={"id": "copy", "text": "Three.", "source": "Other"})
    article = (await client.get("/v1/articles/a")).json()
    assert article["text"] == "Three." and article["tags"] == ["x"]
    assert article["version"] == article["current_version"] == second["version"]
    assert article["versions"] == [first["version"], second["version"]]
    assert [copy["id"] for copy in article["also_in"]] == ["copy"]
    old = (await client.get("/v1/articles/a", params={"v": first["version"]})).json()
    assert old["text"] == "One \U0001f468\u200d\U0001f469.\nTwo."
    assert (old["version"], old["current_version"]) == (first["version"], second["version"])
    copy = (await client.get("/v1/articles/copy")).json()
    assert (copy["text"], copy["copy_of"], copy["source"]) == ("Three.", "a", "Other")
    reply = await client.get("/v1/articles/a?v=0000000000000000")
    assert reply.status_code == 404 and second["version"] in reply.json()["detail"]


@pytest.mark.parametrize(
    "id", ["with space", "a/b/c", "https://x.example/a?b=1#c", "é", "日本", "%2F", "..", "~x.-_"]
)
async def test_odd_id_goes_in_and_out(shared: httpx.AsyncClient, id: str) -> None:
    added = (await shared.post("/v1/articles", json={"id": id, "text": f"Text of {id}"})).json()
    got = await shared.get(f"/v1/articles/{quote(added['id'], safe='')}")
    assert got.status_code == 200
    assert got.json()["meta"].get("original_id", added["id"]) == id
    unknown = await shared.get(f"/v1/articles/{quote(id + '?', safe='')}")
    assert (unknown.status_code, unknown.headers["content-type"]) == (404, "application/problem+json")
    assert (await shared.delete(f"/v1/articles/{quote(added['id'], safe='')}")).status_code == 204


async def test_removed_article_is_gone_with_all_versions(client: httpx.AsyncClient) -> None:
    first = (await client.post("/v1/articles", json={"id": "a", "text": "One."})).json()
    await client.post("/v1/articles", json={"id": "a", "text": "Two."})
    reply = await client.delete("/v1/articles/a")
    assert (reply.status_code, reply.content) == (204, b"")
    for address in ("/v1/articles/a", f"/v1/articles/a?v={first['version']}", "/articles/a"):
        assert (await client.get(address)).status_code == 404
    assert (await client.delete("/v1/articles/a")).status_code == 404
    assert await count(client) == 0
