"""Tokens and the workspaces that they are of: several, refused ones, and a Slack that says nothing for a while."""

import logging
from collections.abc import Iterator

import pytest
from slack_sdk.errors import SlackApiError

from service.faces.slack.workspaces import Workspaces, ask_workspace
from tests.slack_stub.running_stub import (
    BOT,
    OTHER_BOT,
    OTHER_TEAM,
    OTHER_TOKEN,
    TEAM,
    TOKEN,
    RunningSlack,
)

NOBODY = "http://127.0.0.1:9/api/"


@pytest.fixture(autouse=True)
def whole_again(slack: RunningSlack) -> Iterator[None]:
    """Each test may have tokens revoked."""
    yield
    slack.fail()
    slack.set_workspace(TEAM, revoked="")
    slack.set_workspace(OTHER_TEAM, revoked="")


async def test_each_event_is_answered_with_the_token_of_its_workspace(slack: RunningSlack) -> None:
    workspaces = await Workspaces.open((TOKEN, OTHER_TOKEN), slack.api_url)
    for team, token, bot in ((TEAM, TOKEN, BOT), (OTHER_TEAM, OTHER_TOKEN, OTHER_BOT)):
        found = await workspaces.authorize(None, team)
        assert found is not None
        assert (found.bot_token, found.bot_user_id, found.team_id) == (token, bot, team)
    assert await workspaces.authorize(None, "T0ELSE") is None
    assert await workspaces.authorize(None, None) is None
    assert (workspaces.waiting, workspaces.refused) == (0, {})
    assert len(slack.calls("auth.test")) == 2, "asked once"


async def test_scopes_come_with_the_workspace(slack: RunningSlack) -> None:
    workspace = await ask_workspace(TOKEN, slack.api_url, 10)
    assert "chat:write" in workspace.scopes
    assert workspace.name and not workspace.whole_organisation


@pytest.mark.parametrize("reason", ["invalid_auth", "token_revoked", "account_inactive"])
async def test_a_refused_token_is_said_once_and_the_others_work(
    slack: RunningSlack, caplog: pytest.LogCaptureFixture, reason: str
) -> None:
    slack.set_workspace(OTHER_TEAM, revoked=reason)
    with caplog.at_level(logging.WARNING):
        workspaces = await Workspaces.open((TOKEN, OTHER_TOKEN), slack.api_url)
    assert f"number 2 of SLACK_BOT_TOKEN is refused ({reason}); `citewell slack --check`" in caplog.text
    assert TOKEN not in caplog.text and OTHER_TOKEN not in caplog.text
    assert await workspaces.authorize(None, TEAM) is not None
    assert await workspaces.authorize(None, OTHER_TEAM) is None
    assert workspaces.refused == {2: reason}
    assert len(slack.calls("auth.test")) == 2, "it is not asked again"


async def test_the_same_token_twice_is_one(slack: RunningSlack, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        workspaces = await Workspaces.open((TOKEN, TOKEN), slack.api_url)
    assert (len(workspaces.found), caplog.text) == (1, "")


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 503},
        {"kind": "error", "error": "internal_error"},
        {"kind": "cut_before"},
        {"kind": "garbage"},
        {"kind": "slow", "seconds": 4.0},
        {"kind": "ratelimited", "seconds": 30},
    ],
)
async def test_a_slack_that_says_nothing_is_asked_again_with_the_next_event(
    slack: RunningSlack, caplog: pytest.LogCaptureFixture, fault: dict[str, object]
) -> None:
    now = 100.0
    slack.fail({"method": "auth.test", "times": 2, **fault})
    workspaces = Workspaces((TOKEN,), slack.api_url, lambda: now)
    with caplog.at_level(logging.WARNING):
        assert await workspaces.authorize(None, TEAM) is None
        assert await workspaces.authorize(None, TEAM) is None
    assert "could not be asked" in caplog.text
    assert len(slack.calls("auth.test")) == 1, "not at every event"
    assert workspaces.waiting == 1
    now += 10
    assert await workspaces.authorize(None, TEAM) is None
    now += 10
    assert await workspaces.authorize(None, TEAM) is not None
    assert workspaces.waiting == 0


async def test_a_slack_that_is_not_there_is_no_reason_not_to_begin(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        workspaces = await Workspaces.open((TOKEN,), NOBODY)
    assert (workspaces.found, workspaces.waiting) == ((), 1)
    assert "is asked again when an event comes" in caplog.text


async def test_what_it_cannot_know_is_raised_to_who_checks(slack: RunningSlack) -> None:
    with pytest.raises(SlackApiError):
        await ask_workspace("xoxb-nobody", slack.api_url, 10)
