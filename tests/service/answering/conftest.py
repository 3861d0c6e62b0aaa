"""One archive of the samples for all tests of answering; none of them writes to it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexing.add_articles import add_articles, read_paths
from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from indexing.archive.open_archive import manifest_for, open_archive
from indexing.archive.terms import Terms

SAMPLES = Path(__file__).resolve().parents[3] / "samples"


@pytest.fixture(scope="session")
def terms(encoder: Encoder) -> Terms:
    return encoder.terms


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder, terms: Terms) -> Iterator[Archive]:
    """The samples in a real archive."""

    async def filled() -> Archive:
        archive = await open_archive(tmp_path_factory.mktemp("samples"), manifest_for(encoder, terms))
        paths = [str(path) for path in sorted(SAMPLES.glob("*.jsonl"))]
        async for added in add_articles(
            read_paths(paths, max_characters=1_000_000), archive, encoder, max_characters=1_000_000
        ):
            assert added.status == "added", added
        return archive

    archive = asyncio.run(filled())
    yield archive
    asyncio.run(archive.close())
