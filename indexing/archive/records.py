"""How articles, versions, copies and passages lie in Qdrant: payloads and point ids, written and read here only.

Four kinds of points share one collection. `passage` points carry vectors; `article` points (one an article, its
`version` is the current one and so the commit point), `copy` points (same text under another id) and `text` points
(the canonical text of one version) carry none. A `pending` point names an article whose write has not finished.
Payloads have the shape of Haystack's `Document.to_dict(flatten=False)`: `id`, `content`, `meta`.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from indexing.archive.article import NAMESPACE, Article, Passage
from indexing.archive.engine import Point
from indexing.archive.terms import SparseTerms

PASSAGE_FIELDS = ("meta.article_id", "meta.version", "meta.languages")


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of one article id: an article of its own, or a copy `of` another one."""

    id: str
    kind: str
    version: str
    versions: tuple[tuple[str, str], ...]
    metadata: dict[str, Any]
    passages: int
    added: str
    updated: str
    of: str | None = None

    def article(self, text: str) -> Article:
        """The article as handed in, with the given canonical text."""
        fields = dict(self.metadata)
        fields["tags"] = tuple(fields["tags"])
        return Article(text=text, **fields)


def record_id(article_id: str) -> str:
    """Point id of the article or copy with this id: there is at most one."""
    return _point_id("article", article_id)


def text_id(article_id: str, version: str) -> str:
    """Point id of the canonical text of one version."""
    return _point_id("text", article_id, version)


def pending_id(article_id: str) -> str:
    """Point id of the mark that a write of this article is under way."""
    return _point_id("pending", article_id)


def languages_of(language: str) -> list[str]:
    """The tag and its base language, so that a filter on `zh` matches `zh-Hant`; the base comes last."""
    base = language.split("-")[0]
    return [language] if base == language else [language, base]


def record_point(record: Record, copies: Sequence[Record] = ()) -> Point:
    """The point of an article or copy; an article's filter fields include those of its copies."""
    meta: dict[str, Any] = {
        "kind": record.kind,
        "article_id": record.id,
        "version": record.version,
        "versions": [list(version) for version in record.versions],
        "article": record.metadata,
        "passages": record.passages,
        "added": record.added,
        "updated": record.updated,
        **filter_fields(record.metadata, [copy.metadata for copy in copies]),
    }
    if record.of is not None:
        meta["of"] = record.of
    return Point(record_id(record.id), {"id": record.id, "content": None, "meta": meta})


def read_record(point: Point) -> Record:
    """The record back from its point."""
    meta = point.payload["meta"]
    return Record(
        id=meta["article_id"],
        kind=meta["kind"],
        version=meta["version"],
        versions=tuple((version, added) for version, added in meta["versions"]),
        metadata=meta["article"],
        passages=meta["passages"],
        added=meta["added"],
        updated=meta["updated"],
        of=meta.get("of"),
    )


def filter_fields(metadata: dict[str, Any], copies: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What passages and articles are filtered by, the copies' ids, sources and tags included."""
    everyone = [metadata, *copies]
    published = metadata["published"]
    return {
        "ids": [one["id"] for one in everyone],
        "languages": languages_of(metadata["language"]),
        "sources": sorted({one["source"] for one in everyone if one["source"]}),
        "tags": sorted({tag for one in everyone for tag in one["tags"]}),
        "published": published,
        "day": published[:10] if published else None,
        "title": metadata["title"],
        "url": metadata["url"],
    }


def brief(record: Record) -> dict[str, Any]:
    """What a citation says of another place where its text stands."""
    return {name: record.metadata[name] for name in ("id", "title", "source", "url", "published")}


def text_point(article_id: str, version: str, text: str) -> Point:
    """The canonical text of one version."""
    meta = {"kind": "text", "article_id": article_id, "version": version}
    return Point(
        text_id(article_id, version), {"id": f"{article_id}@{version}", "content": text, "meta": meta}
    )


def pending_point(article_id: str) -> Point:
    """The mark that a write of this article is under way."""
    meta = {"kind": "pending", "article_id": article_id}
    return Point(pending_id(article_id), {"id": f"pending {article_id}", "content": None, "meta": meta})


def passage_point(
    passage: Passage, fields: dict[str, Any], dense: Sequence[float] | None, terms: SparseTerms | None
) -> Point:
    """One passage with its vectors; `fields` are the filter fields of its article."""
    meta = {
        "kind": "passage",
        "article_id": passage.article_id,
        "version": passage.version,
        "start": passage.start,
        "end": passage.end,
        "sentences": [list(span) for span in passage.sentences],
        **{name: value for name, value in fields.items() if name != "day"},
    }
    return Point(passage.id, {"id": passage.id, "content": passage.text, "meta": meta}, dense, terms)


def read_passage(point: Point) -> Passage:
    """The passage back from its point."""
    meta = point.payload["meta"]
    return Passage(
        article_id=meta["article_id"],
        version=meta["version"],
        start=meta["start"],
        end=meta["end"],
        text=point.payload["content"],
        sentences=tuple((start, end) for start, end in meta["sentences"]),
    )


def _point_id(*parts: str) -> str:
    return str(uuid.uuid5(NAMESPACE, "\n".join(parts)))
