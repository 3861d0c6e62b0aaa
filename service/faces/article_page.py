"""`GET /articles/{id}`: a browser's request in, the article with the quote marked out; script-free."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from indexing.archive.archive import StoredArticle
from service.faces.access import key_wanted
from service.faces.article_runs import Offsets, cut_at_quotes
from service.faces.cited_links import CitedLink, cited_links
from service.faces.find_article import find_article
from service.faces.page_texts import page_texts
from service.faces.problems import Problem, invalid, prefers, shown
from service.faces.render import page
from service.faces.services import Parts, Services
from service.faces.text_direction import direction_of

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Step:
    """A way to another quote of the answer."""

    number: int
    address: str
    elsewhere: bool
    """Whether it stands in another article."""


@dataclass(frozen=True, slots=True)
class Quotes:
    """Where the page stands among the quotes of an answer; `number` is None when it shows none of them."""

    number: int | None
    count: int
    previous: Step | None
    next: Step | None


@router.head("/articles/{article_id:path}")
@router.get("/articles/{article_id:path}")
async def get_article_page(request: Request, article_id: str, parts: Parts) -> HTMLResponse:
    """The article's text, `text[start:end]` marked when both are given; `cited` are the quotes of the answer."""
    query = request.query_params
    version = query.get("v") or None
    cited = cited_links(query.getlist("cited"))
    try:
        _require_key_or_mark(request, parts, article_id)
        stored = await find_article(parts.archive, article_id, version)
    except Problem as problem:
        if problem.status not in (401, 404) or not prefers("text/html", request):
            raise
        return await _instead(request, parts, article_id, cited, problem)
    text = stored.article.text
    place = _offsets(query, len(text))
    here = [link for link in cited if _is_in(link, article_id, stored)]
    current = stored.version == stored.current_version
    return page(
        "article.html",
        page_texts(request.headers.get("accept-language", "")),
        article=stored.article,
        direction=direction_of(stored.article.language),
        version=stored.version,
        since=stored.since[:10],
        newer=None if current else _current_page(request, parts, article_id, stored.current_version),
        also_in=stored.also_in,
        runs=cut_at_quotes(text, place, here),
        marked=place is not None,
        quotes=_quotes(cited, here, article_id, place),
        addresses={link.number: link.address(cited) for link in here},
    )


def _is_in(link: CitedLink, article_id: str, stored: StoredArticle) -> bool:
    return link.article_id == article_id and (link.version or stored.current_version) == stored.version


def _quotes(
    cited: Sequence[CitedLink], here: Sequence[CitedLink], article_id: str, place: Offsets | None
) -> Quotes | None:
    """The place of this page among the quotes; None without any, or with none but the one that is shown."""
    if not cited:
        return None
    at = next((link for link in here if place and (link.start, link.end) == (place.start, place.end)), None)
    if at is not None and len(cited) == 1:
        return None

    def step(link: CitedLink | None) -> Step | None:
        if link is None:
            return None
        return Step(link.number, link.address(cited), link.article_id != article_id)

    if at is None:
        return Quotes(None, cited[-1].number, None, step(cited[0]))
    index = cited.index(at)
    before = cited[index - 1] if index else None
    after = cited[index + 1] if index + 1 < len(cited) else None
    return Quotes(at.number, cited[-1].number, step(before), step(after))


def _current_page(request: Request, parts: Services, article_id: str, current_version: str) -> str:
    """The page of the current version; a signed link opens it as long as it opens the page it stands on."""
    version, until, mark = (request.query_params.get(name) or None for name in ("v", "until", "mark"))
    expiry = int(until) if until and mark and parts.links.valid(article_id, version, until, mark) else None
    return parts.links.link(article_id, current_version, until=expiry)


async def _instead(
    request: Request, parts: Services, article_id: str, cited: Sequence[CitedLink], problem: Problem
) -> HTMLResponse:
    """A page that says in one sentence why there is no article and what to do, and leads on to the other quotes."""
    query = request.query_params
    texts = page_texts(request.headers.get("accept-language", ""))
    current = None
    if problem.status == 401:
        reason = "link_expired" if query.get("mark") else "link_needed"
    else:
        stored = await parts.archive.article(article_id)
        reason = "version_gone" if stored else "article_gone"
        if stored:
            current = _current_page(request, parts, article_id, stored.current_version)
    here = [link for link in cited if link.article_id == article_id and link.version == query.get("v")]
    reply = page(
        "no_article.html",
        texts,
        status=problem.status,
        sentence=texts.say(reason, article=_brief(article_id), version=_brief(query.get("v", ""))),
        current=current,
        quotes=_quotes(cited, here, article_id, _given_place(query)),
    )
    reply.headers.update(problem.headers)
    return reply


def _brief(name: str) -> str:
    return shown(name).strip('"')


def _given_place(query: Mapping[str, str]) -> Offsets | None:
    """The place that was asked for, where there is no text to check it against."""
    start, end = query.get("start", ""), query.get("end", "")
    if not all(text.isascii() and text.isdigit() and len(text) <= 12 for text in (start, end)):
        return None
    return Offsets(int(start), int(end))


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
