"""`citewell migrate`: a folder becomes a collection that answers the same, killed or not, and comes back by export."""

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from evaluation.bench_migrate import kill_migrations
from indexing.archive.article import Article
from indexing.archive.manifest import read_manifest
from indexing.archive.open_archive import open_archive
from tests.indexing.archive.synthetic import MANIFEST, article, long_text, put
from tests.qdrant_stub.running_stub import RunningStub, running_stub
from tests.service.conftest import Cli, Running

ARTICLES = [
    {
        "id": "pont",
        "title": "Le pont de Saint-Aubin rouvre",
        "text": "Le pont de Saint-Aubin a rouvert lundi. Sa réparation a coûté 340 000 euros à la commune.",
        "source": "Echo",
        "published": "2021-07-05",
        "tags": ["ponts"],
        "meta": {"desk": 3},
    },
    {"id": "pont-2", "title": "Le pont rouvre", "text": "Le pont de Saint-Aubin a rouvert lundi. Sa réparation a "
     "coûté 340 000 euros à la commune."},
    {"id": "river", "title": "The river", "text": "The river rose by two metres on Friday."},
]  # fmt: skip
LINES = "".join(json.dumps(one) + "\n" for one in ARTICLES)
QUESTION = "Combien a coûté la réparation du pont de Saint-Aubin ?"


@pytest.fixture
def stub(tmp_path: Path) -> Iterator[RunningStub]:
    with running_stub(tmp_path / "stub", api_key="right") as running:
        yield running


def test_folder_to_server_and_back(
    cli: Cli, stub: RunningStub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, back = tmp_path / "archive", tmp_path / "back"
    assert cli("add", "-", stdin=LINES).exit_code == 0
    refused = cli("migrate", "--to", stub.url)
    assert refused.exit_code == 1 and "set QDRANT_API_KEY to one that may read and write" in refused.stderr
    monkeypatch.setenv("QDRANT_API_KEY", "right")
    result = cli("migrate", "--to", stub.url + "/", COLLECTION="news")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == (
        f"migrated 2 articles in 2 passages to {stub.url}/collections/news (7 points copied by this run)\n"
        "compared: all counts, every article's versions, 2 passages with their vectors, 2 texts\n"
        f"now set QDRANT_URL={stub.url} and CITEWELL_COLLECTION=news, then start the service; "
        f"the archive in {folder} stays as it is\n"
    )
    with monkeypatch.context() as environment:
        environment.setenv("QDRANT_URL", stub.url)
        environment.setenv("CITEWELL_COLLECTION", "news")
        answer = json.loads(cli("ask", QUESTION, "--json", archive=back).stdout)
        assert answer["answered"] and "340 000" in answer["short_answer"]
        exported = cli("export", "-", archive=back).stdout
        refused = cli("reindex", archive=back)
        assert refused.exit_code == 1
        assert "export the articles and add them under another CITEWELL_COLLECTION" in refused.stderr
        assert not back.exists()
    assert cli("add", "-", stdin=exported, archive=back).exit_code == 0
    before = asyncio.run(articles_in(folder))
    assert before.keys() == {"pont", "pont-2", "river"} and before["pont"].meta == {"desk": 3}
    assert asyncio.run(articles_in(back)) == before


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1", "--to is 'http://127.0.0.1': it has no port; add it, usually :6333"),
        ("http://127.0.0.1:6333/qdrant", "it goes on after the port (/qdrant)"),
        ("http://127.0.0.1:9", "cannot be reached"),
    ],
)
def test_server_that_is_none_is_one_line(cli: Cli, url: str, said: str, tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path / "archive", 1))
    result = cli("migrate", "--to", url, QDRANT_ATTEMPTS="1")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1 and said in result.stderr


def test_service_that_holds_the_archive_is_to_be_stopped_first(cli: Cli, running: Running) -> None:
    result = cli("migrate", "--to", "http://127.0.0.1:9", archive=running.archive)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"citewell: stop the service first: {running.address} holds the archive")


def test_killed_hard_at_random_moments_it_is_whole_in_the_end(tmp_path: Path, models: Path) -> None:
    folder = tmp_path / "archive"
    asyncio.run(fill(folder, 60))
    environment = {**os.environ, "CITEWELL_ARCHIVE": str(folder)}
    with running_stub(tmp_path / "stub") as stub:
        killed = kill_migrations(stub, folder, environment, kills=3, requests=30, seed=1)
    assert len(killed.kills) == 3
    assert killed.points > 3 * 60  # articles, texts, and more than one passage of each
    assert (killed.missing, killed.more, killed.duplicates, killed.differing) == (0, 0, 0, 0)
    assert killed.opened_early == 0


async def articles_in(folder: Path) -> dict[str, Article]:
    manifest = read_manifest(folder)
    assert manifest is not None
    archive = await open_archive(folder, manifest)
    found = {article.id: article async for article in archive.every_article()}
    await archive.close()
    return found


async def fill(folder: Path, count: int) -> None:
    archive = await open_archive(folder, MANIFEST)
    await put(archive, *(article(f"a{number}", long_text(f"place {number}", 12)) for number in range(count)))
    await archive.close()
