"""Article and passage: the fields of everything the archive keeps, defined once."""

import hashlib
import uuid
from dataclasses import dataclass, field
from typing import Any

NAMESPACE = uuid.UUID("c17e3e11-0000-5000-8000-617274696331")


@dataclass(frozen=True, slots=True)
class Article:
    """One published text with its metadata; `text` is canonical (see canonical_text.py)."""

    id: str
    title: str
    text: str
    language: str
    url: str | None = None
    source: str | None = None
    author: str | None = None
    published: str | None = None
    tags: tuple[str, ...] = ()
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """Hash of the canonical text: the same text is the same version, whatever its metadata."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()[:16]

    def metadata(self) -> dict[str, Any]:
        """Everything but the text, as it is stored and served."""
        return {
            "id": self.id,
            "title": self.title,
            "url": self.url,
            "source": self.source,
            "author": self.author,
            "language": self.language,
            "published": self.published,
            "tags": list(self.tags),
            "meta": self.meta,
        }


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one article version; offsets are code points of its canonical text.

    `text == article.text[start:end]`; `sentences` holds absolute (start, end) pairs that lie inside it, in order.
    """

    article_id: str
    version: str
    start: int
    end: int
    text: str
    sentences: tuple[tuple[int, int], ...]

    @property
    def id(self) -> str:
        """A UUID that follows from the article, its version and the place, so that writing twice stores once."""
        return str(uuid.uuid5(NAMESPACE, f"{self.article_id}\n{self.version}\n{self.start}\n{self.end}"))
