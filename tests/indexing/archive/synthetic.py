"""Tiny articles, an encoder that draws vectors from hashes, and a dictionary of what an archive must then hold."""

import hashlib
import json
import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qdrant_client import models
from tokenizers import Regex, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split

from indexing.add_articles import encode_plans
from indexing.archive.archive import Archive
from indexing.archive.article import Article, Passage
from indexing.archive.edge import EdgeEngine
from indexing.archive.engine import Engine, Point
from indexing.archive.filters import Filters
from indexing.archive.manifest import Manifest
from indexing.archive.records import languages_of, read_record
from indexing.archive.search_passages import PassageQuery
from indexing.archive.terms import Terms
from indexing.split_passages import split_passages

DIMENSION = 8
MANIFEST = Manifest("tiny", "tiny-1", DIMENSION, "letters 1")
EVERYTHING = models.Filter(must=[])


def letters() -> Tokenizer:
    """A tokenizer for which each character is a token, so that short texts have several passages."""
    vocabulary = {
        character: number for number, character in enumerate(["?", *string.ascii_letters, *string.digits])
    }
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="?"))
    tokenizer.pre_tokenizer = Split(Regex(r"\S"), "isolated")
    return tokenizer


class TinyEncoder:
    """Stands where the real encoder stands when meaning does not matter: the same text has the same vector."""

    def __init__(self, name: str = "tiny", dimension: int = DIMENSION, max_tokens: int = 512) -> None:
        self.name, self.fingerprint = name, f"{name}-1"
        self.dimension, self.max_tokens = dimension, max_tokens
        self.tokenizer = letters()
        self.terms = Terms(self.tokenizer)

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = [vector(text, self.dimension) for text in texts]
        return np.array(vectors, np.float32).reshape(-1, self.dimension)


ENCODER: Any = TinyEncoder()
TERMS: Terms = ENCODER.terms


def article(id: str, text: str, **metadata: Any) -> Article:
    """An English article; its title is its id unless it is given."""
    return Article(**{"id": id, "title": f"Title of {id}", "text": text, "language": "en", **metadata})


def long_text(topic: str, sentences: int = 7) -> str:
    """A text of some passages: each sentence has about 60 letters."""
    return " ".join(
        f"Sentence {n} tells at some length what happened to {topic} on that day." for n in range(sentences)
    )


def vector(text: str, dimension: int = DIMENSION) -> NDArray[np.float32]:
    """A unit vector that follows from the text, (dimension,)."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    drawn = np.random.default_rng(seed).normal(size=dimension)
    return (drawn / np.linalg.norm(drawn)).astype(np.float32)


def passages_of(article: Article, max_tokens: int = 512) -> list[Passage]:
    """The passages that an article is cut into for an encoder that sees so many tokens."""
    return split_passages(
        article.text,
        article.language,
        article_id=article.id,
        version=article.version,
        tokenizer=ENCODER.tokenizer,
        title=article.title,
        encoder_limit=max_tokens,
    )


async def put(archive: Archive, *articles: Article) -> list[str]:
    """Store articles that are not related, as one batch; returns what became of each."""
    async with archive.writing:
        plans = await archive.plan(articles)
        await archive.commit(encode_plans(plans, ENCODER, TERMS))
    return [plan.status for plan in plans]


async def nearest(
    archive: Archive, passage: Passage, title: str, limit: int = 10, **filters: Any
) -> list[str]:
    """Article ids by the vector of a passage, best first."""
    query = PassageQuery(limit, vector=vector(f"{title}\n{passage.text}"))
    [hits] = await archive.search([query], Filters(**filters))
    return [hit.article_id for hit in hits]


async def found(archive: Archive, **filters: Any) -> set[str]:
    """Ids of all articles that a filter lets through."""
    [hits] = await archive.search([PassageQuery(1000, vector=vector("anything"))], Filters(**filters))
    return {hit.article_id for hit in hits}


def open_edge(folder: Path) -> Archive:
    """A small embedded archive in `folder`, made if it is not there; without lock and manifest."""
    if not folder.exists():
        EdgeEngine.create(folder, DIMENSION)
    return archive_over(EdgeEngine.load(folder))


def archive_over(engine: EdgeEngine) -> Archive:
    """The archive as whoever opens it next finds it."""
    return Archive(engine, MANIFEST, engine.place)


async def all_points(engine: Engine, *, vectors: bool = False) -> list[Point]:
    """Everything that an engine holds."""
    points, cursor = await engine.scroll(EVERYTHING, 1000, vectors=vectors)
    while cursor is not None:
        more, cursor = await engine.scroll(EVERYTHING, 1000, cursor, vectors=vectors)
        points += more
    return points


@dataclass
class Expected:
    """What an archive must hold: articles by id, versions by id, ids by text in the order they came."""

    articles: dict[str, Article] = field(default_factory=dict)
    versions: dict[str, list[str]] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    def put(self, article: Article) -> str:
        """Store one article; returns what becomes of it."""
        self.texts[article.version] = article.text
        old = self.articles.get(article.id)
        self.articles[article.id] = article
        if old is not None and old.text == article.text:
            return "unchanged" if old == article else "updated"
        if old is not None:
            self._leave(old)
        group = self.groups.setdefault(article.text, [])
        group.append(article.id)
        versions = self.versions.setdefault(article.id, [])
        if article.version in versions:
            versions.remove(article.version)
        versions.append(article.version)
        if len(group) > 1:
            return "duplicate"
        return "added" if old is None else "updated"

    def remove(self, id: str) -> bool:
        """Remove one article; False when it is unknown."""
        old = self.articles.pop(id, None)
        if old is None:
            return False
        self._leave(old)
        del self.versions[id]
        return True

    def copy(self) -> "Expected":
        """An independent copy."""
        return Expected(
            dict(self.articles),
            {id: list(versions) for id, versions in self.versions.items()},
            {text: list(ids) for text, ids in self.groups.items()},
            dict(self.texts),
        )

    def _leave(self, article: Article) -> None:
        group = self.groups[article.text]
        group.remove(article.id)
        if not group:
            del self.groups[article.text]

    def first(self, id: str) -> str:
        """The article whose passages stand for this id."""
        return self.groups[self.articles[id].text][0]

    @classmethod
    async def of(cls, archive: Archive) -> "Expected":
        """What an archive with these articles, versions and copies must hold."""
        expected = cls()
        records = [
            read_record(point)
            for point in await all_points(archive._engine)
            if "since" in point.payload["meta"]
        ]
        for record in sorted(records, key=lambda record: (record.kind == "copy", record.since, record.id)):
            for version, _ in record.versions:
                stored = await archive.article(record.id, version)
                assert stored is not None, f"{record.id} in version {version}"
                assert stored.article.version == version
                expected.texts[version] = stored.article.text
            expected.articles[record.id] = stored.article
            expected.versions[record.id] = [version for version, _ in record.versions]
            group = expected.groups.setdefault(stored.article.text, [])
            assert (record.kind == "copy") == bool(group), f"{record.id} is a {record.kind} after {group}"
            group.append(record.id)
        return expected

    def points(self, max_tokens: int = 512) -> dict[str, Any]:
        """Everything that must be stored, in a form that can be compared."""
        firsts = {id for id in self.articles if self.first(id) == id}
        passages = {id: passages_of(self.articles[id], max_tokens) for id in firsts}
        return {
            "records": {
                id: (
                    "article" if id in firsts else "copy",
                    article.metadata(),
                    self.versions[id],
                    len(passages.get(id, ())),
                    self._fields(id) if id in firsts else None,
                )
                for id, article in self.articles.items()
            },
            "passages": {
                passage.id: (passage, self._fields(id)) for id, cut in passages.items() for passage in cut
            },
            "texts": {
                version: self.texts[version] for versions in self.versions.values() for version in versions
            },
            "others": [],
        }

    def _fields(self, id: str) -> dict[str, Any]:
        group = [self.articles[one] for one in self.groups[self.articles[id].text]]
        return {
            "ids": [one.id for one in group],
            "languages": languages_of(self.articles[id].language),
            "sources": sorted({one.source for one in group if one.source}),
            "tags": sorted({tag for one in group for tag in one.tags}),
            "published": self.articles[id].published,
            "title": self.articles[id].title,
        }


def stored(points: Iterable[Point]) -> dict[str, Any]:
    """The points of an engine in the form of `Expected.points`."""
    found: dict[str, Any] = {"records": {}, "passages": {}, "texts": {}, "others": []}
    for point in points:
        meta = point.payload["meta"]
        fields = {
            name: meta.get(name) for name in ("ids", "languages", "sources", "tags", "published", "title")
        }
        match meta["kind"]:
            case "article" | "copy" as kind:
                shown = fields if kind == "article" else None
                value = (kind, json.loads(meta["article"]), meta["versions"], meta["passages"], shown)
                found["records"][meta["article_id"]] = value
            case "passage":
                spans = tuple((start, end) for start, end in meta["sentences"])
                passage = Passage(
                    meta["article_id"],
                    meta["version"],
                    meta["start"],
                    meta["end"],
                    point.payload["content"],
                    spans,
                )
                found["passages"][point.id] = (passage, fields)
            case "text":
                found["texts"][meta["version"]] = point.payload["content"]
            case other:
                found["others"].append(other)
    return found


async def check(archive: Archive, expected: Expected, max_tokens: int = 512) -> None:
    """Assert that the archive holds exactly what it must, and that every offset is right."""
    found = stored(await all_points(archive._engine))
    wanted = expected.points(max_tokens)
    assert found == wanted
    for passage, _ in found["passages"].values():
        text = found["texts"][passage.version]
        assert text[passage.start : passage.end] == passage.text
        assert all(passage.start <= start < end <= passage.end for start, end in passage.sentences)


async def check_ids(archive: Archive, expected: Expected, ids: Sequence[str]) -> None:
    """Assert that each id, known or not, is served as it must be, in every version."""
    for id in ids:
        found = await archive.article(id)
        if id not in expected.articles:
            assert found is None
            continue
        wanted = expected.articles[id]
        group = expected.groups[wanted.text]
        assert found is not None
        assert found.article == wanted
        assert found.current_version == found.version == wanted.version
        assert list(found.versions) == expected.versions[id]
        assert found.copy_of == (None if group[0] == id else group[0])
        assert [copy["id"] for copy in found.also_in] == [one for one in group[1:] if one != id]
        for version in expected.versions[id]:
            earlier = await archive.article(id, version)
            assert earlier is not None
            assert earlier.article.text == expected.texts[version]
