"""What every reader hands out: the text of a file and what the file says about itself."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from indexing.archive.tags_and_dates import normalised_date
from indexing.canonical_text import canonical_text


@dataclass(frozen=True, slots=True)
class Extracted:
    """Text and metadata found in a file; what was not found, or makes no sense, is None or empty."""

    text: str
    title: str | None = None
    author: str | None = None
    published: str | None = None
    language: str | None = None
    url: str | None = None
    source: str | None = None
    tags: tuple[str, ...] = ()
    id: str | None = None
    meta: dict[str, Any] = field(default_factory=dict)


def one_line(value: object, characters: int = 1000) -> str | None:
    """A name or title found in a file as one line; None when it is none or too long to be one."""
    line = " ".join(canonical_text(str(value or "")).split())
    return line if 0 < len(line) <= characters else None


def iso_date(value: object) -> str | None:
    """A date or moment found in a file in the form of the article format; None when it is none.

    A moment without an offset gives only its day: which one it was elsewhere is not known.
    """
    if isinstance(value, datetime):
        return normalised_date(value.isoformat() if value.tzinfo else value.date().isoformat())
    if isinstance(value, date):
        return normalised_date(value.isoformat())
    return normalised_date(value) if isinstance(value, str) else None
