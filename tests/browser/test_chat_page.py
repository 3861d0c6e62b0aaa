"""The chat page and the article view, as the service itself serves them."""

from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from evaluation.widget_driver import Chat, text_of
from tests.browser.conftest import Site
from tests.browser.difficult_articles import MAYOR

QUESTION = "How many soldiers entered via Ishkashim?"


def test_chat_page_asks_with_the_same_element(page: Page, site: Site) -> None:
    errors: list[object] = []
    page.on("pageerror", lambda error: errors.append(error))
    page.goto(f"{site.address}/")
    chat = Chat(page)
    expect(chat.input).to_be_visible()
    expect(chat.part("launcher").filter(visible=True)).to_have_count(0)
    turn = chat.ask(QUESTION)
    assert turn.get_attribute("data-state") == "answered"
    answer = chat.heard("answer")[-1]
    assert text_of(chat.part("quote", chat.open_card(turn)).first) == answer["citations"][0]["quote"]
    expect(chat.part("passages").first).to_be_attached()
    expect(chat.part("passage")).to_have_count(len(answer["passages"]))
    assert not chat.heard("csp")
    assert not errors


def test_filters_narrow_what_is_searched(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/")
    chat = Chat(page)
    filters = chat.part("filters")
    expect(filters.locator("input").first).to_be_attached()  # before it no click tells what it does
    if not filters.locator("input").first.is_visible():
        filters.locator("summary, button").first.click()
    boxes = filters.locator("input[type=checkbox]")
    expect(boxes.first).to_be_visible()
    assert boxes.count() > 5, "languages and sources"
    expect(filters.locator("input[type=date]")).to_have_count(2)
    russian = filters.locator("label").filter(has_text="Russian").locator("input[type=checkbox]")
    russian.check()
    with page.expect_request("**/v1/answers") as asked:
        turn = chat.send(QUESTION)
    assert asked.value.post_data_json["filters"]["language"] == ["ru"]
    chat.ended(turn)
    answer = chat.heard("answer")[-1]
    found = {one["article"]["language"] for one in answer["citations"]}
    assert found <= {"ru"}


def test_next_and_previous_citation(page: Page, context: BrowserContext, site: Site) -> None:
    page.goto(f"{site.address}/")
    chat = Chat(page)
    turn = chat.ask(MAYOR)
    citations = chat.heard("answer")[-1]["citations"]
    assert len(citations) > 1, "two papers tell it"
    tab = context.new_page()
    tab.goto(chat.part("open-article", chat.open_card(turn)).first.evaluate("node => node.href"))
    for number, citation in enumerate(citations, start=1):
        expect(tab.locator("body")).to_contain_text(f"Quote {number} of {len(citations)}")
        assert text_of(tab.locator("mark#quote")) == citation["quote"]
        expect(tab.locator("body")).to_contain_text(citation["article"]["version"][:8])
        if number < len(citations):
            tab.locator("a[rel~=next]").first.click()
    tab.locator("a[rel~=prev]").first.click()
    expect(tab.locator("body")).to_contain_text(f"Quote {len(citations) - 1} of {len(citations)}")


@pytest.mark.parametrize(
    "path", ["javascript:alert(1)", "//evil.example/x", "https://evil.example/articles/x"]
)
def test_foreign_links_are_left_out_of_the_article_page(path: str, page: Page, site: Site) -> None:
    answer = site.client.post("/v1/answers", json={"question": QUESTION}).json()
    link = answer["citations"][0]["link"]
    page.goto(f"{site.address}{link}&cited={quote(path, safe='')}&cited={quote(link, safe='')}#quote")
    assert text_of(page.locator("mark#quote")) == answer["citations"][0]["quote"]
    hrefs = page.locator("a").evaluate_all("all => all.map(node => node.getAttribute('href'))")
    assert not [one for one in hrefs if one.startswith(("javascript:", "//", "https://evil"))]


def test_pages_work_without_script(browser: Browser, site: Site) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.address}/")
    expect(page.locator("h1").first).to_be_visible()
    answer = site.client.post("/v1/answers", json={"question": QUESTION}).json()
    page.goto(site.address + answer["citations"][0]["link"])
    expect(page.locator("mark#quote")).to_have_text(answer["citations"][0]["quote"])
    context.close()
