"""The tool `read_article`: an id and a place in the text in, that part of it with the article's metadata out."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from service.faces.find_article import find_article
from service.faces.mcp_arguments import checked_arguments
from service.faces.problems import invalid
from service.faces.services import services_of

PIECE = 20_000  # characters that one call gives: some 5,000 tokens of what an assistant can keep in mind
DESCRIPTION = (
    "Gives the text of an article of the archive, or the part of it from start to end, with its title, source and "
    f"date; at most {PIECE:,} characters at once."
)


class ReadArguments(BaseModel):
    """An article and the part of its text to read; offsets are those of citations."""

    model_config = ConfigDict(extra="forbid", strict=True)

    article_id: str = Field(description="The id of an article, as citations name it.")
    version: str | None = Field(
        None, description="The version that a citation names; without it the current one."
    )
    start: Annotated[int, Field(ge=0)] = Field(0, description="The first character to read, counted from 0.")
    end: Annotated[int, Field(ge=1)] | None = Field(
        None, description=f"The character to stop before; at most {PIECE:,} after start are given."
    )


@dataclass(frozen=True, slots=True)
class ReadPart:
    """A part of an article's text, and what is known about the article."""

    id: str
    version: str
    current_version: str
    title: str
    source: str | None
    url: str | None
    author: str | None
    language: str
    published: str | None
    tags: list[str]
    characters: int
    start: int
    end: int
    text: str


async def read_article(request: Request, arguments: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Text for an assistant, and the fields of `ReadPart`."""
    wanted = checked_arguments(ReadArguments, arguments)
    stored = await find_article(services_of(request).archive, wanted.article_id, wanted.version)
    text = stored.article.text
    end = min(wanted.start + PIECE, len(text), wanted.end or len(text))
    if wanted.start >= end:
        got = f"got {wanted.start:,} with the end at {wanted.end or len(text):,}"
        raise invalid("arguments.start", f"{got}; allowed: 0 ≤ start < end ≤ {len(text):,}")
    known = {name: value for name, value in stored.article.metadata().items() if name != "meta"}
    part = ReadPart(
        **known,
        version=stored.version,
        current_version=stored.current_version,
        characters=len(text),
        start=wanted.start,
        end=end,
        text=text[wanted.start : end],
    )
    return _told(part), asdict(part)


def _told(part: ReadPart) -> str:
    facts = ", ".join(fact for fact in (part.source, part.published, part.language, part.url) if fact)
    place = f"Characters {part.start} to {part.end} of {part.characters}, version {part.version}"
    return "\n".join((part.title, facts, place, "", part.text))
