"""Through the running service everything is as on the archive itself: results, ids, answers, export, removal."""

import json
import os
from pathlib import Path
from typing import Any

import httpx

from indexing.add_articles import Reading, article_input, read_paths
from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from service.answering.question import Question
from service.connection import BATCH_ARTICLES, BATCH_BYTES, ServiceConnection
from service.local_connection import LocalConnection
from service.open_local import Local
from service.settings import load_settings

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
QUESTION = "What did the repair of the bridge cost?"
ABSENT = {"id", "timings_ms", "link"}  # differ from answer to answer, or are made by the service


def write_articles(folder: Path) -> None:
    """Files of several formats, names and bytes that are no UTF-8, and lines that cannot go in."""
    folder.mkdir()
    (folder / "bridge.txt").write_text(
        "Le pont rouvre.\nLa réparation du pont a coûté 340 000 euros.", "utf-8"
    )
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.txt")).write_text("The café opens at nine.", "utf-8")
    (folder / "two words.md").write_text("# Heading\n\nA text with a title of its own.", "utf-8")
    (folder / "page.html").write_text(
        '<html><head><link rel="canonical" href="https://News.example/a?utm_source=x"><title>T</title></head>'
        "<body><article><p>A page with an address of its own, long enough to be taken for one.</p></article></body>",
        "utf-8",
    )
    lines = [
        '{"id": "lone", "text": "A lone \\ud800 and a pair \\ud83d\\ude00 here.", "note": "x\\udfff"}',
        '{"id": "lone \\ud800 id", "text": "Something else altogether.", "published": "2021-07-05T10:00:00+02:00"}',
        '{"text": "no id, no address", "language": "zh_hant"}',
        '{"text": ""}',
        "{broken",
        '{"id": "again", "text": "Something else altogether."}',
        '{"id": "lone", "text": "A lone \\ud800 and a pair \\ud83d\\ude00 here.", "title": "New title"}',
    ]
    (folder / "many.jsonl").write_text("\n".join(lines), "utf-8")


def without(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without(inner) for name, inner in value.items() if name not in ABSENT}
    return [without(inner) for inner in value] if isinstance(value, list) else value


def failures(result: Any) -> list[str]:
    return [line for line in result.stderr.splitlines() if line.startswith("failed: ")]


def exported(result: Any) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return sorted(
        (json.loads(line) for line in result.stdout.splitlines()), key=lambda article: article["id"]
    )


def test_through_the_service_everything_is_as_without(cli: Any, running: Any, tmp_path: Path) -> None:
    write_articles(tmp_path / "news")
    assert cli("add", str(SAMPLES / "fr.jsonl")).exit_code == 0
    samples = {"near": 4, "far": 27}
    results = {
        "near": cli("add", "news", "absent.pdf"),
        "far": cli("add", "news", "absent.pdf", archive=running.archive),
    }
    for place, result in results.items():
        assert result.exit_code == 1, result.output
        assert result.stdout == "added 7 updated 1 unchanged 0 duplicate 1 failed 3\n"
        removed = f"the {samples[place]} sample articles were removed: the archive now holds your own"
        assert result.stderr.splitlines()[-1] == removed
    assert failures(results["near"]) == failures(results["far"])

    near, far = exported(cli("export", "-")), exported(cli("export", "-", archive=running.archive))
    assert near == far
    assert (
        next(article["text"] for article in near if article["id"] == "lone") == "A lone � and a pair 😀 here."
    )

    status = [json.loads(cli("status", "--json", archive=place).stdout) for place in (None, running.archive)]
    assert set(status[0]) == set(status[1])
    for name in ("articles", "copies", "passages", "samples", "languages", "sources", "published", "models"):
        assert status[0][name] == status[1][name], name

    for more in ([], ["--language", "FR"], ["--language", "ZH"], ["--to", "2020-01-01"], ["--top-k", "1"]):
        here = cli("ask", QUESTION, "--json", *more)
        there = cli("ask", QUESTION, "--json", *more, archive=running.archive)
        assert here.exit_code == there.exit_code, more
        assert without(json.loads(here.stdout)) == without(json.loads(there.stdout)), more

    for archive in (None, running.archive):
        result = cli("remove", "lone", "nobody", "a/b?c", archive=archive)
        assert (result.exit_code, result.stdout) == (1, "removed 1\n")
        assert [line.split("'")[1] for line in result.stderr.splitlines()] == ["nobody", "a/b?c"]
    assert exported(cli("export", "-")) == exported(cli("export", "-", archive=running.archive))


def test_a_named_service_is_used(cli: Any, running: Any) -> None:
    result = cli("status", "--json", "--service", running.address)
    assert json.loads(result.stdout)["archive"] == str(running.archive)
    assert not Path("archive").exists()


def test_articles_go_through_standard_input_into_the_service(cli: Any, running: Any) -> None:
    article = '{"id": "from-stdin", "text": "Somebody typed this."}\n'
    result = cli("add", "-", archive=running.archive, stdin="\ufeff" + article + "\n" + article)
    assert (result.exit_code, result.stdout) == (
        0,
        "added 1 updated 0 unchanged 1 duplicate 0 failed 0\n",
    ), result.output


async def test_requests_are_bounded_and_results_in_order(breaking: Any) -> None:
    breaking.requests_before = 1_000
    long = "x" * (BATCH_BYTES // 3)
    read = 0

    def readings() -> Any:
        nonlocal read
        for number in range(3 * BATCH_ARTICLES):
            read += 1
            if number % 50 == 7:
                yield Reading(str(number), None, None, "not readable")
            else:
                text = long if number >= 2 * BATCH_ARTICLES else "short"
                yield Reading(str(number), article_input({"text": text}), None, None)

    places = []
    async with httpx.AsyncClient(base_url=breaking.address, trust_env=False, timeout=60) as client:
        async for added in ServiceConnection(client).add(readings()):
            places.append(int(added.place))
            assert (
                (added.status == "failed") == (added.error == "not readable") == (int(added.place) % 50 == 7)
            )
            assert read <= len(places) + 2 * BATCH_ARTICLES, "read further ahead than one batch"
    assert places == list(range(3 * BATCH_ARTICLES))
    assert max(breaking.lines) <= BATCH_ARTICLES
    assert max(breaking.lines[-5:]) <= 3, "long articles go in smaller requests"


async def test_what_happens_meanwhile_is_told_near_as_it_is_far(
    running: Any, archive: Archive, encoder: Encoder, answer_from: Any
) -> None:
    near = LocalConnection(Local(archive, encoder, answer_from(archive)), load_settings({}))
    samples = read_paths([str(SAMPLES / "fr.jsonl")], max_characters=1_000_000)
    assert [added.status async for added in near.add(samples)] == ["added"] * 4
    question = Question("How many soldiers entered via Ishkashim?")
    async with httpx.AsyncClient(base_url=running.address, trust_env=False, timeout=60) as client:
        far = ServiceConnection(client)
        told = [[event async for event in place.stream(question)] for place in (near, far)]
        assert await far.article("nobody") is None
    shapes = [{(event.name, *sorted(event.data)) for event in events} for events in told]
    assert shapes[0] == shapes[1]
    for events in told:
        names = [event.name for event in events]
        assert list(dict.fromkeys(names)) == ["status", "passages", "delta", "answer"]
        deltas = [event.data["text"] for event in events if event.name == "delta"]
        assert "".join(deltas) == events[-1].data["answer"]

    cited = told[0][-1].data["citations"][0]
    article = await near.article(cited["article"]["id"], cited["article"]["version"])
    assert article is not None and article["text"][cited["start"] : cited["end"]] == cited["quote"]
    assert article["version"] == article["current_version"]
    assert await near.article(cited["article"]["id"], "0" * 16) is None
