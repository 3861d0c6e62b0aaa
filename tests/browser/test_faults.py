"""What goes wrong between reader and service: one plain sentence, and the reader can go on."""

import json
from datetime import UTC, datetime

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from evaluation.newspaper import Newspaper, front_page, newspaper, script_tag, strict_policy
from evaluation.widget_driver import Chat, text_of
from tests.browser.conftest import OpenChat, Site
from tests.browser.difficult_articles import ASKED, REMOVED
from tests.browser.fault_proxy import Faults

QUESTION = "How many soldiers entered via Ishkashim?"
MACHINE_WORDS = (
    "undefined",
    "NaN",
    "[object",
    "TypeError",
    "SyntaxError",
    "JSON.parse",
    "Unexpected token",
    "<html",
)


def said(chat: Chat) -> str:
    """What the reader is told of an error, once it is seen to be for people."""
    places = chat.part("error").or_(chat.part("offline")).filter(visible=True)
    expect(places.first).to_be_visible()
    text = " ".join(places.first.inner_text().split())
    assert len(text) > 10
    assert not [word for word in MACHINE_WORDS if word in text], text
    return text


def goes_on(chat: Chat) -> None:
    """The same reader asks again and is answered."""
    chat.part("retry").last.click()
    expect(chat.turns.filter(has_text=QUESTION).last).to_have_attribute(
        "data-state", "answered", timeout=60_000
    )


@pytest.mark.parametrize(
    ("status", "kind", "body", "headers", "word"),
    [
        (200, "text/html", "<html><body>Welcome to our wifi</body></html>", {}, ""),
        (502, "text/html", "<html><h1>Bad gateway</h1></html>", {}, ""),
        (200, "application/json", '{"half": ', {}, ""),
        (
            500,
            "application/problem+json",
            '{"title": "x", "status": 500, "detail": "Something broke."}',
            {},
            "",
        ),
        (
            401,
            "application/problem+json",
            '{"title": "x", "status": 401, "detail": "A key is needed."}',
            {},
            "",
        ),
        (
            429,
            "application/problem+json",
            '{"title": "x", "status": 429, "detail": "Too many."}',
            {"Retry-After": "37"},
            "37",
        ),
        (
            503,
            "application/problem+json",
            '{"title": "x", "status": 503, "detail": "Busy."}',
            {"Retry-After": "5"},
            "",
        ),
        (200, "text/event-stream", "event: done\ndata: {}\n\n", {}, ""),
        (200, "text/event-stream", "event: answer\ndata: nonsense\n\nevent: done\ndata: {}\n\n", {}, ""),
        (200, "text/event-stream", "event: answer\ndata: null\n\nevent: done\ndata: {}\n\n", {}, ""),
        (
            200,
            "text/event-stream",
            'event: answer\ndata: {"answered": true}\n\nevent: done\ndata: {}\n\n',
            {},
            None,
        ),
    ],
)
def test_reply_that_is_no_answer_is_told_in_a_sentence(
    status: int,
    kind: str,
    body: str,
    headers: dict[str, str],
    word: str | None,
    open_chat: OpenChat,
    page: Page,
    paper: Newspaper,
) -> None:
    chat = open_chat()
    errors: list[object] = []
    page.on("pageerror", lambda error: errors.append(error))
    cors = {"Access-Control-Allow-Origin": paper.origin, "Access-Control-Expose-Headers": "Retry-After"}

    def fail(route: Route) -> None:
        if route.request.method == "OPTIONS":
            route.continue_()
        else:
            route.fulfill(status=status, content_type=kind, body=body, headers=cors | headers)

    page.route("**/v1/answers", fail)
    page.clock.set_fixed_time(datetime.now(UTC))  # else the seconds have gone on when they are read
    turn = chat.send(QUESTION)
    state = chat.ended(turn)
    if word is not None:
        assert state == "failed"
        assert word in said(chat)
        assert chat.heard("error", 1)
    page.unroute("**/v1/answers")
    if word is not None:
        if headers:
            expect(chat.part("retry").last).to_be_visible()
        goes_on(chat) if not headers else chat.ask(QUESTION)
    assert chat.ask("How many flights did Halvgard Airport cancel?").get_attribute("data-state") == "answered"
    assert not errors


def test_unknown_keys_do_no_harm(open_chat: OpenChat, page: Page, site: Site, paper: Newspaper) -> None:
    chat = open_chat()
    answer = site.client.post("/v1/answers", json={"question": QUESTION}).json()
    answer |= {"future": {"deep": [1, 2]}, "mode": "telepathic"}
    answer["citations"][0] |= {"stance": "wonders", "novelty": True, "also_in": [{"strange": 1}]}
    answer["citations"][0]["article"] |= {"mood": "blue", "published": "someday", "language": "x-unknown"}
    answer["statements"][0]["weight"] = 3
    lines = "".join(
        f"event: {name}\ndata: {json.dumps(data)}\n\n"
        for name, data in (
            ("status", {"step": "pondering", "stars": 3}),
            ("weather", {"rain": True}),
            ("answer", answer),
            ("done", {"cost": 0}),
        )
    )
    headers = {"Access-Control-Allow-Origin": paper.origin}
    page.route(
        "**/v1/answers",
        lambda route: route.fulfill(body=lines, content_type="text/event-stream", headers=headers),
    )
    turn = chat.ask(QUESTION)
    assert turn.get_attribute("data-state") == "answered"
    expect(chat.part("short", turn)).to_contain_text("102")
    assert text_of(chat.part("quote", chat.open_card(turn)).first) == answer["citations"][0]["quote"]


def test_network_lost_in_mid_answer(open_chat: OpenChat, faults: Faults) -> None:
    faults.cut_before = "answer"
    chat = open_chat(endpoint=faults.address)
    turn = chat.send(QUESTION)
    assert chat.ended(turn) == "failed"
    said(chat)
    faults.cut_before = None
    goes_on(chat)


def test_reader_is_offline(open_chat: OpenChat, context: BrowserContext) -> None:
    chat = open_chat()
    context.set_offline(True)
    expect(chat.part("offline")).to_be_visible()
    turn = chat.send(QUESTION)
    assert chat.ended(turn) == "failed"
    said(chat)
    context.set_offline(False)
    expect(chat.part("offline")).to_be_hidden()
    goes_on(chat)


def test_slow_server_is_waited_for(open_chat: OpenChat, faults: Faults) -> None:
    faults.hold_before = "head"
    chat = open_chat(endpoint=faults.address)
    turn = chat.send(QUESTION)
    expect(turn).to_have_attribute("data-state", "asking")
    expect(chat.part("status").filter(visible=True).first).to_be_visible()
    expect(chat.part("stop").filter(visible=True).first).to_be_visible()
    faults.go.set()
    assert chat.ended(turn) == "answered"


@pytest.mark.parametrize("hold", ["head", "reading", "answer"])
def test_stop_ends_the_work(hold: str, open_chat: OpenChat, faults: Faults) -> None:
    faults.hold_before = hold
    chat = open_chat(endpoint=faults.address)
    turn = chat.send(QUESTION)
    assert faults.asked.wait(20)
    chat.part("stop").filter(visible=True).first.click()
    expect(turn).to_have_attribute("data-state", "stopped")
    assert faults.left.wait(20), "the request goes on after the stop"
    assert not chat.heard("error")
    faults.hold_before = None
    faults.go.set()
    assert chat.ask(QUESTION).get_attribute("data-state") == "answered"


def test_endpoint_that_is_not_there(page: Page, paper: Newspaper, site: Site) -> None:
    nowhere = "http://127.0.0.1:9"
    tag = script_tag(site.address, endpoint=nowhere)
    page.goto(paper.publish("nowhere", front_page(tag), strict_policy(site.address, nowhere)))
    chat = Chat(page)
    chat.open()
    assert chat.ended(chat.send(QUESTION)) == "failed"
    said(chat)
    expect(chat.input).to_be_enabled()


def test_policy_that_does_not_allow_the_service(page: Page, paper: Newspaper, site: Site) -> None:
    """The script came, since `script-src` has it; `connect-src` does not."""
    policy = strict_policy(site.address).replace(f"connect-src {site.address}", "connect-src 'none'")
    page.goto(paper.publish("no-connect", front_page(script_tag(site.address)), policy))
    chat = Chat(page)
    chat.open()
    assert chat.ended(chat.send(QUESTION)) == "failed"
    said(chat)
    assert any("connect-src" in one for one in chat.heard("csp", 1))  # told a moment after the request failed


def test_policy_that_blocks_the_script_leaves_the_page_alone(
    page: Page, paper: Newspaper, site: Site
) -> None:
    page.goto(paper.publish("blocked", front_page(script_tag(site.address)), strict_policy()))
    expect(page.locator("h1")).to_be_visible()
    assert page.locator("citewell-chat").count() == 0
    assert any("script-src" in one for one in Chat(page).heard("csp", 1))


def test_origin_that_is_not_allowed_is_told_so(page: Page, site: Site) -> None:
    with newspaper() as other:
        page.goto(other.publish("other", front_page(script_tag(site.address)), strict_policy(site.address)))
        chat = Chat(page)
        chat.open()
        assert chat.ended(chat.send(QUESTION)) == "failed"
        said(chat)
        page.close()


def test_token_that_expired_is_renewed_without_a_word(
    open_chat: OpenChat, page: Page, paper: Newspaper
) -> None:
    chat = open_chat()
    assert chat.ask(QUESTION).get_attribute("data-state") == "answered"
    refused: list[str] = []
    cors = {"Access-Control-Allow-Origin": paper.origin}

    def once(route: Route) -> None:
        if route.request.method == "POST" and not refused:
            refused.append(route.request.headers["authorization"])
            body = '{"title": "Unauthorized", "status": 401, "detail": "The token expired."}'
            route.fulfill(status=401, content_type="application/problem+json", body=body, headers=cors)
        else:
            route.continue_()

    page.route("**/v1/answers", once)
    with page.expect_request(lambda request: request.url.endswith("/v1/tokens")):
        turn = chat.send("How many flights did Halvgard Airport cancel?")
    assert chat.ended(turn) == "answered"
    assert len(refused) == 1 and refused[0].startswith("Bearer cw1.")


def test_article_that_was_removed_since(open_chat: OpenChat, context: BrowserContext, site: Site) -> None:
    chat = open_chat()
    turn = chat.ask(ASKED["removed"][0])
    link = chat.part("open-article", chat.open_card(turn)).first.evaluate("node => node.href")
    assert site.client.delete(f"/v1/articles/{REMOVED['id']}").status_code == 204
    tab = context.new_page()
    reply = tab.goto(link)
    assert reply is not None and reply.status == 404
    text = tab.locator("body").inner_text()
    assert "removed" in text.lower() or "no article" in text.lower() or "not found" in text.lower(), text
    assert not text.lstrip().startswith("{"), "the reader gets a page, not JSON"
    tab.close()
    chat.ask(QUESTION)
    assert chat.turn.get_attribute("data-state") == "answered"
