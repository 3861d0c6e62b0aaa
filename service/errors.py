"""What can go wrong in the service: each error says what we got, what is allowed, what to do next."""

from typing import Literal

ModelTrouble = Literal[
    "unreachable",
    "timeout",
    "key_refused",
    "unknown_model",
    "rate_limited",
    "server_error",
    "request_refused",
    "context_too_small",
    "no_event_stream",
    "too_long",
    "nonsense",
]


class ServiceError(Exception):
    """Base of the service's own errors; the message is meant for the person who asked."""


class SettingsError(ServiceError):
    """A setting is unknown, malformed or contradicts another one."""


class Busy(ServiceError):
    """The queue of questions is full; try again after `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"the queue of questions is full; try again in {retry_after} s")
        self.retry_after = retry_after


class ModeUnavailable(ServiceError):
    """An answering mode was asked for that this installation does not have."""


class ModelUnusable(ServiceError):
    """The language model gave nothing that can be used; `trouble` says of what kind, the message what to do."""

    def __init__(self, trouble: ModelTrouble, message: str) -> None:
        super().__init__(message)
        self.trouble: ModelTrouble = trouble


class ServiceUnreachable(ServiceError):
    """A running service was named or found but does not answer."""


def one_line(error: Exception) -> str:
    """The message of our own errors; of the system's the file and the reason."""
    if not isinstance(error, OSError):
        return str(error)
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}" if error.filename is not None else reason
