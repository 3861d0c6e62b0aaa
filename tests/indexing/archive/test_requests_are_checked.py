"""The stub refuses what a Qdrant server would refuse, by qdrant-client's models and by a published OpenAPI."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.qdrant_stub.running_stub import RunningStub, running_stub

COLLECTION = {"vectors": {"text-dense": {"size": 2, "distance": "Cosine"}}}
POINT = {"id": 1, "vector": {"text-dense": [0.6, 0.8]}, "payload": {}}
# In the form of Qdrant's own file, and stricter than that in one respect, so that the answer is seen to follow from it.
SMALL = {
    "paths": {
        "/collections/{collection_name}": {
            "put": {
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Create"}}}
                }
            }
        },
        "/collections/{collection_name}/exists": {"get": {}},
    },
    "components": {
        "schemas": {
            "Create": {
                "type": "object",
                "required": ["vectors"],
                "properties": {
                    "vectors": {"type": "object", "minProperties": 1},
                    "shard_number": {"type": "integer", "maximum": 3, "nullable": True},
                    "metadata": {"anyOf": [{"type": "object"}, {"nullable": True}]},
                },
            }
        }
    },
}


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStub]:
    with running_stub(tmp_path_factory.mktemp("stub")) as running:
        asked(running, "PUT", "/collections/there", COLLECTION).raise_for_status()
        yield running


def asked(stub: RunningStub, method: str, path: str, body: object = None) -> httpx.Response:
    return httpx.request(method, stub.url + path, json=body, trust_env=False, timeout=30)


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("PUT", "/points", {"points": [POINT | {"colour": "red"}]}, "colour"),
        ("PUT", "/points", {"points": [POINT | {"id": "no uuid"}]}, "no uuid"),
        ("PUT", "/points", {"points": [POINT | {"vector": {"text-dense": ["x"]}}]}, "vector"),
        ("PUT", "/points?wait=maybe", {"points": [POINT]}, "wait|maybe|true"),
        ("PUT", "/points?soon=true", {"points": [POINT]}, "unknown parameter soon"),
        ("PUT", "/points", {"points": [POINT], "update_mode": "perhaps"}, "update_mode"),
        (
            "POST",
            "/points/scroll",
            {"filter": {"must": [{"key": "meta.kind", "match": {"is": "x"}}]}},
            "match",
        ),
        (
            "POST",
            "/points/scroll",
            {"filter": {"must": [{"key": "k", "match": {"value": "x"}}]}},
            "Index required",
        ),
        ("POST", "/points/count", {"exact": "very"}, "exact"),
        ("POST", "/points/delete", {}, "points|filter"),
        ("PATCH", "", {"metadata": "none"}, "metadata"),
    ],
)
def test_wrong_request_is_refused_and_changes_nothing(
    stub: RunningStub, method: str, path: str, body: Any, said: str
) -> None:
    reply = asked(stub, method, f"/collections/there{path}", body)
    assert reply.status_code == 400, reply.text
    error = reply.json()["status"]["error"]
    assert any(word in error for word in said.split("|")), error
    assert asked(stub, "POST", "/collections/there/points/count", {"exact": True}).json()["result"] == {
        "count": 0
    }


def test_published_openapi_is_asked_too(tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_text(json.dumps(SMALL))
    with running_stub(tmp_path / "stub", openapi=str(tmp_path / "openapi.json")) as stub:
        for body, said in (
            (COLLECTION | {"shard_number": 4}, "$.shard_number: 4 is greater than the maximum of 3"),
            ({"vectors": {}}, "$.vectors"),
            (COLLECTION | {"metadata": []}, "metadata"),
            ({}, "'vectors' is a required property"),
        ):
            reply = asked(stub, "PUT", "/collections/new", body)
            assert reply.status_code == 400
            assert said in reply.json()["status"]["error"]
        assert asked(stub, "GET", "/collections/new/exists").json()["result"] == {"exists": False}
        nothing = {"shard_number": None, "metadata": None}
        assert asked(stub, "PUT", "/collections/new", COLLECTION | nothing).is_success
        reply = asked(stub, "POST", "/collections/new/points/count", {"exact": True})
        assert reply.status_code == 400 and "is not in Qdrant's OpenAPI" in reply.text
