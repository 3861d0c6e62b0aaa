"""The pages: the form and its answer, the article with the quote marked, what they must never do."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import lxml.html
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from indexing.archive.archive import SAMPLE_MARK, SAMPLE_TAG
from service.answering.answer import Answer, Citation, CitedArticle, ConsideredPassage, Refusal, Statement
from service.answering.question import Question
from service.errors import SettingsError
from service.faces.page_texts import preferred_languages
from service.faces.pages import load_suggestions
from service.faces.render import web_address

QUESTION = "How many soldiers entered via Ishkashim?"
BROWSER = {"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}
KEYS = {"api_keys": (SecretStr("first"), SecretStr("second"))}


def parsed(page: str) -> Any:
    return lxml.html.document_fromstring(
        page.encode("utf-8"), parser=lxml.html.HTMLParser(encoding="utf-8", huge_tree=True)
    )


async def get(client: httpx.AsyncClient, address: str, **options: Any) -> Any:
    reply = await client.get(address, headers=BROWSER, **options)
    assert reply.status_code == 200, reply.text
    return parsed(reply.text)


async def test_form_is_plain_html(filled: httpx.AsyncClient) -> None:
    page = await get(filled, "/")
    assert page.get("lang") == "en"
    [form] = page.xpath("//form")
    assert (form.get("method"), form.get("action")) == ("get", "/")
    [field] = form.xpath(".//input[@name='question']")
    assert page.xpath(f"//label[@for='{field.get('id')}']")
    assert page.xpath("//main//h1") and page.xpath("//header") and page.xpath("//footer")
    assert "Searches 2 articles" in page.text_content()
    assert page.xpath("//script/@src") == ["/widget.js"] and not page.xpath("string(//script)")
    assert not page.xpath("//*[@style] | //link[@rel='stylesheet'] | //iframe | //img")
    assert not [name for element in page.iter() for name in element.attrib if name.startswith("on")]


async def test_pages_forbid_scripts_frames_and_other_sites(filled: httpx.AsyncClient) -> None:
    for address in ("/", "/?question=x", "/articles/frontiere", "/articles/nope", "/docs"):
        headers = (await filled.get(address, headers=BROWSER)).headers
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["frame-ancestors"] == "'none'"
        assert policy["form-action"] == "'self'"
        assert policy["style-src"].startswith("'sha256-")
        if address == "/":
            assert (policy["script-src"], policy["connect-src"]) == ("'self'", "'self'")
        else:
            assert not {"script-src", "connect-src"} & set(policy)
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


async def test_question_is_answered_with_quote_and_links(filled: httpx.AsyncClient) -> None:
    page = await get(filled, "/", params={"question": f"  {QUESTION} "})
    assert page.xpath("//input[@name='question']/@value") == [QUESTION]
    short, sentence, sure = page.xpath("//section[contains(@class,'answer')]/p")
    assert "Ishkashim (102 personnes)" in sentence.text_content()
    answer = sentence.xpath("string(strong)")
    assert answer and short.text_content() == f"{answer}1"
    assert re.fullmatch(r"\s*Confidence \d{1,2} %\s*", sure.text_content())
    for told in (short, sentence):
        assert told.get("lang") == "fr" and told.get("dir") == "auto"
    [target] = short.xpath(".//a/@href")
    assert sentence.xpath(".//a/@href") == [target]
    card = page.get_element_by_id(target.removeprefix("#"))
    [quote] = card.xpath(".//blockquote")
    assert quote.get("lang") == "fr" and quote.get("dir") == "auto"
    assert "Ishkashim" in quote.xpath("string(mark)") and quote.xpath("string(mark/strong)") == answer
    words = card.text_content()
    assert "Courrier du Pamir" in words and "2021-07-05" in words and "sample" not in words
    [original] = [link for link in card.xpath(".//a") if link.text.startswith("Original")]
    assert original.get("href") == "https://pamir.example/2021/07/frontiere"
    assert original.get("rel") == "noopener noreferrer"
    [there] = [link.get("href") for link in card.xpath(".//a") if link.text.startswith("Open in article")]
    assert there.endswith("#quote")
    article = await get(filled, there)
    assert article.get_element_by_id("quote").text_content() == quote.xpath("string(mark)")
    assert "Searched 2 articles" in page.text_content()


@pytest.mark.parametrize("question", ["", "   "])
async def test_empty_question_shows_the_form(filled: httpx.AsyncClient, question: str) -> None:
    page = await get(filled, "/", params={"question": question})
    assert not page.xpath("//section[contains(@class,'answer')]")


async def test_too_long_a_question_is_told_kindly(filled: httpx.AsyncClient) -> None:
    reply = await filled.get("/", params={"question": "é" * 2001}, headers=BROWSER)
    page = parsed(reply.text)
    assert reply.status_code == 422
    assert "2,001 characters" in page.xpath("string(//*[@role='alert'])")
    assert page.xpath("//input[@name='question']/@value") == ["é" * 2001]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_question_from_another_site_waits_for_the_reader(filled: httpx.AsyncClient, site: str) -> None:
    headers = {**BROWSER, "Sec-Fetch-Site": site}
    page = parsed((await filled.get("/", params={"question": QUESTION}, headers=headers)).text)
    assert page.xpath("//input[@name='question']/@value") == [QUESTION]
    assert not page.xpath("//section[contains(@class,'answer')]")
    assert "Press Ask" in page.text_content()


async def test_form_is_off_with_keys_and_says_why(open_client: Callable[..., httpx.AsyncClient]) -> None:
    client = open_client(**KEYS)
    page = await get(client, "/", params={"question": QUESTION})
    assert not page.xpath("//form")
    assert "CITEWELL_API_KEYS" in page.text_content()
    assert "Ishkashim" not in page.xpath("string(//main)")


async def test_head_is_answered_too(filled: httpx.AsyncClient) -> None:
    for address in ("/", "/articles/frontiere"):
        assert (await filled.head(address)).status_code == 200


def cited(number: int, quote: str, **article: Any) -> Citation:
    fields = {"source": None, "url": None, "language": "en", "published": None, **article}
    return Citation(
        number, quote, 10, 10 + len(quote), "p", CitedArticle("id", "v", "<b>Title</b>", **fields)
    )


class Says:
    """An Answering that gives one prepared answer."""

    can_write = False

    def __init__(self, **fields: Any) -> None:
        self.answer = Answer("ans_1", QUESTION, QUESTION, "en", **fields)

    async def ask(self, question: Question, caller: str = "") -> Answer:
        return self.answer


async def test_disagreeing_articles_are_told_apart(open_client: Callable[..., httpx.AsyncClient]) -> None:
    first = replace(cited(1, "186 [7] came", source="Gazette"), answer_start=10, answer_end=13)
    other = cited(2, "184 played", source="Herald", published="2025-08-26T10:00:00Z", language="ru")
    other = replace(other, answer_start=10, answer_end=13, stance="differs")
    statements = (
        Statement("186 [7] came", (1,), 10, 22),
        Statement("There 184 played.", (2,), 4, 21),
    )
    wording = "186 (Gazette) [1]; 184 (Herald) [2][7]"
    client = open_client(
        Says(
            **{"answered": True, "answer": wording, "short_answer": "186", "confidence": 0.934},
            statements=statements,
            citations=(first, other),
        )
    )
    page = await get(client, "/", params={"question": QUESTION})
    short = page.xpath("//p[@class='short']")[0]
    assert short.text_content() == "186 (Gazette)1; 184 (Herald)2[7]"
    assert short.xpath(".//a/@href") == ["#source-1", "#source-2"]
    assert page.xpath("//p[@class='sentence']/strong/text()") == ["186", "184"]
    assert page.xpath("//blockquote/mark/strong/text()") == ["186", "184"]
    assert "Confidence 93 %" in page.text_content()
    [note] = page.xpath("//li//p[@class='note']")
    assert note.text_content() == "Says something else than the first source: Herald, 2025-08-26"
    assert note.xpath("ancestor::li/@id") == ["source-2"]


async def test_sentence_that_answers_by_itself_has_nothing_marked(
    open_client: Callable[..., httpx.AsyncClient],
) -> None:
    citation = replace(cited(1, "It was late."), answer_start=17, answer_end=21)
    statement = Statement("It was late.", (1,), 10, 22)
    client = open_client(
        Says(answered=True, answer="It was late. [1]", statements=(statement,), citations=(citation,))
    )
    page = await get(client, "/", params={"question": QUESTION})
    assert not page.xpath("//p[@class='short'] | //strong")
    assert page.xpath("string(//p[@class='statement'])") == "It was late.1"
    assert "Confidence" not in page.text_content()


async def test_everything_from_articles_is_escaped(open_client: Callable[..., httpx.AsyncClient]) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    citation = replace(
        cited(1, evil, source=evil, url="javascript:alert(1)", tags=("sample", evil)),
        also_in=({"id": "x", "title": evil, "source": None, "url": "data:text/html,x", "published": None},),
        newer_version="v2",
    )
    statement = Statement(evil, (1,), 10, 10 + len(evil))
    passage = ConsideredPassage("p", "id", 0, 99, "x" * 10 + evil + evil, 0.9)
    client = open_client(
        Says(answered=True, answer=evil, statements=(statement,), citations=(citation,), passages=(passage,))
    )
    page = await get(client, "/", params={"question": evil})
    assert not page.xpath("//script | //img | //b")
    assert not page.xpath("//a[starts-with(@href,'javascript:') or starts-with(@href,'data:')]")
    assert page.xpath("//h3")[0].text_content() == "1<b>Title</b>"
    assert page.xpath("string(//blockquote/mark)") == evil
    assert page.xpath("string(//blockquote)") == "x" * 10 + evil + evil
    assert "sample" in page.xpath("string(//p[@class='facts'])")
    assert "earlier version" in page.text_content()


async def test_refusal_shows_reason_and_nearest_passages(
    open_client: Callable[..., httpx.AsyncClient],
) -> None:
    refusal = Refusal(
        "not_stated",
        "لا شيء في الأرشيف",
        (replace(cited(1, "Nearest one."), answer_start=18, answer_end=21), cited(2, "Another.")),
    )
    client = open_client(Says(answered=False, answer="no", refusal=refusal))
    page = await get(client, "/", params={"question": QUESTION})
    assert "لا شيء في الأرشيف" in page.xpath("string(//section[contains(@class,'refused')])")
    assert [mark.text for mark in page.xpath("//ol//mark")] == ["Nearest one.", "Another."]
    assert not page.xpath("//strong"), "what does not answer is not marked as an answer"


async def test_suggestions_that_are_answered_appear_while_there_are_samples(
    filled: httpx.AsyncClient, open_client: Callable[..., httpx.AsyncClient], archive: Any
) -> None:
    assert not (await get(filled, "/")).xpath("//nav")
    client = open_client(Says(answered=True, answer="Yes."))
    sample = {"id": "sample-dam", "text": "A sample about a dam.", "tags": [SAMPLE_TAG], SAMPLE_MARK: True}
    assert (await client.post("/v1/articles", json=sample)).is_success
    try:
        assert not (await get(client, "/")).xpath("//nav"), "nothing is known of them yet"
        for language, first in (("fr-CA,fr;q=0.9", "fr"), ("xx, ru;q=0.5", "ru"), ("xx", "en"), ("", "en")):
            await client.post(
                "/v1/tokens", json={"language": first}, headers={"Origin": str(client.base_url)}
            )
            page = parsed((await client.get("/", headers={**BROWSER, "Accept-Language": language})).text)
            [suggestions] = page.xpath("//nav//ul")
            assert suggestions.get("lang") == first
            [question, *_] = load_suggestions()[first]
            link = suggestions.xpath(".//a")[0]
            assert link.text_content() == question
            assert parse_qs(urlsplit(link.get("href")).query) == {"question": [question]}
    finally:
        await client.delete("/v1/articles/sample-dam")


class WithoutStatus:
    """The archive, whose status (a walk through its folder) nobody may ask for."""

    def __init__(self, archive: Any) -> None:
        self.archive = archive

    def __getattr__(self, name: str) -> Any:
        assert name != "status"
        return getattr(self.archive, name)


async def test_form_counts_articles_without_the_whole_status(
    filled: httpx.AsyncClient, make_app: Callable[..., FastAPI], archive: Any
) -> None:
    app = make_app()
    app.state.services = replace(app.state.services, archive=WithoutStatus(archive))
    count = (await filled.get("/v1/status")).json()["articles"]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        reply = await client.get("/", headers=BROWSER)
    assert (reply.status_code, f"{count} articles" in reply.text) == (200, True)


def test_broken_suggestions_are_named(tmp_path: Path) -> None:
    (tmp_path / "en.toml").write_text("questions = [", "utf-8")
    with pytest.raises(SettingsError, match=r"en\.toml"):
        load_suggestions(tmp_path)


def test_preferred_languages_are_sorted_by_weight() -> None:
    assert preferred_languages("de;q=0.5, fr, *;q=0.1, en;q=0.8, es;q=0, x;q=y,") == ["fr", "en", "de"]
    assert preferred_languages("") == []


def test_only_web_addresses_become_links() -> None:
    for url in ("http://a.example/x", "HTTPS://a.example"):
        assert web_address(url) == url
    for other in (
        None,
        "",
        "javascript:alert(1)",
        " javascript:alert(1)",
        "data:x",
        "//a",
        "http:",
        "http://[",
        "/x",
    ):
        assert web_address(other) is None


async def test_article_page_marks_exactly_the_quote(
    filled: httpx.AsyncClient, french: dict[str, Any]
) -> None:
    text = french["text"]
    start = text.index("Ishkashim")
    page = await get(filled, f"/articles/frontiere?start={start}&end={start + 25}")
    [body] = page.xpath("//div[@class='text']")
    assert (body.get("lang"), body.get("dir")) == ("fr", "auto")
    assert body.text_content() == text
    assert page.get_element_by_id("quote").text_content() == "Ishkashim (102 personnes)"
    unmarked = await get(filled, "/articles/frontiere")
    assert unmarked.xpath("//div[@class='text']")[0].text_content() == text
    assert not unmarked.xpath("//mark")


@pytest.mark.parametrize(
    "query",
    [
        "start=1",
        "end=1",
        "start=2&end=1",
        "start=1&end=1",
        "start=0&end=100000",
        "start=-1&end=1",
        "start=a&end=b",
        "start=1.5&end=2",
        "start=١&end=٢",
        "start=0&end=" + "9" * 5000,
    ],
)
async def test_bad_offsets_are_told_clearly(filled: httpx.AsyncClient, query: str) -> None:
    reply = await filled.get(f"/articles/frontiere?{query}", headers=BROWSER)
    assert reply.status_code == 422
    assert "0 ≤ start &lt; end ≤" in reply.text
    assert "<mark" not in reply.text
    reply = await filled.get(f"/articles/frontiere?{query}")
    assert (reply.status_code, reply.headers["content-type"]) == (422, "application/problem+json")


async def test_earlier_version_is_shown_with_a_way_to_the_current_one(client: httpx.AsyncClient) -> None:
    first = (await client.post("/v1/articles", json={"id": "v", "text": "The old text."})).json()
    second = (await client.post("/v1/articles", json={"id": "v", "text": "The new text."})).json()
    page = await get(client, f"/articles/v?v={first['version']}&start=4&end=7")
    assert page.get_element_by_id("quote").text_content() == "old"
    [link] = page.xpath("//*[@class='notice']//a/@href")
    assert link == f"/articles/v?v={second['version']}"
    assert "new text" in (await get(client, link)).text_content()
    assert not (await get(client, "/articles/v")).xpath("//*[@class='notice']")
    reply = await client.get("/articles/v?v=nope", headers=BROWSER)
    assert (reply.status_code, "has no version" in reply.text) == (404, True)
    await client.delete("/v1/articles/v")


async def signed_link(client: httpx.AsyncClient) -> str:
    answer = await client.post(
        "/v1/answers", json={"question": QUESTION}, headers={"Authorization": "Bearer first"}
    )
    link: str = answer.json()["citations"][0]["link"]
    return link


async def test_with_keys_a_page_needs_a_key_or_a_mark(
    filled: httpx.AsyncClient, make_app: Callable[..., FastAPI], open_client: Callable[..., httpx.AsyncClient]
) -> None:
    client = open_client(**KEYS)
    link = await signed_link(client)
    assert "&until=" in link and "&mark=" in link
    assert (await get(client, link)).get_element_by_id("quote") is not None
    plain = link.partition("&until=")[0]
    assert (await client.get(plain)).status_code == 401
    assert (await client.get(plain, headers={"Authorization": "Bearer second"})).status_code == 200
    assert (await client.get(plain, headers={"Authorization": "Bearer other"})).status_code == 401
    assert (await client.get(link.replace("frontiere", "baecker"))).status_code == 401
    assert (await client.get(link.replace("/articles/", "/v1/articles/"))).status_code == 401
    # The mark covers the version, not the place: another place of the same version may be marked.
    assert (await client.get(link.replace("&start=", "&start=0&x="))).status_code == 200
    assert (await client.get("/articles/nope")).status_code == 401
    rotated = open_client(api_keys=(SecretStr("new"), SecretStr("first")))
    assert (await rotated.get(link)).status_code == 200
    assert (await open_client(api_keys=(SecretStr("new"),)).get(link)).status_code == 401


async def test_public_pages_need_no_key(
    filled: httpx.AsyncClient, open_client: Callable[..., httpx.AsyncClient]
) -> None:
    client = open_client(article_pages="public", **KEYS)
    assert "mark=" not in await signed_link(client)
    assert (await client.get("/articles/frontiere")).status_code == 200
    assert (await client.get("/v1/articles/frontiere")).status_code == 401


async def test_docs_list_every_route(client: httpx.AsyncClient) -> None:
    description = (await client.get("/openapi.json")).json()
    page = (await get(client, "/docs")).text_content()
    for path in (
        "/v1/answers",
        "/v1/articles",
        "/v1/articles/{article_id}",
        "/v1/status",
        "/healthz",
        "/readyz",
    ):
        assert path in description["paths"] and path in page
    assert "top_k" in page
