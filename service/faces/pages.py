"""A browser's request in, a page out: the form with its answer, an article with the quote marked, /docs."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.responses import Response

from service.answering.answer import Answer, Citation, Statement
from service.answering.question import QUESTION_LIMIT, Question
from service.errors import SettingsError
from service.faces.access import is_foreign, key_wanted
from service.faces.answer_in_quote import MarkedText, mark_answer
from service.faces.find_article import find_article
from service.faces.http_answers import ask_while_connected, question_text
from service.faces.problems import invalid, shown
from service.faces.render import page
from service.faces.services import Parts, Services

SUGGESTIONS = Path(__file__).resolve().parent.parent.parent / "prompts" / "suggestions"
FALLBACK_LANGUAGE = "en"
CONTEXT = 180  # characters of the passage shown on each side of a quote
_MARK = re.compile(r" ?(\[\d{1,3}\])")

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class ShownCitation:
    """A citation with its quote around the answer, and what surrounds the quote in its passage."""

    citation: Citation
    quote: MarkedText
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ShownStatement:
    """A proving sentence around the answer in it."""

    statement: Statement
    text: MarkedText
    language: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the answer's wording: text, or the mark of a source."""

    text: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Offsets:
    """A run of an article's text."""

    start: int
    end: int


@router.head("/")
@router.get("/")
async def get_form(request: Request, parts: Parts) -> HTMLResponse:
    """The form; with `?question=` the answer below it."""
    asked = request.query_params.get("question", "")
    languages = preferred_languages(request.headers.get("accept-language", ""))
    off = bool(parts.settings.api_keys)
    samples = 0 if off else len(await parts.archive.sample_ids())
    values: dict[str, Any] = {
        "question": asked.strip(),
        "limit": QUESTION_LIMIT,
        "articles": 0 if off else await parts.archive.article_count(),
        "samples": samples,
        "suggestions": _suggestions(parts, languages) if samples else None,
        "off": off,
        "notice": None,
        "answer": None,
    }
    if off or not asked.strip():
        return page("ask.html", **values)
    if is_foreign(request.headers):
        notice = "Another page brought this question here. Press Ask to search for it."
        return page("ask.html", **{**values, "notice": notice})
    try:
        question = Question(text=question_text(asked))
    except ValueError as error:
        return page("ask.html", status=422, **{**values, "notice": f"This question is too long: {error}."})
    answer = parts.links.with_links(await ask_while_connected(request, parts.answering, question))
    return page("ask.html", **{**values, "answer": answer, **_shown(answer)})


def _shown(answer: Answer) -> dict[str, Any]:
    refusal = answer.refusal
    marked = answer.short_answer is not None
    return {
        "pieces": _pieces(answer) if marked else [],
        "statements": [_sentence(statement, answer) for statement in answer.statements],
        "citations": [_in_context(citation, answer, marked) for citation in answer.citations],
        # What came nearest does not answer, so nothing in it is marked as an answer.
        "nearest": [_in_context(one, answer, False) for one in (refusal.nearest if refusal else ())],
    }


def _pieces(answer: Answer) -> list[Piece]:
    """The answer's wording, cut at the marks of its citations."""
    numbers = {citation.number for citation in answer.citations}
    pieces: list[Piece] = []
    place = 0
    for mark in _MARK.finditer(answer.answer):
        number = int(mark[1][1:-1])
        if number in numbers:
            pieces += [Piece(answer.answer[place : mark.start()]), Piece(mark[1], number)]
            place = mark.end()
    return [piece for piece in (*pieces, Piece(answer.answer[place:])) if piece.text]


def _sentence(statement: Statement, answer: Answer) -> ShownStatement:
    cited = [one for one in answer.citations if one.number in statement.citations]
    if not cited:
        return ShownStatement(statement, MarkedText(statement.text, "", ""), answer.language, False)
    first = cited[0]
    text = MarkedText(statement.text, "", "")
    if answer.short_answer is not None and statement.start is not None:
        text = mark_answer(statement.text, statement.start, first.answer_start, first.answer_end)
    return ShownStatement(statement, text, first.article.language, first.stance == "differs")


def _in_context(citation: Citation, answer: Answer, marked: bool) -> ShownCitation:
    """The quote between what stands around it, as far as the passage that was considered reaches."""
    where = (citation.answer_start, citation.answer_end) if marked else (None, None)
    quote = mark_answer(citation.quote, citation.start, *where)
    for passage in answer.passages:
        if passage.passage_id == citation.passage_id:
            start, end = citation.start - passage.start, citation.end - passage.start
            if start >= 0 and passage.text[start:end] == citation.quote:
                return ShownCitation(citation, quote, _tail(passage.text[:start]), _head(passage.text[end:]))
    return ShownCitation(citation, quote, "", "")


def _tail(text: str) -> str:
    if len(text) <= CONTEXT:
        return text
    cut = text[-CONTEXT:]
    return "…" + cut[cut.find(" ") + 1 :]


def _head(text: str) -> str:
    if len(text) <= CONTEXT:
        return text
    cut = text[:CONTEXT]
    return cut[: cut.rfind(" ") if " " in cut else CONTEXT] + "…"


@router.head("/articles/{article_id:path}")
@router.get("/articles/{article_id:path}")
async def get_article_page(request: Request, article_id: str, parts: Parts) -> HTMLResponse:
    """The article's text, `text[start:end]` marked when both are given."""
    query = request.query_params
    version, until, mark = (query.get(name) or None for name in ("v", "until", "mark"))
    _require_key_or_mark(request, parts, article_id)
    stored = await find_article(parts.archive, article_id, version)
    offsets = _offsets(query, len(stored.article.text))
    newer = None
    if stored.version != stored.current_version:
        expiry = (
            int(until) if until and mark and parts.links.valid(article_id, version, until, mark) else None
        )
        newer = parts.links.link(article_id, stored.current_version, until=expiry)
    text = stored.article.text
    start, end = (offsets.start, offsets.end) if offsets else (len(text), len(text))
    return page(
        "article.html",
        article=stored.article,
        version=stored.version,
        newer=newer,
        also_in=stored.also_in,
        marked=offsets is not None,
        before=text[:start],
        quote=text[start:end],
        after=text[end:],
    )


def _require_key_or_mark(request: Request, parts: Services, article_id: str) -> None:
    query = request.query_params
    if not parts.settings.pages_need_key or parts.access.has_key(request.headers):
        return
    if not parts.links.valid(article_id, query.get("v"), query.get("until"), query.get("mark")):
        raise key_wanted("authorization" in request.headers)


def _offsets(query: Mapping[str, str], length: int) -> Offsets | None:
    """The place to mark; raises a 422 problem when `start` and `end` are none within the text."""
    given = {name: query[name] for name in ("start", "end") if query.get(name)}
    if not given:
        return None
    allowed = f"allowed: whole numbers with 0 ≤ start < end ≤ {length:,}, counted in Unicode code points"
    numbers = [int(text) for text in given.values() if text.isascii() and text.isdigit() and len(text) <= 12]
    if len(numbers) != 2 or not numbers[0] < numbers[1] <= length:
        got = ", ".join(f"{name} {shown(text)}" for name, text in given.items())
        raise invalid(
            "query.start, query.end", f"got {got}; {allowed}; leave both out to read the article unmarked"
        )
    return Offsets(*numbers)


@router.get("/docs")
async def get_docs(request: Request) -> Response:
    """The routes and their fields, from the OpenAPI description, without any script."""
    return page("docs.html", api=request.app.openapi())


@router.get("/openapi.json")
async def get_openapi(request: Request) -> JSONResponse:
    """The OpenAPI description."""
    return JSONResponse(request.app.openapi())


def load_suggestions(folder: Path = SUGGESTIONS) -> dict[str, tuple[str, ...]]:
    """Suggested questions by language; raises SettingsError that names a broken file."""
    suggestions = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            questions = tomllib.loads(path.read_text("utf-8"))["questions"]
            suggestions[path.stem] = tuple(str(question) for question in questions)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SettingsError(f"{path}: {error!r}; prompts/README.md says what it may contain") from error
    return suggestions


def preferred_languages(accept_language: str) -> list[str]:
    """Language tags of an Accept-Language header, most wanted first."""
    wanted: list[tuple[float, str]] = []
    for part in accept_language.split(",")[:20]:
        tag, _, parameter = part.strip().partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=")) if parameter else 1.0
        except ValueError:
            continue
        if tag and tag != "*" and weight > 0:
            wanted.append((-weight, tag.strip()))
    return [tag for _, tag in sorted(wanted, key=lambda pair: pair[0])]


def _suggestions(parts: Services, languages: list[str]) -> dict[str, Any] | None:
    for tag in (*languages, FALLBACK_LANGUAGE):
        for name in (tag, tag.split("-")[0].lower()):
            if name in parts.suggestions:
                return {"language": name, "questions": parts.suggestions[name]}
    return None
