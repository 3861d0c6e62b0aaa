"""Settings in; what of the way to Slack is in order and what is missing, each with what to do, out."""

import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

import httpx
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier

from service.faces.access import SLACK_EVENTS
from service.faces.slack.log_faults import SLACK_FAULTS, fault_name, said_by_slack
from service.faces.slack.scopes import SCOPES
from service.faces.slack.socket_mode import open_connection
from service.faces.slack.workspaces import Workspace, ask_workspace
from service.settings import Settings

APPS = "https://api.slack.com/apps"
SECONDS = 10
PASSING = frozenset(
    {"internal_error", "fatal_error", "ratelimited", "service_unavailable", "request_timeout"}
)
"""What Slack says when it is not well itself."""
CHALLENGE = "citewell-checks-its-own-address"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: `ok`, `note` (it works so, but might be meant otherwise) or `wrong`."""

    state: Literal["ok", "note", "wrong"]
    text: str


def ok(text: str) -> Finding:
    """Something is in order."""
    return Finding("ok", text)


def note(text: str) -> Finding:
    """Something is in order, and worth knowing."""
    return Finding("note", text)


def wrong(text: str) -> Finding:
    """Something must be done."""
    return Finding("wrong", text)


async def check_slack(settings: Settings) -> AsyncIterator[Finding]:
    """Everything that can be known from here, in the order in which it is set up."""
    if not settings.slack:
        yield wrong(
            f"SLACK_BOT_TOKEN is not set: make the app at {APPS} from deploy/slack-manifest.yaml, install it, and set "
            "the Bot User OAuth Token (OAuth & Permissions); docs/slack.md leads through it"
        )
        return
    tokens = settings.slack_bot_tokens
    found: dict[str, int] = {}
    for place, token in enumerate(tokens, start=1):
        name = "SLACK_BOT_TOKEN" if len(tokens) == 1 else f"number {place} of SLACK_BOT_TOKEN"
        try:
            workspace = await ask_workspace(token.get_secret_value(), settings.slack_api_url, SECONDS)
        except SLACK_FAULTS as error:
            yield wrong(_why_no_workspace(name, error, settings.slack_api_url))
            continue
        yield _about_workspace(name, workspace)
        id = str(workspace.result.team_id)
        if id in found:
            yield wrong(
                f"{name} is of the same workspace as number {found[id]}: an app of its own? take one out"
            )
        found[id] = place
    if settings.slack_app_token is not None:
        yield await _about_socket_mode(settings)
    if settings.slack_signing_secret is not None:
        yield await _about_events(settings)
    if settings.public_url is None:
        yield note(
            "CITEWELL_PUBLIC_URL is not set: links in Slack lead to where an article was published, not to its quote"
        )
    if settings.slack_channels:
        yield ok(
            f"CITEWELL_SLACK_CHANNELS: it answers in {len(settings.slack_channels)} channels, and direct messages"
        )


def _refused(error: Exception) -> bool:
    """Whether Slack itself says no, and not only now."""
    said = said_by_slack(error).get("error") if isinstance(error, SlackApiError) else None
    return said is not None and said not in PASSING


def _unanswered(name: str, error: Exception, api_url: str) -> str:
    return (
        f"{name} could not be checked, since {api_url} does not answer ({fault_name(error)}): look whether this "
        "machine may connect there (HTTPS_PROXY, if a proxy leads out) or Slack is down, or correct SLACK_API_URL"
    )


def _why_no_workspace(name: str, error: Exception, api_url: str) -> str:
    if not _refused(error):
        return _unanswered(name, error, api_url)
    return (
        f"{name} is refused by Slack ({fault_name(error)}): install the app in the workspace again, and set the "
        f"Bot User OAuth Token that {APPS} then shows under OAuth & Permissions"
    )


def _about_workspace(name: str, workspace: Workspace) -> Finding:
    of = f"the organisation {workspace.name}" if workspace.whole_organisation else workspace.name
    if workspace.result.bot_id is None:
        return wrong(
            f"{name} is no token of a bot in {of}: set the Bot User OAuth Token (OAuth & Permissions)"
        )
    lacking = sorted(SCOPES.keys() - workspace.scopes)
    if lacking:
        reasons = "; ".join(f"{scope} {SCOPES[scope]}" for scope in lacking)
        return wrong(
            f"{name}: the bot in {of} lacks {len(lacking)} of {len(SCOPES)} scopes ({reasons}): add them under OAuth & "
            "Permissions, Bot Token Scopes, and install the app again"
        )
    return ok(f"{name}: a bot in {of}, with all {len(SCOPES)} scopes")


async def _about_socket_mode(settings: Settings) -> Finding:
    assert settings.slack_app_token is not None, "asked only then"
    try:
        await open_connection(settings.slack_app_token.get_secret_value(), settings.slack_api_url)
    except SLACK_FAULTS as error:
        if not _refused(error):
            return wrong(_unanswered("SLACK_APP_TOKEN", error, settings.slack_api_url))
        return wrong(
            f"SLACK_APP_TOKEN opens no connection ({fault_name(error)}): on the app's page switch Socket Mode on, "
            "and make an App-Level Token with the scope connections:write (Basic Information)"
        )
    return ok("SLACK_APP_TOKEN: Socket Mode can be opened; Slack needs no way to this machine")


async def _about_events(settings: Settings) -> Finding:
    """Send what Slack sends when the address is entered there, signed as Slack would: it has to come all the way."""
    assert settings.slack_signing_secret is not None, "asked only then"
    if settings.public_url is None:
        return note(
            "SLACK_SIGNING_SECRET is set: enter https://YOUR-HOST"
            + SLACK_EVENTS
            + " on the app's page as Request URL "
            "of Event Subscriptions, Interactivity and the slash command; with CITEWELL_PUBLIC_URL it is checked here"
        )
    address = settings.public_url + SLACK_EVENTS
    body = json.dumps({"type": "url_verification", "challenge": CHALLENGE})
    sent = str(int(time.time()))
    signature = SignatureVerifier(settings.slack_signing_secret.get_secret_value()).generate_signature(
        timestamp=sent, body=body
    )
    headers = {"X-Slack-Request-Timestamp": sent, "X-Slack-Signature": str(signature)}
    try:
        async with httpx.AsyncClient(timeout=SECONDS) as client:
            reply = await client.post(
                address, content=body, headers={**headers, "Content-Type": "application/json"}
            )
    except httpx.HTTPError as error:
        return wrong(
            f"{address} cannot be reached from here ({type(error).__name__}): start `citewell serve` or "
            "`citewell slack`, and look whether CITEWELL_PUBLIC_URL and its certificate are right"
        )
    if reply.is_success and CHALLENGE in reply.text:
        return ok(
            f"SLACK_SIGNING_SECRET: {address} takes what is signed with it; enter it as Request URL on the app's page"
        )
    return wrong(f"{address} answers {reply.status_code}: {_meaning(reply.status_code)}")


def _meaning(status: int) -> str:
    match status:
        case 401 | 403:
            return (
                "the service there has another SLACK_SIGNING_SECRET, or a proxy before it asks for a key or changes "
                f"what is sent; let POST {SLACK_EVENTS} through as it is"
            )
        case 404:
            return (
                "the service there was started without SLACK_SIGNING_SECRET, or another program answers; start it "
                "again with these settings"
            )
    return "look at the log of the service and of the proxy before it"
