"""A checked ArticleInput in, an Article out: canonical text, id, title, language by the contract's rules."""

import hashlib
import re
from urllib.parse import urlsplit, urlunsplit

import regex

from indexing.archive.article import Article
from indexing.article_input import ArticleInput
from indexing.canonical_text import canonical_text
from indexing.detect_language import detect_language
from indexing.errors import ArticleRefused
from indexing.readers.extracted import Extracted
from indexing.readers.html import read_html

TITLE_CHARACTERS = 80

# "." and ".." are in the contract's alphabet, but no address can hold them as a path segment: hashed.
_PLAIN_ID = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._~-]{1,128}")


def make_article(item: ArticleInput, *, max_characters: int, default_id: str | None = None) -> Article:
    """Build the article; `default_id` (a file's absolute path) is its id when nothing in `item` gives one.

    Raises ArticleRefused when the text is empty or longer than `max_characters`.
    """
    extracted = _extracted(item, max_characters)
    _refuse_longer(extracted.text, max_characters)
    text = canonical_text(extracted.text)
    _refuse_longer(text, max_characters)  # NFC can lengthen a text
    if not text.strip():
        raise ArticleRefused("got an article without text, allowed: at least one character; check its source")
    identifier, original = _identify(item, extracted.url, default_id, text)
    title = item.title or extracted.title or first_line(text)
    return Article(
        id=identifier,
        title=title,
        text=text,
        language=item.language
        or extracted.language
        or detect_language(text if len(text) > 200 else f"{title}\n{text}"),
        url=item.url or extracted.url,
        source=item.source or extracted.source,
        author=item.author or extracted.author,
        published=item.published or extracted.published,
        tags=item.tags or extracted.tags,
        meta=item.meta if original is None else {**item.meta, "original_id": original},
    )


def stored_id(original: str) -> tuple[str, str | None]:
    """The id that stands for any id, address or path, and the original when it had to be hashed."""
    if _PLAIN_ID.fullmatch(original):
        return original, None
    # File names may be no UTF-8: the hash is of their bytes, what is kept to be read has marks in their place.
    return _hashed(original), original.encode("utf-8", "replace").decode("utf-8")


def normalised_url(url: str) -> str:
    """The address with scheme and host in lower case, without fragment and `utm_*` parameters."""
    parts = urlsplit(url)
    login, at, host = parts.netloc.rpartition("@")
    query = "&".join(part for part in parts.query.split("&") if not part.lower().startswith("utm_"))
    return urlunsplit((parts.scheme.lower(), login + at + host.lower(), parts.path, query, ""))


def first_line(text: str, characters: int = TITLE_CHARACTERS) -> str:
    """The first line that is not blank, cut after at most `characters` at a word, else at a grapheme."""
    line = next((line for line in text.split("\n") if line.strip()), "")
    return shorten(" ".join(line[: 20 * characters].split()), characters)


def shorten(line: str, characters: int) -> str:
    """`line` itself, or its start of at most `characters`, cut at a word, else at a grapheme."""
    if len(line) <= characters:
        return line
    space = line.rfind(" ", 0, characters + 1)
    if space > characters // 2:
        return line[:space].rstrip()
    end = 0
    for cluster in regex.finditer(r"\X", line[: 2 * characters]):
        if cluster.end() > characters:
            break
        end = cluster.end()
    return line[: end or characters].rstrip()


def _extracted(item: ArticleInput, max_characters: int) -> Extracted:
    if not item.html:
        return Extracted(text=item.text or "")
    if len(item.html) > 4 * max_characters:
        raise ArticleRefused(
            f"got {len(item.html):,} characters of HTML, allowed: at most {4 * max_characters:,}; "
            "hand in the text alone or raise CITEWELL_MAX_ARTICLE_CHARACTERS"
        )
    return read_html(item.html, url=item.url)


def _refuse_longer(text: str, max_characters: int) -> None:
    if len(text) > max_characters:
        raise ArticleRefused(
            f"got {len(text):,} characters, allowed: at most {max_characters:,}; "
            "split the article or raise CITEWELL_MAX_ARTICLE_CHARACTERS"
        )


def _identify(
    item: ArticleInput, canonical_url: str | None, default_id: str | None, text: str
) -> tuple[str, str | None]:
    """The id, and the original it was hashed from when it was."""
    url = canonical_url or item.url
    original = item.id or (normalised_url(url) if url else None) or default_id
    return stored_id(original) if original is not None else (_hashed(text), None)


def _hashed(original: str) -> str:
    return hashlib.sha256(original.encode("utf-8", "surrogateescape")).hexdigest()[:32]
