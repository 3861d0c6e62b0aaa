"""To the official client the stub is Slack: what is allowed works, the rest is refused by Slack's own error."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import yaml
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.slack_stub.running_stub import (
    ALICE,
    APP_TOKEN,
    BOB,
    BOT,
    CAROL,
    DESK,
    NEWS,
    OTHER_TEAM,
    OTHER_TOKEN,
    PAPER,
    QUIET,
    ROOT,
    TEAM,
    TOKEN,
    RunningSlack,
    running_slack,
)
from tests.slack_stub.workspace import SCOPES

# More than the bot asks for: of every method there is a test.
ALL_SCOPES = (*SCOPES, "channels:read", "im:write", "reactions:write", "users:read")
FAR_AWAY = "1700000000.000100"
RECIPIENT: dict[str, Any] = {"recipient_team_id": TEAM, "recipient_user_id": ALICE}
PACE = 0.1  # a minute of the limits takes ten: none goes by while a slow machine makes its calls


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSlack]:
    with running_slack(rates="off", page=3) as slack:
        yield slack


@pytest.fixture
def slack(running: RunningSlack) -> RunningSlack:
    running.forget()
    running.set_workspace(TEAM, scopes=ALL_SCOPES, revoked="")
    return running


@pytest.fixture
def client(slack: RunningSlack) -> WebClient:
    return WebClient(token=TOKEN, base_url=slack.api_url)


@pytest.fixture
def question(slack: RunningSlack) -> str:
    """The ts of a message in the news channel."""
    ts: str = slack.user_message("How many?")["message"]["ts"]
    return ts


def refused(call: Any, *given: Any, **arguments: Any) -> str:
    """The error of a call that must fail."""
    with pytest.raises(SlackApiError) as caught:
        call(*given, **arguments)
    error: str = caught.value.response["error"]
    return error


# Who calls: https://docs.slack.dev/authentication, https://docs.slack.dev/reference/methods/auth.test


def test_auth_test_tells_the_workspaces_apart(slack: RunningSlack, client: WebClient) -> None:
    found = client.auth_test()
    assert (found["team_id"], found["user_id"], found["bot_id"]) == (TEAM, BOT, "B0NEWS")
    assert "chat:write" in found.headers["x-oauth-scopes"]
    other = WebClient(token=OTHER_TOKEN, base_url=slack.api_url)
    assert other.auth_test()["team_id"] == OTHER_TEAM
    assert refused(other.chat_postMessage, channel=NEWS, text="a") == "channel_not_found"
    assert refused(client.chat_postMessage, channel=PAPER, text="a") == "channel_not_found"


def test_a_token_must_be_good(slack: RunningSlack, client: WebClient) -> None:
    assert refused(WebClient(token="xoxb-wrong", base_url=slack.api_url).auth_test) == "invalid_auth"
    assert refused(WebClient(token=APP_TOKEN, base_url=slack.api_url).auth_test) == "not_allowed_token_type"
    assert httpx.post(f"{slack.api_url}auth.test", trust_env=False).json()["error"] == "not_authed"
    slack.set_workspace(TEAM, revoked="token_revoked")
    assert refused(client.auth_test) == "token_revoked"


@pytest.mark.parametrize(
    ("scope", "method", "arguments"),
    [
        ("chat:write", "chat.postMessage", {"channel": NEWS, "text": "a"}),
        ("chat:write", "chat.startStream", {"channel": NEWS, "thread_ts": FAR_AWAY, **RECIPIENT}),
        ("channels:history", "conversations.replies", {"channel": NEWS, "ts": FAR_AWAY}),
        ("groups:history", "conversations.replies", {"channel": DESK, "ts": FAR_AWAY}),
        ("channels:read", "conversations.info", {"channel": NEWS}),
        ("im:write", "conversations.open", {"users": ALICE}),
        ("users:read", "users.info", {"user": ALICE}),
        (
            "assistant:write",
            "assistant.threads.setTitle",
            {"channel_id": NEWS, "thread_ts": FAR_AWAY, "title": "a"},
        ),
        ("reactions:write", "reactions.add", {"channel": NEWS, "timestamp": FAR_AWAY, "name": "eyes"}),
    ],
)
def test_a_scope_must_be_granted(
    slack: RunningSlack, client: WebClient, scope: str, method: str, arguments: dict[str, Any]
) -> None:
    slack.set_workspace(TEAM, scopes=[one for one in ALL_SCOPES if one != scope])
    with pytest.raises(SlackApiError) as caught:
        client.api_call(method, json=arguments)
    assert caught.value.response["error"] == "missing_scope"
    assert caught.value.response["needed"] == scope


def test_scopes_are_those_that_the_manifest_asks_for() -> None:
    manifest = yaml.safe_load((ROOT / "deploy" / "slack-manifest.yaml").read_text("utf-8"))
    assert sorted(SCOPES) == sorted(manifest["oauth_config"]["scopes"]["bot"])


def test_a_body_that_is_no_json_is_refused(slack: RunningSlack) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    for body, error in (("{", "invalid_json"), ("[]", "json_not_object")):
        reply = httpx.post(f"{slack.api_url}auth.test", content=body, headers=headers, trust_env=False)
        assert reply.json()["error"] == error


def test_methods_that_do_not_exist_are_unknown(client: WebClient) -> None:
    assert refused(client.api_call, "chat.shout") == "unknown_method"


# Messages: https://docs.slack.dev/reference/methods/chat.postMessage and those beside it


def test_a_message_is_posted_changed_and_deleted(
    client: WebClient, slack: RunningSlack, question: str
) -> None:
    metadata = {"event_type": "answer", "event_payload": {"id": "a"}}
    posted = client.chat_postMessage(channel=NEWS, thread_ts=question, text="102", metadata=metadata)
    thread = slack.thread_of(NEWS, question)
    assert [one["text"] for one in thread] == ["How many?", "102"]
    assert (thread[0]["reply_count"], thread[1]["thread_ts"]) == (1, question)
    assert (thread[1]["user"], thread[1]["bot_id"], thread[1]["metadata"]) == (BOT, "B0NEWS", metadata)
    client.chat_update(channel=NEWS, ts=posted["ts"], text="103", blocks=[{"type": "divider"}])
    changed = slack.thread_of(NEWS, question)[1]
    assert (changed["text"], changed["blocks"][0]["type"], changed["metadata"]) == (
        "103",
        "divider",
        metadata,
    )
    client.chat_update(channel=NEWS, ts=posted["ts"], text="104", metadata={})
    changed = slack.thread_of(NEWS, question)[1]
    assert "blocks" not in changed
    assert "metadata" not in changed
    client.chat_delete(channel=NEWS, ts=posted["ts"])
    [left] = slack.thread_of(NEWS, question)
    assert "reply_count" not in left


def test_a_message_goes_only_where_the_bot_is(slack: RunningSlack, client: WebClient) -> None:
    assert refused(client.chat_postMessage, channel=QUIET, text="a") == "not_in_channel"
    assert refused(client.chat_postMessage, channel="C0NONE", text="a") == "channel_not_found"
    slack.set_channel("G0SECRET", team=TEAM, kind="group", members=[ALICE])
    assert refused(client.chat_postMessage, channel="G0SECRET", text="a") == "channel_not_found"
    slack.set_channel("C0OLD", team=TEAM, kind="channel", members=[BOT], archived=True)
    assert refused(client.chat_postMessage, channel="C0OLD", text="a") == "is_archived"
    assert str(client.chat_postMessage(channel=ALICE, text="a")["channel"]).startswith("D")


def test_a_reply_needs_a_parent(client: WebClient, question: str) -> None:
    assert refused(client.chat_postMessage, channel=NEWS, text="a", thread_ts=FAR_AWAY) == "thread_not_found"
    reply = client.chat_postMessage(channel=NEWS, text="a", thread_ts=question)["ts"]
    assert (
        refused(client.chat_postMessage, channel=NEWS, text="a", thread_ts=reply) == "cannot_reply_to_message"
    )


def test_what_the_arguments_tell_is_refused_with_its_page(client: WebClient, slack: RunningSlack) -> None:
    too_long = [{"type": "section", "text": {"type": "mrkdwn", "text": "a" * 3001}}]
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel=NEWS, text="a", blocks=too_long)
    assert caught.value.response["error"] == "invalid_blocks"
    assert "section-block" in caught.value.response["response_metadata"]["messages"][0]
    [call] = slack.refused_calls()
    assert (call["method"], call["error"]) == ("chat.postMessage", "invalid_blocks")
    assert "section-block" in call["problems"][0]


@pytest.mark.parametrize("method", ["chat_update", "chat_delete"])
def test_only_messages_of_its_own_are_changed(client: WebClient, question: str, method: str) -> None:
    call = getattr(client, method)
    text = {"text": "a"} if method == "chat_update" else {}
    assert refused(call, channel=NEWS, ts=FAR_AWAY, **text) == "message_not_found"
    assert refused(call, channel=NEWS, ts=question, **text) == f"cant_{method.removeprefix('chat_')}_message"


def test_what_one_person_sees(client: WebClient, slack: RunningSlack) -> None:
    client.chat_postEphemeral(channel=NEWS, user=BOB, text="only you")
    assert [(one["user"], one["text"]) for one in slack.shown()["ephemeral"]] == [(BOB, "only you")]
    assert refused(client.chat_postEphemeral, channel=NEWS, user=CAROL, text="a") == "user_not_in_channel"


# Streams: https://docs.slack.dev/reference/methods/chat.startStream, appendStream, stopStream


def test_a_stream_is_started_continued_and_stopped(
    client: WebClient, slack: RunningSlack, question: str
) -> None:
    stream = client.chat_stream(channel=NEWS, thread_ts=question, buffer_size=1, **RECIPIENT)
    stream.append(markdown_text="**102** ")
    stream.append(markdown_text="soldiers [1]")
    assert slack.thread_of(NEWS, question, settled=False)[1]["text"] == "**102** soldiers [1]"
    stream.stop(blocks=[{"type": "divider"}], metadata={"event_type": "a", "event_payload": {}})
    answer = slack.thread_of(NEWS, question)[1]
    assert [block["type"] for block in answer["blocks"]] == ["rich_text", "divider"]
    assert answer["metadata"]["event_type"] == "a"
    methods = [call["method"] for call in slack.calls()]
    assert methods == ["chat.startStream", "chat.appendStream", "chat.stopStream"]
    assert slack.refused_calls() == []


def test_a_stream_keeps_its_order(client: WebClient, slack: RunningSlack, question: str) -> None:
    ts = client.chat_startStream(channel=NEWS, thread_ts=question, markdown_text="a", **RECIPIENT)["ts"]
    assert refused(client.chat_update, channel=NEWS, ts=ts, text="b") == "streaming_state_conflict"
    client.chat_stopStream(channel=NEWS, ts=ts)
    gone = "message_not_in_streaming_state"
    assert refused(client.chat_appendStream, channel=NEWS, ts=ts, markdown_text="b") == gone
    assert refused(client.chat_stopStream, channel=NEWS, ts=ts) == gone
    assert (
        refused(client.chat_appendStream, channel=NEWS, ts=FAR_AWAY, markdown_text="b") == "message_not_found"
    )
    assert refused(client.chat_stopStream, channel=NEWS, ts=question) == "message_not_owned_by_app"
    client.chat_update(channel=NEWS, ts=ts, text="b")


def test_an_empty_stream_is_not_stopped(client: WebClient, question: str) -> None:
    ts = client.chat_startStream(channel=NEWS, thread_ts=question, **RECIPIENT)["ts"]
    assert refused(client.chat_stopStream, channel=NEWS, ts=ts) == "no_text"


def test_a_stream_that_slack_ended_is_over(client: WebClient, slack: RunningSlack, question: str) -> None:
    ts = client.chat_startStream(channel=NEWS, thread_ts=question, markdown_text="a", **RECIPIENT)["ts"]
    slack.end_streams()
    over = refused(client.chat_appendStream, channel=NEWS, ts=ts, markdown_text="b")
    assert over == "message_not_in_streaming_state"


def test_a_stream_in_a_channel_needs_who_it_is_for(
    client: WebClient, slack: RunningSlack, question: str
) -> None:
    start = client.chat_startStream
    assert refused(start, channel=NEWS, thread_ts=question) == "missing_recipient_user_id"
    assert (
        refused(start, channel=NEWS, thread_ts=question, recipient_user_id=ALICE)
        == "missing_recipient_team_id"
    )
    wrong = {**RECIPIENT, "recipient_user_id": "U0NOBODY"}
    assert refused(start, channel=NEWS, thread_ts=question, **wrong) == "user_not_found"
    wrong = {**RECIPIENT, "recipient_team_id": "T0NOWHERE"}
    assert refused(start, channel=NEWS, thread_ts=question, **wrong) == "team_not_found"
    assert refused(start, channel=NEWS, thread_ts=FAR_AWAY, **RECIPIENT) == "thread_not_found"
    direct = slack.user_message("hello", channel="im")["message"]
    channel = client.conversations_open(users=ALICE)["channel"]["id"]
    start(channel=channel, thread_ts=direct["ts"], markdown_text="a")


def test_chunks_hold_at_most_fifty_blocks_in_all(client: WebClient, question: str) -> None:
    ts = client.chat_startStream(channel=NEWS, thread_ts=question, **RECIPIENT)["ts"]
    forty: Any = [{"type": "blocks", "blocks": [{"type": "divider"}] * 40}]
    client.chat_appendStream(channel=NEWS, ts=ts, chunks=forty, markdown_text="")
    error = refused(client.chat_appendStream, channel=NEWS, ts=ts, chunks=forty, markdown_text="")
    assert error == "msg_blocks_too_many"


# Conversations: https://docs.slack.dev/reference/methods/conversations.replies


def test_a_thread_comes_in_pages(client: WebClient, slack: RunningSlack, question: str) -> None:
    for number in range(4):
        client.chat_postMessage(
            channel=NEWS,
            text=str(number),
            thread_ts=question,
            metadata={"event_type": "a", "event_payload": {}},
        )
    pages = [page["messages"] for page in client.conversations_replies(channel=NEWS, ts=question, limit=200)]
    assert [len(page) for page in pages] == [3, 2]
    messages = [message for page in pages for message in page]
    assert [one["text"] for one in messages] == ["How many?", "0", "1", "2", "3"]
    assert "metadata" not in messages[1]
    whole = client.conversations_replies(channel=NEWS, ts=question, include_all_metadata=True)
    assert whole["messages"][1]["metadata"]["event_type"] == "a"
    after = client.conversations_replies(channel=NEWS, ts=question, oldest=messages[3]["ts"])
    assert [one["text"] for one in after["messages"]] == ["3"]
    with_it = client.conversations_replies(
        channel=NEWS, ts=question, oldest=messages[3]["ts"], inclusive=True
    )
    assert [one["text"] for one in with_it["messages"]] == ["2", "3"]
    inside = client.conversations_replies(channel=NEWS, ts=messages[2]["ts"])
    assert inside["messages"][0]["ts"] == question


def test_threads_that_cannot_be_read(client: WebClient, question: str) -> None:
    read = client.conversations_replies
    assert refused(read, channel=NEWS, ts=FAR_AWAY) == "thread_not_found"
    assert refused(read, channel=QUIET, ts=FAR_AWAY) == "not_in_channel"
    assert refused(read, channel="C0NONE", ts=FAR_AWAY) == "channel_not_found"
    assert refused(read, channel=NEWS, ts=question, cursor="here") == "invalid_cursor"
    assert refused(read, channel=NEWS, ts="yesterday") == "invalid_arguments"


def test_channels_and_users(client: WebClient, question: str) -> None:
    assert client.conversations_info(channel=QUIET)["channel"]["is_member"] is False
    assert client.conversations_history(channel=NEWS, limit=1)["messages"][0]["ts"] == question
    assert ALICE in client.conversations_members(channel=NEWS)["members"]
    assert "locale" not in client.users_info(user=BOB)["user"]
    assert client.users_info(user=BOB, include_locale=True)["user"]["locale"] == "fr-FR"
    assert refused(client.users_info, user=CAROL) == "user_not_found"
    assert refused(client.bots_info, bot="B0NONE") == "bot_not_found"
    assert client.chat_getPermalink(channel=NEWS, message_ts=question)["permalink"].endswith(question[-6:])
    assert refused(client.chat_getPermalink, channel=NEWS, message_ts=FAR_AWAY) == "message_not_found"


# The assistant pane: https://docs.slack.dev/reference/methods/assistant.threads.setStatus and those beside it


def test_the_assistant_pane(client: WebClient, slack: RunningSlack, question: str) -> None:
    root = slack.open_assistant()["message"]
    channel = client.conversations_open(users=ALICE)["channel"]["id"]
    here = {"channel_id": channel, "thread_ts": root["ts"]}
    client.assistant_threads_setStatus(**here, status="is searching", loading_messages=["a", "b"])
    client.assistant_threads_setSuggestedPrompts(**here, prompts=[{"title": "a", "message": "b"}])
    client.assistant_threads_setTitle(**here, title="Soldiers")
    assert slack.shown()["statuses"][0]["status"] == "is searching"
    assert slack.shown()["prompts"][0]["prompts"][0]["message"] == "b"
    assert slack.thread_of(channel, root["ts"])[0]["text"] == "Soldiers"
    nowhere = {"channel_id": channel, "thread_ts": FAR_AWAY}
    assert refused(client.assistant_threads_setStatus, **nowhere, status="a") == "invalid_thread_ts"
    assert refused(client.assistant_threads_setTitle, **nowhere, title="a") == "invalid_thread_ts"
    in_channel = {"channel_id": NEWS, "thread_ts": question}
    assert refused(client.assistant_threads_setTitle, **in_channel, title="a") == "invalid_thread_ts"
    prompts = [{"title": "a", "message": "b"}]
    assert (
        refused(client.assistant_threads_setSuggestedPrompts, **in_channel, prompts=prompts)
        == "channel_not_found"
    )
    assert (
        refused(client.assistant_threads_setSuggestedPrompts, **here, prompts=prompts * 5)
        == "invalid_arguments"
    )
    assert refused(client.assistant_threads_setStatus, **here, status="a", loading_messages=["a"] * 11) == (
        "invalid_arguments"
    )


def test_reactions(client: WebClient, question: str) -> None:
    client.reactions_add(channel=NEWS, name="eyes", timestamp=question)
    assert refused(client.reactions_add, channel=NEWS, name="eyes", timestamp=question) == "already_reacted"
    client.reactions_remove(channel=NEWS, name="eyes", timestamp=question)
    assert refused(client.reactions_remove, channel=NEWS, name="eyes", timestamp=question) == "no_reaction"
    assert refused(client.reactions_add, channel=NEWS, name="eyes", timestamp=FAR_AWAY) == "message_not_found"


# Modals and response addresses: https://docs.slack.dev/interactivity/handling-user-interaction


def test_a_trigger_opens_one_modal(client: WebClient, slack: RunningSlack) -> None:
    [sent] = slack.slash_command("help")["deliveries"]
    view: dict[str, Any] = {"type": "modal", "title": {"type": "plain_text", "text": "Help"}, "blocks": []}
    trigger = sent["payload"]["trigger_id"]
    client.views_open(trigger_id=trigger, view=view)
    assert refused(client.views_open, trigger_id=trigger, view=view) == "exchanged_trigger_id"
    assert refused(client.views_open, trigger_id="1.2.3", view=view) == "invalid_trigger_id"
    assert len(slack.shown()["views"]) == 1


def test_a_response_address_takes_five_posts(slack: RunningSlack) -> None:
    [sent] = slack.slash_command("soldiers", channel=QUIET)["deliveries"]
    url = sent["payload"]["response_url"]

    def respond(**given: Any) -> httpx.Response:
        return httpx.post(url, json=given, trust_env=False)

    assert respond(text="a < b").json()["error"] == "not_escaped"
    assert respond().json()["error"] == "no_text"
    assert respond(text="102").text == "ok"
    assert slack.shown()["ephemeral"][0]["text"] == "102"
    assert respond(text="to all", response_type="in_channel").text == "ok"
    assert respond(text="5").text == "ok"
    assert respond(text="6").json()["error"] == "used_url"
    missing = httpx.post(f"{slack.address}/response/none", json={"text": "a"}, trust_env=False)
    assert missing.json()["error"] == "no_such_response_url"
    assert len(slack.refused_calls()) == 4


# Faults that tests script


def test_faults_come_as_told_and_are_no_refusals(
    slack: RunningSlack, client: WebClient, question: str
) -> None:
    slack.fail(
        {"method": "chat.*", "kind": "ratelimited", "seconds": 7, "times": 1},
        {"method": "chat.postMessage", "kind": "error", "error": "fatal_error", "times": 1},
        {"method": "chat.postMessage", "kind": "status", "status": 503, "times": 1},
        {"method": "chat.postMessage", "kind": "garbage", "times": 1},
        {"method": "chat.postMessage", "kind": "cut_before", "times": 1},
        {"method": "chat.postMessage", "kind": "cut_after", "times": 1},
    )
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel=NEWS, text="a", thread_ts=question)
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "7"
    assert refused(client.chat_postMessage, channel=NEWS, text="a", thread_ts=question) == "fatal_error"
    url, token = f"{slack.api_url}chat.postMessage", {"Authorization": f"Bearer {TOKEN}"}
    body = {"channel": NEWS, "text": "a", "thread_ts": question}
    with httpx.Client(trust_env=False, headers=token) as plain:
        assert plain.post(url, json=body).status_code == 503
        assert "<html>" in plain.post(url, json=body).text
        assert len(slack.thread_of(NEWS, question)) == 1
        for carried_out in (False, True):
            with pytest.raises(httpx.TransportError):
                plain.post(url, json=body)
            assert len(slack.thread_of(NEWS, question)) == 1 + carried_out
        assert plain.post(url, json=body).json()["ok"]
    assert slack.refused_calls() == []
    faults = [call["fault"] for call in slack.calls("chat.postMessage")]
    assert faults == ["ratelimited", "error", "status", "garbage", "cut_before", "cut_after", ""]


def test_a_slow_slack_answers_late(slack: RunningSlack, client: WebClient) -> None:
    slack.fail({"method": "auth.test", "kind": "slow", "seconds": 0.3, "times": 1})
    began = time.monotonic()
    client.auth_test()
    assert time.monotonic() - began >= 0.3


def test_a_slack_that_is_down_comes_back_on_the_same_port() -> None:
    with running_slack() as slack:
        client = WebClient(token=TOKEN, base_url=slack.api_url)
        slack.kill()
        with pytest.raises(OSError):
            client.auth_test()
        slack.restart()
        assert client.auth_test()["ok"]


# Rates: https://docs.slack.dev/apis/web-api/rate-limits


@pytest.mark.parametrize(
    ("method", "arguments", "taken"),
    [
        ("chat.postMessage", {"channel": NEWS, "text": "a"}, 5),
        ("chat.startStream", {"channel": NEWS, "thread_ts": FAR_AWAY, **RECIPIENT}, 20),
        ("conversations.replies", {"channel": NEWS, "ts": FAR_AWAY}, 50),
        ("users.info", {"user": ALICE}, 100),
    ],
)
def test_a_method_takes_so_many_calls_a_minute(
    hurried: RunningSlack, method: str, arguments: dict[str, Any], taken: int
) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(trust_env=False, headers=headers) as plain:
        replies = [plain.post(f"{hurried.api_url}{method}", json=arguments) for _ in range(taken + 1)]
        assert [reply.status_code for reply in replies] == [200] * taken + [429]
        assert replies[-1].json() == {"ok": False, "error": "ratelimited"}
        assert 1 <= int(replies[-1].headers["Retry-After"]) <= 60 / PACE
        # Each workspace has its own; a limit is no refusal.
        other = plain.post(
            f"{hurried.api_url}{method}", json=arguments, headers={"Authorization": f"Bearer {OTHER_TOKEN}"}
        )
        assert other.status_code == 200
    assert [call for call in hurried.refused_calls() if call["error"] == "ratelimited"] == []


@pytest.fixture(scope="module")
def hurried() -> Iterator[RunningSlack]:
    with running_slack(pace=PACE) as slack:
        yield slack
