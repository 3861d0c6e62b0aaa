"""Keys change while the service runs: callers, links and widget tokens follow, and nobody is let in by accident."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from service.errors import SettingsError
from service.faces.access import check_binding
from service.settings import Settings
from tests.service.faces.conftest import OpenClient

PAGE = "https://news.example"
QUESTION = {"question": "How many soldiers entered via Ishkashim?"}


@pytest.fixture
def keys_file(tmp_path: Path) -> Path:
    file = tmp_path / "keys"
    file.write_text("newsroom: old-key\n", "utf-8")
    return file


@pytest.fixture
def rotating(open_client: OpenClient, keys_file: Path, filled: httpx.AsyncClient) -> httpx.AsyncClient:
    return open_client(api_keys_file=keys_file, allowed_origins=(PAGE,))


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def status(client: httpx.AsyncClient, key: str) -> int:
    return (await client.get("/v1/status", headers=bearer(key))).status_code


async def test_a_key_is_added_and_dropped_without_a_restart(
    rotating: httpx.AsyncClient, keys_file: Path
) -> None:
    assert (await rotating.get("/v1/status")).status_code == 401
    assert (await status(rotating, "old-key"), await status(rotating, "new-key")) == (200, 401)
    keys_file.write_text("newsroom: new-key\nnewsroom: old-key\n", "utf-8")
    assert (await status(rotating, "old-key"), await status(rotating, "new-key")) == (200, 200)
    keys_file.write_text("newsroom: new-key\n", "utf-8")
    assert (await status(rotating, "old-key"), await status(rotating, "new-key")) == (401, 200)


async def test_a_file_that_is_emptied_opens_nothing(rotating: httpx.AsyncClient, keys_file: Path) -> None:
    keys_file.write_text("", "utf-8")
    assert (await rotating.get("/v1/status")).status_code == 401
    assert await status(rotating, "old-key") == 200
    metrics = (await rotating.get("/metrics", headers=bearer("old-key"))).text
    assert "citewell_keys_file_broken 1.0" in metrics and "citewell_keys 1.0" in metrics
    assert "old-key" not in metrics


async def test_links_and_tokens_follow_a_rotation(rotating: httpx.AsyncClient, keys_file: Path) -> None:
    async def link() -> str:
        for key in ("old-key", "new-key"):
            reply = await rotating.post("/v1/answers", json=QUESTION, headers=bearer(key))
            if reply.is_success:
                found: str = reply.json()["citations"][0]["link"]
                return found
        raise AssertionError("no key is valid")

    async def token() -> str:
        reply = await rotating.post("/v1/tokens", json={}, headers={"Origin": PAGE})
        issued: str = reply.json()["token"]
        return issued

    async def opens(link: str, token: str) -> tuple[int, int]:
        page = await rotating.get(link)
        asked: dict[str, Any] = {"json": {"question": ""}, "headers": bearer(token) | {"Origin": PAGE}}
        # 422: let in, and the empty question refused.
        return page.status_code, (await rotating.post("/v1/answers", **asked)).status_code

    first = await link(), await token()
    assert await opens(*first) == (200, 422)
    keys_file.write_text("newsroom: new-key\nnewsroom: old-key\n", "utf-8")
    second = await link(), await token()
    assert await opens(*first) == (200, 422), "made with a key that is still in the file"
    assert await opens(*second) == (200, 422)
    keys_file.write_text("newsroom: new-key\n", "utf-8")
    assert await opens(*first) == (401, 401), "made with a key that was dropped"
    assert await opens(*second) == (200, 422), "the first key signs"


def test_a_file_of_keys_lets_the_service_listen_elsewhere(keys_file: Path, tmp_path: Path) -> None:
    check_binding(Settings(host="0.0.0.0", api_keys_file=keys_file, article_pages="key"))
    with pytest.raises(SettingsError, match="cannot be read"):
        check_binding(Settings(host="0.0.0.0", api_keys_file=tmp_path / "none"))
