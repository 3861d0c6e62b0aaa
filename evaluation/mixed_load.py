"""A running service in; questions, additions, updates, removals and ratings at once, and what came of them, out.

Bounded in rate and in what is under way, so that another program on the machine can go on.
"""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from evaluation.errors import EvaluationError
from evaluation.mixed_answers import AnswerChecks
from evaluation.mixed_editions import Edition, Editions, edition_of
from evaluation.mixed_material import Asked, Material, changed

A_SECOND = 2.0  # operations begun; some half a core stays free
AT_ONCE = 6
FEWEST, MOST = 140, 180  # of the articles that change, at a time
RATED = 200  # answers whose ratings are kept; further ratings replace them
PATIENCE_S = 60.0
KINDS = {"ask": 50, "ask about": 12, "add": 9, "update": 12, "remove": 9, "rate": 4, "read": 4}
FACES = ("json", "json", "stream", "chat", "tool")
JSON_LINES = "application/x-ndjson"
MCP_HEADERS = {"Accept": "application/json, text/event-stream"}


@dataclass(slots=True)
class Load:
    """What came of it."""

    done: Counter[str] = field(default_factory=Counter)
    busy: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    milliseconds: dict[str, list[float]] = field(default_factory=dict)
    cited_changing: int = 0
    """Answers that cite an article that changes."""
    ratings: dict[str, str] = field(default_factory=dict)
    """By answer, as it was given last."""
    answers: list[dict[str, Any]] = field(default_factory=list)
    """Some answers that may be rated."""


class MixedLoad:
    """Everything that is done to one service, and what is known of its archive."""

    def __init__(self, client: httpx.AsyncClient, material: Material, seed: int) -> None:
        """Nothing is sent yet."""
        self.client = client
        self.material = material
        self.editions = Editions()
        self.checks = AnswerChecks(client, self.editions)
        self.load = Load()
        self._chance = random.Random(seed)
        self._numbers = iter(range(1, 1 << 62))
        self._sources = {source.id: source for source in material.changing}
        self._away = list(self._sources)
        self._there: list[str] = []
        self._rating = asyncio.Lock()

    async def fill(self) -> None:
        """Store what stays, and as much of what changes as is usually there."""
        editions = [edition_of(item) for item in self.material.staying]
        lines = "".join(json.dumps(item) + "\n" for item in self.material.staying)
        for edition in editions:
            self.editions.sending(edition)
        reply = await self._request(
            "fill", "POST", "/v1/articles", content=lines, headers={"Content-Type": JSON_LINES}
        )
        results = [] if reply is None else [json.loads(line) for line in reply.text.splitlines()]
        if [one.get("version") for one in results] != [one.version for one in editions]:
            raise EvaluationError(f"the first articles were not stored as they are: {str(results)[:200]}")
        for edition in editions:
            self.editions.stored(edition)
        for _ in range((FEWEST + MOST) // 2):
            await self.add()
        self.load.done.clear()
        self.load.milliseconds.clear()

    async def go_on(self, seconds: float) -> None:
        """Begin operations at an even rate until the time is over, and wait for the last ones."""
        due = time.perf_counter()
        until = due + seconds
        under_way: set[asyncio.Task[None]] = set()
        room = asyncio.Semaphore(AT_ONCE)
        while (now := time.perf_counter()) < until:
            await asyncio.sleep(max(0.0, due - now))
            due = max(due, now) + 1 / A_SECOND  # what a slow machine misses is not made up for
            await room.acquire()
            task = asyncio.create_task(self._guarded(self._operation()))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            task.add_done_callback(lambda _: room.release())
        await asyncio.gather(*under_way)

    def _operation(self) -> Callable[[], Awaitable[None]]:
        kind = self._chance.choices(list(KINDS), list(KINDS.values()))[0]
        if kind in ("add", "remove"):
            there = len(self._there)
            kind = "add" if there < FEWEST else "remove" if there > MOST else kind
        return {
            "ask": self.ask_anything,
            "ask about": self.ask_about,
            "add": self.add,
            "update": self.update,
            "remove": self.remove,
            "rate": self.rate,
            "read": self.read,
        }[kind]

    async def _guarded(self, operation: Callable[[], Awaitable[None]]) -> None:
        try:
            await operation()
        except Exception as error:  # whatever it is, the load goes on and the figure says so
            self.load.errors[f"{operation.__name__.strip('_')}: {type(error).__name__}"] += 1

    async def _request(self, what: str, method: str, path: str, **sent: Any) -> httpx.Response | None:
        """The reply; None after an error, which is counted. Busy replies are waited out, as they ask for."""
        until = time.perf_counter() + PATIENCE_S
        while True:
            reply = await self.client.request(method, path, **sent)
            wait = reply.headers.get("retry-after", "")
            if reply.status_code not in (429, 503) or not wait.isdigit() or time.perf_counter() > until:
                break
            self.load.busy += 1
            await asyncio.sleep(int(wait))
        if reply.is_error:
            self.load.errors[f"{what}: {reply.status_code}"] += 1
            return None
        return reply

    async def add(self) -> None:
        """Store an article that is not there."""
        if not self._away:
            return
        article_id = self._take(self._away)
        item, edition = changed(self._sources[article_id], self._chance, next(self._numbers))
        await self._store(item, edition, "added", as_lines=self._chance.random() < 0.5)
        self._there.append(article_id)
        self.load.done["added"] += 1

    async def update(self) -> None:
        """Store another version of one that is there, and ask for it."""
        if not self._there:
            return
        article_id = self._take(self._there)
        item, edition = changed(self._sources[article_id], self._chance, next(self._numbers))
        await self._store(item, edition, "updated")
        self._there.append(article_id)
        self.load.done["updated"] += 1
        await self._ask(self._chance.choice(self.material.about[article_id]), [article_id])

    async def _store(
        self, item: dict[str, str], edition: Edition, status: str, *, as_lines: bool = False
    ) -> None:
        """Send one version; what comes back must be its id, its version and `status`."""
        self.editions.sending(edition)
        sent: dict[str, Any] = {"json": item}
        if as_lines:
            sent = {
                "content": json.dumps(item) + "\n",
                "headers": {"Content-Type": JSON_LINES},
            }
        reply = await self._request("store", "POST", "/v1/articles", **sent)
        if reply is None:
            raise EvaluationError(f"{item['id']} was not stored; see the errors")
        result = reply.json()
        expected = (edition.article_id, edition.version, status)
        if tuple(result.get(name) for name in ("id", "version", "status")) != expected:
            self.checks.fault("stored otherwise", f"{result}, not {expected}")
        self.editions.stored(edition)

    async def remove(self) -> None:
        """Remove an article, and ask for it: nothing of it may be found."""
        if not self._there:
            return
        article_id = self._take(self._there)
        self.editions.removing(article_id)
        reply = await self._request("remove", "DELETE", f"/v1/articles/{quote(article_id, safe='')}")
        if reply is None:
            raise EvaluationError(f"{article_id} was not removed; see the errors")
        self.editions.removed(article_id)
        self.load.done["removed"] += 1
        answer = await self._ask(self._chance.choice(self.material.about[article_id]), [article_id])
        if answer is not None and (answer["passages"] or answer["answered"]):
            self.checks.fault("shown too late", f"{answer['id']} asked for the removed {article_id}")
        self._away.append(article_id)

    def _take(self, ids: list[str]) -> str:
        """One that nothing else happens to until it is put back."""
        return ids.pop(self._chance.randrange(len(ids)))

    async def ask_anything(self) -> None:
        """Ask a question of the sets or a conversation's."""
        answer = await self._ask(self._chance.choice(self.material.questions), [])
        if answer is not None and len(self.load.answers) < RATED and answer["answered"]:
            self.load.answers.append(answer)

    async def ask_about(self) -> None:
        """Ask for an article that is there; it may be changed or removed meanwhile."""
        if not self._there:
            return
        article_id = self._chance.choice(self._there)
        before = self.editions.current[article_id]
        answer = await self._ask(self._chance.choice(self.material.about[article_id]), [article_id])
        if answer is not None and not answer["passages"] and not before.removing:
            self.checks.fault("not found while it changes", f"{answer['id']} {article_id}")

    async def _ask(self, asked: Asked, only: list[str]) -> dict[str, Any] | None:
        """Ask one of the faces and check the answer."""
        face = self._chance.choice(FACES if not only else ("json", "stream", "tool"))
        started = time.perf_counter()
        answer = await {
            "json": self._as_json,
            "stream": self._as_stream,
            "chat": self._as_chat,
            "tool": self._as_tool,
        }[face](asked, only)
        ended = time.perf_counter()
        if answer is None:
            return None
        self.load.done["questions"] += 1
        self.load.done[f"asked as {face}"] += 1
        self.load.done["answered" if answer["answered"] else "refused"] += 1
        self.load.milliseconds.setdefault(face, []).append(1000 * (ended - started))
        self.load.cited_changing += any(one["article"]["id"] in self._sources for one in answer["citations"])
        await self.checks.check(answer, started, ended)
        return answer

    async def _as_json(self, asked: Asked, only: list[str]) -> dict[str, Any] | None:
        body = {"question": asked.text, "history": _turns(asked), "filters": {"article_id": only}}
        reply = await self._request("ask", "POST", "/v1/answers", json=body)
        return None if reply is None else reply.json()

    async def _as_stream(self, asked: Asked, only: list[str]) -> dict[str, Any] | None:
        body = {"question": asked.text, "history": _turns(asked), "filters": {"article_id": only}}
        reply = await self._request("stream", "POST", "/v1/answers", json=body | {"stream": True})
        if reply is None:
            return None
        events = _events(reply.text)
        answer: dict[str, Any] | None = next((data for name, data in events if name == "answer"), None)
        if answer is None or events[-1][0] != "done":
            self.load.errors[f"stream: ended with {events[-1][0] if events else 'nothing'}"] += 1
            return None
        if "".join(data["text"] for name, data in events if name == "delta") != answer["answer"]:
            self.checks.fault("streamed otherwise", answer["id"])
        return answer

    async def _as_chat(self, asked: Asked, only: list[str]) -> dict[str, Any] | None:
        messages = [*_turns(asked), {"role": "user", "content": asked.text}]
        body = {"model": "citewell", "messages": messages}
        reply = await self._request("chat", "POST", "/v1/chat/completions", json=body)
        return None if reply is None else reply.json()["citewell"]

    async def _as_tool(self, asked: Asked, only: list[str]) -> dict[str, Any] | None:
        arguments = {"question": asked.text, "history": _turns(asked), "article_id": only}
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
        call |= {"params": {"name": "ask", "arguments": arguments}}
        reply = await self._request("tool", "POST", "/mcp", json=call, headers=MCP_HEADERS)
        if reply is None:
            return None
        result = reply.json()["result"]
        if result.get("isError"):
            self.load.errors[f"tool: {result['content'][0]['text'][:80]}"] += 1
            return None
        answer: dict[str, Any] = result["structuredContent"]
        return answer

    async def rate(self) -> None:
        """Rate one of the answers so far, or rate it anew."""
        if not self.load.answers:
            return
        answer = self._chance.choice(self.load.answers)
        rating = self._chance.choice(("up", "down"))
        cited = [
            {"article_id": one["article"]["id"], "version": one["article"]["version"]}
            | {"start": one["start"], "end": one["end"]}
            for one in answer["citations"]
        ]
        body = {"answer_id": answer["id"], "rating": rating, "question": answer["question"]}
        async with self._rating:  # so that it is known which of two came last
            reply = await self._request(
                "rate", "POST", "/v1/feedback", json=body | {"answer": answer["answer"], "citations": cited}
            )
            if reply is not None:
                self.load.ratings[answer["id"]] = rating
                self.load.done["rated"] += 1

    async def read(self) -> None:
        """Read a current article, as its page and as JSON."""
        edition = self._chance.choice(list(self.editions.current.values()))
        name = quote(edition.article_id, safe="")
        for path in (f"/v1/articles/{name}?v={edition.version}", f"/articles/{name}?v={edition.version}"):
            reply = await self.client.get(path)
            if reply.is_error and not (reply.status_code == 404 and edition.removing):
                self.load.errors[f"read: {reply.status_code}"] += 1
        self.load.done["read"] += 1

    async def left_over(self) -> dict[str, Any]:
        """Compare everything that the service has now with what was put in; differences are faults."""
        status = (await self.client.get("/v1/status")).raise_for_status().json()
        expected = len(self.editions.current)
        if (status["articles"], status["copies"]) != (expected, 0):
            self.checks.fault("counts differ", f"{status['articles']} articles, {expected} were left")
        listed = {one["id"] async for one in self._pages("/v1/articles", "articles", "cursor")}
        if listed != set(self.editions.current):
            self.checks.fault("counts differ", f"{sorted(listed ^ set(self.editions.current))[:5]}")
        passages = 0
        for article_id, edition in self.editions.current.items():
            reply = await self.client.get(f"/v1/articles/{quote(article_id, safe='')}")
            stored = reply.json() if reply.is_success else {}
            if (stored.get("version"), stored.get("text")) != (edition.version, edition.text):
                self.checks.fault("counts differ", f"{article_id} is not what was sent last")
            passages += stored.get("passages", 0)
        if status["passages"] != passages:
            self.checks.fault("counts differ", f"{status['passages']} passages, {passages} of the articles")
        for article_id in self._away:
            reply = await self.client.get(f"/v1/articles/{quote(article_id, safe='')}")
            if reply.status_code != httpx.codes.NOT_FOUND:
                self.checks.fault("counts differ", f"{article_id} was removed and is there")
        ratings = {
            one["answer_id"]: one["rating"] async for one in self._pages("/v1/feedback", "feedback", "next")
        }
        if ratings != self.load.ratings:
            self.checks.fault("counts differ", f"{len(ratings)} ratings, {len(self.load.ratings)} were given")
        return {name: status[name] for name in ("articles", "passages", "bytes")} | {"ratings": len(ratings)}

    async def _pages(self, path: str, name: str, cursor: str) -> AsyncIterator[dict[str, Any]]:
        params = {"limit": "500"}
        while True:
            page = (await self.client.get(path, params=params)).raise_for_status().json()
            for one in page[name]:
                yield one
            if page[cursor] is None:
                return
            params["cursor"] = page[cursor]


def _turns(asked: Asked) -> list[dict[str, str]]:
    return [{"role": turn.role, "content": turn.content} for turn in asked.history]


def _events(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Name and data of each server-sent event; a line of data holds the whole of it."""
    found: list[tuple[str, dict[str, Any]]] = []
    name = ""
    for line in text.split("\n"):
        if line.startswith("event: "):
            name = line.removeprefix("event: ").strip()
        elif line.startswith("data: "):
            found.append((name, json.loads(line.removeprefix("data: "))))
    return found
