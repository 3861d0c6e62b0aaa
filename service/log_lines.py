"""The service's log on standard error: a line of text each, or a JSON object each; no question is ever in one."""

import json
import logging
from datetime import UTC, datetime
from typing import TextIO

OWN_LOGGERS = ("citewell", "indexing", "service")
SERVER_LOGGER = "uvicorn.error"
TRACES_LOGGER = "opentelemetry"  # says when no collector answers
REQUESTS = "citewell.requests"


class JsonLines(logging.Formatter):
    """One JSON object a line: `time`, `level`, `logger`, `message`, and the fields of a request where it has them."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; of an exception only its kind, whose message might hold anything."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__qualname__
        return json.dumps(line, ensure_ascii=False)


def start_log(form: str, *, requests: bool, stream: TextIO | None = None) -> None:
    """Warnings and errors of our own loggers to `stream` (standard error); with `requests` a line for each of them.

    `form` is `text` or `json`; as `json` the lines of the HTTP server come so, too.
    """
    handler = logging.StreamHandler(stream)
    as_json = form == "json"
    handler.setFormatter(
        JsonLines() if as_json else logging.Formatter("%(asctime)s %(levelname)s %(message)s")
    )
    for name in (*OWN_LOGGERS, TRACES_LOGGER, *((SERVER_LOGGER,) if as_json else ())):
        logger = logging.getLogger(name)
        logger.setLevel(logging.WARNING)
        logger.handlers = [handler]
        logger.propagate = False
    logging.getLogger(REQUESTS).setLevel(logging.INFO if requests else logging.WARNING)
