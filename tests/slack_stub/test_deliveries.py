"""Events reach an address as Slack sends them: signed, in its shapes, within its times, again when it would again."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier

from tests.slack_stub.running_stub import (
    ALICE,
    BOB,
    BOT,
    DESK,
    NEWS,
    QUIET,
    SECRET,
    TEAM,
    TOKEN,
    RunningSlack,
    running_slack,
    signed_request,
)

ACK_S = 2.0  # where an answer comes too late
PATIENCE_S = 60.0  # where none does, on however busy a machine
# Of the five minutes between the last two tries: 0.3 s.
PACE = 1000.0


class App:
    """The app's address: keeps what comes, answers as it is told to (status, headers, body, seconds), else 200."""

    def __init__(self) -> None:
        self.came: list[tuple[dict[str, str], str]] = []
        self.answers: list[tuple[int, dict[str, str], str, float]] = []
        app = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                app.came.append(({name.lower(): value for name, value in self.headers.items()}, body))
                status, headers, answer, seconds = app.answers.pop(0) if app.answers else (200, {}, "", 0.0)
                time.sleep(seconds)
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(answer.encode()))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.encode())

            def log_message(self, *told: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 128  # of five, some of many that come together wait too long

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/slack/events"
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()

    def events(self) -> list[dict[str, Any]]:
        """The payloads of what came as JSON."""
        return [json.loads(body) for _, body in self.came]

    def form(self) -> dict[str, str]:
        """The fields of what came last as a form."""
        return {
            name: values[0] for name, values in parse_qs(self.came[-1][1], keep_blank_values=True).items()
        }

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSlack]:
    with running_slack(pace=PACE, ack_seconds=PATIENCE_S, rates="off") as slack:
        yield slack


@pytest.fixture(scope="module")
def running_hasty() -> Iterator[RunningSlack]:
    with running_slack(pace=PACE, ack_seconds=ACK_S, rates="off") as slack:
        yield slack


@pytest.fixture
def app() -> Iterator[App]:
    app = App()
    yield app
    app.stop()


@pytest.fixture
def slack(running: RunningSlack, app: App) -> Iterator[RunningSlack]:
    running.forget()
    running.events_to(app.url)
    yield running
    running.deliveries()  # what this app has not answered would come again, to the next one


@pytest.fixture
def hasty(running_hasty: RunningSlack, app: App) -> RunningSlack:
    """One that soon has waited long enough."""
    running_hasty.events_to(app.url)
    return running_hasty


@pytest.fixture
def client(slack: RunningSlack) -> WebClient:
    return WebClient(token=TOKEN, base_url=slack.api_url)


# How it is sent: https://docs.slack.dev/authentication/verifying-requests-from-slack, docs.slack.dev/apis/events-api


def test_an_event_is_signed_and_has_its_envelope(slack: RunningSlack, app: App) -> None:
    message = slack.user_message("How many?")["message"]
    [(headers, body)] = app.came
    assert SignatureVerifier(SECRET).is_valid_request(body, headers)
    assert not SignatureVerifier("another").is_valid_request(body, headers)
    assert "x-slack-retry-num" not in headers
    [payload] = app.events()
    assert (payload["type"], payload["team_id"], payload["api_app_id"]) == ("event_callback", TEAM, "A0STUB")
    assert payload["event_id"].startswith("Ev")
    assert payload["authorizations"][0]["user_id"] == BOT
    about = {
        "type": "message",
        "channel": NEWS,
        "channel_type": "channel",
        "user": ALICE,
        "text": "How many?",
    }
    assert about.items() <= payload["event"].items()
    assert payload["event"]["ts"] == message["ts"]


def test_a_mention_comes_as_two_events(slack: RunningSlack, app: App) -> None:
    slack.mention("How many?")
    first, second = app.events()
    assert {one["event"]["type"] for one in (first, second)} == {"app_mention", "message"}
    assert first["event"]["ts"] == second["event"]["ts"]
    assert first["event_id"] != second["event_id"]
    mention = next(one["event"] for one in (first, second) if one["event"]["type"] == "app_mention")
    assert "channel_type" not in mention


def test_a_direct_message_is_no_mention(slack: RunningSlack, app: App) -> None:
    slack.mention("How many?", channel="im")
    [payload] = app.events()
    assert (payload["event"]["type"], payload["event"]["channel_type"]) == ("message", "im")


def test_channels_without_the_bot_stay_silent(slack: RunningSlack, app: App) -> None:
    slack.mention("How many?", channel=QUIET)
    assert app.came == []


def test_edits_previews_and_deletions(slack: RunningSlack, app: App) -> None:
    ts = slack.user_message("How many?", channel=DESK)["message"]["ts"]
    slack.edit_message(DESK, ts, "How many men?")
    slack.unfurl_message(DESK, ts)
    slack.delete_message(DESK, ts)
    _, edit, preview, deletion = [one["event"] for one in app.events()]
    assert (edit["subtype"], edit["message"]["text"]) == ("message_changed", "How many men?")
    assert (edit["previous_message"]["text"], edit["message"]["ts"], edit["channel_type"]) == (
        "How many?",
        ts,
        "group",
    )
    assert "edited" in edit["message"]
    assert preview["subtype"] == "message_changed"
    assert preview["message"]["text"] == preview["previous_message"]["text"]
    assert (deletion["subtype"], deletion["deleted_ts"]) == ("message_deleted", ts)


def test_a_deleted_parent_of_replies_leaves_a_tombstone(
    slack: RunningSlack, app: App, client: WebClient
) -> None:
    ts = slack.user_message("How many?")["message"]["ts"]
    client.chat_postMessage(channel=NEWS, text="102", thread_ts=ts)
    [sent] = slack.delete_message(NEWS, ts)["deliveries"]
    event = sent["payload"]["event"]
    assert (event["subtype"], event["message"]["subtype"]) == ("message_changed", "tombstone")
    assert [one.get("subtype") for one in slack.thread_of(NEWS, ts)] == ["tombstone", None]


def test_the_bot_hears_itself_and_other_bots(slack: RunningSlack, app: App, client: WebClient) -> None:
    ts = client.chat_postMessage(channel=NEWS, text="102")["ts"]
    client.chat_update(channel=NEWS, ts=ts, text="103")
    client.chat_delete(channel=NEWS, ts=ts)
    slack.user_message("I am a bot", bot_id="B0OTHER")
    slack.deliveries()
    own, changed, deleted, other = [
        one["event"] for one in sorted(app.events(), key=lambda one: str(one["event_id"]))
    ]
    assert (own["bot_id"], own["user"]) == ("B0NEWS", BOT)
    assert (changed["subtype"], deleted["subtype"]) == ("message_changed", "message_deleted")
    assert (other["subtype"], other["bot_id"]) == ("bot_message", "B0OTHER")


def test_the_assistant_pane_opens_and_follows_the_reader(slack: RunningSlack, app: App) -> None:
    root = slack.open_assistant()["message"]
    slack.move_assistant(root["ts"], QUIET)
    reply = slack.user_message("How many?", channel="im", thread_ts=root["ts"])["message"]
    started, moved, asked = [one["event"] for one in app.events()]
    assert started["type"] == "assistant_thread_started"
    assert started["assistant_thread"]["thread_ts"] == root["ts"]
    assert started["assistant_thread"]["context"]["channel_id"] == NEWS
    assert moved["type"] == "assistant_thread_context_changed"
    assert moved["assistant_thread"]["context"]["channel_id"] == QUIET
    assert (asked["thread_ts"], asked["ts"]) == (root["ts"], reply["ts"])
    assert root["subtype"] == "assistant_app_thread"


def test_the_messages_of_the_app_are_opened(slack: RunningSlack, app: App) -> None:
    slack.open_messages()
    event = app.events()[0]["event"]
    assert (event["type"], event["tab"], event["user"]) == ("app_home_opened", "messages", ALICE)
    assert event["channel"].startswith("D")


def test_any_event_can_be_sent(slack: RunningSlack, app: App) -> None:
    slack.post_event({"type": "app_home_opened", "user": ALICE})
    assert app.events()[0]["event"] == {"type": "app_home_opened", "user": ALICE}


# Again: https://docs.slack.dev/apis/events-api#retries


def test_an_answer_that_takes_too_long_brings_the_event_again(hasty: RunningSlack, app: App) -> None:
    app.answers = [(200, {}, "", ACK_S * 2)]
    [sent] = hasty.user_message("How many?")["deliveries"]
    assert [attempt["reason"] for attempt in sent["attempts"]] == ["http_timeout", ""]
    (_, first), (headers, second) = app.came
    assert (headers["x-slack-retry-num"], headers["x-slack-retry-reason"]) == ("1", "http_timeout")
    assert json.loads(first)["event_id"] == json.loads(second)["event_id"]
    assert SignatureVerifier(SECRET).is_valid_request(second, headers)


def test_an_event_comes_four_times_at_most(slack: RunningSlack, app: App) -> None:
    app.answers = [(500, {}, "", 0.0)] * 9
    [sent] = slack.user_message("How many?")["deliveries"]
    assert [attempt["reason"] for attempt in sent["attempts"]] == ["http_error"] * 4
    assert not sent["acknowledged"]
    assert [headers.get("x-slack-retry-num") for headers, _ in app.came] == [None, "1", "2", "3"]


def test_the_tries_lie_a_minute_and_five_minutes_apart(slack: RunningSlack, app: App) -> None:
    app.answers = [(500, {}, "", 0.0)] * 9
    began = time.monotonic()
    slack.user_message("How many?")
    assert time.monotonic() - began >= (60 + 300) / PACE


def test_an_answer_may_forbid_to_try_again(slack: RunningSlack, app: App) -> None:
    app.answers = [(500, {"x-slack-no-retry": "1"}, "", 0.0)]
    [sent] = slack.user_message("How many?")["deliveries"]
    assert len(sent["attempts"]) == 1


def test_an_address_may_redirect_twice(slack: RunningSlack, app: App) -> None:
    there = (307, {"Location": app.url}, "", 0.0)
    app.answers = [there, there]
    [sent] = slack.user_message("How many?")["deliveries"]
    assert [attempt["reason"] for attempt in sent["attempts"]] == [""]
    app.answers = [there] * 3
    [sent] = slack.user_message("How many?")["deliveries"]
    assert sent["attempts"][0]["reason"] == "too_many_redirects"


def test_an_app_that_is_down_is_tried_again(slack: RunningSlack) -> None:
    slack.events_to("http://127.0.0.1:9/slack/events")
    [sent] = slack.user_message("How many?")["deliveries"]
    assert [attempt["reason"] for attempt in sent["attempts"]] == ["connection_failed"] * 4


def test_events_come_again_although_they_were_answered(slack: RunningSlack, app: App) -> None:
    slack.user_message("How many?", repeats=2)
    assert [headers.get("x-slack-retry-num") for headers, _ in app.came] == [None, "1", "2"]
    second = App()
    try:
        app.came.clear()
        slack.user_message("How many?", repeats=3, at_once=True, to=[app.url, second.url])
        assert (len(app.came), len(second.came)) == (2, 2)
        assert {one["event_id"] for one in app.events()} == {one["event_id"] for one in second.events()}
    finally:
        second.stop()


def test_many_things_happen_together(slack: RunningSlack, app: App) -> None:
    asked = [
        {"act": "say", "user": ALICE, "channel": NEWS, "text": str(one), "repeats": one % 2}
        for one in range(9)
    ]
    outcomes = slack.together(*asked)
    assert [one["message"]["text"] for one in outcomes] == [str(one) for one in range(9)]
    assert len(app.came) == 9 + 4
    assert not any(attempt["reason"] for one in outcomes for attempt in one["deliveries"][0]["attempts"])


def test_the_address_is_verified_by_a_challenge(slack: RunningSlack, app: App) -> None:
    app.answers = [(200, {"Content-Type": "application/json"}, '{"challenge": "a-challenge"}', 0.0)]
    assert slack.verify_url(app.url)
    [(headers, body)] = app.came
    assert json.loads(body)["type"] == "url_verification"
    assert SignatureVerifier(SECRET).is_valid_request(body, headers)
    app.answers = [(200, {}, "another", 0.0)]
    assert not slack.verify_url(app.url)


def test_tests_sign_requests_of_their_own() -> None:
    body, headers = signed_request({"type": "event_callback"})
    assert SignatureVerifier(SECRET).is_valid_request(body, {k.lower(): v for k, v in headers.items()})
    body, headers = signed_request({"type": "event_callback"}, at=int(time.time()) - 301)
    assert not SignatureVerifier(SECRET).is_valid_request(body, {k.lower(): v for k, v in headers.items()})


# Commands, shortcuts and clicks: https://docs.slack.dev/reference/interaction-payloads


def test_a_command_comes_once_as_a_form(slack: RunningSlack, app: App) -> None:
    app.answers = [(200, {}, "Searching", 0.0)]
    slack.slash_command("how many soldiers", channel=QUIET, user=BOB)
    given = app.form()
    assert (given["command"], given["text"], given["channel_id"], given["user_id"]) == (
        "/citewell",
        "how many soldiers",
        QUIET,
        BOB,
    )
    assert SignatureVerifier(SECRET).is_valid_request(app.came[0][1], app.came[0][0])
    assert slack.shown()["ephemeral"][0]["text"] == "Searching"
    app.answers = [(200, {}, '{"response_type": "in_channel", "text": "a < b"}', 0.0)]
    slack.slash_command("again")
    assert [call["error"] for call in slack.refused_calls()] == ["not_escaped"]


def test_a_command_that_is_answered_too_late_does_not_come_again(hasty: RunningSlack, app: App) -> None:
    app.answers = [(200, {}, "", ACK_S * 2)]
    [sent] = hasty.slash_command("how many soldiers")["deliveries"]
    assert [attempt["reason"] for attempt in sent["attempts"]] == ["http_timeout"]


def test_a_shortcut_carries_the_message(slack: RunningSlack, app: App) -> None:
    ts = slack.user_message("102 soldiers crossed.", channel=QUIET)["message"]["ts"]
    slack.shortcut(QUIET, ts, "check_message")
    payload = json.loads(app.form()["payload"])
    assert (payload["type"], payload["callback_id"]) == ("message_action", "check_message")
    assert (payload["message"]["text"], payload["message_ts"]) == ("102 soldiers crossed.", ts)
    assert payload["response_url"].startswith(slack.address)
    assert payload["channel"]["id"] == QUIET


def test_a_click_says_which_button_of_which_message(slack: RunningSlack, app: App, client: WebClient) -> None:
    good, bad = [
        {"text": {"type": "plain_text", "text": text}, "value": text.lower()} for text in ("Good", "Bad")
    ]
    thumbs = {
        "type": "feedback_buttons",
        "action_id": "rate",
        "positive_button": good,
        "negative_button": bad,
    }
    blocks = [{"type": "context_actions", "elements": [thumbs]}]
    metadata = {"event_type": "answer", "event_payload": {"id": "a"}}
    posted = client.chat_postMessage(channel=NEWS, text="102", blocks=blocks, metadata=metadata)
    slack.deliveries()
    slack.click(NEWS, posted["ts"], "rate", which="negative")
    payload = json.loads(app.form()["payload"])
    [action] = payload["actions"]
    assert (payload["type"], action["type"], action["value"]) == ("block_actions", "feedback_buttons", "bad")
    assert action["block_id"] == payload["message"]["blocks"][0]["block_id"]
    assert payload["message"]["metadata"] == metadata
    assert payload["container"]["message_ts"] == posted["ts"]
    replaced = {"replace_original": True, "text": "thanks"}
    httpx.post(payload["response_url"], json=replaced, trust_env=False).raise_for_status()
    assert slack.thread_of(NEWS, posted["ts"])[0]["text"] == "thanks"
    with pytest.raises(AssertionError, match="no button"):
        slack.click(NEWS, posted["ts"], "other")
