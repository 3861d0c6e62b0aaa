"""The widget as a guest: on strict pages, twice on one, in the page's language, and never in its host's way."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from evaluation.newspaper import Newspaper, front_page, script_tag, strict_policy
from evaluation.widget_driver import Chat
from tests.browser.conftest import OpenChat, Site

QUESTION = "How many soldiers entered via Ishkashim?"
DEFINED = "customElements.whenDefined('citewell-chat').then(() => true)"
HEADINGS: dict[str, str] = {}


def test_nothing_is_asked_for_before_the_panel_opens(page: Page, paper: Newspaper, site: Site) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(
        paper.publish("quiet", front_page(script_tag(site.address)), strict_policy(site.address)),
        wait_until="networkidle",
    )
    expect(Chat(page).part("launcher")).to_be_visible()
    assert [one for one in asked if one.startswith(site.address)] == [f"{site.address}/widget.js"]
    assert not Chat(page).heard("csp")


def test_script_that_is_loaded_twice_does_nothing_the_second_time(
    page: Page, paper: Newspaper, site: Site
) -> None:
    errors: list[object] = []
    page.on("pageerror", lambda error: errors.append(error))
    tags = script_tag(site.address) + script_tag(site.address).replace("widget.js", "widget.js?again")
    page.goto(paper.publish("twice", front_page(tags), strict_policy(site.address)), wait_until="networkidle")
    assert page.locator("citewell-chat").count() == 1
    chat = Chat(page)
    chat.open()
    assert chat.ask(QUESTION).get_attribute("data-state") == "answered"
    assert not errors


def test_two_widgets_on_one_page_are_two_conversations(page: Page, paper: Newspaper, site: Site) -> None:
    both = "<citewell-chat heading='One'></citewell-chat><citewell-chat heading='Two'></citewell-chat>"
    page.goto(
        paper.publish("two", front_page(script_tag(site.address), body=both), strict_policy(site.address))
    )
    first, second = Chat(page, 0), Chat(page, 1)
    expect(page.locator("citewell-chat")).to_have_count(2)
    first.open()
    expect(first.part("heading").first).to_have_text("One")
    assert first.ask(QUESTION).get_attribute("data-state") == "answered"
    first.part("close").click()
    second.open()
    expect(second.part("heading").first).to_have_text("Two")
    expect(second.turns).to_have_count(0)
    second.ask("How many flights did Halvgard Airport cancel?")
    expect(second.turns).to_have_count(1)
    expect(first.turns).to_have_count(1)
    page.reload()
    second.open()
    expect(second.part("question")).to_have_text("How many flights did Halvgard Airport cancel?")


def test_element_placed_by_hand_takes_its_attributes(page: Page, paper: Newspaper, site: Site) -> None:
    placed = (
        "<citewell-chat open heading='Nachts gefragt' placeholder='Frag doch' language='de' theme='dark' "
        """filters='{"language": ["zh"]}'></citewell-chat>"""
    )
    page.goto(
        paper.publish(
            "by-hand", front_page(script_tag(site.address), body=placed), strict_policy(site.address)
        )
    )
    chat = Chat(page)
    expect(page.locator("citewell-chat")).to_have_count(1)
    expect(chat.input).to_be_visible()
    expect(chat.part("heading").first).to_have_text("Nachts gefragt")
    expect(chat.input).to_have_attribute("placeholder", "Frag doch")
    with page.expect_request("**/v1/answers") as asked:
        turn = chat.send("Wie viele Komponenten lieferte Yuanzhao für das Solarkraftwerk?")
    assert asked.value.post_data_json["filters"] == {"language": ["zh"]}
    chat.ended(turn)
    answer = chat.heard("answer")[-1]
    assert {one["article"]["language"] for one in answer["citations"]} <= {"zh"}


def test_data_attributes_become_those_of_the_element(open_chat: OpenChat) -> None:
    chat = open_chat(heading="Ask the Courier", placeholder="What would you like to know?")
    expect(chat.part("heading").first).to_have_text("Ask the Courier")
    expect(chat.input).to_have_attribute("placeholder", "What would you like to know?")


@pytest.mark.parametrize("language", ["en", "fr", "de", "es", "ru", "ar", "zh"])
def test_texts_are_in_the_language_of_the_page(language: str, open_chat: OpenChat) -> None:
    chat = open_chat(lang=language)
    name = chat.part("send").get_attribute("aria-label") or chat.part("send").inner_text()
    assert name.strip()
    HEADINGS[language] = chat.part("panel").inner_text().splitlines()[0] + name
    assert len(set(HEADINGS.values())) == len(HEADINGS), f"two languages with the same texts: {HEADINGS}"
    direction = chat.part("panel").evaluate("node => getComputedStyle(node).direction")
    assert direction == ("rtl" if language == "ar" else "ltr")


def test_unknown_language_falls_back_to_english(open_chat: OpenChat) -> None:
    english = open_chat().part("send")
    name = english.get_attribute("aria-label") or english.inner_text()
    other = open_chat(lang="fi").part("send")
    assert (other.get_attribute("aria-label") or other.inner_text()) == name


def test_right_to_left_page_quotes_left_to_right(open_chat: OpenChat) -> None:
    chat = open_chat(lang="ar")
    direction = "node => getComputedStyle(node).direction"
    assert chat.part("panel").evaluate(direction) == "rtl"
    turn = chat.ask(QUESTION)
    number = next(
        number
        for number, one in enumerate(chat.heard("answer")[-1]["citations"])
        if one["article"]["language"] not in ("ar",)
    )
    quote = chat.part("quote", chat.open_card(turn, number)).first
    assert quote.evaluate(direction) == "ltr"
    wide = "node => node.scrollWidth <= node.clientWidth + 1"
    assert chat.part("panel").evaluate(wide), "the panel scrolls sideways"


@pytest.mark.parametrize("width", [320, 390, 820, 1920])
def test_panel_fits_every_width(width: int, open_chat: OpenChat, page: Page) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    chat = open_chat()
    chat.open_card(chat.ask(QUESTION))
    box = chat.part("panel").bounding_box()
    assert box is not None
    assert box["x"] >= 0 and box["x"] + box["width"] <= width
    assert box["y"] >= 0 and box["y"] + box["height"] <= 740
    assert chat.part("panel").evaluate("node => node.scrollWidth <= node.clientWidth + 1")
    assert chat.part("log").evaluate("node => node.scrollWidth <= node.clientWidth + 1")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_styles_of_the_page_stay_outside(page: Page, paper: Newspaper, site: Site) -> None:
    rude = "* { color: red !important; display: none !important }"
    policy = strict_policy(site.address, styles="'unsafe-inline'")
    calm = front_page(script_tag(site.address, open=""))
    page.goto(paper.publish("calm", calm, policy))
    color = "node => getComputedStyle(node).color"
    expect(Chat(page).input).to_be_visible()
    before = Chat(page).input.evaluate(color)
    tag = script_tag(site.address, open="") + f"<style>p, button, textarea, div {{ {rude[4:-2]} }}</style>"
    page.goto(paper.publish("rude", front_page(tag), policy))
    expect(Chat(page).input).to_be_visible()
    assert Chat(page).input.evaluate(color) == before


def test_no_secret_is_in_the_script(site: Site, context: BrowserContext) -> None:
    reply = context.request.get(f"{site.address}/widget.js")
    assert reply.ok
    assert "browser-tests-key" not in reply.text()
    assert "cw1." not in reply.text() or "Bearer" in reply.text()
    assert reply.headers["content-type"] == "text/javascript; charset=utf-8"
