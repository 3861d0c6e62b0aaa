"""What Slack sends over HTTP in (events, commands, shortcuts, buttons), proven to be Slack's; the bot's reply out.

Slack's signature stands in the place of a key, see `service/faces/access.py`.
"""

import time
from collections.abc import Callable
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from pydantic_core import from_json
from slack_bolt.adapter.starlette.async_handler import to_starlette_response
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

from service.faces.problems import Problem
from service.faces.request_body import read_body, require_media_type
from service.faces.services import Parts

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
BODY_LIMIT = 1 << 20
# Older ones may be replays (docs.slack.dev/authentication/verifying-requests-from-slack).
SIGNED_SECONDS = 300
NOT_FOUND = 404

router = APIRouter(tags=["slack"])


@router.post("/slack/events", summary="Events, commands and buttons from Slack", response_class=Response)
async def post_slack_events(request: Request, parts: Parts) -> Response:
    """Acknowledged at once; the answer is sent to Slack by the bot, as its own message."""
    app, secret = parts.slack, parts.settings.slack_signing_secret
    if app is None or secret is None:
        raise Problem(503, "the bot is not running yet; try again in 5 s", headers={"Retry-After": "5"})
    body = await read_body(request, BODY_LIMIT)
    require_signature(request, body, secret.get_secret_value())
    kind = require_media_type(request, (JSON, FORM))
    text = _well_formed(body, kind)
    reply = await app.async_dispatch(_bolt_request(request, text))
    if reply.status == NOT_FOUND:  # nothing that we act on; told so, Slack would send it three times more
        return Response()
    if reply.status >= 400:
        raise Problem(reply.status, "the bot could not take this; the log says why")
    return to_starlette_response(reply)


def require_signature(
    request: Request, body: bytes, secret: str, clock: Callable[[], float] = time.time
) -> None:
    """Raise a 401 problem unless Slack signed this body within the last five minutes.

    Bolt checks it as well, but takes a time that is no number for a fault of ours.
    """
    sent = request.headers.getlist("x-slack-request-timestamp")
    signed = request.headers.getlist("x-slack-signature")
    if len(sent) != 1 or len(signed) != 1:
        raise Problem(401, "got no signature of Slack; only Slack sends to this address")
    if not (sent[0].isascii() and sent[0].isdigit() and len(sent[0]) <= 12):
        raise Problem(401, "got an X-Slack-Request-Timestamp that is no number of seconds")
    if abs(clock() - int(sent[0])) > SIGNED_SECONDS:
        raise Problem(
            401,
            f"got a request signed more than {SIGNED_SECONDS} s ago or ahead; compare this machine's clock",
        )
    valid = False
    if signed[0].isascii():
        try:
            valid = SignatureVerifier(secret).is_valid(body, sent[0], signed[0])
        except UnicodeDecodeError:
            valid = False  # no text, so nothing that Slack sends
    if not valid:
        raise Problem(
            401,
            "got a signature that was not made with SLACK_SIGNING_SECRET; compare it with the app's page at Slack",
        )


def _bolt_request(request: Request, text: str) -> AsyncBoltRequest:
    try:
        return AsyncBoltRequest(body=text, query=request.url.query, headers=dict(request.headers))
    except (AttributeError, KeyError, TypeError):  # it looks for workspace, channel and user in there
        raise Problem(400, "the body is no event, command or button as Slack sends them") from None


def _well_formed(body: bytes, kind: str) -> str:
    """The body as text; raises a 400 problem for what Bolt could not read."""
    try:
        text = body.decode("utf-8")
        if kind == JSON:
            said = from_json(text)
        else:
            fields = parse_qs(text, keep_blank_values=True)
            said = from_json(fields["payload"][0]) if "payload" in fields else dict(fields)
    except ValueError:
        raise Problem(400, f"the body is not what its Content-Type {kind!r} says") from None
    if not isinstance(said, dict) or not said or not isinstance(said.get("event", {}), dict):
        raise Problem(400, "the body is no object with anything in it, as events, commands and buttons are")
    return text
