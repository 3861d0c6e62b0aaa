"""A web page in, its article text, title, author, date, language and canonical address out."""

from urllib.parse import urljoin, urlsplit

import trafilatura
from lxml import etree, html
from trafilatura.settings import Document

from indexing.article_input import normalised_date, normalised_language
from indexing.readers.extracted import Extracted


def read_html(page: str, url: str | None = None) -> Extracted:
    """Extract the main text of an HTML page; a page without any gives an empty text."""
    tree = _parse(page)
    if tree is None:
        return Extracted(text="")
    found = trafilatura.bare_extraction(page, url=url, with_metadata=True, include_comments=False)
    text = found.text if isinstance(found, Document) and found.text else _body_text(tree)
    return Extracted(
        text=text,
        title=getattr(found, "title", None),
        author=getattr(found, "author", None),
        published=normalised_date(getattr(found, "date", None) or ""),
        language=_declared_language(tree),
        url=_canonical_link(tree, url),
        source=getattr(found, "sitename", None),
    )


def _parse(page: str) -> html.HtmlElement | None:
    try:
        return html.document_fromstring(
            page.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8")
        )
    except (etree.ParserError, etree.XMLSyntaxError):
        return None


def _body_text(tree: html.HtmlElement) -> str:
    for element in tree.xpath("//script|//style|//noscript|//template|//head"):
        element.drop_tree()
    return "\n".join(line for text in tree.itertext() if (line := " ".join(text.split())))


def _declared_language(tree: html.HtmlElement) -> str | None:
    return normalised_language(
        tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or ""
    )


def _canonical_link(tree: html.HtmlElement, url: str | None) -> str | None:
    for link in tree.xpath("//link[@rel='canonical']/@href"):
        address = urljoin(url or "", str(link).strip())
        parts = urlsplit(address)
        if parts.scheme.lower() in ("http", "https") and parts.hostname:
            return address
    return None
