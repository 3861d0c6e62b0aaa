"""A request's head in, let through or refused: keys, tokens, Host, Origin, CORS; and where the service may listen."""

import hashlib
import hmac
import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api_keys import KeyRing
from service.errors import SettingsError
from service.faces.caller import address_of
from service.faces.problems import Problem, problem_reply
from service.faces.rate_limits import CallerRates, RateLimit
from service.faces.widget_tokens import WidgetTokens, is_widget_token
from service.settings import Settings

WIDGET_SCRIPT = "/widget.js"
HEALTH_PATHS = frozenset({"/healthz", "/readyz"})
OPEN_PATHS = HEALTH_PATHS | {WIDGET_SCRIPT, "/", "/v1/tokens"}
SLACK_EVENTS = "/slack/events"
"""What Slack sends here it has signed, so that neither a key nor a Host name is asked for."""
TOKEN_PATHS = frozenset({"/v1/answers", "/v1/feedback"})
"""What a widget token opens, with POST only."""
ARTICLE_PAGES = "/articles/"
METHODS = "GET, HEAD, POST, DELETE, OPTIONS"
_PREFLIGHT_SECONDS = "600"
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(?P<port>[0-9]{1,5}))?", re.IGNORECASE)
_DEFAULT_PORTS = {"http": "80", "https": "443"}


def check_binding(settings: Settings) -> None:
    """Raise SettingsError, with the reason, when the service must not start with these settings."""
    AccessRules.of(settings)
    if settings.article_pages == "key" and not settings.needs_keys:
        raise SettingsError(
            "CITEWELL_ARTICLE_PAGES is `key`, but CITEWELL_API_KEYS is empty, so nobody could open an "
            "article; set a key or leave CITEWELL_ARTICLE_PAGES unset"
        )
    if not settings.needs_keys and not _is_loopback_bind(settings.host):
        raise SettingsError(
            f"CITEWELL_HOST is {settings.host!r}, but CITEWELL_API_KEYS is empty: without keys everyone who "
            "reaches that address could read and change the archive; set CITEWELL_API_KEYS, "
            "or listen on 127.0.0.1"
        )


def _is_loopback_bind(host: str) -> bool:
    return host.lower() == "localhost" or _is_loopback_address(host)


def _is_loopback_address(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    # ::ffff:127.0.0.1 and zone ids (::1%lo) are other spellings that no browser or tool needs here.
    return address.is_loopback if address.version == 4 else text == "::1"


def is_loopback_host(header: str) -> bool:
    """Whether a Host header names this machine: localhost, 127.0.0.0/8 or [::1], with or without a port."""
    match = _HOST.fullmatch(header)
    if not match or int(match["port"] or 0) > 65_535:
        return False
    name = match["name"].lower()
    if name in ("localhost", "localhost."):  # the dot only says that the name is complete
        return True
    if name.startswith("["):
        return _is_loopback_address(name[1:-1])
    return ":" not in name and _is_loopback_address(name)


def normalised_origin(origin: str) -> str | None:
    """`scheme://host[:port]` in lower case without the scheme's default port; None when it is none."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    match = _HOST.fullmatch(parts.netloc)
    if not scheme or not match or parts.path or parts.query or parts.fragment or origin.endswith(("?", "#")):
        return None
    port = match["port"]
    suffix = f":{int(port)}" if port and port != _DEFAULT_PORTS.get(scheme) else ""
    return f"{scheme}://{match['name'].lower()}{suffix}"


@dataclass(frozen=True, slots=True)
class AccessRules:
    """Who may call, as settings say, with the keys that are valid at that moment."""

    keys: KeyRing
    origins: frozenset[str]
    pages_need_key: bool
    tokens: WidgetTokens

    @classmethod
    def of(
        cls, settings: Settings, keys: KeyRing | None = None, tokens: WidgetTokens | None = None
    ) -> "AccessRules":
        """The rules of these settings; raises SettingsError for an allowed origin that is none.

        `tokens` are those that widgets may send; unset: the ones of the keys, which unset are the settings'.
        """
        origins = set()
        for origin in settings.allowed_origins:
            normalised = normalised_origin(origin)
            if normalised is None:
                raise SettingsError(
                    f"CITEWELL_ALLOWED_ORIGINS holds {origin!r}; allowed are origins such as "
                    "https://news.example or http://localhost:3000, separated by commas"
                )
            origins.add(normalised)
        keys = KeyRing.of(settings) if keys is None else keys
        return cls(keys, frozenset(origins), settings.pages_need_key, tokens or WidgetTokens(keys))

    def has_key(self, headers: Headers) -> bool:
        """Whether the request carries one of the keys."""
        return self.key_name(headers) is not None

    def key_name(self, headers: Headers) -> str | None:
        """The name of the key that the request carries; every key is compared, in constant time."""
        bearer = _bearer(headers)
        if bearer is None:
            return None
        digest = hashlib.sha256(bearer.encode("latin-1", "replace")).digest()
        names = [key.name for key in self.keys.keys if hmac.compare_digest(digest, key.digest)]
        return names[0] if names else None

    def is_by_token(self, scope: Scope) -> bool:
        """Whether a request that was let through owes that to its widget token."""
        return bool(self.keys) and _takes_token(scope) and not self.has_key(Headers(scope=scope))

    def allowed_origin(self, headers: Headers) -> str | None:
        """The Origin header when it is on the list, as it was sent."""
        origins = headers.getlist("origin")
        if len(origins) != 1:
            return None
        return origins[0] if normalised_origin(origins[0]) in self.origins else None

    def page_origin(self, scope: Scope) -> str:
        """The normalised origin of the page that asks for a token; raises a 403 problem when it may have none."""
        headers = Headers(scope=scope)
        origins = headers.getlist("origin")
        if not origins:
            raise Problem(
                403, "got no Origin header, which a browser sends for a page; programs send a key instead"
            )
        origin = normalised_origin(origins[0]) if len(origins) == 1 else None
        if origin is None or (self.keys and origin not in self.origins):
            raise _not_allowed(origins)
        return origin

    def refusal(self, scope: Scope) -> Problem | None:
        """Why this request may not go on; None when it may."""
        if is_from_slack(scope):
            return None
        headers = Headers(scope=scope)
        if self.keys:
            return self._refusal_by_key(scope, headers)
        return self._refusal_by_host(headers) or self._refusal_by_origin(scope, headers)

    def _refusal_by_key(self, scope: Scope, headers: Headers) -> Problem | None:
        path: str = scope["path"]
        # Whether an article page may open is decided there: it may carry a signed mark, or pages are public.
        if (
            path in OPEN_PATHS
            or scope["method"] == "OPTIONS"
            or _is_article_page(scope)
            or self.has_key(headers)
        ):
            return None
        bearer = _bearer(headers)
        if bearer is not None and is_widget_token(bearer):
            return self._refusal_by_token(scope, headers, bearer)
        return key_wanted(bool(headers.getlist("authorization")))

    def _refusal_by_token(self, scope: Scope, headers: Headers, token: str) -> Problem | None:
        if not _takes_token(scope):
            return _token_refused(
                "a widget token opens POST /v1/answers and POST /v1/feedback only; send a key here"
            )
        origins = headers.getlist("origin")
        allowed = self.allowed_origin(headers)
        match self.tokens.standing(token, normalised_origin(allowed) if allowed else None):
            case "valid":
                return None
            case "expired":
                return _token_refused("this widget token has expired; POST /v1/tokens gives a new one")
            case "of another page" if origins and not allowed:
                return _not_allowed(origins)
            case "of another page":
                got = f"the Origin {origins[0]!r}" if origins else "no Origin header"
                return Problem(403, f"got {got}; this widget token was issued to a page of another origin")
            case "not ours":
                return _token_refused(
                    "this widget token was not issued here; POST /v1/tokens gives a new one"
                )

    def _refusal_by_host(self, headers: Headers) -> Problem | None:
        hosts = headers.getlist("host")
        if len(hosts) == 1 and is_loopback_host(hosts[0]):
            return None
        got = ", ".join(hosts) if hosts else "none"
        return Problem(
            403,
            f"got the Host header {got!r}; without CITEWELL_API_KEYS only localhost, 127.0.0.1 and [::1] are "
            "answered, so that no web page can reach the archive under another name",
        )

    def _refusal_by_origin(self, scope: Scope, headers: Headers) -> Problem | None:
        origins = headers.getlist("origin")
        if origins:
            own = normalised_origin(f"{scope['scheme']}://{headers['host']}")
            if len(origins) == 1 and (normalised_origin(origins[0]) == own or self.allowed_origin(headers)):
                return None
            return None if _is_widget_script(scope) else _not_allowed(origins)
        # Pictures, scripts and no-cors requests of other sites carry no Origin; browsers mark them so.
        if (
            is_foreign(headers)
            and headers.get("sec-fetch-mode") != "navigate"
            and not _is_widget_script(scope)
        ):
            return Problem(
                403,
                "got a request that another web site made in a browser; only links may lead here from there",
            )
        return None


def is_from_slack(scope: Scope) -> bool:
    """Whether this comes where Slack sends to; that it is from there is checked by its signature."""
    return (scope["method"], scope["path"]) == ("POST", SLACK_EVENTS)


def _is_article_page(scope: Scope) -> bool:
    return scope["method"] in ("GET", "HEAD") and str(scope["path"]).startswith(ARTICLE_PAGES)


def _is_widget_script(scope: Scope) -> bool:
    # Any page may load it; it holds nothing of the archive.
    return scope["method"] in ("GET", "HEAD") and scope["path"] == WIDGET_SCRIPT


def _takes_token(scope: Scope) -> bool:
    return scope["method"] == "POST" and scope["path"] in TOKEN_PATHS


def _bearer(headers: Headers) -> str | None:
    """What the one Authorization header carries after `Bearer`; None when there is none, or two."""
    given = headers.getlist("authorization")
    scheme, _, value = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    return value.strip() if scheme.lower() == "bearer" else None


def _not_allowed(origins: list[str]) -> Problem:
    got = ", ".join(origins)
    return Problem(403, f"got the Origin {got!r}; add it to CITEWELL_ALLOWED_ORIGINS if its pages may call")


def _token_refused(detail: str) -> Problem:
    challenge = 'Bearer realm="citewell", error="invalid_token"'
    return Problem(401, detail, headers={"WWW-Authenticate": challenge})


def is_foreign(headers: Headers) -> bool:
    """Whether a browser says that another site or origin caused this request."""
    return headers.get("sec-fetch-site", "none") not in ("none", "same-origin")


def key_wanted(given: bool) -> Problem:
    """401: the key is absent, or (`given`) not one of ours."""
    detail = "got a key that is not one of CITEWELL_API_KEYS or its file" if given else "a key is needed here"
    challenge = 'Bearer realm="citewell"' + (', error="invalid_token"' if given else "")
    return Problem(
        401, f"{detail}; send `Authorization: Bearer KEY`", headers={"WWW-Authenticate": challenge}
    )


def too_many(seconds: int, caller: str = "this address") -> Problem:
    """429: come again after so many seconds."""
    return Problem(
        429,
        f"got too many requests from {caller}; try again in {seconds} s",
        headers={"Retry-After": str(seconds)},
    )


class AccessControl:
    """ASGI middleware: refuses what the rules refuse, answers preflights, adds CORS headers."""

    def __init__(
        self, app: ASGIApp, rules: AccessRules, widget_rate: RateLimit, caller_rates: CallerRates
    ) -> None:
        """`rules` are those of the settings; `widget_rate` is how often one reader's widget may ask."""
        self.app = app
        self.rules = rules
        self.widget_rate = widget_rate
        self.caller_rates = caller_rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection; there are no websockets, so any is refused by the server."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        self.rules.keys.refresh()
        headers = Headers(scope=scope)
        origin = self.rules.allowed_origin(headers)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                reply = MutableHeaders(scope=message)
                reply["X-Content-Type-Options"] = "nosniff"
                _add_cors(reply, origin)
            await send(message)

        # First of all, so that wrong keys count, too.
        refusal = (
            await self._refusal_by_caller(scope, headers)
            or self.rules.refusal(scope)
            or await self._refusal_by_rate(scope, headers)
        )
        if refusal is not None:
            await problem_reply(scope, refusal)(scope, receive, send_with_headers)
        elif scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await self._preflight(scope, origin)(scope, receive, send_with_headers)
        else:
            await self.app(scope, receive, send_with_headers)

    async def _refusal_by_caller(self, scope: Scope, headers: Headers) -> Problem | None:
        # Whoever watches the service must not be told that it is down, and Slack limits itself.
        if scope["path"] in HEALTH_PATHS or is_from_slack(scope):
            return None
        key = self.rules.key_name(headers)
        seconds = await self.caller_rates.turn(key, address_of(Request(scope)))
        return (
            too_many(seconds, "this address" if key is None else "the holders of this key")
            if seconds
            else None
        )

    async def _refusal_by_rate(self, scope: Scope, headers: Headers) -> Problem | None:
        if not self.rules.is_by_token(scope):
            return None
        # By address and origin, not by token: a page may have a new one whenever it likes.
        origin = normalised_origin(headers["origin"]) or ""
        seconds = await self.widget_rate.turn(scope["path"], address_of(Request(scope)), origin)
        return too_many(seconds) if seconds else None

    def _preflight(self, scope: Scope, origin: str | None) -> Response:
        if origin is None:
            detail = "got a preflight from an origin that is not in CITEWELL_ALLOWED_ORIGINS; add it there"
            return problem_reply(scope, Problem(403, detail))
        headers = {
            "Access-Control-Allow-Methods": METHODS,
            # `*` does not cover Authorization. The clients of OpenAI and of MCP send a dozen headers of their own.
            "Access-Control-Allow-Headers": "Authorization, Content-Type, X-Request-ID, *",
            "Access-Control-Max-Age": _PREFLIGHT_SECONDS,
        }
        return Response(status_code=204, headers=headers)


def _add_cors(reply: MutableHeaders, origin: str | None) -> None:
    if "access-control-allow-origin" in reply:  # the same for every page
        return
    reply.add_vary_header("Origin")
    if origin is not None:
        reply["Access-Control-Allow-Origin"] = origin
        reply["Access-Control-Expose-Headers"] = "X-Request-ID, Retry-After"
