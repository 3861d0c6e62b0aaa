"""A citation in, the context blocks that show it out: number, quote, where it is from, what is to be known of it."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from service.answering.answer import Citation
from service.faces.render import web_address
from service.faces.slack.block_kit import TEXT_LIMIT, Block, context, mrkdwn, plain
from service.faces.slack.escape_text import escape_mrkdwn, escape_plain, web_link
from service.faces.slack.slack_texts import SlackTexts
from service.faces.slack.split_text import length, shortened, split_text

Link = Callable[[Citation], str | None]

OPENING, CLOSING = "“", "”"
_TITLE, _SOURCE, _COPIES = 150, 80, 5
# Two addresses, title and source with every character escaped stay within one text.
_ADDRESS = 800
_BREAKS = re.compile(r"\s+")


def source_blocks(citation: Citation, texts: SlackTexts, link: Link, *, numbered: bool = True) -> list[Block]:
    """One block where the quote fits into one; a longer quote goes on in the next, and both say so.

    Without its number for passages that were only near.
    """
    *earlier, last = _quote_elements(citation, texts, numbered)
    blocks = [context(*elements) for elements in earlier]
    blocks.append(context(*last, mrkdwn(_facts(citation, texts, link)), *_notes(citation, texts)))
    return [*blocks, *_translation(citation, texts)]


def place_of(citation: Citation) -> str:
    """Title and source in plain text, shortened."""
    article = citation.article
    return " · ".join(_short(fact, _TITLE) for fact in (article.title, article.source) if fact)


def _quote_elements(citation: Citation, texts: SlackTexts, numbered: bool) -> list[list[dict[str, Any]]]:
    """The elements of each block, with one piece of the quote in each."""
    quote = f"{OPENING}{citation.quote}{CLOSING}"
    pieces = split_text(quote, TEXT_LIMIT, escape_plain)
    number = f"[{citation.number}]" if numbered else "•"
    head = f"*{number}* {_differs(citation, texts)}".strip()
    blocks = []
    for place, piece in enumerate(pieces):
        elements = [mrkdwn(head if place == 0 else f"*{number}* … {_ours(texts.say('continued'))}")]
        elements.append(plain(piece))
        if place + 1 < len(pieces):
            elements.append(mrkdwn(f"{_ours(texts.say('continues'))} …"))
        blocks.append(elements)
    return blocks


def _differs(citation: Citation, texts: SlackTexts) -> str:
    return _ours(texts.say("says_else")) if citation.stance == "differs" else ""


def _facts(citation: Citation, texts: SlackTexts, link: Link) -> str:
    """Title linked to the quote in its article, source, day, language, the publisher's page."""
    article = citation.article
    title = _short(article.title, _TITLE) or article.id
    original = _usable(web_address(article.url))
    view = _usable(link(citation))
    target = view or original
    facts = [web_link(target, title) if target else escape_mrkdwn(title)]
    facts += [
        escape_mrkdwn(_short(fact, _SOURCE)) for fact in (article.source, _day(article.published)) if fact
    ]
    facts.append(escape_mrkdwn(_short(article.language, _SOURCE)))
    if "sample" in article.tags:
        facts.append(escape_mrkdwn(texts.say("sample")))
    if view and original:
        facts.append(web_link(original, texts.say("original")))
    return " · ".join(facts)


def _notes(citation: Citation, texts: SlackTexts) -> Iterator[dict[str, Any]]:
    if citation.newer_version:
        yield mrkdwn(_ours(texts.say("changed_since")))
    names = [str(copy.get("source") or copy.get("title") or "") for copy in citation.also_in]
    shown = [escape_mrkdwn(_short(name, _SOURCE)) for name in names if name.strip()]
    if shown:
        more = ", …" if len(shown) > _COPIES else ""
        yield mrkdwn(f"{_ours(texts.say('also_in'))} {', '.join(shown[:_COPIES])}{more}")


def _translation(citation: Citation, texts: SlackTexts) -> Iterator[Block]:
    """Labelled on every block, so that no piece of it can pass for the quote."""
    for piece in split_text(citation.translation or "", TEXT_LIMIT, escape_plain):
        if piece.strip():
            yield context(mrkdwn(f"{_ours(texts.say('translation'))}:"), plain(piece))


def _ours(text: str) -> str:
    """Our own words, told from the article's."""
    return f"_{escape_mrkdwn(text)}_"


def _usable(address: str | None) -> str | None:
    return address if address and length(escape_plain(address)) <= _ADDRESS else None


def _day(published: str | None) -> str:
    return (published or "")[:10]


def _short(text: str, limit: int) -> str:
    return shortened(_BREAKS.sub(" ", text).strip(), limit)
