"""An archive on a server is opened once everything is as it must be; else one sentence says what to do."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from indexing.archive.engine import DATETIME_FIELDS, KEYWORD_FIELDS
from indexing.archive.manifest import Manifest
from indexing.archive.open_server_archive import open_server_archive
from indexing.archive.server_address import Layout, Server, checked_url
from indexing.errors import ArchiveError, ArchiveForbidden, ArchiveIncompatible
from tests.indexing.archive.synthetic import MANIFEST
from tests.qdrant_stub.running_stub import RunningStub, running_stub


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStub]:
    with running_stub(tmp_path_factory.mktemp("stub"), api_key="right", read_only_key="reader") as running:
        yield running


def server_on(stub: RunningStub, collection: str = "articles", key: str | None = "right") -> Server:
    return Server(stub.url, collection, key)


def asked(stub: RunningStub, method: str, path: str, body: object = None) -> httpx.Response:
    headers = {"api-key": "right"}
    return httpx.request(method, stub.url + path, json=body, headers=headers, trust_env=False)


async def refusal(server: Server, wanted: Manifest = MANIFEST) -> ArchiveError:
    with pytest.raises(ArchiveError) as caught:
        await open_server_archive(server, wanted)
    assert "\n" not in str(caught.value)
    return caught.value


async def test_archive_is_made_once_with_all_its_indexes(stub: RunningStub) -> None:
    stub.forget()
    server = server_on(stub, "made")
    for _ in range(2):
        archive = await open_server_archive(server, MANIFEST)
        assert archive.manifest == MANIFEST
        status = await archive.status()
        assert (status["engine"], status["archive"]) == (
            "Qdrant server 1.19.0",
            f"{stub.url}/collections/made",
        )
        assert (status["articles"], status["bytes"]) == (0, None)
        await archive.close()
    made = [one for one in stub.requests() if one["method"] == "PUT" and one["path"] == "/collections/made"]
    assert len(made) == 1
    schema = asked(stub, "GET", "/collections/made").json()["result"]["payload_schema"]
    assert {name for name, index in schema.items() if index["data_type"] == "keyword"} == set(KEYWORD_FIELDS)
    assert {name for name, index in schema.items() if index["data_type"] == "datetime"} == set(
        DATETIME_FIELDS
    )
    assert [one for one in stub.requests() if one["status"] != 200] == []


async def test_layout_is_asked_for_when_the_collection_is_made(stub: RunningStub) -> None:
    layout = Layout(3, 2, 2, "scalar", ("vectors", "terms"))
    server = replace(server_on(stub, "laid-out"), layout=layout)
    await (await open_server_archive(server, MANIFEST)).close()
    config = asked(stub, "GET", "/collections/laid-out").json()["result"]["config"]
    params = config["params"]
    assert [params[name] for name in ("shard_number", "replication_factor", "write_consistency_factor")] == [
        3,
        2,
        2,
    ]
    assert params["vectors"]["text-dense"]["memory"] == "cold"
    assert params["sparse_vectors"]["text-sparse"]["index"]["memory"] == "cold"
    assert config["quantization_config"] == {"scalar": {"type": "int8", "quantile": 0.99, "memory": "pinned"}}
    turbo = replace(server_on(stub, "turbo"), layout=Layout(quantization="turbo"))
    await (await open_server_archive(turbo, MANIFEST)).close()
    config = asked(stub, "GET", "/collections/turbo").json()["result"]["config"]
    assert config["quantization_config"] == {"turbo": {"bits": "bits4", "memory": "pinned"}}
    # Opened without settings it is what it is: searches that compare whole vectors, reads from most replicas.
    stub.forget()
    again = await open_server_archive(server_on(stub, "laid-out"), MANIFEST)
    await again.status()
    await again.close()
    scrolls = [one["query"] for one in stub.requests() if one["path"].endswith("/scroll")]
    assert scrolls and all(query == {"consistency": "majority"} for query in scrolls)


async def test_collection_of_another_program_is_left_alone(stub: RunningStub) -> None:
    body = {
        "vectors": {"text-dense": {"size": 8, "distance": "Cosine"}},
        "sparse_vectors": {"text-sparse": {}},
    }
    assert asked(stub, "PUT", "/collections/other", body).is_success
    before = asked(stub, "GET", "/collections/other").json()["result"]
    error = await refusal(server_on(stub, "other"))
    assert isinstance(error, ArchiveIncompatible)
    assert "the collection other" in str(error) and "was not made by Citewell" in str(error)
    assert "set CITEWELL_COLLECTION to another name" in str(error)
    assert asked(stub, "GET", "/collections/other").json()["result"] == before


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"encoder": "large", "encoder_fingerprint": "large-1"},
            "was encoded with tiny .*export its articles",
        ),
        ({"terms": "words 1"}, "was written with the terms 'letters 1'"),
    ],
)
async def test_other_encoder_or_terms_are_refused(
    stub: RunningStub, changed: dict[str, str], message: str
) -> None:
    await (await open_server_archive(server_on(stub), MANIFEST)).close()
    with pytest.raises(ArchiveIncompatible, match=message) as caught:
        await open_server_archive(server_on(stub), replace(MANIFEST, **changed))
    assert "reindex" not in str(caught.value)


@pytest.mark.parametrize(
    ("mark", "size", "message"),
    [
        ({}, 16, "vectors of dimension 16 .* its own metadata says 8"),
        ({"format": 99}, 8, "has format 99, this version reads up to 1; update Citewell"),
        ({"dimension": "8"}, 8, "metadata of the collection .* cannot be read"),
    ],
)
async def test_collection_that_contradicts_its_manifest_is_refused(
    stub: RunningStub, mark: dict[str, object], size: int, message: str
) -> None:
    fields = {name: getattr(MANIFEST, name) for name in Manifest.__dataclass_fields__} | mark
    name = f"changed-{abs(hash(json.dumps(mark)))}"
    body = {
        "vectors": {"text-dense": {"size": size, "distance": "Cosine"}},
        "sparse_vectors": {"text-sparse": {"modifier": "idf"}},
        "metadata": {"citewell": fields},
    }
    assert asked(stub, "PUT", f"/collections/{name}", body).is_success
    with pytest.raises(ArchiveIncompatible, match=message):
        await open_server_archive(server_on(stub, name), MANIFEST)


@pytest.mark.parametrize("key", [None, "wrong", "reader"])
async def test_wrong_key_is_refused(stub: RunningStub, key: str | None) -> None:
    error = await refusal(server_on(stub, "never-made", key))
    assert isinstance(error, ArchiveForbidden)
    assert "set QDRANT_API_KEY to one that may read and write" in str(error)
    assert not key or key == "reader" or key not in str(error)


@pytest.mark.parametrize(("version", "advice"), [("1.18.3", "update it"), ("2.0.1", "update Citewell")])
async def test_unsupported_server_is_refused(tmp_path: Path, version: str, advice: str) -> None:
    with running_stub(tmp_path, version=version) as old:
        error = await refusal(Server(old.url))
        assert isinstance(error, ArchiveIncompatible)
        assert f"has version {version}" in str(error) and str(error).endswith(advice)
        assert [one["path"] for one in old.requests()] == ["/"]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://127.0.0.1", "it has no port; add it, usually :6333"),
        ("https://qdrant.example.org", "it has no port; add it, usually :443"),
        ("http://127.0.0.1:0", "it has no port"),
        ("http://127.0.0.1:6333/qdrant", r"goes on after the port \(/qdrant\)"),
        ("http://127.0.0.1:6333/?x=1", r"goes on after the port \(\?x=1\)"),
        ("127.0.0.1:6333", "it has no http:// or https:// before a host"),
        ("qdrant:6333", "it has no http:// or https:// before a host"),
        ("ftp://127.0.0.1:6333", "it has no http:// or https:// before a host"),
        ("http://127.0.0.1:99999", "[Pp]ort out of range"),
        ("http://127.0.0.1:port", "Port could not be cast"),
        ("http://user:secret@127.0.0.1:6333", "it holds a user name; a key goes into QDRANT_API_KEY"),
        ("http://user:secret@127.0.0.1:99999", "[Pp]ort out of range"),
        ("http://[::1", "Invalid IPv6 URL"),
    ],
)
def test_url_that_is_none_is_refused(url: str, message: str) -> None:
    with pytest.raises(ArchiveError, match=message) as caught:
        checked_url(url)
    assert "allowed: scheme, host and port, such as http://127.0.0.1:6333" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "checked"),
    [
        ("http://127.0.0.1:6333/", "http://127.0.0.1:6333"),
        (" https://Qdrant.Example.org:443 ", "https://qdrant.example.org:443"),
        ("http://[::1]:6333", "http://[::1]:6333"),
    ],
)
def test_url_is_taken_as_scheme_host_and_port(url: str, checked: str) -> None:
    assert checked_url(url) == checked


@pytest.mark.parametrize("name", ["", "a/b", "..", "ä", "x" * 256])
async def test_collection_name_that_no_path_can_hold_is_refused(stub: RunningStub, name: str) -> None:
    assert "CITEWELL_COLLECTION" in str(await refusal(server_on(stub, name)))


async def test_two_that_make_the_collection_at_once_both_have_it(stub: RunningStub) -> None:
    """The other was faster between our question and our request, whose reply was a conflict."""
    await (await open_server_archive(server_on(stub, "both"), MANIFEST)).close()
    stub.fail(
        {
            "do": "status",
            "status": 200,
            "path": "/collections/both/exists",
            "body": '{"result":{"exists":false}}',
        }
    )
    archive = await open_server_archive(server_on(stub, "both"), MANIFEST)
    assert await archive.article_count() == 0
    await archive.close()
    stub.fail()
