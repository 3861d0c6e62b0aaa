"""The chat page: the element, the form inside it until its script has run, and who may use it once keys are set."""

from collections.abc import Callable
from typing import Any

import httpx
import lxml.html
import pytest
from pydantic import SecretStr

BROWSER = {"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}
KEYS = {"api_keys": (SecretStr("first"),)}


async def chat(client: httpx.AsyncClient, address: str = "/", **headers: str) -> Any:
    reply = await client.get(address, headers={**BROWSER, **headers})
    assert reply.status_code == 200
    parser = lxml.html.HTMLParser(encoding="utf-8")
    return lxml.html.document_fromstring(reply.text.encode("utf-8"), parser=parser)


async def test_the_element_holds_the_form_for_who_has_no_script(filled: httpx.AsyncClient) -> None:
    page = await chat(filled)
    [element] = page.xpath("//citewell-chat")
    assert element.get("page") is not None and element.get("endpoint") == ""
    assert element.xpath(".//form[@action='/']") and page.xpath("//noscript")
    [script] = page.xpath("//script")
    assert (script.get("src"), script.get("defer") is not None) == ("/widget.js", True)


async def test_an_answer_of_the_form_needs_no_script(filled: httpx.AsyncClient) -> None:
    page = await chat(filled, "/?question=How+many+soldiers+entered+via+Ishkashim%3F")
    assert not page.xpath("//script | //citewell-chat")
    assert page.xpath("//section[contains(@class,'answer')]") and page.xpath("//form")


@pytest.mark.parametrize(
    ("language", "direction", "heading"),
    [
        *(("en", "ltr", "Ask the archive"), ("fr", "ltr", "Interroger les archives")),
        *(("de", "ltr", "Das Archiv fragen"), ("es", "ltr", "Preguntar al archivo")),
        *(("ru", "ltr", "Спросить архив"), ("ar", "rtl", "اسأل الأرشيف"), ("zh", "ltr", "询问资料库")),
    ],
)
async def test_the_page_speaks_the_readers_language(
    filled: httpx.AsyncClient, language: str, direction: str, heading: str
) -> None:
    for address in ("/", "/?question=How+many+soldiers+entered+via+Ishkashim%3F"):
        page = await chat(filled, address, **{"Accept-Language": language})
        assert (page.get("lang"), page.get("dir")) == (language, direction)
        assert page.xpath("string(//h1)") == heading


@pytest.mark.parametrize("listed", ["http://localhost", "https://localhost"])
async def test_with_keys_the_page_asks_where_its_own_origin_is_listed(
    open_client: Callable[..., httpx.AsyncClient], listed: str
) -> None:
    page = await chat(open_client(allowed_origins=(listed,), **KEYS))
    [element] = page.xpath("//citewell-chat")
    assert page.xpath("//script[@src='/widget.js']") and not element.xpath(".//form")
    assert "needs its script" in element.text_content()


async def test_with_keys_and_no_origin_the_page_says_what_to_set(
    open_client: Callable[..., httpx.AsyncClient],
) -> None:
    page = await chat(open_client(allowed_origins=("https://news.example",), **KEYS))
    assert not page.xpath("//script | //citewell-chat | //form")
    assert "Add http://localhost to CITEWELL_ALLOWED_ORIGINS" in page.text_content()
