"""axe-core finds nothing, in every state, light and dark."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Browser, Page, expect

from evaluation.newspaper import Newspaper, front_page, script_tag, strict_policy
from evaluation.widget_driver import HEAR, Chat
from tests.browser.conftest import Site
from tests.browser.difficult_articles import COST
from tests.browser.fault_proxy import Faults

QUESTION = "How many soldiers entered via Ishkashim?"
UNSTATED = "How many jobs is Morvath Chemie cutting at its plant in Unterau?"
AXE = AXE_FILE_PATH.read_text(encoding="utf-8")
Check = Callable[[Page, str], None]


def check(page: Page, state: str) -> None:
    """Raise with what axe-core says of this state; DevTools brings it past the page's policy."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("axe.run({resultTypes: ['violations']})")
    told = [
        {
            "id": one["id"],
            "help": one["help"],
            "where": [(node["target"], node["failureSummary"]) for node in one["nodes"]],
        }
        for one in found["violations"]
    ]
    assert not told, f"{state}: " + json.dumps(told, ensure_ascii=False, indent=1)
    assert found["passes"], "axe-core looked at nothing"


@pytest.fixture(params=["light", "dark"])
def themed(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A tab of a reader who prefers light or dark."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, color_scheme=request.param, reduced_motion="reduce"
    )
    context.add_init_script(HEAR)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_widget(themed: Page, language: str, paper: Newspaper, site: Site) -> None:
    page = themed
    html = front_page(script_tag(site.address), language)
    page.goto(paper.publish("axe", html, strict_policy(site.address)))
    chat = Chat(page)
    expect(chat.part("launcher")).to_be_visible()
    check(page, "closed")
    chat.open()
    expect(chat.part("suggestion").first).to_be_visible(timeout=60_000)
    check(page, "open, suggestions")
    turn = chat.ask(QUESTION)
    chat.open_card(turn)
    check(page, "answered, a card open")
    chat.part("down", turn).click()
    expect(chat.part("comment", turn)).to_be_visible()
    check(page, "comment asked for")
    turn = chat.ask(COST)
    for number in range(len(chat.heard("answer")[-1]["citations"])):
        chat.open_card(turn, number)
    check(page, "several sources")
    chat.ask(UNSTATED)
    check(page, "refused")
    page.context.set_offline(True)
    expect(chat.part("offline")).to_be_visible()
    check(page, "offline")
    assert chat.ended(chat.send(QUESTION)) == "failed"
    check(page, "asked while offline")
    page.context.set_offline(False)
    page.route("**/v1/answers", lambda route: route.abort())
    chat.ask(QUESTION)
    expect(chat.part("retry").last).to_be_visible()
    check(page, "failed")


def test_widget_while_it_works(themed: Page, paper: Newspaper, site: Site, faults: Faults) -> None:
    page = themed
    faults.hold_before = "reading"
    html = front_page(script_tag(site.address, endpoint=faults.address))
    page.goto(paper.publish("axe-working", html, strict_policy(site.address, faults.address)))
    chat = Chat(page)
    chat.open()
    turn = chat.send(QUESTION)
    expect(chat.part("stop").filter(visible=True).first).to_be_visible()
    check(page, "asking")
    chat.part("stop").filter(visible=True).first.click()
    expect(turn).to_have_attribute("data-state", "stopped")
    check(page, "stopped")


def test_widget_on_a_phone(themed: Page, paper: Newspaper, site: Site) -> None:
    page = themed
    page.set_viewport_size({"width": 360, "height": 700})
    page.goto(paper.publish("axe-phone", front_page(script_tag(site.address)), strict_policy(site.address)))
    chat = Chat(page)
    chat.open()
    chat.open_card(chat.ask(QUESTION))
    check(page, "answered on a phone")


def test_chat_page_and_article(themed: Page, site: Site) -> None:
    page = themed
    page.goto(f"{site.address}/")
    chat = Chat(page)
    expect(chat.input).to_be_visible()
    expect(chat.part("suggestion").first).to_be_visible(timeout=60_000)
    check(page, "chat page")
    turn = chat.ask(COST)
    link = chat.part("open-article", chat.open_card(turn)).first.evaluate("node => node.href")
    check(page, "chat page, answered")
    chat.ask(UNSTATED)
    check(page, "chat page, refused")
    page.goto(link)
    expect(page.locator("mark#quote")).to_be_visible()
    check(page, "article")
    page.goto(f"{site.address}/articles/none-such")
    check(page, "no such article")
