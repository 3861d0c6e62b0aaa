"""What every reader hands out: the text of a file and what the file says about itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Extracted:
    """Text and metadata found in a file; what was not found, or made no sense, is None."""

    text: str
    title: str | None = None
    author: str | None = None
    published: str | None = None
    language: str | None = None
    url: str | None = None
    source: str | None = None
    tags: tuple[str, ...] = ()
    id: str | None = None
