"""Events, commands and clicks in; signed requests or envelopes to the app, with Slack's retries, out.

https://docs.slack.dev/apis/events-api: an event is to be answered by a 2xx within three seconds. If not it is sent
again at most three times: at once, after a minute, after five minutes, with x-slack-retry-num and -reason, unless the
answer has x-slack-no-retry. https://docs.slack.dev/authentication/verifying-requests-from-slack: how it is signed.
Commands and clicks are sent once: https://docs.slack.dev/interactivity/handling-user-interaction.
"""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

import aiohttp

from tests.slack_stub.changes import Changes
from tests.slack_stub.sockets import Sockets

Kind = Literal["events_api", "slash_commands", "interactive"]
RETRY_AFTER_S = (0.0, 60.0, 300.0)
MOST_REDIRECTS = 2
MOST_AT_ONCE = 50  # more would measure how this process waits for itself, not how the app answers
SOCKET = "socket"


@dataclass
class Attempt:
    """One time that something was sent."""

    to: str
    retry: int
    took_s: float
    status: int | None = None
    reason: str = ""
    """Why it will be sent again; empty when it was acknowledged."""
    body: Any = None
    no_retry: bool = False


@dataclass
class Delivery:
    """What is sent and what came of it."""

    id: str
    kind: Kind
    payload: dict[str, Any]
    attempts: list[Attempt] = field(default_factory=list)
    done: bool = False

    @property
    def acknowledged(self) -> bool:
        """Whether one attempt was answered in time."""
        return any(not attempt.reason for attempt in self.attempts)

    def shown(self) -> dict[str, Any]:
        """As the control routes give it."""
        return {**asdict(self), "acknowledged": self.acknowledged}


@dataclass
class Repeats:
    """Sends something again although it was answered: `times` more, all at once or one after the other."""

    times: int = 0
    at_once: bool = False


class Deliveries:
    """Sends to the app and remembers."""

    def __init__(self, secret: str, sockets: Sockets, changes: Changes, pace: float, ack_s: float) -> None:
        self.urls: list[str] = []
        self.kept: dict[str, Delivery] = {}
        self.on_answer: Callable[[Delivery, Any], None] = lambda delivery, body: None
        self._secret = secret
        self._sockets = sockets
        self._changes = changes
        self._pace = pace
        self._ack_s = ack_s
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)
        self._number = 0

    async def close(self) -> None:
        """End what is still to be sent."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def send(
        self,
        kind: Kind,
        payload: dict[str, Any],
        *,
        to: list[str] | None = None,
        repeats: Repeats | None = None,
    ) -> Delivery:
        """Begin to send; `to` names addresses, or `socket`, one an attempt in turn (default: where the app is)."""
        self._number += 1
        delivery = Delivery(str(payload.get("event_id") or f"I{self._number}"), kind, payload)
        self.kept[delivery.id] = delivery
        task = asyncio.create_task(self._deliver(delivery, to, repeats or Repeats()))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return delivery

    async def verify(self, url: str, challenge: str) -> bool:
        """Whether the address answers https://docs.slack.dev/reference/events/url_verification."""
        body = json.dumps({"token": "stub", "challenge": challenge, "type": "url_verification"})
        attempt = await self._post(url, body, "application/json", 0, "")
        answer = attempt.body
        return not attempt.reason and (
            answer == challenge or (isinstance(answer, dict) and answer.get("challenge") == challenge)
        )

    async def _deliver(self, delivery: Delivery, to: list[str] | None, repeats: Repeats) -> None:
        try:
            if repeats.at_once:
                sent = [
                    self._attempt(delivery, number, to, "http_timeout") for number in range(repeats.times + 1)
                ]
                await asyncio.gather(*sent)
            else:
                await self._one_after_the_other(delivery, to, repeats)
        finally:
            delivery.done = True
            self._changes.happened()

    async def _one_after_the_other(self, delivery: Delivery, to: list[str] | None, repeats: Repeats) -> None:
        reason = ""
        most = max(repeats.times, len(RETRY_AFTER_S) if delivery.kind == "events_api" else 0)
        for number in range(most + 1):
            attempt = await self._attempt(delivery, number, to, reason)
            if (not attempt.reason and number >= repeats.times) or attempt.no_retry:
                return
            reason = attempt.reason or "http_timeout"
            if attempt.reason and number < len(RETRY_AFTER_S):
                await asyncio.sleep(RETRY_AFTER_S[number] / self._pace)

    async def _attempt(self, delivery: Delivery, number: int, to: list[str] | None, reason: str) -> Attempt:
        targets = to or ([SOCKET] if self._sockets.used else self.urls)
        if not targets:
            attempt = Attempt("", number, 0.0, reason="connection_failed", no_retry=True)
        elif (target := targets[number % len(targets)]) == SOCKET:
            attempt = await self._over_socket(delivery, number, reason)
        elif delivery.kind == "events_api":
            attempt = await self._post(
                target, json.dumps(delivery.payload), "application/json", number, reason
            )
        else:
            form = (
                delivery.payload
                if delivery.kind == "slash_commands"
                else {"payload": json.dumps(delivery.payload)}
            )
            attempt = await self._post(
                target, urlencode(form), "application/x-www-form-urlencoded", number, reason
            )
        delivery.attempts.append(attempt)
        if not attempt.reason and attempt.body:
            self.on_answer(delivery, attempt.body)
        self._changes.happened()
        return attempt

    async def _over_socket(self, delivery: Delivery, number: int, reason: str) -> Attempt:
        began = time.monotonic()
        envelope: dict[str, Any] = {
            "envelope_id": f"{delivery.id}-{number}-{time.monotonic_ns()}",
            "type": delivery.kind,
            "payload": delivery.payload,
            "accepts_response_payload": delivery.kind != "events_api",
        }
        if delivery.kind == "events_api":
            # The first time has a number, too.
            envelope |= {"retry_attempt": number, "retry_reason": reason and "timeout"}
        answer = await self._sockets.send(envelope, self._ack_s)
        took = time.monotonic() - began
        return Attempt(
            SOCKET, number, took, reason="" if answer else "timeout", body=(answer or {}).get("payload")
        )

    async def _post(self, url: str, body: str, content_type: str, number: int, reason: str) -> Attempt:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        headers = signed(self._secret, body) | {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }
        if number:
            headers |= {"x-slack-retry-num": str(number), "x-slack-retry-reason": reason}
        async with self._turns:
            return await self._try(self._session, url, body, headers, Attempt(url, number, 0.0))

    async def _try(
        self, session: aiohttp.ClientSession, url: str, body: str, headers: dict[str, str], attempt: Attempt
    ) -> Attempt:
        began = time.monotonic()
        try:
            async with session.post(
                url,
                data=body.encode(),
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=self._ack_s),
                max_redirects=MOST_REDIRECTS + 1,  # it fails at the last one
            ) as response:
                attempt.status = response.status
                attempt.reason = "" if response.ok else "http_error"
                attempt.no_retry = not response.ok and response.headers.get("x-slack-no-retry") == "1"
                attempt.body = _read(await response.text())
        except TimeoutError:
            attempt.reason = "http_timeout"
        except aiohttp.TooManyRedirects:
            attempt.reason = "too_many_redirects"
        except aiohttp.ClientError:
            attempt.reason = "connection_failed"
        attempt.took_s = time.monotonic() - began
        return attempt


def signed(secret: str, body: str, at: int | None = None) -> dict[str, str]:
    """The headers by which Slack shows that a body is its own."""
    timestamp = str(int(time.time()) if at is None else at)
    digest = hmac.new(secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
