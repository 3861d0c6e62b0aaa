"""Questions in, said in a pretended Slack that tells a bot of them; how soon and how often each was answered out.

It is `tests/slack_stub`, in a process of its own: it signs, sends, waits and counts as Slack documents it.
"""

import asyncio
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx

from evaluation.errors import EvaluationError
from evaluation.provenance import ROOT

# What is there when it starts.
SECRET, TOKEN, BOT, CHANNEL, USERS = (
    "stub-signing-secret",
    "xoxb-news",
    "U0BOTNEWS",
    "C0NEWS",
    ("UALICE", "UBOB"),
)
BEGINS_ANSWER = ("chat.startStream", "chat.postMessage")
EVENTS_A_QUESTION = 2  # app_mention and message
LOOK_S = 0.2
PATIENCE_S = 300.0


class Newsroom:
    """People who ask, and what they get to see."""

    def __init__(self, address: str, client: httpx.AsyncClient) -> None:
        """`client` belongs to somebody else."""
        self.api_url = f"{address}/api/"
        self._control = f"{address}/control"
        self._client = client
        self._asked: list[str] = []

    async def tell(self, *urls: str) -> None:
        """Send events to these addresses from now on, in turn."""
        await self._post("urls", urls=list(urls))

    async def ask(self, question: str, **sending: Any) -> None:
        """Mention the bot, and do not wait: two events."""
        user = USERS[len(self._asked) % len(USERS)]
        text = question.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        said = await self._post("say", user=user, channel=CHANNEL, text=f"<@{BOT}> {text}", **sending)
        self._asked.append(said["message"]["ts"])

    async def begun(self) -> Counter[str]:
        """How many answers stand, or are being streamed, below each question."""
        found: Counter[str] = Counter(dict.fromkeys(self._asked, 0))
        for method in BEGINS_ANSWER:
            for call in await self._get("calls", method=method):
                if call["ok"]:
                    found[call["arguments"].get("thread_ts", "")] += 1
        return found

    async def keep_asking(
        self, questions: Sequence[str], at_once: int, sending: Sequence[dict[str, Any]] = ({},)
    ) -> None:
        """Ask all of them, so many under way at a time; `sending` says in turn how each is sent."""
        until = time.perf_counter() + PATIENCE_S
        place = answered = 0
        while place < len(questions):
            for _ in range(min(at_once - (len(self._asked) - answered), len(questions) - place)):
                await self.ask(questions[place], **sending[place % len(sending)])
                place += 1
            await asyncio.sleep(LOOK_S)
            before, answered = answered, await self._answered()
            if answered > before:
                until = time.perf_counter() + PATIENCE_S
            if time.perf_counter() > until:
                raise EvaluationError(f"nothing was answered for {PATIENCE_S:g} s; {answered} questions were")

    async def until_answered(self) -> None:
        """Wait until every question has its answer, or none comes any more."""
        answered, until = -1, time.perf_counter() + PATIENCE_S
        while answered < len(self._asked) and time.perf_counter() < until:
            await asyncio.sleep(LOOK_S)
            answered = await self._answered()

    async def acknowledgements(self, begin: int = 0) -> list[float]:
        """Milliseconds until each event was acknowledged, each time it was sent; of those from question `begin` on."""
        sent = await self._get("deliveries", done=1, wait=PATIENCE_S)
        events = sent[EVENTS_A_QUESTION * begin :]
        return [1000 * attempt["took_s"] for one in events for attempt in one["attempts"]]

    async def unacknowledged(self) -> int:
        """How many events were not acknowledged within three seconds, so that Slack would send them again."""
        sent = await self._get("deliveries", done=1, wait=PATIENCE_S)
        return sum(bool(attempt["reason"]) for one in sent for attempt in one["attempts"])

    async def refused(self) -> Counter[str]:
        """What Slack refused of the bot's calls."""
        return Counter(f"{call['method']}: {call['error']}" for call in await self._get("calls", refused=1))

    async def _answered(self) -> int:
        return sum(1 for count in (await self.begun()).values() if count)

    async def _post(self, name: str, **given: Any) -> Any:
        reply = await self._client.post(f"{self._control}/{name}", json=given)
        reply.raise_for_status()
        return reply.json()

    async def _get(self, name: str, **given: Any) -> Any:
        reply = await self._client.get(f"{self._control}/{name}", params=given)
        reply.raise_for_status()
        return reply.json()


@asynccontextmanager
async def newsroom() -> AsyncIterator[Newsroom]:
    """One that counts no calls by the minute; ended with the block."""
    command = [sys.executable, "-m", "tests.slack_stub.stub", "--rates=off", "--own-events=off"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            address = process.stdout.readline().strip() if process.stdout else ""
            if not address:
                raise EvaluationError("the pretended Slack did not start; its reason stands above")
            timeout = PATIENCE_S + 60
            async with httpx.AsyncClient(trust_env=False, timeout=timeout) as client:
                yield Newsroom(address, client)
        finally:
            process.kill()
