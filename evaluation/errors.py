"""What can go wrong while measuring; each message is one line for whoever started it."""

from service.errors import ServiceError


class EvaluationError(ServiceError):
    """A measurement cannot be made; the message says what is missing and what to do."""
