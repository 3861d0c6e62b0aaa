"""A template's name and its values in, an HTML reply out that loads nothing and runs no script but the widget."""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from service.faces.page_texts import FALLBACK_LANGUAGE, PageTexts, page_texts

_HERE = Path(__file__).resolve().parent


@cache
def _environment() -> Environment:
    # The style stands inside every page: with keys set, a second request for it would need a key.
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["style"] = Markup(_style())
    environment.filters["web_address"] = web_address
    return environment


@cache
def _style() -> str:
    return (_HERE / "static" / "style.css").read_text("utf-8")


@cache
def page_headers(runs_widget: bool = False) -> dict[str, str]:
    """Headers of every page; the one style that may apply is named by its hash."""
    digest = base64.b64encode(hashlib.sha256(_style().encode("utf-8")).digest()).decode("ascii")
    policy = (
        "default-src 'none'",
        *(("script-src 'self'", "connect-src 'self'") if runs_widget else ()),
        f"style-src 'sha256-{digest}'",
        "img-src data:",  # the icon of the tab, which stands in the page itself
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
        "Vary": "Accept, Accept-Language",
    }


def render(name: str, texts: PageTexts | None = None, **values: Any) -> str:
    """The template filled in, its own words from `texts` (None: English); every value is escaped."""
    t = texts or page_texts(FALLBACK_LANGUAGE)
    return _environment().get_template(name).render(t=t, **values)


def page(
    name: str, texts: PageTexts | None = None, *, status: int = 200, runs_widget: bool = False, **values: Any
) -> HTMLResponse:
    """The template as a reply; `runs_widget` lets it load /widget.js and call the service."""
    html = render(name, texts, runs_widget=runs_widget, **values)
    return HTMLResponse(html, status, headers=page_headers(runs_widget))


def web_address(url: str | None) -> str | None:
    """The address when a reader may follow it (http and https only), else None."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme.lower() in ("http", "https") and parts.netloc else None
