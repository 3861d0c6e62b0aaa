"""A running service and a browser in; size and first paint of the widget, and highlights beside their quotes, out."""

import gzip
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import httpx
import lxml.html
import numpy as np
from playwright.sync_api import Browser, Locator, Page
from tqdm import tqdm

from evaluation.bench_options import BenchOptions, Figure, PartResult
from evaluation.chromium import chromium
from evaluation.errors import EvaluationError
from evaluation.newspaper import Newspaper, front_page, newspaper, script_tag, strict_policy
from evaluation.provenance import ROOT, provenance, said
from evaluation.report import DEFAULT_SEED
from evaluation.report_page import table
from evaluation.service_child import free_port, service_child
from evaluation.warm_suggestions import warm_suggestions
from evaluation.widget_driver import Chat, text_of
from evaluation.widget_material import widget_articles, widget_questions
from indexing.errors import IndexingError
from service.errors import ServiceError
from service.settings import load_settings

KEY = "bench-key"
LOADS = 20
SETTLE_MS = 1_500  # a new window starts half a dozen pages of the browser's own
CITATIONS = 300
SIZE_GOAL_KB = 30
PAINT_GOAL_MS = 200
BATCH = 64
# Watches frame by frame for the open panel and then waits for the frame after the one in which it is drawn. Paint
# timing itself leaves out what stands in a shadow root: on a page of its own it tells of nothing but the background.
WATCH = """{
  const drawn = () => document.querySelector("citewell-chat")?.shadowRoot
    ?.querySelector('[part~="panel"]')?.checkVisibility();
  const look = () => requestAnimationFrame(() => {
    if (!drawn()) return look();
    requestAnimationFrame(() => { window.painted = performance.now(); });
  });
  look();
}"""
# Waits by itself: a second look of Playwright's own would be an `eval`, which the page's policy forbids.
PAINTED = """async () => {
  while (!window.painted) await new Promise(requestAnimationFrame);
  const script = performance.getEntriesByType("resource").find((one) => one.name.endsWith("/widget.js"));
  return window.painted - script.responseEnd;
}"""
IN_VIEW = """node => { const box = node.getBoundingClientRect();
  return box.width > 0 && box.top < innerHeight && box.bottom > 0; }"""
ASK = "(node, question) => { node.clear(); return node.ask(question); }"


@dataclass(slots=True)
class Checked:
    """Citations whose highlight was compared with the quote."""

    languages: Counter[str] = field(default_factory=Counter)
    emoji: int = 0
    """Of them, those at or after a character that a browser counts as two units."""
    wrong: list[str] = field(default_factory=list)
    questions: int = 0
    refused: int = 0

    @property
    def citations(self) -> int:
        """How many there were."""
        return sum(self.languages.values())

    def count(self, citation: dict[str, Any], text: str, wrong: str | None) -> None:
        """One more, with the text of its article, and what is wrong with it."""
        self.languages[citation["article"]["language"].split("-")[0]] += 1
        self.emoji += any(character > "\uffff" for character in text[: citation["end"]])
        if wrong:
            self.wrong.append(f"{citation['link']}: {wrong}")

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "citations": self.citations,
            "by_language": dict(self.languages.most_common()),
            "after_emoji": self.emoji,
            "wrong": self.wrong,
            "questions": self.questions,
            "refused": self.refused,
        }


@dataclass(frozen=True, slots=True)
class Service:
    """Where the service answers, and a client with its key that remembers the texts of articles."""

    address: str
    client: httpx.Client
    texts: dict[tuple[str, str], str] = field(default_factory=dict)

    def text(self, citation: dict[str, Any]) -> str:
        """The canonical text of the version that was cited."""
        article = citation["article"]
        place = (article["id"], article["version"])
        if place not in self.texts:
            path = httpx.URL(self.address + citation["link"]).raw_path.partition(b"?")[0].decode()
            reply = self.client.get(f"/v1{path}", params={"v": article["version"]})
            self.texts[place] = reply.raise_for_status().json()["text"]
        return self.texts[place]


def measure_widget(options: BenchOptions) -> PartResult:
    """The samples and sets in an archive of their own, asked over HTTP and in the browser from a newspaper's page."""
    articles = widget_articles(options.data, options.seed)
    questions = widget_questions(options.data, options.seed)
    with chromium() as browser, newspaper() as paper, _service(options, paper.origin) as service:
        _add(service.client, articles)
        script = service.client.get("/widget.js", headers={"Accept-Encoding": "gzip"})
        size = len(gzip.compress(script.content, 9))
        sent = int(script.headers["content-length"]) if "content-encoding" in script.headers else size
        # Else the service would answer them beside the browser, which readers have on a machine of their own.
        warm_suggestions(service.address, paper.origin, "en")
        paints = _first_paints(browser, paper, service.address)
        shown = _in_browser(browser, paper, service, questions)
        served = _over_http(service, questions)
    median, worst = float(np.median(paints)), max(paints)
    return PartResult(
        figures=[
            Figure("the script, gzipped", round(sent / 1000, 2), "kB", f"<= {SIZE_GOAL_KB}", sent <= 30_000),
            Figure(
                f"first paint of the open widget after the script is there, median of {LOADS}",
                round(median, 1),
                "ms",
                f"< {PAINT_GOAL_MS}",
                median < PAINT_GOAL_MS,
            ),
            Figure(
                f"the same, worst of {LOADS}",
                round(worst, 1),
                "ms",
                f"< {PAINT_GOAL_MS}",
                worst < PAINT_GOAL_MS,
            ),
            *_highlights("in the browser", shown, CITATIONS),
            *_highlights("over HTTP", served, 1),
        ],
        details={
            "browser": shown.to_dict(),
            "http": served.to_dict(),
            "paints_ms": [round(one, 1) for one in paints],
            "bytes": {"gzipped": sent, "plain": len(script.content)},
            "articles": len(articles),
        },
    )


def _highlights(where: str, checked: Checked, at_least: int) -> Iterator[Figure]:
    languages = ", ".join(f"{name} {count}" for name, count in checked.languages.most_common())
    yield Figure(
        f"citations {where} whose quote and highlight were compared",
        checked.citations,
        "",
        f">= {at_least}",
        checked.citations >= at_least,
        f"{languages}; {checked.emoji} after emoji",
    )
    yield Figure(f"of them wrong, {where}", len(checked.wrong), "", "0", not checked.wrong)


@contextmanager
def _service(options: BenchOptions, origin: str) -> Iterator[Service]:
    port = free_port()
    more = {
        "CITEWELL_API_KEYS": KEY,
        "CITEWELL_ALLOWED_ORIGINS": f"{origin},http://127.0.0.1:{port}",
        "CITEWELL_WIDGET_RATE": "100000/minute",
    }
    with (
        service_child(options.settings, options.work / "widget", options.work, more, port) as child,
        httpx.Client(
            base_url=child.address, timeout=300, trust_env=False, headers={"Authorization": f"Bearer {KEY}"}
        ) as client,
    ):
        yield Service(child.address, client)


def _add(client: httpx.Client, articles: Sequence[dict[str, Any]]) -> None:
    for place in range(0, len(articles), BATCH):
        lines = b"".join(json.dumps(one).encode() + b"\n" for one in articles[place : place + BATCH])
        headers = {"Content-Type": "application/x-ndjson"}
        reply = client.post("/v1/articles", content=lines, headers=headers)
        if reply.is_error or '"failed"' in reply.text:
            raise EvaluationError(f"the articles were not added: {reply.status_code} {reply.text[:300]}")


def _first_paints(browser: Browser, paper: Newspaper, service: str) -> list[float]:
    """Milliseconds from the last byte of the script until the open panel is painted, each time in a new profile."""
    html = front_page(script_tag(service, open=""))
    address = paper.publish("open", html, strict_policy(service))
    paints = []
    for _ in range(LOADS):
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.add_init_script(WATCH)
        page = context.new_page()
        page.wait_for_timeout(SETTLE_MS)
        page.goto(address)
        paints.append(float(page.evaluate(PAINTED)))
        context.close()
    return paints


def _over_http(service: Service, questions: Sequence[str]) -> Checked:
    """Every citation of every answer, and of what came nearest where there is none."""
    checked = Checked()
    for question in _shown(questions, "over HTTP"):
        answer = service.client.post("/v1/answers", json={"question": question}).raise_for_status().json()
        checked.questions += 1
        checked.refused += not answer["answered"]
        for citation in (*answer["citations"], *(answer["refusal"] or {"nearest": ()})["nearest"]):
            text = service.text(citation)
            page = httpx.get(service.address + citation["link"], trust_env=False, timeout=60)
            marks = lxml.html.document_fromstring(page.text).xpath("//mark[@id='quote']")
            marked = marks[0].text_content() if marks else None
            checked.count(citation, text, _difference(citation, text, {"the page's mark": marked}))
    return checked


def _in_browser(browser: Browser, paper: Newspaper, service: Service, questions: Sequence[str]) -> Checked:
    """Open the card of a citation and follow its link until so many were seen."""
    checked = Checked()
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    context.set_default_timeout(60_000)
    page, tab = context.new_page(), context.new_page()
    html = front_page(script_tag(service.address, open=""))
    page.goto(paper.publish("bench", html, strict_policy(service.address)))
    chat = Chat(page)
    chat.input.wait_for()
    progress = tqdm(total=CITATIONS, desc="in the browser", delay=2, disable=None, leave=False)
    for question in questions:
        if checked.citations >= CITATIONS:
            break
        answer = chat.element.evaluate(ASK, question)
        checked.questions += 1
        if answer is None:
            checked.wrong.append(f"{question}: no answer came")
            continue
        checked.refused += not answer["answered"]
        for number, citation in enumerate(answer["citations"]):
            card = chat.open_card(chat.turn, number)
            text = service.text(citation)
            checked.count(citation, text, _difference(citation, text, _seen(chat, card, tab)))
            progress.update()
    progress.close()
    context.close()
    return checked


def _seen(chat: Chat, card: Locator, tab: Page) -> dict[str, str | None]:
    """What a reader sees of one citation: the quote in its card, and the place the link leads to."""
    tab.goto(chat.part("open-article", card).first.evaluate("node => node.href"))
    mark = tab.locator("mark#quote")
    if mark.count() != 1:
        return {"the article's mark": None}
    seen: dict[str, str | None] = {
        "the card": text_of(chat.part("quote", card).first),
        "the article's mark": text_of(mark),
    }
    if not mark.evaluate(IN_VIEW):
        seen["what is in view"] = None
    return seen


def _difference(citation: dict[str, Any], text: str, seen: dict[str, str | None]) -> str | None:
    quote = citation["quote"]
    for place, found in {"the text": text[citation["start"] : citation["end"]], **seen}.items():
        if found != quote:
            return f"{place} has {found!r}, the quote is {quote!r}"
    return None


def _shown(questions: Sequence[str], what: str) -> Iterator[str]:
    yield from tqdm(questions, desc=what, delay=2, disable=None, leave=False)


def widget_page(report: dict[str, Any]) -> str:
    """Markdown of the figures, and of the languages that were cited."""
    return "\n".join([*_page(report), ""])


def _page(report: dict[str, Any]) -> Iterator[str]:
    details = report["details"]
    yield "# The chat widget"
    yield ""
    yield (
        "Made by `python -m evaluation.bench_widget`: the real service with its own encoder and reader, Debian's "
        "Chromium, the widget on a page of another origin under a strict Content-Security-Policy."
    )
    yield ""
    yield f"{said(report['made'])}; {report['seconds']:.0f} s; {details['articles']} articles."
    yield ""
    verdicts = {None: "", True: "reached", False: "**short**"}
    yield from table(
        ("what", "measured", "goal", ""),
        (
            (one["what"], f"{one['value']:,g} {one['unit']}".strip(), one["goal"], verdicts[one["met"]])
            for one in report["figures"]
        ),
    )
    yield (
        "A citation is right when four texts are the same: the quote of the answer, `text[start:end]` of the "
        "article, the quote in the card and the mark on the article's page, which must be in view (over HTTP: "
        "all but the card). Every third article of the sets has emoji between its sentences."
    )
    yield ""
    browser, http = details["browser"], details["http"]
    languages = sorted({*browser["by_language"], *http["by_language"]})
    yield from table(
        ("citations in articles in", "in the browser", "over HTTP"),
        [
            *(
                (one, str(browser["by_language"].get(one, 0)), str(http["by_language"].get(one, 0)))
                for one in languages
            ),
            ("at or after emoji", str(browser["after_emoji"]), str(http["after_emoji"])),
            ("all", str(browser["citations"]), str(http["citations"])),
            ("questions (refused)", *(f"{one['questions']} ({one['refused']})" for one in (browser, http))),
        ],
    )
    paints = ", ".join(f"{one:g}" for one in details["paints_ms"])
    yield f"First paints in the order of the loads, each in a new profile: {paints} ms."
    for wrong in (*browser["wrong"], *http["wrong"]):
        yield f"\n- Wrong: {wrong}"


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--data", type=Path, default=Path("../shared/data"), envvar="EVALUATION_DATA", help="The sets.")
@click.option("--results", type=Path, default=ROOT / "evaluation/results", help="Folder of the report.")
@click.option("--seed", default=DEFAULT_SEED, help="Draws the questions.")
def bench_widget(data: Path, results: Path, seed: int) -> None:
    """Measure the widget in the browser; writes widget.json and widget.md.

    Example: python -m evaluation.bench_widget --seed 3
    """
    try:
        with tempfile.TemporaryDirectory(prefix="citewell-bench-") as work:
            options = BenchOptions(
                settings=load_settings(),
                data=data.resolve(),
                work=Path(work),
                seed=seed,
                rounds=1,
                added_passages=0,
                large_archive=0,
                questions=0,
            )
            made, started = provenance(), time.perf_counter()
            result = measure_widget(options)
    except (IndexingError, ServiceError) as error:
        sys.exit(f"bench: {error}")
    seconds = round(time.perf_counter() - started, 1)
    report = {"made": made, "seconds": seconds, "asked": {"seed": seed}, **result.to_dict()}
    results.mkdir(parents=True, exist_ok=True)
    (results / "widget.json").write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", "utf-8")
    (results / "widget.md").write_text(widget_page(report), encoding="utf-8")
    for figure in result.figures:
        click.echo(f"  {figure.what}: {figure.value:,g} {figure.unit}   {figure.goal}   {figure.beside}")
    click.echo(results / "widget.md")


if __name__ == "__main__":
    bench_widget()
