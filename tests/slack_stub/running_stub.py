"""A pretended Slack in a process of its own, ended with the block; what a test has people do there, and sees."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.held_port import held_port
from tests.slack_stub.deliveries import signed

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 120.0

# What is there from the start: see `workspace.newsroom`.
SECRET, APP_TOKEN = "stub-signing-secret", "xapp-1-stub"
TEAM, TOKEN, BOT = "T0NEWS", "xoxb-news", "U0BOTNEWS"
OTHER_TEAM, OTHER_TOKEN, OTHER_BOT = "T0PAPER", "xoxb-paper", "U0BOTPAPER"
ALICE, BOB, CAROL = "UALICE", "UBOB", "UCAROL"
NEWS, QUIET, DESK, PAPER = "C0NEWS", "C0QUIET", "G0DESK", "C0PAPER"


class RunningSlack:
    """The process, its addresses, and what is done and seen there.

    Acts return what the control route says: `message` (of those that make one) and `deliveries`, each with its
    attempts. They wait until the app has answered, unless `wait=0`. `repeats=2` sends everything again twice although
    it was answered, `at_once=True` at the same time; `to` names the addresses that the attempts go to in turn.
    """

    def __init__(self, **options: str | float) -> None:
        """Start it; `options` are those of its command line, with `_` for `-`."""
        self._options = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        self._start()

    def _start(self) -> None:
        command = [sys.executable, "-m", "tests.slack_stub.stub", *self._options]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().strip()
        assert self.address, "the stub did not start; its reason stands above"
        self.api_url = f"{self.address}/api/"
        self._client = httpx.Client(trust_env=False)

    # What people do.

    def user_message(
        self,
        text: str,
        *,
        user: str = ALICE,
        channel: str = NEWS,
        thread_ts: str | None = None,
        bot_id: str | None = None,
        **sending: Any,
    ) -> dict[str, Any]:
        """Say something; `channel="im"` is the direct message with the bot. `text` as Slack keeps it, escaped."""
        fields = {"thread_ts": thread_ts, "bot_id": bot_id}
        given: dict[str, Any] = {name: value for name, value in fields.items() if value is not None}
        return self._act("say", user=user, channel=channel, text=text, **given, **sending)

    def mention(self, text: str, *, bot: str = BOT, **more: Any) -> dict[str, Any]:
        """Say something to the bot; it comes as two events, `app_mention` and `message`."""
        return self.user_message(f"<@{bot}> {text}", **more)

    def edit_message(self, channel: str, ts: str, text: str, **sending: Any) -> dict[str, Any]:
        """Change what was said."""
        return self._act("edit", channel=channel, ts=ts, text=text, **sending)

    def unfurl_message(self, channel: str, ts: str, **sending: Any) -> dict[str, Any]:
        """Slack adds the preview of a link, which is `message_changed` without an edit."""
        return self._act("edit", channel=channel, ts=ts, text=None, **sending)

    def delete_message(self, channel: str, ts: str, **sending: Any) -> dict[str, Any]:
        """Take back what was said; with replies below it leaves a tombstone (`message_changed`)."""
        return self._act("delete", channel=channel, ts=ts, **sending)

    def open_messages(self, *, user: str = ALICE, **sending: Any) -> dict[str, Any]:
        """Open the messages of the app (`app_home_opened`), where agents are asked since 2026."""
        return self._act("open_messages", user=user, **sending)

    def open_assistant(
        self, *, user: str = ALICE, context_channel: str | None = NEWS, **sending: Any
    ) -> dict[str, Any]:
        """Open the assistant pane of older apps; `message` is the root of its new thread."""
        return self._act("open_assistant", user=user, context_channel=context_channel, **sending)

    def move_assistant(
        self, ts: str, context_channel: str, *, user: str = ALICE, **sending: Any
    ) -> dict[str, Any]:
        """Look at another channel beside the pane."""
        return self._act("move_assistant", user=user, ts=ts, context_channel=context_channel, **sending)

    def slash_command(
        self,
        text: str,
        *,
        command: str = "/citewell",
        user: str = ALICE,
        channel: str = NEWS,
        **sending: Any,
    ) -> dict[str, Any]:
        """Type a command."""
        return self._act("command", user=user, channel=channel, command=command, text=text, **sending)

    def shortcut(
        self, channel: str, ts: str, callback_id: str, *, user: str = ALICE, **sending: Any
    ) -> dict[str, Any]:
        """Use a shortcut on a message."""
        return self._act("shortcut", user=user, channel=channel, ts=ts, callback_id=callback_id, **sending)

    def click(
        self,
        channel: str,
        ts: str,
        action_id: str,
        *,
        which: str = "positive",
        user: str = ALICE,
        **sending: Any,
    ) -> dict[str, Any]:
        """Click a button; `which` of a pair of feedback buttons: positive, negative."""
        return self._act(
            "click", user=user, channel=channel, ts=ts, action_id=action_id, which=which, **sending
        )

    def together(self, *acts: dict[str, Any], wait: float = PATIENCE_S) -> list[dict[str, Any]]:
        """Many acts in one go, each as `{"act": "say", "user": ..., ...}`, of `control.ACTS`; when all are answered."""
        found = self._client.post(
            f"{self.address}/control/together",
            json={"acts": list(acts), "wait": wait},
            timeout=wait + PATIENCE_S,
        )
        assert found.is_success, found.text
        outcomes: list[dict[str, Any]] = found.json()
        return outcomes

    def post_event(self, event: dict[str, Any], *, team: str = TEAM, **sending: Any) -> dict[str, Any]:
        """Send any event, in the envelope that events have."""
        return self._act("event", team=team, event=event, **sending)

    # What is seen.

    def thread_of(
        self, channel: str, ts: str, *, at_least: int = 0, settled: bool = True, wait: float = PATIENCE_S
    ) -> list[dict[str, Any]]:
        """A thread, the oldest first, as soon as it has so many messages and (`settled`) none is being streamed."""
        asked = {"channel": channel, "ts": ts, "at_least": at_least, "settled": int(settled), "wait": wait}
        return self._list("thread", asked, wait)

    def calls(
        self,
        method: str | None = None,
        *,
        team: str | None = None,
        at_least: int = 0,
        wait: float = PATIENCE_S,
    ) -> list[dict[str, Any]]:
        """The calls of the Web API, as soon as there are so many; each with arguments, ok, error, problems, fault."""
        asked = {"method": method, "team": team, "at_least": at_least, "wait": wait}
        return self._list("calls", asked, wait)

    def refused_calls(self) -> list[dict[str, Any]]:
        """The calls that Slack refused by itself: no scripted faults, no rate limits."""
        return self._list("calls", {"refused": 1}, PATIENCE_S)

    def deliveries(self, *, done: bool = True, wait: float = PATIENCE_S) -> list[dict[str, Any]]:
        """What was sent to the app, as soon as (`done`) nothing is left to be sent; each with its attempts."""
        return self._list("deliveries", {"done": int(done), "wait": wait}, wait)

    def shown(self) -> dict[str, Any]:
        """What only some see: `ephemeral`, `statuses`, `prompts`, `views`."""
        found: dict[str, Any] = self._get("shown", {}, PATIENCE_S)
        return found

    # How things are.

    def events_to(self, *urls: str) -> None:
        """The app's request address; several of one app's replicas are taken in turn. None: nothing is sent."""
        self._post("urls", {"urls": list(urls)})

    def verify_url(self, url: str) -> bool:
        """Whether the address answers Slack's challenge."""
        return bool(self._post("verify", {"url": url})["verified"])

    def fail(self, *faults: dict[str, Any]) -> None:
        """From now on these faults (`faults.Fault`), and none that were told before."""
        self._post("faults", list(faults))

    def set_workspace(self, team: str, **fields: Any) -> None:
        """A new workspace (token, bot_user, bot), or other fields of one: `scopes`, `revoked="token_revoked"`."""
        self._post("workspace", {"id": team, **fields})

    def set_channel(self, channel: str, **fields: Any) -> None:
        """A new channel (team, kind, name, members), or other fields of one."""
        self._post("channel", {"id": channel, **fields})

    def connected(self, *, at_least: int = 1, wait: float = PATIENCE_S) -> None:
        """Return as soon as so many connections of Socket Mode are open."""
        self._list("connections", {"at_least": at_least, "wait": wait}, wait)

    def disconnect(self, reason: str = "refresh_requested") -> None:
        """End the connections of Socket Mode.

        Reasons: `warning`, `refresh_requested`, `link_disabled` are said before; `cut` comes without a word.
        """
        self._post("disconnect", {"reason": reason})

    def end_streams(self) -> None:
        """Slack ends every stream that is open."""
        self._post("end_streams", {})

    def forget(self) -> None:
        """Begin the lists of calls, deliveries and what is shown, and the faults, anew; messages stay."""
        self._post("forget", {})

    def kill(self) -> None:
        """End it hard: Slack is down."""
        self._client.close()
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def restart(self) -> None:
        """Start it again on the same port, with nothing in it but what is there from the start."""
        self._start()

    def _act(self, name: str, *, wait: float = PATIENCE_S, **given: Any) -> dict[str, Any]:
        return self._post(name, {**given, "wait": wait}, wait)

    def _post(self, name: str, given: Any, wait: float = PATIENCE_S) -> dict[str, Any]:
        response = self._client.post(f"{self.address}/control/{name}", json=given, timeout=wait + PATIENCE_S)
        assert response.is_success, response.text
        found: dict[str, Any] = response.json()
        return found

    def _list(self, name: str, asked: dict[str, Any], wait: float) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._get(name, asked, wait)
        return found

    def _get(self, name: str, asked: dict[str, Any], wait: float) -> Any:
        given = {key: value for key, value in asked.items() if value is not None}
        response = self._client.get(f"{self.address}/control/{name}", params=given, timeout=wait + PATIENCE_S)
        assert response.is_success, response.text
        return response.json()


@contextmanager
def running_slack(**options: str | float) -> Iterator[RunningSlack]:
    """A pretended Slack; options: pace, ack_seconds, page, rates, own_events, secret, app_token, subscribed."""
    with held_port() as port:  # while it is down, too
        slack = RunningSlack(port=port, **options)
        try:
            yield slack
        finally:
            slack.kill()


def signed_request(
    payload: dict[str, Any], *, secret: str = SECRET, at: int | None = None
) -> tuple[str, dict[str, str]]:
    """Body and headers of an event as Slack would send it, to be changed by tests of bad ones."""
    body = json.dumps(payload)
    return body, {**signed(secret, body, at), "Content-Type": "application/json"}
