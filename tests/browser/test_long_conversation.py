"""Fifty turns: the page stays usable, and no more than forty turns are sent."""

from playwright.sync_api import Page, Request, expect

from evaluation.widget_driver import Chat
from tests.browser.conftest import OpenChat

QUESTIONS = (
    "How many visitors did the Pellmoor kite festival draw?",
    "Who was the winner?",
    "How long was the kite of Oluwaseun Adeyemi?",
)
ONE_ARTICLE = '{"article_id": ["emoji"]}'  # little to read, so that fifty answers take seconds
TURNS = 50


def test_fifty_turns(open_chat: OpenChat, page: Page) -> None:
    chat = open_chat(filters=ONE_ARTICLE)
    sent: list[int] = []

    def note(request: Request) -> None:
        if request.url.endswith("/v1/answers") and request.method == "POST":
            sent.append(len(request.post_data_json["history"]))

    page.on("request", note)
    for number in range(TURNS):
        turn = chat.send(QUESTIONS[number % len(QUESTIONS)])
        assert chat.ended(turn) in ("answered", "refused")
    assert len(sent) == TURNS
    assert max(sent) == 40 and sent[-1] == 40 and sent[:3] == [0, 2, 4]
    expect(chat.turns).to_have_count(TURNS)
    assert len(page.evaluate("Object.values(sessionStorage).join('')")) < 4_000_000
    last = chat.turn.bounding_box()
    log = chat.part("log").bounding_box()
    assert last and log and last["y"] < log["y"] + log["height"], "the newest turn is out of sight"
    page.reload()
    chat = Chat(page)
    chat.open()
    expect(chat.turns).to_have_count(TURNS)
    assert chat.ask(QUESTIONS[0]).get_attribute("data-state") in ("answered", "refused")
