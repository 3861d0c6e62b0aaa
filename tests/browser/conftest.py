"""What the browser tests share: Chromium, the real service in a thread, a newspaper of another origin, faults."""

import asyncio
import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect

from evaluation.chromium import CHROMIUM, chromium
from evaluation.newspaper import Newspaper, front_page, newspaper, script_tag, strict_policy
from evaluation.warm_suggestions import warm_suggestions
from evaluation.widget_driver import HEAR, Chat
from indexing.archive.encoder import Encoder
from indexing.archive.open_archive import manifest_for, open_archive
from service.answering.confidence import Confidence
from service.answering.pipeline import Answering
from service.answering.reader import Reader
from service.app import create_app, server_options
from service.faces.rate_limits import RateLimit
from service.settings import Settings
from tests.browser.difficult_articles import DIFFICULT
from tests.browser.fault_proxy import Faults, fault_proxy

HERE = Path(__file__).parent
SAMPLES = HERE.parent.parent / "samples"
KEY = "browser-tests-key"
OFTEN = "100000/minute"
THRESHOLD = (
    0.2  # between what the articles state and what they do not, whatever the calibration of the day is
)
START_S = 120
EXPECT_MS = 20_000  # Playwright's own five seconds are short where others use the processor, too

OpenChat = Callable[..., Chat]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder need Chromium; only on a build machine is it an error that it is not there."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for all; closed before other tests run, since Playwright keeps an event loop of its own."""
    if not CHROMIUM.exists():
        reason = f"{CHROMIUM} is not there; install it: apt-get install chromium (make system)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    expect.set_options(timeout=EXPECT_MS)
    with chromium() as browser:
        yield browser


@dataclass(frozen=True)
class Site:
    """The running service, with a key, and a client that has it."""

    address: str
    client: httpx.Client


@pytest.fixture(scope="package")
def paper(browser: Browser) -> Iterator[Newspaper]:
    """The newspaper, whose pages carry the widget."""
    with newspaper() as paper:
        yield paper


@pytest.fixture(scope="package")
def site(
    tmp_path_factory: pytest.TempPathFactory,
    paper: Newspaper,
    encoder: Encoder,
    reader: Reader,
    confidence: Confidence,
) -> Iterator[Site]:
    """The real service over the samples and the difficult articles; it allows the newspaper."""
    folder = tmp_path_factory.mktemp("browser")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        settings = Settings(
            archive=folder / "archive",
            api_keys=KEY,
            allowed_origins=f"{paper.origin},{address}",
            widget_rate=OFTEN,
        )
        with (
            _served(settings, listening, encoder, reader, confidence),
            httpx.Client(
                base_url=address, timeout=120, trust_env=False, headers={"Authorization": f"Bearer {KEY}"}
            ) as client,
        ):
            reply = client.post(
                "/v1/articles", content=_articles(), headers={"Content-Type": "application/x-ndjson"}
            )
            assert reply.is_success and '"failed"' not in reply.text, reply.text
            warm_suggestions(address, paper.origin, "en", "ar")
            yield Site(address, client)


def _articles() -> bytes:
    """The samples, without the mark that has the first other article remove them, and the difficult ones."""
    rows: list[dict[str, Any]] = [
        json.loads(line)
        for path in sorted(SAMPLES.glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    for row in rows:
        row["tags"] = [tag for tag in row["tags"] if tag != "sample"]
    return b"".join(json.dumps(row).encode() + b"\n" for row in (*rows, *DIFFICULT))


@contextmanager
def _served(
    settings: Settings, listening: socket.socket, encoder: Encoder, reader: Reader, confidence: Confidence
) -> Iterator[None]:
    """The application in a thread of its own, with the encoder and the reader that this process has open."""
    started = Event()
    failed: list[BaseException] = []
    servers: list[uvicorn.Server] = []

    async def serve() -> None:
        async with AsyncExitStack() as stack:
            archive = await open_archive(settings.archive, manifest_for(encoder, encoder.terms))
            stack.push_async_callback(archive.close)
            answering = Answering(archive, encoder, reader, confidence, settings.queue, THRESHOLD)
            app = create_app(settings, archive, encoder, answering)
            # Every test is a new visitor from the same address.
            app.state.services = replace(app.state.services, token_rate=RateLimit(OFTEN))
            server = uvicorn.Server(uvicorn.Config(app, **server_options(settings)))
            servers.append(server)
            started.set()
            await server.serve(sockets=[listening])

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            failed.append(error)
            started.set()

    thread = Thread(target=run)
    thread.start()
    try:
        assert started.wait(START_S)
        if failed:
            raise failed[0]
        yield
    finally:
        for server in servers:
            server.should_exit = True
        thread.join(START_S)
    if failed:
        raise failed[0]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile for one test, at the width of a desk."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="en-GB", reduced_motion="reduce"
    )
    context.set_default_timeout(EXPECT_MS)
    context.add_init_script(HEAR)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab."""
    return context.new_page()


@pytest.fixture
def open_chat(page: Page, paper: Newspaper, site: Site) -> OpenChat:
    """Open a page of the newspaper, strict policy and all, and the panel on it.

    `open_chat(endpoint=..., language="ar", theme="dark")`: script attributes; `lang` is the page's language.
    """

    def open_it(lang: str = "en", endpoint: str | None = None, **data: str) -> Chat:
        if endpoint:
            data["endpoint"] = endpoint
        policy = strict_policy(site.address, *([endpoint] if endpoint else []))
        page.goto(paper.publish("story", front_page(script_tag(site.address, **data), lang), policy))
        chat = Chat(page)
        chat.open()
        return chat

    return open_it


@pytest.fixture
def faults(site: Site) -> Iterator[Faults]:
    """A way to the service that breaks when told to."""
    with fault_proxy(site.address) as faults:
        yield faults
