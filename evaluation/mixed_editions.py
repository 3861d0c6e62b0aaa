"""Articles that are stored, changed and removed while questions go on in; what an answer may show, and when, out."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from evaluation.errors import EvaluationError
from indexing.add_articles import article_input
from indexing.make_article import make_article

MAX_CHARACTERS = 5_000_000


@dataclass(slots=True)
class Edition:
    """One version of an article; times are those of `time.perf_counter` on the asking side."""

    article_id: str
    version: str
    text: str
    sent: float = math.inf
    """When the service was first asked to store it."""
    gone: float = math.inf
    """When the service had confirmed that another one is current, or none."""
    removing: bool = False
    """Whether the service was asked to remove the article."""

    def may_be_shown(self, asked: float, answered: float) -> bool:
        """Whether an answer may stand on it that was asked for and came at these times."""
        return self.sent < answered and asked < self.gone


@dataclass(slots=True)
class Editions:
    """Every version that was ever sent to the service."""

    by_article: dict[str, list[Edition]] = field(default_factory=dict)
    current: dict[str, Edition] = field(default_factory=dict)
    """Those that the service has confirmed, by article."""

    def sending(self, edition: Edition) -> None:
        """Note that the service is about to be asked to store it."""
        edition.sent = time.perf_counter()
        self.by_article.setdefault(edition.article_id, []).append(edition)

    def stored(self, edition: Edition) -> None:
        """Note that the service has confirmed it: from now on the one before is not shown any more."""
        before = self.current.get(edition.article_id)
        if before is not None:
            before.gone = time.perf_counter()
        self.current[edition.article_id] = edition

    def removing(self, article_id: str) -> None:
        """Note that the service is about to be asked to remove the article."""
        for edition in self.by_article[article_id]:
            edition.removing = True

    def removed(self, article_id: str) -> None:
        """Note that the service has confirmed that."""
        self.current.pop(article_id).gone = time.perf_counter()

    def find(self, article_id: str, version: str) -> Edition | None:
        """The newest with this version; an article that is stored again after its removal may have it twice."""
        editions = reversed(self.by_article.get(article_id, []))
        return next((one for one in editions if one.version == version), None)

    def shown_at(self, article_id: str, asked: float, answered: float) -> Iterator[Edition]:
        """Those of an article that an answer may show."""
        return (one for one in self.by_article.get(article_id, []) if one.may_be_shown(asked, answered))


def edition_of(item: dict[str, str]) -> Edition:
    """What the service will make of an article; raises EvaluationError where that would get another id."""
    article = make_article(article_input(item), max_characters=MAX_CHARACTERS)
    if article.id != item["id"]:
        raise EvaluationError(f"the id {item['id']!r} is not used as it is; give the article a plain one")
    return Edition(article.id, article.version, article.text)
