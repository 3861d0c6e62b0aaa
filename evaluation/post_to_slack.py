"""Slack messages in, the errors with which a pretended Slack refuses some of them out.

It is `tests/slack_stub`, which holds to the limits that Slack documents: a process of its own, called as Slack is.
"""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from evaluation.errors import EvaluationError
from evaluation.provenance import ROOT
from service.faces.slack.slack_message import SlackMessage

# The newsroom that is there when it starts.
TOKEN, TEAM, CHANNEL, USER = "xoxb-news", "T0NEWS", "C0NEWS", "UALICE"


class PretendedSlack:
    """Takes messages as the bot sends them; `refused` counts the errors that came back."""

    def __init__(self, api_url: str) -> None:
        """Post to the Web API at this address."""
        self.refused: Counter[str] = Counter()
        self.posted = 0
        self._client = WebClient(token=TOKEN, base_url=api_url)

    def post(self, messages: Sequence[SlackMessage], metadata: dict[str, Any]) -> None:
        """An answer as whole messages, the later ones in the thread of the first."""
        thread = None
        for message in messages:
            sent = self._call(
                "chat.postMessage",
                text=message.text,
                blocks=list(message.blocks),
                metadata=metadata,
                thread_ts=thread,
            )
            thread = thread or (sent and sent["ts"])

    def stream(
        self, wording: Sequence[str], closing: Sequence[SlackMessage], metadata: dict[str, Any]
    ) -> None:
        """An answer as a stream in a thread, with what closes it."""
        root = self._call("chat.postMessage", text="a question")
        if root is None:
            return
        first, *others = wording
        started = self._call(
            "chat.startStream",
            thread_ts=root["ts"],
            markdown_text=first,
            recipient_team_id=TEAM,
            recipient_user_id=USER,
        )
        if started is None:
            return
        for piece in others:
            self._call("chat.appendStream", ts=started["ts"], markdown_text=piece)
        end, *more = closing
        self._call("chat.stopStream", ts=started["ts"], blocks=list(end.blocks), metadata=metadata)
        for message in more:
            self._call(
                "chat.postMessage", text=message.text, blocks=list(message.blocks), thread_ts=root["ts"]
            )

    def _call(self, method: str, **arguments: Any) -> SlackResponse | None:
        given = {name: value for name, value in arguments.items() if value is not None}
        self.posted += 1
        try:
            return self._client.api_call(method, json={"channel": CHANNEL, **given})
        except SlackApiError as error:
            self.refused[f"{method}: {error.response['error']}"] += 1
            return None


@contextmanager
def pretended_slack() -> Iterator[PretendedSlack]:
    """One that counts no calls by the minute; ended with the block."""
    command = [sys.executable, "-m", "tests.slack_stub.stub", "--rates=off", "--own-events=off"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            address = process.stdout.readline().strip() if process.stdout else ""
            if not address:
                raise EvaluationError("the pretended Slack did not start; its reason stands above")
            yield PretendedSlack(f"{address}/api/")
        finally:
            process.kill()
