"""`citewell slack --check`: whatever is missing or wrong on the way to Slack is one line that says what to do."""

import re
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi import FastAPI
from pydantic import SecretStr
from slack_bolt.app.async_app import AsyncApp

from service.faces.slack.check_slack import CHALLENGE, Finding, check_slack
from service.faces.slack.commands import COMMAND, SHORTCUT
from service.faces.slack.scopes import EVENTS, SCOPES
from service.faces.slack.workspaces import Workspaces
from service.settings import Settings
from tests.slack_stub.running_stub import (
    APP_TOKEN,
    OTHER_TEAM,
    OTHER_TOKEN,
    SECRET,
    TEAM,
    TOKEN,
    RunningSlack,
)
from tests.slack_stub.workspace import SCOPES as GRANTED

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(autouse=True)
def whole_again(slack: RunningSlack) -> Iterator[None]:
    """Each test may change the workspaces."""
    yield
    slack.fail()
    slack.set_workspace(TEAM, revoked="", scopes=GRANTED)
    slack.set_workspace(OTHER_TEAM, revoked="")


def settings(slack: RunningSlack, *tokens: str, **more: Any) -> Settings:
    secrets = tuple(SecretStr(token) for token in tokens or (TOKEN,))
    usual = {"slack_app_token": SecretStr(APP_TOKEN), "slack_api_url": slack.api_url}
    return Settings(slack_bot_tokens=secrets, **(usual | more))


async def findings(given: Settings) -> list[Finding]:
    found = [finding async for finding in check_slack(given)]
    for finding in found:
        assert "\n" not in finding.text
        for secret in (TOKEN, OTHER_TOKEN, APP_TOKEN, SECRET):
            assert secret not in finding.text
    return found


def wrong(found: list[Finding]) -> list[str]:
    return [finding.text for finding in found if finding.state == "wrong"]


async def test_nothing_is_set() -> None:
    (only,) = await findings(Settings())
    assert only.state == "wrong" and "deploy/slack-manifest.yaml" in only.text


async def test_everything_is_in_order(slack: RunningSlack) -> None:
    given = settings(
        slack, TOKEN, OTHER_TOKEN, public_url="https://archive.example", slack_channels=("C0NEWS",)
    )
    found = await findings(given)
    assert [one.state for one in found] == ["ok"] * 4
    assert "with all 8 scopes" in found[0].text and "number 2 of SLACK_BOT_TOKEN" in found[1].text


async def test_without_a_public_address_links_lead_elsewhere(slack: RunningSlack) -> None:
    found = await findings(settings(slack))
    assert [one.state for one in found] == ["ok", "ok", "note"]
    assert "CITEWELL_PUBLIC_URL is not set" in found[-1].text


async def test_missing_scopes_are_named_with_their_reasons(slack: RunningSlack) -> None:
    slack.set_workspace(TEAM, scopes=[one for one in GRANTED if one not in ("commands", "im:history")])
    (said,) = wrong(await findings(settings(slack)))
    assert (
        "lacks 2 of 8 scopes (commands for /citewell and the message shortcut; im:history to hear of" in said
    )
    assert "install the app again" in said


async def test_a_refused_token_does_not_hide_the_others(slack: RunningSlack) -> None:
    slack.set_workspace(TEAM, revoked="token_revoked")
    found = await findings(settings(slack, TOKEN, OTHER_TOKEN))
    (said,) = wrong(found)
    assert said.startswith("number 1 of SLACK_BOT_TOKEN is refused by Slack (token_revoked): install the app")
    assert found[1].state == "ok"


@pytest.mark.parametrize(
    "fault", [{"kind": "status", "status": 503}, {"kind": "error", "error": "internal_error"}]
)
async def test_a_slack_that_is_not_well_is_no_fault_of_the_tokens(
    slack: RunningSlack, fault: dict[str, Any]
) -> None:
    slack.fail({"method": "*", **fault})
    said = wrong(await findings(settings(slack)))
    assert len(said) == 2
    assert all("could not be checked" in one and "refused" not in one for one in said)


async def test_a_slack_that_is_not_reached_is_said(slack: RunningSlack) -> None:
    said = wrong(await findings(settings(slack, slack_api_url="http://127.0.0.1:9/api/")))
    assert len(said) == 2
    assert all("HTTPS_PROXY" in one for one in said)


async def test_a_token_of_another_app_opens_no_connection(slack: RunningSlack) -> None:
    (said,) = wrong(await findings(settings(slack, slack_app_token=SecretStr("xapp-2-wrong"))))
    assert said.startswith("SLACK_APP_TOKEN opens no connection (") and "connections:write" in said


async def test_over_http_the_address_to_enter_at_slack_is_said(slack: RunningSlack) -> None:
    found = await findings(settings(slack, slack_app_token=None, slack_signing_secret=SecretStr(SECRET)))
    assert [one.state for one in found] == ["ok", "note", "note"]
    assert "https://YOUR-HOST/slack/events" in found[1].text


Events = Callable[..., Any]


@pytest.fixture
def events(make_app: Callable[..., FastAPI], serve: Callable[[FastAPI], Any], slack: RunningSlack) -> Events:
    """A service that takes events: `async with events(**settings) as address`."""

    @asynccontextmanager
    async def serving(**given: Any) -> Any:
        app = make_app(**given)
        bolt = AsyncApp(
            signing_secret=given["slack_signing_secret"].get_secret_value() if given else SECRET,
            authorize=Workspaces((), slack.api_url),
        )
        app.state.services = replace(app.state.services, slack=bolt)
        async with serve(app) as address:
            yield address

    return serving


async def test_what_is_signed_comes_all_the_way_or_not(slack: RunningSlack, events: Events) -> None:
    over_http: dict[str, Any] = {"slack_signing_secret": SecretStr(SECRET), "slack_app_token": None}
    async with events(slack_bot_tokens=(SecretStr(TOKEN),), **over_http) as address:
        checked = settings(slack, public_url=address, **over_http)
        found = await findings(checked)
        assert [one.state for one in found] == ["ok", "ok"], found
        other = checked.model_copy(update={"slack_signing_secret": SecretStr("another")})
        (said,) = wrong(await findings(other))
        assert f"{address}/slack/events answers 401: the service there has another" in said
    (said,) = wrong(await findings(checked))
    assert "cannot be reached from here (ConnectError): start `citewell serve`" in said
    async with events() as address:
        (said,) = wrong(await findings(checked.model_copy(update={"public_url": address})))
        assert "answers 404: the service there was started without SLACK_SIGNING_SECRET" in said
    assert CHALLENGE not in said


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    """The manifest that people paste at Slack."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "deploy/slack-manifest.yaml").read_text("utf-8"))
    return found


def test_the_manifest_asks_for_what_the_bot_needs(manifest: dict[str, Any]) -> None:
    assert manifest["oauth_config"]["scopes"]["bot"] == list(SCOPES)
    assert manifest["settings"]["event_subscriptions"]["bot_events"] == list(EVENTS)
    assert [one["command"] for one in manifest["features"]["slash_commands"]] == [COMMAND]
    (shortcut,) = manifest["features"]["shortcuts"]
    assert (shortcut["callback_id"], shortcut["type"]) == (SHORTCUT, "message")


def test_the_manifest_keeps_to_the_lengths_that_slack_allows(manifest: dict[str, Any]) -> None:
    """https://docs.slack.dev/reference/app-manifest"""
    shown, features = manifest["display_information"], manifest["features"]
    assert len(shown["name"]) <= 35 and len(shown["description"]) <= 140
    assert 174 <= len(shown["long_description"]) <= 4_000
    assert len(features["bot_user"]["display_name"]) <= 80
    assert len(features["agent_view"]["agent_description"]) <= 300
    for one in features["slash_commands"]:
        assert len(one["command"]) <= 32 and len(one["description"]) <= 2_000
        assert len(one["usage_hint"]) <= 1_000
    for one in features["shortcuts"]:
        assert len(one["name"]) <= 24 and len(one["description"]) <= 150


@pytest.mark.parametrize("names", [SCOPES, EVENTS])
def test_every_scope_and_event_has_its_reason_where_people_read_it(names: dict[str, str]) -> None:
    page = (ROOT / "docs/slack.md").read_text("utf-8")
    manifest = (ROOT / "deploy/slack-manifest.yaml").read_text("utf-8")
    for name, reason in names.items():
        assert f"| `{name}` | {reason} |" in page, name
        assert re.search(rf"^ +- {re.escape(name)} # {re.escape(reason)}$", manifest, re.MULTILINE), name
