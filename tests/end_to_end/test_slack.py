"""One thread in Slack from the first question to the last deletion, over HTTP and Socket Mode, with the real service.

The service is a process of its own, as is the Slack that it talks to; the citations are the same by either way.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.held_port import held_port
from tests.slack_stub.running_stub import (
    APP_TOKEN,
    BOB,
    BOT,
    NEWS,
    SECRET,
    TOKEN,
    RunningSlack,
    running_slack,
)

CITEWELL = Path(sys.executable).parent / "citewell"
START_S = 180
ISHKASHIM = "How many soldiers entered via Ishkashim?"
KHOROG = "And via Khorog?"
RUZVAI = "And via Ruzvai?"
WAYS: dict[str, dict[str, str]] = {
    "http": {"SLACK_SIGNING_SECRET": SECRET},
    "socket": {"SLACK_APP_TOKEN": APP_TOKEN},
}
Told = list[tuple[str, str, list[dict[str, Any]]]]


@contextmanager
def service(slack: RunningSlack, folder: Path, port: int, settings: dict[str, str]) -> Iterator[Path]:
    """A real `citewell serve --samples` with the bot; gives its log."""
    environment = os.environ | {
        "CITEWELL_ARCHIVE": str(folder / "archive"),
        "CITEWELL_PORT": str(port),
        "CITEWELL_PUBLIC_URL": "https://archive.example",
        "SLACK_BOT_TOKEN": TOKEN,
        "SLACK_API_URL": slack.api_url,
        **settings,
    }
    log = folder / "log"
    with log.open("wb") as output:
        child = subprocess.Popen(
            [CITEWELL, "serve", "--samples"], env=environment, cwd=folder, stdout=output, stderr=output
        )
    try:
        until = time.monotonic() + START_S
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client:
            while not ready(client, settings):
                assert child.poll() is None, log.read_text("utf-8")
                assert time.monotonic() < until, log.read_text("utf-8")
                time.sleep(0.1)
        if "SLACK_SIGNING_SECRET" in settings:
            slack.events_to(f"http://127.0.0.1:{port}/slack/events")
        else:
            slack.connected()
        yield log
    finally:
        child.terminate()
        child.wait(60)
    assert child.returncode == 0, log.read_text("utf-8")


def ready(client: httpx.Client, settings: dict[str, str]) -> bool:
    """Whether it can be asked, and takes what Slack sends."""
    try:
        if client.get("/readyz").status_code != httpx.codes.OK:
            return False
    except httpx.TransportError:
        return False
    if "SLACK_SIGNING_SECRET" not in settings:
        return True
    # Until the bot is there the route says so; without a signature it is refused afterwards.
    return client.post("/slack/events", json={}).status_code == httpx.codes.UNAUTHORIZED


def answers(slack: RunningSlack, ts: str, count: int) -> list[dict[str, Any]]:
    """The bot's answers in the thread as soon as there are so many, all of them whole."""
    until = time.monotonic() + START_S
    while True:
        found = [one for one in slack.thread_of(NEWS, ts) if one["user"] == BOT and one.get("metadata")]
        if len(found) == count and all(one["metadata"]["event_type"] == "citewell_answer" for one in found):
            return found
        assert time.monotonic() < until, found
        time.sleep(0.05)


def told(messages: list[dict[str, Any]]) -> Told:
    """What was asked, answered and cited."""
    payloads = [one["metadata"]["event_payload"] for one in messages]
    return [(one["question"], one["answer"], one["citations"]) for one in payloads]


def until_question(slack: RunningSlack, ts: str, count: int, question: str) -> list[dict[str, Any]]:
    """The answers, as soon as the last of them is to this question."""
    until = time.monotonic() + START_S
    while (found := answers(slack, ts, count)) and told(found)[-1][0] != question:
        assert time.monotonic() < until, told(found)
        time.sleep(0.05)
    return found


def whole_thread(slack: RunningSlack) -> list[Told]:
    """Ask, follow up, edit, send again, delete; what stood there after each."""
    stood: list[Told] = []
    asked = slack.mention(ISHKASHIM, repeats=2, at_once=True)["message"]
    stood.append(told(answers(slack, asked["ts"], 1)))
    follow = slack.user_message(KHOROG, user=BOB, thread_ts=asked["ts"], repeats=1)["message"]
    stood.append(told(answers(slack, asked["ts"], 2)))
    slack.edit_message(NEWS, follow["ts"], RUZVAI, repeats=1)
    stood.append(told(until_question(slack, asked["ts"], 2, RUZVAI)))
    slack.delete_message(NEWS, follow["ts"])
    stood.append(told(answers(slack, asked["ts"], 1)))
    slack.delete_message(NEWS, asked["ts"])
    stood.append(told(answers(slack, asked["ts"], 0)))
    assert all(one["acknowledged"] for one in slack.deliveries())
    assert slack.refused_calls() == []
    return stood


@pytest.fixture(scope="module")
def threads(tmp_path_factory: pytest.TempPathFactory, models: Path) -> dict[str, list[Told]]:
    """What stood in the thread, by the way that the bot heard of it."""
    found = {}
    for way, settings in WAYS.items():
        folder = tmp_path_factory.mktemp(way)
        with running_slack() as slack, held_port() as port, service(slack, folder, port, settings) as log:
            found[way] = whole_thread(slack)
            assert "Ishkashim" not in log.read_text("utf-8").replace(ISHKASHIM, "", 1)
    return found


@pytest.mark.parametrize("way", WAYS)
def test_thread_holds_what_was_asked_and_nothing_twice(threads: dict[str, list[Told]], way: str) -> None:
    asked, followed, edited, withdrawn, deleted = threads[way]
    assert [question for question, *_ in asked] == [ISHKASHIM] and asked[0][1].startswith("102")
    assert [question for question, *_ in followed] == [ISHKASHIM, KHOROG]
    assert [question for question, *_ in edited] == [ISHKASHIM, RUZVAI]
    assert followed[1][1] != edited[1][1]
    assert withdrawn == asked and deleted == []
    assert all(citations for told in (asked, followed, edited) for _, _, citations in told)


def test_citations_are_the_same_by_either_way(threads: dict[str, list[Told]]) -> None:
    assert threads["http"] == threads["socket"]
