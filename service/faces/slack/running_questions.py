"""Questions that are being answered: begun here, so that an edit or a deletion finds them and a shutdown ends them."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from service.faces.slack.log_faults import log_unforeseen, logger
from service.faces.slack.send_answer import Reply

Key = tuple[str, str, str]
"""Workspace, channel and timestamp of the message that asks."""


# For what says in its thread that it could not finish; whoever ends us does not wait for ever.
FAREWELL_SECONDS = 5.0


class RunningQuestions:
    """Tasks by the message that asked; at most one each."""

    def __init__(self) -> None:
        """None runs yet."""
        self._asked: dict[Key, tuple[asyncio.Task[None], Reply]] = {}
        self._others: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._stopped = False

    def __len__(self) -> int:
        """How many run."""
        return len(self._asked) + len(self._others)

    def __contains__(self, key: Key) -> bool:
        """Whether this message is being answered."""
        return key in self._asked

    @property
    def stopping(self) -> bool:
        """Whether the service is being shut down."""
        return self._stopping

    def begin(self, key: Key, reply: Reply, work: Coroutine[Any, Any, None]) -> None:
        """Run `work`, which answers this message with `reply`; what ran for it before was cancelled."""
        task = asyncio.create_task(work)
        self._asked[key] = task, reply
        task.add_done_callback(lambda done: self._ended(key, done))

    def also(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something that no message can take back, but that a shutdown waits for; nothing after one."""
        if self._stopped:
            work.close()
            return
        task = asyncio.create_task(work)
        self._others.add(task)
        task.add_done_callback(self._others.discard)
        task.add_done_callback(_log_failure)

    async def cancel(self, key: Key) -> Reply | None:
        """End what runs for this message, wait until it has, and give its reply; None when nothing runs."""
        task, reply = self._asked.get(key, (None, None))
        if task is None:
            return None
        task.cancel()
        await asyncio.wait([task])
        return reply

    async def stop(self, seconds: float) -> int:
        """Let what runs finish for so long, then end it; gives how many were not answered."""
        self._stopping = True
        running = self._running()
        until = asyncio.get_running_loop().time() + seconds
        while running and (left := until - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(running, timeout=left)
            running = self._running()  # what was running may have begun something
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=FAREWELL_SECONDS)
            logger.warning("Slack: stopped before %d questions were answered", len(running))
        self._stopped = True
        return len(running)

    def _running(self) -> set[asyncio.Task[None]]:
        return {*(task for task, _ in self._asked.values()), *self._others}

    def _ended(self, key: Key, task: asyncio.Task[None]) -> None:
        if key in self._asked and self._asked[key][0] is task:
            del self._asked[key]
        _log_failure(task)


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log_unforeseen("answering", error)
