"""How articles, versions, copies and passages lie in Qdrant: payloads and point ids, made and read here only.

Kinds of points, all in one collection: `passage` (the only ones with vectors), `article` (its `version` is
the current one, and so the commit point of every write), `copy` (the current text of an `article` under
another id), `text` (the canonical text of one version, shared by all ids that have or had it), `removed` (an
id on its way out), `pending` (what a write under way concerns) and `feedback` (what a reader thought of an
answer; it concerns no write and no article). Payloads have the shape of Haystack's `Document.to_dict(flatten=False)`.
"""

import json
import uuid
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from indexing.archive.article import NAMESPACE, Article, Passage
from indexing.archive.engine import Point
from indexing.archive.terms import SparseTerms

Kind = Literal["article", "copy", "removed"]
Rating = Literal["up", "down"]

PASSAGE_FIELDS = ("meta.article_id", "meta.version", "meta.languages")
CURRENT_FIELDS = ("meta.kind", "meta.article_id", "meta.version")
FEEDBACK_FIELDS = ("meta.given", "meta.rating")


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of one article id. `versions` are (version, when it came), the current one last.

    `of` is the article that a copy is a copy of, the one whose current version is the same; it is not stored.
    """

    id: str
    kind: Kind
    versions: tuple[tuple[str, str], ...]
    metadata: dict[str, Any]
    passages: int
    added: str
    updated: str
    of: str | None = None

    @property
    def version(self) -> str:
        """The current version."""
        return self.versions[-1][0]

    @property
    def since(self) -> str:
        """When the current version came: copies take over in this order."""
        return self.versions[-1][1]

    def article(self, text: str) -> Article:
        """The article as handed in, with the given canonical text."""
        fields = dict(self.metadata)
        fields["tags"] = tuple(fields["tags"])
        return Article(text=text, **fields)


@dataclass(frozen=True, slots=True)
class Pending:
    """What a write under way concerns: ids whose points may be half written, versions that may be unused."""

    id: str
    articles: tuple[str, ...]
    versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CitedPlace:
    """A quote of an answer by its article, that article's version, and code points in it, end exclusive."""

    article_id: str
    version: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a reader thought of an answer, with the answer; `given` is as `given_now` says it."""

    id: str
    answer_id: str
    rating: Rating
    comment: str | None
    question: str
    answer: str
    citations: tuple[CitedPlace, ...]
    given: str


def record_id(article_id: str) -> str:
    """Point id of the article or copy with this id: there is at most one."""
    return _point_id("article", article_id)


def text_id(version: str) -> str:
    """Point id of the canonical text of a version."""
    return _point_id("text", version)


def feedback_id(answer_id: str, caller: str) -> str:
    """Point id of what `caller` thinks of an answer: there is at most one, the last that was said."""
    return _point_id("feedback", answer_id, caller)


def languages_of(language: str) -> list[str]:
    """The tag and what it is a part of, the base language last: a filter on `zh` matches `zh-Hant-TW`."""
    parts = language.split("-")
    return ["-".join(parts[:count]) for count in range(len(parts), 0, -1)]


def record_point(record: Record, copies: Sequence[Record] = ()) -> Point:
    """The point of an article or copy; an article's filter fields include those of its copies."""
    meta: dict[str, Any] = {
        "kind": record.kind,
        "article_id": record.id,
        "version": record.version,
        "versions": [version for version, _ in record.versions],
        "since": [since for _, since in record.versions],
        # As text: Qdrant turns integers of more than 64 bits into floats, and what comes back must be what went in.
        "article": json.dumps(record.metadata, ensure_ascii=False),
        "passages": record.passages,
        "added": record.added,
        "updated": record.updated,
        **{name: value for name, value in filter_fields(record.metadata, copies).items() if name != "branch"},
        "day": (record.metadata["published"] or "")[:10] or None,
    }
    return Point(record_id(record.id), {"id": record.id, "content": None, "meta": meta})


def read_record(point: Point) -> Record:
    """The record back from its point."""
    meta = point.payload["meta"]
    return Record(
        id=meta["article_id"],
        kind=meta["kind"],
        versions=tuple(zip(meta["versions"], meta["since"], strict=True)),
        metadata=json.loads(meta["article"]),
        passages=meta["passages"],
        added=meta["added"],
        updated=meta["updated"],
    )


def filter_fields(metadata: dict[str, Any], copies: Sequence[Record]) -> dict[str, Any]:
    """What passages and articles are filtered by, the copies' ids, sources and tags included.

    `branch`, the base language, stands on passages only: one condition instead of two saves a fifth of a search.
    """
    everyone = [metadata, *(copy.metadata for copy in copies)]
    return {
        "ids": [one["id"] for one in everyone],
        "languages": languages_of(metadata["language"]),
        "branch": languages_of(metadata["language"])[-1],
        "sources": sorted({one["source"] for one in everyone if one["source"]}),
        "tags": sorted({tag for one in everyone for tag in one["tags"]}),
        "published": metadata["published"],
        "title": metadata["title"],
        "url": metadata["url"],
    }


def brief(record: Record) -> dict[str, Any]:
    """What a citation says of another place where its text stands."""
    return {name: record.metadata[name] for name in ("id", "title", "source", "url", "published")}


def text_point(version: str, text: str) -> Point:
    """The canonical text of a version."""
    return Point(
        text_id(version), {"id": version, "content": text, "meta": {"kind": "text", "version": version}}
    )


def pending_point(articles: Collection[str], versions: Collection[str]) -> Point:
    """The mark that a write is under way."""
    id = str(uuid.uuid4())
    meta = {"kind": "pending", "articles": sorted(articles), "texts": sorted(versions)}
    return Point(id, {"id": id, "content": None, "meta": meta})


def read_pending(point: Point) -> Pending:
    """The mark back from its point."""
    meta = point.payload["meta"]
    return Pending(point.id, tuple(meta["articles"]), tuple(meta["texts"]))


def feedback_point(feedback: Feedback) -> Point:
    """What a reader thought; `day` finds the newest, and cited articles stand where no filter on articles looks."""
    meta = {
        "kind": "feedback",
        "answer_id": feedback.answer_id,
        "rating": feedback.rating,
        "question": feedback.question,
        "answer": feedback.answer,
        "citations": [asdict(place) for place in feedback.citations],
        "given": feedback.given,
        "day": feedback.given[:10],
    }
    return Point(feedback.id, {"id": feedback.id, "content": feedback.comment, "meta": meta})


def read_feedback(point: Point) -> Feedback:
    """The feedback back from its point."""
    meta = point.payload["meta"]
    return Feedback(
        id=point.id,
        answer_id=meta["answer_id"],
        rating=meta["rating"],
        comment=point.payload["content"],
        question=meta["question"],
        answer=meta["answer"],
        citations=tuple(CitedPlace(**place) for place in meta["citations"]),
        given=meta["given"],
    )


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
        **fields,
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
