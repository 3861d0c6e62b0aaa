"""`GET /v1/backup`: the archive as a tar file, one at a time, and nothing left behind, whoever hangs up."""

import asyncio
import gc
import io
import json
import tarfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from indexing.archive.archive import Archive
from indexing.archive.backup import seal
from service.errors import ServiceError
from service.unpack_backup import unpack_backup
from tests.service.faces.conftest import OpenClient


def staging(archive: Archive) -> list[Path]:
    return list(Path(archive.place).glob(".copying-*"))


async def test_backup_is_a_tar_file_of_the_archive(
    filled: httpx.AsyncClient, archive: Archive, tmp_path: Path
) -> None:
    reply = await filled.get("/v1/backup")
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/x-tar")
    assert len(reply.content) == int(reply.headers["content-length"])
    with tarfile.open(fileobj=io.BytesIO(reply.content)) as tar:
        names = tar.getnames()
        tar.extractall(tmp_path, filter="data")
    assert {"archive.json", "backup.json"} < set(names)
    made = await seal(tmp_path)
    assert made.contents == await archive.contents() and made.contents.articles == 2
    assert not staging(archive)


async def test_backup_arrives_whole_and_with_its_holes(
    filled: httpx.AsyncClient, archive: Archive, tmp_path: Path
) -> None:
    async with filled.stream("GET", "/v1/backup") as reply:
        await unpack_backup(reply.aiter_raw(), tmp_path)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    taken = sum(path.stat().st_blocks * 512 for path in files)
    assert taken < sum(path.stat().st_size for path in files) / 5
    assert (await seal(tmp_path)).contents == await archive.contents()


@pytest.mark.parametrize("name", ["../outside", "/outside", "link"])
async def test_nothing_is_unpacked_outside_the_folder(tmp_path: Path, name: str) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        member = tarfile.TarInfo(name)
        if name == "link":
            member.type, member.linkname = tarfile.SYMTYPE, "/etc"
        tar.addfile(member)

    async def content() -> AsyncIterator[bytes]:
        yield packed.getvalue()

    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(ServiceError, match="is no file of a backup"):
        await unpack_backup(content(), folder)
    assert [path.name for path in tmp_path.rglob("*")] == ["folder"]


@pytest.mark.parametrize("content", [b"", b"no tar file" * 1000])
async def test_what_is_no_tar_file_is_said(tmp_path: Path, content: bytes) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield content

    with pytest.raises(ServiceError, match="no whole backup"):
        await unpack_backup(pieces(), tmp_path)


async def test_a_backup_that_is_cut_off_says_why_and_nothing_else(
    filled: httpx.AsyncClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole = (await filled.get("/v1/backup")).content

    async def cut_off() -> AsyncIterator[bytes]:
        yield whole[: len(whole) // 2]
        raise httpx.ReadError("gone")

    with pytest.raises(httpx.ReadError, match="gone"):
        await unpack_backup(cut_off(), tmp_path)
    gc.collect()
    assert not caplog.records


async def test_one_backup_at_a_time_and_none_for_who_has_hung_up(
    filled: httpx.AsyncClient,
    archive: Archive,
    make_app: Callable[..., FastAPI],
    serve: Callable[[FastAPI], Any],
) -> None:
    app = make_app()
    async with (
        serve(app) as address,
        httpx.AsyncClient(base_url=address, trust_env=False, timeout=60) as client,
    ):
        async with client.stream("GET", "/v1/backup") as first:
            assert first.status_code == 200 and staging(archive)
            second = await client.get("/v1/backup")
            assert second.status_code == 503 and second.headers["retry-after"]
            assert "being made already" in second.json()["detail"]
        # The first was left in the middle of it.
        while staging(archive):
            await asyncio.sleep(0.02)
        async with client.stream("GET", "/v1/backup") as third:
            assert third.status_code == 200


async def test_backup_needs_a_key_once_keys_are_set(open_client: OpenClient, archive: Archive) -> None:
    async with open_client(api_keys=(SecretStr("first"),)) as client:
        assert (await client.get("/v1/backup")).status_code == 401
        reply = await client.get("/v1/backup", headers={"Authorization": "Bearer first"})
    with tarfile.open(fileobj=io.BytesIO(reply.content)) as tar:
        said = tar.extractfile("backup.json")
        assert said is not None and json.load(said)["format"] == 1
    assert not staging(archive)
