"""Nothing in; Debian's Chromium, driven by Playwright, out."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from evaluation.errors import EvaluationError

CHROMIUM = Path("/usr/bin/chromium")
# The sandbox needs rights that root in a container lacks; only our own pages on loopback are opened.
ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage", "--font-render-hinting=none")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser, closed in the end; raises EvaluationError where there is none."""
    if not CHROMIUM.exists():
        raise EvaluationError(f"{CHROMIUM} is not there; install it: apt-get install chromium (make system)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()
