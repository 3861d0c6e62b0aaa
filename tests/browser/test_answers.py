"""A reader asks on a newspaper's page: the answer streams in, its quotes lead to their places in the articles."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from evaluation.widget_driver import Chat, text_of
from tests.browser.conftest import OpenChat, Site
from tests.browser.difficult_articles import ARABIC, ASKED, CHINESE, COST, EMOJI, HOSTILE, MAYOR
from tests.browser.fault_proxy import Faults

ISHKASHIM = "How many soldiers entered via Ishkashim?"
UNSTATED = "How many jobs is Morvath Chemie cutting at its plant in Unterau?"
IN_VIEW = """node => { const box = node.getBoundingClientRect();
  return box.top < innerHeight && box.bottom > 0 && box.width > 0; }"""


def highlighted(context: BrowserContext, address: str) -> str:
    """Open an article's page in a tab of its own; the marked text, once it is seen to be in view."""
    tab = context.new_page()
    reply = tab.goto(address)
    assert reply is not None and reply.status == 200, f"{address}: {reply and reply.text()[:300]}"
    mark = tab.locator("mark#quote")
    expect(mark).to_be_attached()
    assert mark.evaluate(IN_VIEW), "the quote is not scrolled to"
    found = text_of(mark)
    tab.close()
    return found


def test_answer_streams_in_with_its_quote(open_chat: OpenChat) -> None:
    chat = open_chat()
    turn = chat.ask(ISHKASHIM)
    assert turn.get_attribute("data-state") == "answered"
    expect(chat.part("question", turn)).to_have_text(ISHKASHIM)
    expect(chat.part("short", turn)).to_contain_text("102")
    answer = chat.heard("answer")[-1]
    card = chat.open_card(turn)
    citation = answer["citations"][0]
    assert text_of(chat.part("quote", card).first) == citation["quote"]
    assert text_of(chat.part("answer-in-quote", card).first) == answer["short_answer"]
    expect(card).to_contain_text(citation["article"]["title"])
    expect(card).to_contain_text(citation["article"]["source"])
    assert chat.part("quote", card).first.get_attribute("lang") == "fr"
    assert not chat.heard("csp")
    assert not chat.heard("error")


def test_what_is_happening_is_told_while_the_answer_is_made(open_chat: OpenChat, faults: Faults) -> None:
    faults.hold_before = "reading"
    chat = open_chat(endpoint=faults.address)
    turn = chat.send(ISHKASHIM)
    expect(chat.part("status", turn).or_(chat.part("status")).first).to_contain_text(
        re.compile(r"Searching 3\d articles")
    )
    faults.go.set()
    assert chat.ended(turn) == "answered"


def test_open_in_article_lands_on_the_quote(open_chat: OpenChat, context: BrowserContext) -> None:
    chat = open_chat()
    turn = chat.ask(MAYOR)
    citations = chat.heard("answer")[-1]["citations"]
    assert len(citations) > 1
    for number, citation in enumerate(citations):
        link = chat.part("open-article", chat.open_card(turn, number)).first
        assert highlighted(context, link.evaluate("node => node.href")) == citation["quote"]


@pytest.mark.parametrize("name", ["hostile", "emoji", "arabic", "chinese"])
def test_difficult_article_is_quoted_letter_by_letter(
    name: str, open_chat: OpenChat, context: BrowserContext, page: Page
) -> None:
    article = {"hostile": HOSTILE, "emoji": EMOJI, "arabic": ARABIC, "chinese": CHINESE}[name]
    question, wanted = ASKED[name]
    chat = open_chat(lang=article["language"])
    turn = chat.ask(question)
    answer = chat.heard("answer")[-1]
    citation = next(one for one in answer["citations"] if one["article"]["id"] == article["id"])
    assert wanted in citation["quote"]
    assert article["text"][citation["start"] : citation["end"]] == citation["quote"]
    card = chat.open_card(turn, answer["citations"].index(citation))
    assert text_of(chat.part("quote", card).first) == citation["quote"]
    expect(card).to_contain_text(" ".join(article["title"].split()))
    link = chat.part("open-article", card).first.evaluate("node => node.href")
    assert highlighted(context, link) == citation["quote"]
    for tab in context.pages:
        assert tab.evaluate("window.owned") is None
    inside = "node => [...node.shadowRoot.querySelectorAll('script, img, iframe, [onerror], [style]')].length"
    assert chat.element.evaluate(inside) == 0
    assert all(
        address.startswith(("http://", "https://"))
        for address in chat.element.locator("a").evaluate_all("all => all.map(node => node.href)")
    )


def test_original_carries_a_text_fragment(open_chat: OpenChat) -> None:
    chat = open_chat()
    card = chat.open_card(chat.ask(ASKED["emoji"][0]))
    href = chat.part("original", card).first.evaluate("node => node.href")
    assert href.startswith("https://pellmoor.example/kites?day=1&place=")
    assert "#:~:text=" in href
    assert chat.part("original", card).first.get_attribute("rel")


def test_links_to_articles_carry_all_citations_of_the_answer(open_chat: OpenChat) -> None:
    chat = open_chat()
    turn = chat.ask(MAYOR)
    citations = chat.heard("answer")[-1]["citations"]
    href = chat.part("open-article", chat.open_card(turn)).first.evaluate("node => node.href")
    parts = urlsplit(href)
    assert parts.fragment == "quote"
    assert parse_qs(parts.query)["cited"] == [one["link"] for one in citations]


def test_follow_up_is_understood_from_the_history(open_chat: OpenChat, page: Page) -> None:
    chat = open_chat()
    chat.ask(ISHKASHIM)
    with page.expect_request("**/v1/answers") as asked:
        turn = chat.send("And via Khorog?")
    body = asked.value.post_data_json
    assert [one["role"] for one in body["history"]] == ["user", "assistant"]
    assert body["history"][0]["content"] == ISHKASHIM
    assert "102" in body["history"][1]["content"]
    assert chat.ended(turn) == "answered"
    answer = chat.heard("answer")[-1]
    assert "312" in answer["short_answer"]
    assert answer["standalone_question"] != answer["question"]
    expect(turn).to_contain_text(answer["standalone_question"])


def test_history_outlives_a_reload_and_is_cleared_by_the_reader(open_chat: OpenChat, page: Page) -> None:
    chat = open_chat()
    chat.ask(ISHKASHIM)
    page.reload()
    chat = Chat(page)
    chat.open()
    expect(chat.turns).to_have_count(1)
    expect(chat.part("question", chat.turn)).to_have_text(ISHKASHIM)
    assert text_of(chat.part("quote", chat.open_card(chat.turn)).first)
    chat.part("clear").click()
    expect(chat.turns).to_have_count(0)
    page.reload()
    chat.open()
    expect(chat.turns).to_have_count(0)
    assert page.evaluate("Object.values(sessionStorage).join('').includes('Ishkashim')") is False


def test_refusal_says_why_and_shows_what_came_nearest(open_chat: OpenChat) -> None:
    chat = open_chat()
    turn = chat.ask(UNSTATED)
    answer = chat.heard("answer")[-1]
    assert not answer["answered"], answer["answer"]
    assert turn.get_attribute("data-state") == "refused"
    expect(chat.part("refusal", turn)).to_contain_text(answer["answer"])
    expect(chat.part("refusal", turn)).to_contain_text("2025")  # what the archive covers
    nearest = chat.part("nearest", turn)
    expect(nearest).to_be_visible()
    quotes = [text_of(one) for one in chat.part("quote", nearest).all()]
    assert quotes == [one["quote"] for one in answer["refusal"]["nearest"]][: len(quotes)]
    assert quotes
    assert chat.ask(ISHKASHIM).get_attribute("data-state") == "answered"


def test_sources_that_say_something_else_are_shown_as_such(open_chat: OpenChat) -> None:
    chat = open_chat()
    turn = chat.ask(COST)
    citations = chat.heard("answer")[-1]["citations"]
    stances = [one["stance"] for one in citations]
    assert "differs" in stances, "the papers disagree about the bridge"
    for number, stance in enumerate(stances):
        card = chat.open_card(turn, number)
        expect(card.get_by_text("Says something else")).to_have_count(1 if stance == "differs" else 0)


def test_suggested_question_is_asked_when_it_is_pressed(open_chat: OpenChat) -> None:
    chat = open_chat()
    expect(chat.part("suggestion").first).to_be_visible(timeout=60_000)
    question = (chat.part("suggestion").first.text_content() or "").strip()
    chat.part("suggestion").first.click()
    expect(chat.turns).to_have_count(1)
    assert chat.ended(chat.turn) == "answered"
    expect(chat.part("question", chat.turn)).to_have_text(question)


def test_copy_takes_answer_and_sources(open_chat: OpenChat, context: BrowserContext, page: Page) -> None:
    chat = open_chat()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    turn = chat.ask(ISHKASHIM)
    chat.part("copy", turn).click()
    citation = chat.heard("answer")[-1]["citations"][0]
    expect(turn).to_contain_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "102" in copied
    assert citation["quote"] in copied
    assert citation["article"]["title"] in copied
    assert citation["article"]["url"] in copied


@pytest.mark.parametrize("rating", ["up", "down"])
def test_feedback_reaches_the_archive(rating: str, open_chat: OpenChat, site: Site) -> None:
    chat = open_chat()
    turn = chat.ask(ISHKASHIM)
    chat.part(rating, turn).click()
    comment = f"Said with a {rating} 👍🏽 and <b>"
    chat.part("comment", turn).fill(comment)
    with chat.page.expect_response("**/v1/feedback") as reply:
        chat.part("send-comment", turn).click()
    assert reply.value.status == 204
    answer = chat.heard("answer")[-1]
    assert chat.heard("feedback", 2)[-1]["rating"] == rating
    mine = [
        one
        for one in site.client.get("/v1/feedback", params={"limit": 50}).json()["feedback"]
        if one["answer_id"] == answer["id"]
    ]
    assert len(mine) == 1, "the rating alone and with its comment are one"
    assert mine[0]["rating"] == rating
    assert mine[0]["comment"] == comment
    assert mine[0]["question"] == ISHKASHIM
    assert [one["start"] for one in mine[0]["citations"]] == [one["start"] for one in answer["citations"]]


def test_rating_that_is_changed_at_once_is_kept_as_it_is_shown(open_chat: OpenChat, site: Site) -> None:
    chat = open_chat()
    turn = chat.ask(ISHKASHIM)
    slow: list[Route] = []
    chat.page.route("**/v1/feedback", lambda route: route.continue_() if slow else slow.append(route))
    chat.part("up", turn).click()
    while not slow:
        chat.page.wait_for_timeout(20)
    chat.part("down", turn).click()
    expect(chat.part("down", turn)).to_have_attribute("aria-pressed", "true")
    slow[0].continue_()
    chat.heard("feedback", 2)
    answer = chat.heard("answer")[-1]
    feedback = site.client.get("/v1/feedback", params={"limit": 50}).json()["feedback"]
    assert [one["rating"] for one in feedback if one["answer_id"] == answer["id"]] == ["down"]


def test_script_of_the_page_may_ask_and_clear(open_chat: OpenChat, page: Page) -> None:
    chat = open_chat()
    chat.element.evaluate("(node, question) => { node.ask(question); }", ISHKASHIM)
    expect(chat.turns).to_have_count(1)
    assert chat.ended(chat.turn) == "answered"
    chat.element.evaluate("node => { node.clear(); }")
    expect(chat.turns).to_have_count(0)
