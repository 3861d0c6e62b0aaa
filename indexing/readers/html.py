"""A web page in, its article text, title, author, date, language and canonical address out."""

import logging
import re
from typing import Any
from urllib.parse import urljoin, urlsplit

import trafilatura
from lxml import etree, html

from indexing.archive.tags_and_dates import normalised_language
from indexing.detect_language import UNDETERMINED, detect_language
from indexing.readers.decode_text import decode_text
from indexing.readers.extracted import Extracted, iso_date, one_line

# Measured on 19 pages with a known reader view (token precision/recall/F1) and 10 with snippets that must or
# must not be found. Set as here: .991/.959/.971, 28 of 28, 0 of 29. favor_precision loses 3 wanted snippets,
# fast=True gives .997/.881/.911, no tables .996/.912/.942, the whole page .974/1/.986 with 13 of 29 unwanted.
_SETTINGS: dict[str, Any] = {
    "with_metadata": True,
    "include_comments": False,
    # The day of first publication, and none rather than any date that stands somewhere in the text.
    "date_extraction_params": {"extensive_search": False, "original_date": True},
}
_CHARSET = re.compile(
    rb"<(?:meta|\?xml)\b[^>]*?(?:charset|encoding)\s*=\s*[\"']?\s*([a-z0-9_:-]{2,40})", re.IGNORECASE
)
_LARGE_PAGE = 5_000_000  # characters; trafilatura took 16 s for 2.7 MB of links
_ENOUGH = 100  # characters: a language detected in less is no reason to doubt the page's own word
_UNSEEN = "//script|//style|//noscript|//template|//head|//svg|//iframe"
_BLOCKS = frozenset(
    [
        *(
            "address",
            "article",
            "aside",
            "blockquote",
            "br",
            "dd",
            "div",
            "dl",
            "dt",
            "figcaption",
            "figure",
            "footer",
        ),
        *(
            "form",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "header",
            "hr",
            "li",
            "main",
            "nav",
            "ol",
            "option",
            "p",
            "pre",
        ),
        *("section", "table", "td", "th", "title", "tr", "ul"),
    ]
)

for name in (
    "trafilatura",
    "htmldate",
    "courlan",
):  # they complain of every odd page; its article is what counts
    logging.getLogger(name).setLevel(logging.CRITICAL)


def read_html_file(data: bytes) -> Extracted:
    """Extract from the bytes of a page; its encoding is what they show, else declare."""
    return read_html(decode_text(data, declared=_declared_encoding(data)))


def _declared_encoding(data: bytes) -> str | None:
    found = _CHARSET.search(data[:4096])
    return found.group(1).decode("ascii") if found else None


def read_html(page: str, url: str | None = None) -> Extracted:
    """Extract the main text of a page; of one without an article all that can be read; never raises."""
    page = page.replace("\x00", "")
    tree = _parse(page)
    if tree is None:
        return Extracted(text="")
    found = _article(page, url)
    title = getattr(found, "title", None) or tree.findtext(".//title") or tree.findtext(".//h1")
    canonical = _canonical_link(tree, url)
    text = _better(getattr(found, "text", None) or "", _all_text(tree))
    return Extracted(
        text=text,
        title=one_line(title),
        author=_author(getattr(found, "author", None)),
        published=iso_date(getattr(found, "date", None)),
        language=_language(tree, text),
        url=canonical,
        source=one_line(getattr(found, "sitename", None)),
    )


def _parse(page: str) -> Any:
    try:
        parser = html.HTMLParser(encoding="utf-8", huge_tree=True)  # else nothing remains of a deep page
        return html.document_fromstring(page.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError):
        return None


def _article(page: str, url: str | None) -> object:
    if len(page) > _LARGE_PAGE:
        return None
    try:
        return trafilatura.bare_extraction(page, url=url, **_SETTINGS)
    except Exception:  # any page of the web comes in here; what trafilatura trips over is read as a whole
        return None


def _better(article: str, whole: str) -> str:
    """The whole text where it is all article: in short pages trafilatura breaks lines at bold words."""
    return whole if len(whole) < 1.02 * len(article) + 10 else article or whole


def _all_text(tree: Any) -> str:
    """Every text that a browser would show, a line a block; takes the rest out of the tree."""
    for element in tree.xpath(_UNSEEN):
        element.drop_tree()
    parts: list[str] = []
    for event, element in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        if event == "start":
            parts += ["\n" if element.tag in _BLOCKS else "", element.text or ""]
        else:
            parts += ["\n" if element.tag in _BLOCKS else "", element.tail or ""]
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _author(author: str | None) -> str | None:
    """Without digits: those come from bylines such as "Said On August 3"."""
    line = one_line(author, 200)
    return None if line is None or any(char.isdigit() for char in line) else line


def _language(tree: Any, text: str) -> str | None:
    """The language the page declares, unless its text shows another: templates are copied with theirs."""
    declared = normalised_language(
        tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or ""
    )
    if declared is None or len(text) < _ENOUGH:
        return declared
    detected = detect_language(text)
    return declared if detected in (UNDETERMINED, declared.split("-")[0]) else None


def _canonical_link(tree: Any, url: str | None) -> str | None:
    """The address of `<link rel=canonical>`, unless it is a site's front page, as many templates have it."""
    for link in tree.xpath("//link[@rel='canonical']/@href"):
        try:
            address = urljoin(url or "", str(link).strip())
            parts = urlsplit(address)
            if (
                parts.scheme.lower() in ("http", "https")
                and parts.hostname
                and (parts.path.strip("/") or parts.query)
            ):
                return one_line(address, 4000)
        except ValueError:
            continue
    return None
