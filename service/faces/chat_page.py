"""`GET /`: the conversation by the widget, and for a browser without scripts a form with its answer."""

from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from service.answering.question import QUESTION_LIMIT, Question
from service.answering.suggestions import Suggested
from service.faces.access import is_foreign, normalised_origin
from service.faces.http_answers import ask_while_connected, question_text
from service.faces.page_texts import FALLBACK_LANGUAGE, page_texts, preferred_languages
from service.faces.render import page
from service.faces.services import Parts, Services
from service.faces.shown_answer import shown_answer

router = APIRouter(include_in_schema=False)


@router.head("/")
@router.get("/")
async def get_chat_page(request: Request, parts: Parts) -> HTMLResponse:
    """The widget in full size, or with `?question=` the answer below a form."""
    accepted = request.headers.get("accept-language", "")
    texts = page_texts(accepted)
    asked = request.query_params.get("question", "").strip()
    if parts.access.keys:
        # A plain form cannot send a key or a token: here only the script can ask.
        origin = _own_origin(request)
        missing = None if _is_listed(origin, parts) else origin
        return page("chat.html", texts, runs_widget=missing is None, missing_origin=missing, off=True)
    samples = len(await parts.archive.sample_ids())
    values: dict[str, Any] = {
        "question": asked,
        "articles": await parts.archive.article_count(),
        "suggestions": await _suggestions(parts, preferred_languages(accepted)) if samples else None,
        "model_host": urlsplit(parts.settings.llm_base_url or "").hostname,
        "notice": None,
        "answer": None,
    }
    if not asked:
        return page("chat.html", texts, runs_widget=True, missing_origin=None, off=False, **values)
    if is_foreign(request.headers):
        return page("ask.html", texts, **{**values, "notice": texts.say("brought")})
    try:
        question = Question(text=question_text(asked))
    except ValueError:
        notice = texts.say("too_long", characters=len(asked), limit=QUESTION_LIMIT)
        return page("ask.html", texts, status=422, **{**values, "notice": notice})
    answer = parts.links.with_links(await ask_while_connected(request, parts.answering, question))
    return page("ask.html", texts, **{**values, "answer": answer, **shown_answer(answer)})


def _own_origin(request: Request) -> str:
    """Where the browser found this page, as far as the request tells."""
    origin = f"{request.url.scheme}://{request.headers.get('host', '')}"
    return normalised_origin(origin) or origin


def _is_listed(origin: str, parts: Services) -> bool:
    # A proxy that ends TLS may not say so: the scheme in the browser is not known for sure.
    host = origin.partition("://")[2]
    spellings = {normalised_origin(f"{scheme}://{host}") for scheme in ("http", "https")} | {origin}
    return not parts.access.origins.isdisjoint(spellings)


async def _suggestions(parts: Services, languages: list[str]) -> Suggested | None:
    """Those that the archive is known to answer: the page waits for no question of its own."""
    for tag in (*languages, FALLBACK_LANGUAGE):
        found = await parts.answered_suggestions.known(tag)
        if found is not None:
            return found if found.questions else None
    return None
