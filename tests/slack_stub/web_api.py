"""A request to the Web API in, Slack's reply out, with everything that may stand between the two.

In this order: a scripted fault, the token, the rate limit, the arguments (`check_message`), the state (`api_methods`).
Every call is kept, with what was wrong with it.
"""

import asyncio
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from aiohttp import web

from tests.slack_stub.api_methods import ApiMethods, Refused, Reply
from tests.slack_stub.changes import Changes
from tests.slack_stub.check_message import decoded, problems_of
from tests.slack_stub.faults import Fault, Faults
from tests.slack_stub.interactions import Interactions, ResponseUrl
from tests.slack_stub.rate_limits import RateLimits
from tests.slack_stub.sockets import Sockets
from tests.slack_stub.workspace import State, Workspace

# Errors that are no fault of the caller's arguments.
NOT_REFUSED = {"ratelimited"}


@dataclass
class Call:
    """What was called and what came of it."""

    number: int
    method: str
    team: str
    arguments: dict[str, Any]
    at: float
    status: int = 200
    ok: bool = False
    error: str = ""
    problems: list[str] = field(default_factory=list)
    fault: str = ""

    @property
    def refused(self) -> bool:
        """Whether Slack refuses it, by itself and not by a fault that a test scripted or a limit of the rate."""
        return not self.ok and not self.fault and self.error not in NOT_REFUSED

    def shown(self) -> dict[str, Any]:
        """As the control routes give it."""
        return {**asdict(self), "refused": self.refused}


class WebApi:
    """The routes under /api/ and /response/."""

    def __init__(
        self,
        state: State,
        methods: ApiMethods,
        interactions: Interactions,
        sockets: Sockets,
        changes: Changes,
        rates: RateLimits | None,
        app_token: str,
    ) -> None:
        """`rates`: None takes any number of calls."""
        self.calls: list[Call] = []
        self.faults = Faults()
        self._state = state
        self._methods = methods
        self._interactions = interactions
        self._sockets = sockets
        self._changes = changes
        self._rates = rates
        self._app_token = app_token

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One call."""
        method = request.match_info["method"]
        try:
            given = await _arguments(request)
        except Refused as refused:
            self._keep(method, "", {}).error = refused.error
            return web.json_response({"ok": False, "error": refused.error})
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip() or str(
            given.pop("token", "")
        )
        given.pop("token", None)
        workspace = self._state.by_token(token)
        call = self._keep(method, workspace.id if workspace else "", given)
        fault = self.faults.meeting(method, call.team)
        if fault is not None:
            call.fault = fault.kind
            early = await self._before(request, fault, call)
            if early is not None:
                return early
        reply, headers = self._reply(request, method, token, workspace, call)
        self._changes.happened()
        if fault is not None and fault.kind == "cut_after":
            return _cut(request)
        return web.json_response(reply, status=call.status, headers=headers)

    async def respond(self, request: web.Request) -> web.Response:
        """A post to a response_url: https://docs.slack.dev/interactivity/handling-user-interaction#message_responses."""
        try:
            given = await _arguments(request)
        except Refused as refused:
            self._keep("response_url", "", {}).error = refused.error
            return web.json_response({"ok": False, "error": refused.error}, status=400)
        call = self._keep("response_url", "", given)
        target = self._interactions.use_response_url(request.match_info["key"])
        if isinstance(target, str):
            call.status, call.error = 404, target
            return web.json_response({"ok": False, "error": target}, status=404)
        call.team = target.team
        call.problems = problems_of("response_url", given)
        if call.problems:
            call.status, call.error = 400, call.problems[0].partition(":")[0]
            return web.json_response(
                {"ok": False, "error": call.error, "problems": call.problems}, status=400
            )
        call.ok = True
        self.take_response(target, given)
        self._changes.happened()
        return web.Response(text="ok")

    def take_response(self, target: ResponseUrl, given: dict[str, Any]) -> None:
        """Show what was answered to an interaction."""
        fields = {
            name: value for name, value in decoded(given).items() if name in ("text", "blocks", "metadata")
        }
        channel = self._state.channels[target.channel]
        message = channel.messages.get(target.message_ts or "")
        if given.get("delete_original") and message is not None:
            self._state.remove(channel, message)
        elif given.get("replace_original") and message is not None:
            message.update(fields)
        elif given.get("response_type") == "in_channel":
            if thread := given.get("thread_ts"):
                fields["thread_ts"] = thread
            self._state.by_bot(channel, self._state.workspaces[target.team], **fields)
        else:
            about = {"channel": target.channel, "user": target.user, "ts": self._state.next_ts()}
            self._state.ephemeral.append({**about, **fields, "by": "response"})

    def refuse(self, error: str, given: dict[str, Any]) -> None:
        """Keep something that was wrong outside the Web API, as an acknowledgement of nothing."""
        call = self._keep("acknowledgement", "", given)
        call.error = error
        self._changes.happened()

    def refuse_answer(self, given: dict[str, Any], problems: list[str]) -> None:
        """Keep an answer to a command or a click that Slack would not show."""
        call = self._keep("acknowledgement", "", given)
        call.problems, call.error = problems, problems[0].partition(":")[0]

    def _keep(self, method: str, team: str, given: dict[str, Any]) -> Call:
        call = Call(len(self.calls) + 1, method, team, given, time.time())
        self.calls.append(call)
        return call

    async def _before(self, request: web.Request, fault: Fault, call: Call) -> web.StreamResponse | None:
        """What a fault answers without carrying the call out; None when it is carried out all the same."""
        if fault.kind in ("slow", "cut_after"):
            await asyncio.sleep(fault.seconds if fault.kind == "slow" else 0)
            return None
        self._changes.happened()
        if fault.kind == "cut_before":
            return _cut(request)
        if fault.kind == "status":
            call.status = fault.status
            return web.Response(status=fault.status, text="upstream connect error")
        if fault.kind == "garbage":
            return web.Response(text="<html>Please sign in</html>", content_type="text/html")
        if fault.kind == "ratelimited":
            call.status, call.error = 429, "ratelimited"
            return _ratelimited(max(1, round(fault.seconds)))
        call.error = fault.error
        return web.json_response({"ok": False, "error": fault.error})

    def _reply(
        self, request: web.Request, method: str, token: str, workspace: Workspace | None, call: Call
    ) -> tuple[Reply, dict[str, str]]:
        headers: dict[str, str] = {}
        try:
            if method == "apps.connections.open":
                reply = self._open_connection(request, token, workspace)
            else:
                reply = self._call(method, token, workspace, call, headers)
            call.ok = True
            return {"ok": True, **reply}, headers
        except Refused as refused:
            call.error = refused.error
            call.status = 429 if refused.error == "ratelimited" else 200
            fields = dict(refused.fields)
            if wait := fields.pop("wait_s", 0):
                headers["Retry-After"] = str(wait)
            if call.problems:
                fields["response_metadata"] = {"messages": [f"[ERROR] {one}" for one in call.problems]}
            return {"ok": False, "error": refused.error, **fields}, headers

    def _call(
        self, method: str, token: str, workspace: Workspace | None, call: Call, headers: dict[str, str]
    ) -> Reply:
        if not self._methods.known(method):
            raise Refused("unknown_method", req_method=method)
        if not token:
            raise Refused("not_authed")
        if workspace is None:
            raise Refused("not_allowed_token_type" if token == self._app_token else "invalid_auth")
        if workspace.revoked:
            raise Refused(workspace.revoked)
        headers["x-oauth-scopes"] = ",".join(workspace.scopes)
        headers["x-slack-req-id"] = f"req{call.number}"
        self._limit(method, workspace.id, str(call.arguments.get("channel", "")))
        call.problems = problems_of(method, call.arguments)
        if call.problems:
            raise Refused(call.problems[0].partition(":")[0])
        return self._methods.call(method, workspace, decoded(call.arguments))

    def _open_connection(self, request: web.Request, token: str, workspace: Workspace | None) -> Reply:
        """https://docs.slack.dev/reference/methods/apps.connections.open: the app's token, in the header, by POST."""
        if request.method != "POST":
            raise Refused("insecure_request")
        if not request.headers.get("Authorization"):
            raise Refused("missing_args")
        if workspace is not None:
            raise Refused("not_allowed_token_type")
        if token != self._app_token:
            raise Refused("invalid_auth")
        self._limit("apps.connections.open", "")
        host = request.headers["Host"]
        return {"url": f"ws://{host}/link?ticket={self._sockets.new_ticket()}&app_id=stub"}

    def _limit(self, method: str, team: str, channel: str = "") -> None:
        if self._rates is not None and (wait := self._rates.wait_s(method, team, channel)):
            raise Refused("ratelimited", wait_s=wait)


def _ratelimited(seconds: int) -> web.Response:
    """https://docs.slack.dev/apis/web-api/rate-limits#headers."""
    headers = {"Retry-After": str(seconds)}
    return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def _arguments(request: web.Request) -> dict[str, Any]:
    """From a query, a form or JSON, whichever came. Raises Refused."""
    given: dict[str, Any] = dict(request.query)
    if request.method != "POST":
        return given
    if request.content_type == "application/json":
        try:
            body = await request.json() if request.can_read_body else {}
        except ValueError:
            raise Refused("invalid_json") from None
        if not isinstance(body, dict):
            raise Refused("json_not_object")
        return {**given, **body}
    return {**given, **dict(await request.post())}
