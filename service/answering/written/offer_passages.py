"""Passages in; what a language model gets to see of them, and where what it calls a quote stands in them, out.

Each passage goes under a random id, made for one answer: a model can neither guess one nor continue them. What looks
like a tag or like a model's own control marks is broken up in what is sent, by a sign that align_quote does not see.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import regex
from babel import Locale, UnknownLocaleError

from indexing.archive.records import Record
from service.answering.retrieve import Found
from service.answering.written.align_quote import align_quote
from service.answering.written.instructions import is_instruction
from service.answering.written.read_statements import WrittenQuote

ID_BYTES = 6
FRAGMENT_WORDS = 3  # fewer in a row are found in any text
MOST_FRAGMENTS = 6
SHORT_QUOTE = 24  # characters: a shorter one proves too little by itself and is widened to its sentence
BREAK = "\u2060"  # word joiner: no width, no meaning
_MARK = regex.compile(r"(<)(?=[/|!?\p{L}_｜])|(\[)(?=/?(?:INST|SYS))", regex.IGNORECASE)
_ELLIPSIS = regex.compile(r"\s*[\[(]?(?:\.{3,}|…)[\])]?\s*")
_WORD = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]|[\p{L}\p{M}\p{N}--\p{Han}]+", regex.V1)
Misquote = Literal["not_found", "stitched", "wrong_article", "unknown_passage", "instruction"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a quote stands: code points of its article's canonical text."""

    found: Found
    start: int
    end: int


class OfferedPassages:
    """The passages of one answer under the ids that they were given for it."""

    def __init__(self, found: Sequence[Found], records: Mapping[str, Record]) -> None:
        """Offer `found`, best first, with title, source and date out of `records` by article id."""
        self._found = {secrets.token_hex(ID_BYTES): one for one in found if one.passage.article_id in records}
        self._records = records

    def shown(self) -> list[dict[str, str]]:
        """The variable `passages` of the prompt."""
        return [
            {
                "id": id,
                "title": _in_line(fields["title"]),
                "source": _in_line(fields["source"] or "?"),
                "published": _in_line((fields["published"] or "?")[:10]),
                "language": language_name(one.language),
                "text": broken_up(one.passage.text),
            }
            for id, one in self._found.items()
            for fields in [self._records[one.passage.article_id].metadata]
        ]

    def locate(self, quote: WrittenQuote) -> Place | Misquote:
        """Where it stands in the passage that it names, or else what is wrong with it."""
        named = self._found.get(quote.passage.strip())
        if named is None:
            return "unknown_passage"
        run = align_quote(named.passage.text, quote.quote)
        if run is not None:
            return _whole(named, *run)
        for other in self._found.values():
            run = align_quote(other.passage.text, quote.quote)
            if run is not None:
                # Neighbouring passages of one article are one text to a reader.
                same = other.passage.article_id == named.passage.article_id
                return _whole(other, *run) if same else "wrong_article"
        texts = [one.passage.text for one in self._found.values()]
        return "stitched" if _is_stitched(quote.quote, texts) else "not_found"


def broken_up(text: str) -> str:
    """A text in which nothing is a tag or a control mark of a model any more, for eyes and quotes the same."""
    return _MARK.sub(lambda match: match.group() + BREAK, text)


@lru_cache(maxsize=256)
def language_name(tag: str) -> str:
    """The English name of a language, which every model knows; the tag itself where there is none."""
    if tag.startswith("und"):
        return "the language of the question"
    try:
        return str(Locale.parse(tag, sep="-").english_name or tag)
    except (UnknownLocaleError, ValueError):
        return tag


def _in_line(text: str) -> str:
    return broken_up(" ".join(text.split()))


def _whole(found: Found, start: int, end: int) -> Place | Misquote:
    """The place in the article; a very short quote with all of its sentence. What gives orders proves nothing."""
    passage = found.passage
    place = start + passage.start, end + passage.start
    around = [one for one in passage.sentences if one[0] < place[1] and place[0] < one[1]]
    sentences = min([place[0], *(one[0] for one in around)]), max([place[1], *(one[1] for one in around)])
    if is_instruction(passage.text[sentences[0] - passage.start : sentences[1] - passage.start]):
        return "instruction"
    return Place(found, *(sentences if end - start < SHORT_QUOTE else place))


def _is_stitched(quote: str, texts: Sequence[str]) -> bool:
    """Whether all of it stands in the passages, though not in one piece."""
    plain = [f" {_plain(text)} " for text in texts]
    fragments = 0
    for piece in _ELLIPSIS.split(quote):
        words = _plain(piece).split()
        while words:
            longest = _longest_found(words, plain)
            if longest < min(FRAGMENT_WORDS, len(words)):
                return False
            words = words[longest:]
            fragments += 1
            if fragments > MOST_FRAGMENTS:
                return False
    return fragments > 1


def _longest_found(words: Sequence[str], texts: Sequence[str]) -> int:
    """How many words from the first on stand together in one of the texts."""
    least, most = 0, len(words)
    while least < most:
        middle = (least + most + 1) // 2
        run = " ".join(words[:middle])
        if any(f" {run} " in text for text in texts):
            least = middle
        else:
            most = middle - 1
    return least


def _plain(text: str) -> str:
    """The words alone: that a quote is stitched is counted, nothing rests on it."""
    return " ".join(_WORD.findall(text.casefold()))
