"""A bot is started with whatever Slack there is, and says how it stands."""

from typing import Any

from pydantic import SecretStr

from service.faces.signed_links import LinkSigner
from service.faces.slack.run_bot import BotParts, start_bot
from service.faces.slack.seen_events import RememberedEvents
from service.settings import Settings
from tests.service.faces.slack.scripted_answering import ScriptedAnswering
from tests.service.faces.slack.served_bot import Shelf, Suggesting
from tests.slack_stub.running_stub import APP_TOKEN, OTHER_TOKEN, TOKEN, RunningSlack

NOBODY = "http://127.0.0.1:9/api/"


def parts() -> BotParts:
    links = LinkSigner((), pages_need_key=False)
    return BotParts(ScriptedAnswering(), Shelf(), links, RememberedEvents(), Suggesting())


def settings(api_url: str, *tokens: str, **more: Any) -> Settings:
    secrets = tuple(SecretStr(token) for token in tokens)
    return Settings(slack_bot_tokens=secrets, slack_api_url=api_url, **more)


async def test_it_is_connected_when_it_says_so(slack: RunningSlack) -> None:
    given = settings(slack.api_url, TOKEN, OTHER_TOKEN, slack_app_token=SecretStr(APP_TOKEN))
    bot = await start_bot(given, parts(), over_http=True)
    try:
        names, _, ways = bot.said().partition(", by ")
        assert len(names.split(", ")) == 2
        assert ways == "Socket Mode and /slack/events"
    finally:
        await bot.stop(0)
    assert bot.socket is not None and not bot.socket.connected.is_set()


async def test_it_begins_without_slack_and_says_what_is_wrong() -> None:
    given = settings(NOBODY, TOKEN, slack_app_token=SecretStr(APP_TOKEN))
    bot = await start_bot(given, parts(), over_http=False, connect_seconds=0.05)
    assert bot.said() == (
        "no workspace, by Socket Mode (not connected yet); tokens that do not work: 1, "
        "`citewell slack --check` says why"
    )
    await bot.stop(0)
