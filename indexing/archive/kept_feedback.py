"""What readers thought of answers, kept in the archive: one point an answer and caller in, pages of the newest out."""

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from qdrant_client import models

from indexing.archive.engine import Engine
from indexing.archive.filters import equals
from indexing.archive.records import (
    FEEDBACK_FIELDS,
    Feedback,
    Rating,
    feedback_point,
    read_feedback,
)

PAGE = 500
_CURSOR = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z)_([0-9a-f-]{36})")


class Place(NamedTuple):
    """Where in the order of all feedback one stands: when it was given, then its id."""

    given: str
    id: str


@dataclass(frozen=True, slots=True)
class FeedbackPage:
    """A page of feedback, newest first; `cursor` is None on the last one."""

    feedback: list[Feedback]
    cursor: str | None


def given_now() -> str:
    """This moment as feedback carries it: always of one length, so that it sorts as text."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def read_cursor(cursor: str) -> Place:
    """The place that the cursor of a page names; raises ValueError."""
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise ValueError("allowed: the cursor that the page before gave")
    datetime.fromisoformat(match[1])
    return Place(match[1], str(uuid.UUID(match[2])))


class KeptFeedback:
    """Feedback behind one engine. A write is one point, so that no lock and no pending mark is needed."""

    def __init__(self, engine: Engine) -> None:
        """Keep it through `engine`."""
        self._engine = engine

    async def put(self, feedback: Feedback) -> None:
        """Keep it, in the place of what stood under its id."""
        await self._engine.upsert([feedback_point(feedback)])

    async def page(self, limit: int, cursor: str | None = None, rating: Rating | None = None) -> FeedbackPage:
        """The newest, or those older than the page whose cursor this is; raises ValueError for one that is none.

        Points come in the order of their ids, so whole days are ordered here, by two small fields of each point.
        """
        before = read_cursor(cursor) if cursor is not None else None
        days = await self._engine.facet("meta.day", models.Filter(must=[equals("kind", "feedback")]))
        places: list[Place] = []
        for day in sorted(days, reverse=True):
            if before is None or day <= before.given[:10]:
                places += await self._places(day, before, rating)
            if len(places) > limit:
                break
        wanted = [place.id for place in places[:limit]]
        points = {point.id: point for point in await self._engine.retrieve(wanted)}
        following = places[limit - 1] if len(places) > limit else None
        return FeedbackPage(
            [read_feedback(points[id]) for id in wanted if id in points],
            f"{following.given}_{following.id}" if following is not None else None,
        )

    async def _places(self, day: str, before: Place | None, rating: Rating | None) -> list[Place]:
        """Those of one day that are older than `before`, newest first."""
        where = models.Filter(must=[equals("kind", "feedback"), equals("day", day)])
        found: list[Place] = []
        cursor: str | None = None
        while True:
            points, cursor = await self._engine.scroll(where, PAGE, cursor, fields=FEEDBACK_FIELDS)
            for point in points:
                meta = point.payload["meta"]
                place = Place(meta["given"], point.id)
                if (before is None or place < before) and rating in (None, meta["rating"]):
                    found.append(place)
            if cursor is None:
                return sorted(found, reverse=True)
