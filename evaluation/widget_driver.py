"""A browser page in; the chat widget on it, used as a reader uses it, out."""

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

ANSWER_MS = 60_000  # the service may be busy; nothing here is timed
LOOK_MS = 50
ENDED = ("answered", "refused", "failed", "stopped")
# Kept before any script of the page runs; what bubbles out of the element is heard at the window.
HEAR = """
window.heard = { answer: [], error: [], feedback: [], csp: [] };
for (const name of ["answer", "error", "feedback"])
  addEventListener(`citewell-${name}`, (event) => window.heard[name].push(event.detail));
addEventListener("securitypolicyviolation", (event) => window.heard.csp.push(
  `${event.effectiveDirective} ${event.blockedURI}`));
"""


class Chat:
    """One `<citewell-chat>` of a page; its insides are found by their `part`, through the open shadow root."""

    def __init__(self, page: Page, number: int = 0) -> None:
        """`number` counts the elements of the page."""
        self.page = page
        self.element = page.locator("citewell-chat").nth(number)

    def part(self, name: str, within: Locator | None = None) -> Locator:
        """All places with this part, in the element or in one of its turns or cards."""
        return (within or self.element).locator(f'[part~="{name}"]')

    @property
    def turns(self) -> Locator:
        """Every question with what came of it."""
        return self.part("turn")

    @property
    def turn(self) -> Locator:
        """The last one."""
        return self.turns.last

    @property
    def input(self) -> Locator:
        """Where the question is written."""
        return self.part("input")

    def open(self) -> None:
        """Open the panel when it is closed."""
        if not self.part("panel").is_visible():
            self.part("launcher").click()
        expect(self.input).to_be_visible()

    def send(self, question: str) -> Locator:
        """Ask, and do not wait for what comes."""
        before = self.turns.count()
        self.input.fill(question)
        self.part("send").click()
        expect(self.turns).to_have_count(before + 1)
        return self.turns.nth(before)

    def ask(self, question: str) -> Locator:
        """Ask, and wait for the end; the turn."""
        turn = self.send(question)
        self.ended(turn)
        return turn

    def ended(self, turn: Locator) -> str:
        """Wait until a turn is over; how it ended."""
        expect(turn).not_to_have_attribute("data-state", "asking", timeout=ANSWER_MS)
        state = turn.get_attribute("data-state") or ""
        assert state in ENDED, f"a turn ended as {state!r}"
        return state

    def clear(self) -> None:
        """Begin a new conversation."""
        self.part("clear").click()
        expect(self.turns).to_have_count(0)

    def open_card(self, turn: Locator, number: int = 0) -> Locator:
        """Press the mark of a citation, counted from 0, unless its card is open; the card."""
        mark = self.part("mark", turn).filter(has_text=re.compile(rf"^\W*{number + 1}\W*$")).first
        if mark.get_attribute("aria-expanded") != "true":
            mark.click()
        expect(mark).to_have_attribute("aria-expanded", "true")
        card = self.element.locator(f"[id='{mark.get_attribute('aria-controls')}']")
        expect(card).to_be_visible()
        return card

    def heard(self, name: str, least: int = 0) -> list[Any]:
        """Details of all `citewell-NAME` events of the page (`csp`: what the policy blocked), once there are `least`.

        Not by `wait_for_function`, whose second look is an `eval`, which a strict policy forbids.
        """
        found: list[Any] = []
        for _ in range(ANSWER_MS // LOOK_MS):
            found = self.page.evaluate("name => window.heard[name]", name)
            if len(found) >= least:
                return found
            self.page.wait_for_timeout(LOOK_MS)
        raise AssertionError(f"the page told {name} {len(found)} times, not {least}")


def text_of(locator: Locator) -> str:
    """The text content, every space kept."""
    return locator.evaluate("node => node.textContent") or ""
