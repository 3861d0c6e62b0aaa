"""`citewell feedback`: the newest first, near as far, as text and as JSON lines."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from indexing.archive.open_archive import manifest_for, open_archive
from indexing.archive.records import CitedPlace, Feedback, feedback_id
from service.connection import PAGE, ServiceConnection
from service.errors import ServiceError
from service.local_connection import LocalConnection
from service.open_local import Local
from service.render_text import feedback_text
from tests.service.scripted_service import Scripted

WORDS = "ممتاز 😀👩‍👩‍👧 \n<b>two</b>\tlines"


def thought(number: int, **more: Any) -> Feedback:
    fields: dict[str, Any] = {
        "rating": "down" if number % 2 else "up",
        "comment": WORDS if number % 2 else None,
        "question": "What did it cost?",
        "answer": "340 000 euros [1]",
        "citations": (CitedPlace("pont", "0123456789abcdef", 12, 40),) if number % 2 else (),
    }
    answer_id = f"ans_{number}"
    given = f"2024-05-06T10:00:00.{number:06}Z"
    return Feedback(feedback_id(answer_id, "x"), answer_id, given=given, **(fields | more))


def test_feedback_on_the_archive_itself(cli: Any, tmp_path: Path, encoder: Encoder) -> None:
    result = cli("feedback")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "no feedback yet\n")

    async def fill() -> None:
        archive = await open_archive(tmp_path / "archive", manifest_for(encoder, encoder.terms))
        for number in range(3):
            await archive.put_feedback(thought(number))
        await archive.close()

    asyncio.run(fill())
    result = cli("feedback", "--rating", "down")
    assert result.exit_code == 0, result.output
    assert result.stdout == (
        "down · 2024-05-06 10:00:00 UTC · ans_1\n"
        "    question What did it cost?\n"
        "    answer   340 000 euros [1]\n"
        "    comment  ممتاز 😀👩‍👩‍👧 <b>two</b> lines\n"
        "    cited    pont 12-40\n"
    )
    result = cli("feedback", "--json", "--limit", "2")
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [one["answer_id"] for one in found] == ["ans_2", "ans_1"]
    assert found[1]["comment"] == WORDS and "ممتاز 😀" in result.stdout
    result = cli("feedback")
    assert [line for line in result.stdout.splitlines() if not line.startswith("    ")] == [
        "up · 2024-05-06 10:00:00 UTC · ans_2",
        "",
        "down · 2024-05-06 10:00:00 UTC · ans_1",
        "",
        "up · 2024-05-06 10:00:00 UTC · ans_0",
    ]


def test_feedback_through_the_service(cli: Any, running: Any, ask_running: httpx.Client) -> None:
    result = cli("feedback", archive=running.archive)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "no feedback yet\n")
    before = ask_running.get("/v1/status").json()
    body = {"question": "What did it cost?", "answer": "340 000 euros [1]"}
    for number, rating in enumerate(("up", "down")):
        more = {"answer_id": f"ans_{number}", "rating": rating, "comment": f"{WORDS}\x1b[2J"}
        assert ask_running.post("/v1/feedback", json=body | more).status_code == 204
    listed = ask_running.get("/v1/feedback").json()["feedback"]
    for place in ({"archive": running.archive}, {"archive": None}):
        service = [] if place["archive"] else ["--service", running.address]
        result = cli("feedback", "--json", *service, **place)
        assert [json.loads(line) for line in result.stdout.splitlines()] == listed
    result = cli("feedback", "--rating", "up", "--json", archive=running.archive)
    assert [json.loads(line)["answer_id"] for line in result.stdout.splitlines()] == ["ans_0"]
    result = cli("feedback", archive=running.archive)
    assert result.stdout.count("comment  ممتاز 😀👩‍👩‍👧 <b>two</b> lines[2J\n") == 2
    assert "\x1b" not in result.stdout
    assert ask_running.get("/v1/status").json() | {"bytes": None} == before | {"bytes": None}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rating", "meh"], "'meh' is not one of 'up', 'down'"),
        (["--limit", "0"], "0 is not in the range x>=1"),
        (["more"], "unexpected extra argument"),
    ],
)
def test_wrong_usage(cli: Any, arguments: list[str], said: str) -> None:
    result = cli("feedback", *arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert not Path("archive").exists()


async def test_more_than_a_page_comes_the_same_near_and_far(
    running: Any, archive: Archive, encoder: Encoder, answer_from: Any
) -> None:
    near = LocalConnection(Local(archive, encoder, answer_from(archive)), 1_000_000)
    count = PAGE + 2
    async with httpx.AsyncClient(base_url=running.address, trust_env=False, timeout=60) as client:
        far = ServiceConnection(client)
        for number in range(count):
            await archive.put_feedback(thought(number))
            body = {"answer_id": f"more_{number}", "rating": "up", "question": "x", "answer": "y"}
            assert (await client.post("/v1/feedback", json=body)).status_code == 204
        for limit in (1, PAGE, PAGE + 1):
            found = [one["answer_id"] async for one in near.feedback(limit)]
            assert found == [f"ans_{count - 1 - number}" for number in range(limit)]
            found = [one["answer_id"] async for one in far.feedback(limit, "up")]
            assert found == [f"more_{count - 1 - number}" for number in range(limit)]
        assert len([one async for one in near.feedback(10_000)]) == count
        assert len([one async for one in near.feedback(10_000, "down")]) == count // 2


@pytest.mark.parametrize("said", [{}, {"feedback": None}, {"feedback": ["x"], "next": None}])
async def test_a_service_that_is_none_is_told(scripted: Scripted, said: dict[str, Any]) -> None:
    scripted.articles = {"/v1/feedback?limit=1": said}
    async with httpx.AsyncClient(base_url=scripted.address, trust_env=False) as client:
        with pytest.raises(ServiceError, match="is not Citewell"):
            assert [one async for one in ServiceConnection(client).feedback(1)]


def test_feedback_as_text_needs_no_comment_and_no_citation() -> None:
    one = {"answer_id": "ans_1", "rating": "up", "comment": None, "question": "Q?\nx", "answer": " A "}
    one |= {"given": "2024-05-06T10:00:00.123456Z", "citations": [], "id": "i"}
    assert feedback_text(one) == (
        "\x1b[1mup\x1b[0m · 2024-05-06 10:00:00 UTC · ans_1\n    question Q? x\n    answer   A"
    )
