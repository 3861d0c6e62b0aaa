"""What went wrong in, a line of the log out; never with what somebody wrote."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

logger = logging.getLogger("citewell.slack")

SLACK_FAULTS = (SlackClientError, aiohttp.ClientError, TimeoutError, OSError)
"""Slack refuses, is down, or takes too long."""
GONE = frozenset({"message_not_found", "thread_not_found", "invalid_thread_ts"})
"""What Slack says where somebody has deleted the message or the thread: then nothing is wanted there any more."""
_FRAMES = 8


def fault_name(error: BaseException) -> str:
    """What Slack calls the error, else its kind; a message might hold anything."""
    return slack_error(error) or type(error).__qualname__


def slack_error(error: BaseException) -> str | None:
    """The `error` of a reply of Slack's; None when there was no such reply."""
    if not isinstance(error, SlackApiError):
        return None
    name = said_by_slack(error).get("error")
    return str(name) if name else f"status {getattr(error.response, 'status_code', 'unknown')}"


def said_by_slack(error: SlackApiError) -> dict[str, Any]:
    """The object that Slack replied with; nothing in it when a proxy replied, with a page or a line of text."""
    data = getattr(error.response, "data", error.response)
    return data if isinstance(data, dict) else {}


def log_slack_fault(doing: str, error: BaseException) -> None:
    """Say that Slack did not take what we wanted of it."""
    needed = said_by_slack(error).get("needed") if isinstance(error, SlackApiError) else None
    logger.warning("Slack: %s failed: %s%s", doing, fault_name(error), f" (needs {needed})" if needed else "")


@contextmanager
def logged_faults(doing: str) -> Iterator[None]:
    """Around calls of Slack's: what fails is logged, since there is nobody else to tell."""
    try:
        yield
    except SLACK_FAULTS as error:
        if slack_error(error) not in GONE:
            log_slack_fault(doing, error)


def log_unforeseen(doing: str, error: BaseException) -> None:
    """Say where an error came from, without its message."""
    causes: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(causes) < 5:
        frames = "".join(traceback.format_tb(cause.__traceback__, -_FRAMES))
        causes.append(f"{type(cause).__qualname__}\n{frames}")
        cause = cause.__cause__ or cause.__context__
    logger.error("Slack: %s failed: unforeseen error: %s", doing, "caused by ".join(causes).rstrip())
