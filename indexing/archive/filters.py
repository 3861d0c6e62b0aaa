"""Which articles may answer: the contract's filters in, a Qdrant filter over passages out."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from qdrant_client import models

from indexing.archive.tags_and_dates import normalised_language


@dataclass(frozen=True, slots=True)
class Filters:
    """An empty tuple or None allows all; languages match in any spelling (`FR`, `zh_hant`).

    Dates are as `normalised_date` gives them; one without a time counts in UTC.
    """

    language: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    article_id: tuple[str, ...] = ()
    published_from: str | None = None
    published_to: str | None = None


def equals(field: str, *values: str) -> models.FieldCondition:
    """Condition: the keyword field under `meta` holds one of `values`."""
    if len(values) == 1:
        return models.FieldCondition(key=f"meta.{field}", match=models.MatchValue(value=values[0]))
    return models.FieldCondition(key=f"meta.{field}", match=models.MatchAny(any=list(values)))


def passages_where(filters: Filters | None = None, language: str | None = None) -> models.Filter:
    """Filter over passages: the reader's filters, and the base language a search branch is limited to.

    Copies count too: `sources`, `tags` and `ids` of a passage list those of every copy of its article.
    """
    filters = filters or Filters()
    must: list[models.Condition] = [equals("branch", language) if language else equals("kind", "passage")]
    for field, wanted in (
        ("languages", tuple(normalised_language(tag) or tag for tag in filters.language)),
        ("sources", filters.source),
        ("tags", filters.tags),
        ("ids", filters.article_id),
    ):
        if wanted:
            must.append(equals(field, *wanted))
    if filters.published_from or filters.published_to:
        must.append(models.FieldCondition(key="meta.published", range=_span(filters)))
    return models.Filter(must=must)


def _span(filters: Filters) -> models.DatetimeRange:
    since = _moment(filters.published_from) if filters.published_from else None
    if not filters.published_to:
        return models.DatetimeRange(gte=since)
    until = _moment(filters.published_to)
    if _is_date(filters.published_to):
        until = until.replace(hour=23, minute=59, second=59, microsecond=999_999)
    return models.DatetimeRange(gte=since, lte=until)


def _is_date(text: str) -> bool:
    return len(text) == len("2021-07-05")


def _moment(text: str) -> datetime:
    if _is_date(text):
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
