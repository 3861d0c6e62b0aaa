"""How often one key and one address may call: settings, what counts together, and what is never refused."""

from pathlib import Path

import httpx
import pytest

from service.errors import SettingsError
from service.settings import load_settings
from tests.service.faces.conftest import OpenClient


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    file = tmp_path / "keys"
    file.write_text("newsroom: old\nnewsroom: new\nlibrary: other\n")
    return file


async def statuses(client: httpx.AsyncClient, path: str, *keys: str) -> list[int]:
    return [(await client.get(path, headers=bearer(key) if key else {})).status_code for key in keys]


async def test_keys_of_one_name_share_a_rate_and_others_have_their_own(
    open_client: OpenClient, keys: Path
) -> None:
    async with open_client(api_keys_file=keys, rate_per_key="2/hour") as client:
        assert await statuses(client, "/v1/status", "old", "new", "new", "old", "other") == [
            200,
            200,
            429,
            429,
            200,
        ]
        reply = await client.get("/v1/status", headers=bearer("new"))
        assert "from the holders of this key" in reply.json()["detail"]
        assert 3500 < int(reply.headers["retry-after"]) <= 3600
        assert reply.headers["x-request-id"]
        # Without a key, and health, are another matter.
        assert await statuses(client, "/", "", "", "") == [200, 200, 200]
        assert await statuses(client, "/healthz", "new") == [200]


async def test_wrong_keys_count_for_their_address_and_right_ones_do_not(
    open_client: OpenClient, keys: Path
) -> None:
    async with open_client(api_keys_file=keys, rate_per_address="2/hour") as client:
        assert await statuses(client, "/v1/status", "a", "new", "b", "c", "new") == [401, 200, 401, 429, 200]
        assert await statuses(client, "/healthz", "", "wrong", "") == [200, 200, 200]


async def test_without_keys_the_address_counts(open_client: OpenClient) -> None:
    async with open_client(rate_per_address="1/hour", rate_per_key="1/hour") as client:
        assert await statuses(client, "/v1/status", "", "any") == [200, 429]


async def test_nothing_is_limited_unasked(client: httpx.AsyncClient) -> None:
    assert set(await statuses(client, "/healthz", *[""] * 50)) == {200}


@pytest.mark.parametrize("name", ["CITEWELL_RATE_PER_KEY", "CITEWELL_RATE_PER_ADDRESS"])
def test_a_rate_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=name):
        load_settings({name: "often"}, tmp_path / "none")
