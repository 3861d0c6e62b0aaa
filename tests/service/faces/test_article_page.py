"""The article page as a step of an answer: previous and next quote, versions, and what is said when it is gone."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import lxml.html
import pytest
from pydantic import SecretStr

from service.answering.article_link import article_link

BROWSER = {"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}
KEYS = {"api_keys": (SecretStr("first"),)}


async def open_page(client: httpx.AsyncClient, address: str, language: str = "", status: int = 200) -> Any:
    reply = await client.get(address, headers={**BROWSER, "Accept-Language": language})
    assert reply.status_code == status, reply.text
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True)
    return lxml.html.document_fromstring(reply.text.encode("utf-8"), parser=parser)


def with_cited(link: str, cited: list[str]) -> str:
    return link + "".join(f"&cited={quote(one, safe='')}" for one in cited)


async def version_of(client: httpx.AsyncClient, article_id: str) -> str:
    version: str = (await client.get(f"/v1/articles/{article_id}")).json()["version"]
    return version


@pytest.fixture
def places(french: dict[str, Any]) -> list[tuple[int, int]]:
    """Three places of the French article, in the order of an answer's citations."""
    quotes = ("Khorog (312 personnes)", "Ishkashim (102 personnes)", "20 000 réservistes")
    starts = [french["text"].index(one) for one in quotes]
    return [(start, start + len(one)) for start, one in zip(starts, quotes, strict=True)]


async def test_quotes_lead_to_each_other_and_the_others_are_marked_too(
    filled: httpx.AsyncClient, french: dict[str, Any], places: list[tuple[int, int]]
) -> None:
    version, german = await version_of(filled, "frontiere"), await version_of(filled, "baecker")
    cited = [article_link("frontiere", version, *place) for place in places]
    cited.insert(2, article_link("baecker", german, 4, 20))
    page = await open_page(filled, with_cited(cited[1], [*cited, "https://evil.example/"]))
    text = french["text"]
    [body] = page.xpath("//div[@class='text']")
    assert body.text_content() == text
    [shown] = page.xpath("//mark[@id='quote']")
    assert shown.text_content() == "Ishkashim (102 personnes)"
    lighter = page.xpath("//mark[@class='other']")
    assert [mark.text_content() for mark in lighter] == ["Khorog (312 personnes)", "20 000 réservistes"]
    [nav] = page.xpath("//nav")
    assert "Quote 2 of 4" in nav.text_content() and "evil" not in page.xpath("string(//main)")
    [back], [on] = nav.xpath("//a[@rel='prev']"), nav.xpath("//a[@rel='next']")
    assert "in another article" in on.text_content() and "in another article" not in back.text_content()
    # Forwards through all of them, and back again.
    seen = []
    while on is not None:
        page = await open_page(filled, on.get("href"))
        seen.append(page.get_element_by_id("quote").text_content())
        on = next(iter(page.xpath("//a[@rel='next']")), None)
    assert seen == ["kleine Bäckerei ", "20 000 réservistes"]
    for _ in range(3):
        [back] = page.xpath("//a[@rel='prev']")
        assert back.get("href").endswith("#quote")
        page = await open_page(filled, back.get("href"))
    assert page.get_element_by_id("quote").text_content() == "Khorog (312 personnes)"
    assert not page.xpath("//a[@rel='prev']")
    # A lighter mark is a way to that quote.
    page = await open_page(filled, page.xpath("//mark[@class='other']/a/@href")[0])
    assert "Quote 2 of 4" in page.xpath("string(//nav)")


async def test_other_versions_and_places_beyond_the_text_are_not_marked(
    filled: httpx.AsyncClient, places: list[tuple[int, int]]
) -> None:
    version = await version_of(filled, "frontiere")
    cited = [
        article_link("frontiere", "0123456789abcdef", *places[0]),
        article_link("frontiere", version, 5, 10**9),
    ]
    page = await open_page(filled, with_cited(article_link("frontiere", version, *places[1]), cited))
    assert len(page.xpath("//mark")) == 1
    assert "The answer has 2 quotes" in page.xpath("string(//nav)")
    assert not (await open_page(filled, article_link("frontiere", version, *places[1]))).xpath("//nav")


async def test_version_is_shown_with_the_day_it_came(filled: httpx.AsyncClient) -> None:
    stored = (await filled.get("/v1/articles/frontiere")).json()
    page = await open_page(filled, "/articles/frontiere")
    assert "Current version" in page.text_content() and stored["version"] in page.xpath("string(//footer)")
    assert page.xpath("//p[@class='facts version']//time/@datetime") == [stored["added"][:10]]


RIGHT_TO_LEFT = {
    "id": "nada",
    "language": "ar",
    "title": "Nada: افتتاح المحطة",
    "text": "BBC: تأجل افتتاح المحطة 👷🏽 إلى مايو.\n\nقال الوزير إن ٱلتَّأْخِير سببه <script>alert(1)</script> العاصفة.",
}


@pytest.mark.parametrize("quoted", ["👷🏽 إلى مايو", "ٱلتَّأْخِير", "<script>alert(1)</script>"])
async def test_right_to_left_and_emoji_land_where_they_should(client: httpx.AsyncClient, quoted: str) -> None:
    assert (await client.post("/v1/articles", json=RIGHT_TO_LEFT)).is_success
    text = (await client.get("/v1/articles/nada")).json()["text"]
    start = text.index(quoted)
    page = await open_page(client, f"/articles/nada?start={start}&end={start + len(quoted)}", "ar")
    assert (page.get("lang"), page.get("dir")) == ("ar", "rtl")
    [body] = page.xpath("//div[@class='text']")
    assert (body.get("lang"), body.get("dir")) == ("ar", "rtl")
    assert page.get_element_by_id("quote").text_content() == quoted
    assert not page.xpath("//script")
    await client.delete("/v1/articles/nada")


async def test_the_only_quote_of_an_answer_leads_nowhere_else(
    filled: httpx.AsyncClient, places: list[tuple[int, int]]
) -> None:
    link = article_link("frontiere", await version_of(filled, "frontiere"), *places[1])
    page = await open_page(filled, with_cited(link, [link]))
    assert page.get_element_by_id("quote").text_content() == "Ishkashim (102 personnes)"
    assert not page.xpath("//nav")


async def test_a_removed_article_is_told_in_one_sentence_and_the_other_quotes_stay_in_reach(
    filled: httpx.AsyncClient, places: list[tuple[int, int]]
) -> None:
    version = await version_of(filled, "frontiere")
    cited = [
        article_link("weg", "0123456789abcdef", 3, 9),
        article_link("frontiere", version, *places[1]),
    ]
    page = await open_page(filled, with_cited(cited[0], cited), status=404)
    [sentence] = page.xpath("//*[@role='alert']/text()")
    assert "The archive has no article weg: it was removed" in sentence and "ask again" in sentence
    assert page.xpath("//main//a[@href='/']")
    assert "Quote 1 of 2" in page.xpath("string(//nav)")
    page = await open_page(filled, page.xpath("//a[@rel='next']/@href")[0])
    assert page.get_element_by_id("quote").text_content() == "Ishkashim (102 personnes)"
    page = await open_page(filled, "/articles/weg", "ru", status=404)
    assert page.get("lang") == "ru" and "нет статьи weg" in page.xpath("string(//*[@role='alert'])")
    reply = await filled.get("/articles/weg")
    assert (reply.status_code, reply.headers["content-type"]) == (404, "application/problem+json")


async def test_a_removed_version_leads_to_the_current_one(filled: httpx.AsyncClient) -> None:
    page = await open_page(filled, "/articles/frontiere?v=0123456789abcdef&start=1&end=2", status=404)
    assert "has no version 0123456789abcdef" in page.xpath("string(//*[@role='alert'])")
    version = await version_of(filled, "frontiere")
    assert page.xpath("//main//p[@class='links']/a/@href") == [article_link("frontiere", version), "/"]


async def test_a_link_that_expired_says_so(
    filled: httpx.AsyncClient, open_client: Callable[..., httpx.AsyncClient]
) -> None:
    client = open_client(**KEYS)
    link = article_link("frontiere", "0123456789abcdef", 1, 2) + "&until=1&mark=abc"
    page = await open_page(client, link, status=401)
    assert "This link no longer opens the article" in page.xpath("string(//*[@role='alert'])")
    page = await open_page(client, "/articles/frontiere", "de", status=401)
    assert "nur mit einem Schlüssel" in page.xpath("string(//*[@role='alert'])")
    # Nothing tells whether there is such an article.
    other = await open_page(client, "/articles/weg", "de", status=401)
    assert other.xpath("string(//main)") == page.xpath("string(//main)")
    reply = await client.get(link, headers=BROWSER)
    assert "Bearer" in reply.headers["www-authenticate"]


async def test_signed_links_of_other_quotes_keep_their_marks(
    filled: httpx.AsyncClient, open_client: Callable[..., httpx.AsyncClient], places: list[tuple[int, int]]
) -> None:
    client = open_client(**KEYS)
    question = {"question": "How many soldiers entered via Ishkashim?"}
    headers = {"Authorization": "Bearer first"}
    answer = (await client.post("/v1/answers", json=question, headers=headers)).json()
    link = answer["citations"][0]["link"]
    start, end = places[0]
    signature = link.partition("&until=")[2]
    other = (
        f"{article_link('frontiere', await version_of(filled, 'frontiere'), start, end)}&until={signature}"
    )
    page = await open_page(client, with_cited(link, [link, other]))
    [on] = page.xpath("//a[@rel='next']/@href")
    page = await open_page(client, on)
    assert page.get_element_by_id("quote").text_content() == "Khorog (312 personnes)"
