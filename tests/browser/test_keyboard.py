"""With the keyboard alone, and as a screen reader hears it."""

import re

from playwright.sync_api import Page, expect

from evaluation.newspaper import Newspaper, front_page, script_tag, strict_policy
from evaluation.widget_driver import Chat, text_of
from tests.browser.conftest import OpenChat, Site
from tests.browser.fault_proxy import Faults

QUESTION = "How many soldiers entered via Ishkashim?"
FOCUSED = """() => {
  let node = document.activeElement;
  while (node && node.shadowRoot && node.shadowRoot.activeElement) node = node.shadowRoot.activeElement;
  return node ? node.getAttribute("part") || node.tagName.toLowerCase() : "";
}"""


def tab_to(page: Page, part: str, back: bool = False, at_most: int = 60) -> None:
    """Press Tab until a part has the focus, which must be seen there."""
    for _ in range(at_most):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        if part in page.evaluate(FOCUSED).split():
            return
    raise AssertionError(f"{part} cannot be reached with the Tab key")


def test_everything_is_reached_by_keyboard(page: Page, paper: Newspaper, site: Site) -> None:
    page.goto(paper.publish("keys", front_page(script_tag(site.address)), strict_policy(site.address)))
    chat = Chat(page)
    expect(chat.part("launcher")).to_be_visible()
    tab_to(page, "launcher")
    page.keyboard.press("Enter")
    expect(chat.input).to_be_focused()
    page.keyboard.type("first line")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("second line")
    assert chat.input.input_value() == "first line\nsecond line"
    page.keyboard.press("Control+A")
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(chat.turns).to_have_count(1)
    assert chat.ended(chat.turn) == "answered"
    tab_to(page, "mark", back=True)
    mark = chat.part("mark", chat.turn).first
    before = mark.get_attribute("aria-expanded")
    page.keyboard.press("Enter")
    expect(mark).to_have_attribute("aria-expanded", "false" if before == "true" else "true")
    if before == "true":
        page.keyboard.press("Enter")
    expect(mark).to_have_attribute("aria-expanded", "true")
    tab_to(page, "open-article")
    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")
    assert text_of(opened.value.locator("mark#quote")) == chat.heard("answer")[-1]["citations"][0]["quote"]
    opened.value.close()
    tab_to(page, "up")
    page.keyboard.press("Space")
    expect(chat.part("up", chat.turn)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(chat.part("panel")).to_be_hidden()
    expect(chat.part("launcher")).to_be_focused()


def test_focus_is_seen(open_chat: OpenChat, page: Page) -> None:
    chat = open_chat()
    chat.ask(QUESTION)
    chat.part("close").focus()
    seen = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        part = page.evaluate(FOCUSED)
        if not part or part in ("body", "html"):
            break
        drawn = page.evaluate(
            """() => { let node = document.activeElement;
              while (node.shadowRoot && node.shadowRoot.activeElement) node = node.shadowRoot.activeElement;
              if (!node.hasAttribute("part")) return true;
              for (; node && node.nodeType === 1; node = node.parentElement) {
                const style = getComputedStyle(node);
                if (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) return true;
                if (style.boxShadow !== "none") return true;
              }
              return false; }"""
        )
        assert drawn, f"no one sees that {part} has the focus"
        seen.add(part)
    assert len(seen) > 3


def test_stop_by_keyboard(open_chat: OpenChat, faults: Faults, page: Page) -> None:
    faults.hold_before = "reading"
    chat = open_chat(endpoint=faults.address)
    chat.input.fill(QUESTION)
    page.keyboard.press("Enter")
    expect(chat.part("stop").filter(visible=True).first).to_be_visible()
    for _ in range(10):
        if "stop" in page.evaluate(FOCUSED).split():
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(chat.turn).to_have_attribute("data-state", "stopped")


def test_names_for_a_screen_reader(open_chat: OpenChat) -> None:
    chat = open_chat()
    log = chat.part("log")
    assert log.get_attribute("role") == "log"
    assert log.get_attribute("aria-live") in (None, "polite")  # `log` is polite by itself
    turn = chat.ask(QUESTION)
    for part in ("mark", "copy", "up", "down"):
        place = chat.part(part, turn).first
        name = (
            place.get_attribute("aria-label") or place.get_attribute("aria-labelledby") or place.inner_text()
        )
        assert name.strip(), f"{part} has no name"
        assert place.evaluate("node => node.localName") == "button"
    assert chat.part("mark", turn).first.get_attribute("aria-controls")
    expect(chat.page.get_by_role("textbox").last).to_have_accessible_name(re.compile(r"\S"))


def test_reduced_motion_moves_nothing(open_chat: OpenChat) -> None:
    """The tests ask for reduced motion; nothing may then run on its own."""
    chat = open_chat()
    chat.ask(QUESTION)
    running = "node => node.getAnimations({subtree: true}).filter(one => one.playState === 'running').length"
    assert chat.part("panel").evaluate(running) == 0
