"""Pages in; a newspaper's web site on loopback out, another origin than the service's, with a strict policy."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

STYLE = """
:root { color-scheme: light dark; --paper: #fbfaf7; --ink: #1c1b19; --rule: #c9c4b8; --faint: #5f5b52; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #161719; --ink: #e8e6e1; --rule: #45423c; --faint: #a9a59b; }
}
body { margin: 0; background: var(--paper); color: var(--ink); font: 17px/1.55 "Noto Serif", Georgia, serif; }
header, main { max-width: 62rem; margin: 0 auto; padding: 0 1.25rem; }
header { border-bottom: 3px double var(--rule); padding-block: 1.4rem .7rem; text-align: center; }
header p { margin: 0; letter-spacing: .02em; font-size: 2.4rem; font-weight: 700; }
header small { color: var(--faint); font-size: .85rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 1.6rem 0 .4rem; max-width: 38rem; }
main { padding-block-end: 6rem; }
main p { max-width: 38rem; }
.by { color: var(--faint); font-size: .9rem; }
"""
STORY = {
    "en": (
        "The Velm Courier",
        "Night train fills its berths on the first weekend",
        "By our transport desk",
        (
            "The platform was crowded long before the doors opened. Families with suitcases, students and two "
            "retired engine drivers had come to see the first night train in eleven years leave the town.",
            "The operator says that berths for the summer are selling quickly, and that it will decide in the "
            "autumn whether to run the train every day.",
            "On board, the berths are made up by the time the train reaches the coast. Breakfast comes at half past "
            "seven, with a view of the lighthouses, and nobody minds that the coffee is weak.",
            "Not everything went well. A door would not close, the heating could not be turned down, and one carriage "
            "kept its lights on until dawn. The conductor apologised in three languages.",
            "Readers have asked us how the line came about and who built the cars. The answers are in our archive.",
        ),
    ),
    "ar": (
        "بريد وادي الندى",
        "محطة الطاقة الشمسية تقترب من التشغيل",
        "من مكتب الاقتصاد",
        (
            "تواصلت أعمال البناء في وادي الندى هذا الأسبوع، ووصلت آخر الشاحنات التي تحمل الألواح إلى الموقع.",
            "ويقول سكان القرى المجاورة إنهم ينتظرون الكهرباء الجديدة منذ سنوات، ويسألون عن موعد الافتتاح.",
            "وفي المساء يجتمع العمال حول الشاي، ويتحدثون عن بيوتهم البعيدة وعن الريح التي تحمل الرمل إلى كل مكان.",
            "ويسأل القراء كثيرًا عن المحطة وعن أخبار أخرى، والأجوبة في أرشيفنا.",
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Printed:
    """One page as it is sent; without a policy none is sent."""

    html: str
    policy: str | None


@dataclass(slots=True)
class Newspaper:
    """A web site that prints what it is told to; pages are looked up by name at every request."""

    address: str
    pages: dict[str, Printed] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        """Its web origin."""
        return self.address

    def publish(self, name: str, html: str, policy: str | None) -> str:
        """Put a page up; its address."""
        self.pages[f"/{name}"] = Printed(html, policy)
        return f"{self.address}/{name}"


def strict_policy(*services: str, styles: str = "'self'") -> str:
    """A Content-Security-Policy under which only its own styles and the widget of these services work."""
    hosts = " ".join(services) or "'none'"
    return (
        f"default-src 'none'; style-src {styles}; script-src {hosts}; connect-src {hosts}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    )


def front_page(tags: str, language: str = "en", body: str = "", title: str = "") -> str:
    """A page with a story, `tags` (script tags) in its head and `body` after the story."""
    paper, headline, by, paragraphs = STORY.get(language, STORY["en"])
    direction = "rtl" if language == "ar" else "ltr"
    story = "".join(f"<p>{text}</p>" for text in paragraphs)
    return (
        f'<!doctype html><html lang="{language}" dir="{direction}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title or headline}</title>"
        f'<link rel="stylesheet" href="/style.css">{tags}</head>'
        f"<body><header><p>{paper}</p></header>"
        f'<main><h1>{headline}</h1><p class="by">{by}</p>{story}{body}</main></body></html>'
    )


def script_tag(service: str, **data: str) -> str:
    """The one tag that brings the widget; `data` become its `data-` attributes."""
    attributes = "".join(f' data-{name}="{escape(value)}"' for name, value in data.items())
    return f'<script src="{service}/widget.js"{attributes} defer></script>'


@contextmanager
def newspaper() -> Iterator[Newspaper]:
    """Serve on a free port under the name localhost: for a browser another site than 127.0.0.1."""
    handler = type("Handler", (_Handler,), {})
    with _Server(("127.0.0.1", 0), handler) as server:
        paper = Newspaper(f"http://localhost:{server.server_port}")
        handler.paper = paper  # type: ignore[attr-defined]
        thread = Thread(target=server.serve_forever, args=[0.05], daemon=True)
        thread.start()
        try:
            yield paper
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    paper: Newspaper

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        printed = self.paper.pages.get(path)
        if path == "/style.css":
            self._send(200, "text/css", STYLE, None)
        elif printed is None:
            self._send(404, "text/plain", "no such page", None)
        else:
            self._send(200, "text/html", printed.html, printed.policy)

    def _send(self, status: int, kind: str, body: str, policy: str | None) -> None:
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        if policy is not None:
            self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Nothing: tests and benches have their own words."""
