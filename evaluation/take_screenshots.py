"""A running service and a browser in; the pictures of the widget that the documentation shows out."""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import click
import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from evaluation.ask_own import sample_files
from evaluation.chromium import chromium
from evaluation.newspaper import Newspaper, front_page, newspaper, script_tag, strict_policy
from evaluation.provenance import ROOT
from evaluation.service_child import free_port, service_child
from evaluation.warm_suggestions import warm_suggestions
from evaluation.widget_driver import Chat
from indexing.errors import IndexingError
from service.errors import ServiceError
from service.settings import load_settings

KEY = "screenshots-key"
DESK = (1280, 800)
PHONE = (390, 780)
COLOURS = 128  # enough for text on plain ground, and a third of the bytes
THEMES = ("light", "dark")
ANSWER = "Who won the chess open of Puerto Alaveda?"
SEVERAL = "How many people had to be evacuated?"
UNSTATED = "How many jobs is Morvath Chemie cutting at its plant in Unterau?"
ARABIC = "كم ناموسية ستشتري وزارة الصحة؟"


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--folder", type=Path, default=ROOT / "docs/screenshots", help="Where the pictures go.")
def take_screenshots(folder: Path) -> None:
    """Take the pictures of docs/screenshots anew: the samples, Debian's Chromium, a page of another origin.

    Example: python -m evaluation.take_screenshots
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with chromium() as browser, newspaper() as paper, _service(paper.origin) as service:
            warm_suggestions(service, paper.origin, "en", "ar")
            for theme in THEMES:
                _take(browser, paper, service, theme, folder)
    except (IndexingError, ServiceError) as error:
        sys.exit(f"screenshots: {error}")


@contextmanager
def _service(origin: str) -> Iterator[str]:
    """The service over the samples alone, asked by pages of `origin` and its own."""
    with tempfile.TemporaryDirectory(prefix="citewell-screenshots-") as work:
        port = free_port()
        more = {
            "CITEWELL_API_KEYS": KEY,
            "CITEWELL_ALLOWED_ORIGINS": f"{origin},http://127.0.0.1:{port}",
            "CITEWELL_WIDGET_RATE": "1000/minute",
        }
        with service_child(load_settings(), Path(work) / "archive", Path(work), more, port) as child:
            _add_samples(child.address)
            yield child.address


def _add_samples(address: str) -> None:
    rows = [json.loads(line) for path in sample_files() for line in path.read_text("utf-8").splitlines()]
    lines = b"".join(json.dumps(row | {"tags": []}).encode() + b"\n" for row in rows)
    headers = {"Content-Type": "application/x-ndjson", "Authorization": f"Bearer {KEY}"}
    reply = httpx.post(f"{address}/v1/articles", content=lines, headers=headers, timeout=300, trust_env=False)
    reply.raise_for_status()


def _take(browser: Browser, paper: Newspaper, service: str, theme: str, folder: Path) -> None:
    def save(page: Page, name: str) -> None:
        _save(page, folder / f"{name}-{theme}.png")

    with _opened(browser, theme, DESK) as page:
        chat = _chat(page, paper, service)
        expect(chat.part("suggestion").first).to_be_visible(timeout=120_000)
        save(page, "start")
        turn = chat.ask(ANSWER)
        save(page, "answer")
        link = chat.part("open-article", chat.open_card(turn)).first.evaluate("node => node.href")
        chat.clear()
        turn = chat.ask(SEVERAL)
        if (
            turn.get_attribute("data-state") == "answered"
        ):  # the calibration decides how unsure an answer may be
            for number in range(len(chat.part("mark", turn).all())):
                chat.open_card(turn, number)
            turn.evaluate("node => node.scrollIntoView({block: 'start'})")
            save(page, "sources-that-differ")
        else:
            click.echo(f"no picture of sources that differ: {SEVERAL!r} is not answered")
        chat.clear()
        chat.ask(UNSTATED).evaluate("node => node.scrollIntoView({block: 'start'})")
        save(page, "refusal")
        page.goto(link)
        expect(page.locator("mark#quote")).to_be_visible()
        save(page, "article")
        page.goto(f"{service}/")
        chat = Chat(page)
        expect(chat.part("suggestion").first).to_be_visible(timeout=120_000)
        save(page, "chat-page-start")
        chat.ask(ANSWER)
        save(page, "chat-page")
    with _opened(browser, theme, PHONE) as page:
        chat = _chat(page, paper, service)
        chat.ask(ANSWER)
        save(page, "phone-answer")
        page.goto(link)
        save(page, "phone-article")
        page.goto(f"{service}/")
        Chat(page).ask(ANSWER)
        save(page, "phone-chat-page")
    with _opened(browser, theme, DESK, "ar") as page:
        chat = _chat(page, paper, service, "ar")
        turn = chat.ask(ARABIC)
        chat.open_card(turn)
        save(page, "arabic")


@contextmanager
def _opened(browser: Browser, theme: str, size: tuple[int, int], locale: str = "en-GB") -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
        locale=locale,
        is_mobile=size == PHONE,
    )
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


def _chat(page: Page, paper: Newspaper, service: str, language: str = "en") -> Chat:
    html = front_page(script_tag(service), language)
    page.goto(paper.publish("story", html, strict_policy(service)))
    chat = Chat(page)
    chat.open()
    return chat


def _save(page: Page, path: Path) -> None:
    """A picture with few colours: small, and the same to the eye."""
    page.wait_for_timeout(150)  # the caret and the scrollbar settle
    picture = Image.open(BytesIO(page.screenshot(caret="hide")))
    few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    click.echo(f"{path}  {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    take_screenshots()
