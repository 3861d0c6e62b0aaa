"""The bot as people start it: with the service or alone, over Socket Mode and HTTP, and stopped in good order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.held_port import held_port
from tests.slack_stub.running_stub import APP_TOKEN, NEWS, SECRET, TOKEN, RunningSlack, running_slack

CITEWELL = Path(sys.executable).parent / "citewell"
START_S = 180
QUESTION = "How many soldiers entered via Ishkashim?"
NEXT_QUESTION = "How many entered via Khorog?"


@pytest.fixture(scope="module")
def slack() -> Iterator[RunningSlack]:
    with running_slack() as running:
        yield running


@dataclass
class Child:
    """A `citewell` of its own, and what it has said."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text("utf-8")

    def stop(self) -> None:
        """End it as a container's end does."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        assert self.process.returncode == 0, self.said


@contextmanager
def child(folder: Path, slack: RunningSlack, *arguments: str, **settings: str) -> Iterator[Child]:
    """Start it in `folder`, and wait until it is ready."""
    log = folder / "log"
    environment = {**os.environ, "CITEWELL_PORT": "0", "SLACK_API_URL": slack.api_url, **settings}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [CITEWELL, *arguments], env=environment, cwd=folder, stdout=output, stderr=output
        )
    started = Child(process, log)
    try:
        until = time.monotonic() + START_S
        while "Stop: Ctrl-C" not in started.said:
            assert process.poll() is None and time.monotonic() < until, started.said
            time.sleep(0.1)
        yield started
    finally:
        process.kill()
        process.wait(60)


def shown(message: dict[str, Any]) -> str:
    return str(message.get("text")) + str(message.get("blocks"))


def test_it_answers_with_the_service_and_alone_and_finishes_what_was_asked(
    cli: Any, slack: RunningSlack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One story, since every start takes seconds."""
    both = {"SLACK_BOT_TOKEN": TOKEN, "SLACK_APP_TOKEN": APP_TOKEN, "SLACK_SIGNING_SECRET": SECRET}
    with child(tmp_path, slack, "serve", "--samples", **both) as service:
        address = service.said.partition("ready: ")[2].partition("/   (")[0]
        assert "\nSlack:        Newsroom, by Socket Mode and /slack/events\n" in service.said

        with monkeypatch.context() as environment:
            for name, value in {**both, "SLACK_API_URL": slack.api_url}.items():
                environment.setenv(name, value)
            result = cli("slack", "--check", PUBLIC_URL=address)
            assert result.exit_code == 0, result.output
            assert [line[:6].strip() for line in result.stdout.splitlines()] == ["ok"] * 3

        asked = slack.mention(QUESTION)["message"]["ts"]
        answer = slack.thread_of(NEWS, asked, at_least=2)[1]
        assert "102" in shown(answer)

        asked = slack.mention(NEXT_QUESTION)["message"]["ts"]
        service.stop()
        answer = slack.thread_of(NEWS, asked, at_least=2)[1]
        assert "312" in shown(answer), "what was asked before the end is answered"
        assert "WARNING" not in service.said and "Khorog" not in service.said, service.said

    with child(tmp_path, slack, "slack", SLACK_BOT_TOKEN=TOKEN, SLACK_APP_TOKEN=APP_TOKEN) as alone:
        assert alone.said.endswith(
            "Citewell answers in Slack: Newsroom, by Socket Mode   (27 articles)\nStop: Ctrl-C\n"
        )
        asked = slack.mention(QUESTION)["message"]["ts"]
        assert "102" in shown(slack.thread_of(NEWS, asked, at_least=2)[1])
        alone.stop()
        assert "WARNING" not in alone.said, alone.said
    assert slack.refused_calls() == []


def test_through_the_service_that_holds_the_archive(
    cli: Any, slack: RunningSlack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "service"
    folder.mkdir()
    archive = folder / "archive"
    settings = {"SLACK_BOT_TOKEN": TOKEN, "CITEWELL_ARCHIVE": str(archive)}
    with child(folder, slack, "serve", "--samples") as service:
        address = service.said.partition("ready: ")[2].partition("/   (")[0]
        with child(tmp_path, slack, "slack", SLACK_APP_TOKEN=APP_TOKEN, **settings) as alone:
            assert f"by Socket Mode   (27 articles of {address})" in alone.said
            asked = slack.mention(QUESTION)["message"]["ts"]
            answer = slack.thread_of(NEWS, asked, at_least=2)[1]
            assert "102" in shown(answer)
            slack.click(NEWS, answer["ts"], "citewell_feedback_up")
            until = time.monotonic() + START_S
            while QUESTION not in (rated := cli("feedback", archive=archive)).stdout:
                assert time.monotonic() < until, rated.output
                time.sleep(0.1)
            alone.stop()
            assert "WARNING" not in alone.said, alone.said
        monkeypatch.setenv("SLACK_BOT_TOKEN", TOKEN)
        monkeypatch.setenv("SLACK_SIGNING_SECRET", SECRET)
        result = cli("slack", archive=archive)
        assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
        assert f"{address} holds the archive, and only over Socket Mode" in result.stderr


def test_over_http_alone_slack_is_heard_and_nobody_else(slack: RunningSlack, tmp_path: Path) -> None:
    settings = {"SLACK_BOT_TOKEN": TOKEN, "SLACK_SIGNING_SECRET": SECRET}
    with (
        held_port() as port,
        child(tmp_path, slack, "slack", **settings, CITEWELL_PORT=str(port)) as alone,
    ):
        assert "Newsroom, by /slack/events   (0 articles)" in alone.said
        address = f"http://127.0.0.1:{port}"
        assert slack.verify_url(f"{address}/slack/events")
        with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
            assert client.get("/readyz").status_code == 200
            assert client.post("/v1/answers", json={"question": QUESTION}).status_code == 404
            assert client.post("/slack/events", headers={"Host": "x.example"}).status_code == 401
        alone.stop()


def test_what_is_missing_is_one_line(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    result = cli("slack")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "SLACK_BOT_TOKEN is not set" in result.stderr
    result = cli("slack", "--check")
    assert (result.exit_code, result.stdout.count("\n")) == (1, 1)
    assert result.stdout.startswith("wrong SLACK_BOT_TOKEN is not set: make the app at https://api.slack.com")
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    result = cli("serve")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "neither SLACK_APP_TOKEN" in result.stderr
