"""Pieces of a model's text in, each written statement out as soon as its object is complete.

Models put their JSON into fences, prose around it, one object a line, or break off in the middle. So no document is
parsed: wherever an object closes that has a text and quotes, it is a statement.
"""

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import regex

MOST_STATEMENTS = 12
MOST_QUOTES = 6  # of a statement
LONGEST_TEXT = 1_000  # characters
LONGEST_QUOTE = 4_000
DEEPEST = 8  # objects within objects: a statement stands at the third or so, deeper ones would only cost time
MOST_RETRIES = 200  # places from which a broken reply is read again
SHAPE: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["statements"],
    "properties": {
        "statements": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["text", "quotes", "speaker"],
                "properties": {
                    "text": {"type": "string"},
                    "quotes": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "additionalProperties": False,
                            "required": ["passage", "quote"],
                            "properties": {"passage": {"type": "string"}, "quote": {"type": "string"}},
                        },
                    },
                    "speaker": {"type": ["string", "null"]},
                },
            },
        }
    },
}
"""JSON schema of a whole reply, for servers that hold a model to one."""

_THINK = "<think>"
_THOUGHTS = regex.compile(r"<think>.*?(?:</think>|\Z)", regex.DOTALL)
_OBJECT = regex.compile(r'\{\s*"(?:text|quotes|speaker)"\s*:')
_TRAILING_COMMA = regex.compile(r",(\s*[\]}])")
_MARKS = regex.compile(r"\s?[\[【]\d{1,3}[\]】]")
_SPACE = regex.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class WrittenQuote:
    """What a model says is a quote: of which passage, and its words."""

    passage: str
    quote: str


@dataclass(frozen=True, slots=True)
class WrittenStatement:
    """What a model wrote; nothing of it is checked."""

    text: str
    quotes: tuple[WrittenQuote, ...]
    speaker: str | None = None


class StatementReader:
    """Reads one reply: `feed` it as it comes, then `finish`."""

    def __init__(self) -> None:
        """Nothing was read yet."""
        self._text = ""
        self._read = 0  # characters of it
        self._opened: list[int] = []
        self._in_string = self._escaped = False
        self._taken: list[tuple[int, int]] = []
        self._seen: set[WrittenStatement] = set()
        self.is_empty_list = False
        """Whether the reply, well formed, says that there is nothing to state."""

    def feed(self, piece: str) -> list[WrittenStatement]:
        """The statements that this piece completes."""
        self._text += piece
        if self._is_thinking():
            return []
        found: list[WrittenStatement] = []
        while self._read < len(self._text):
            place, self._read = self._read, self._read + 1
            sign = self._text[place]
            if self._in_string:
                self._in_string = self._escaped or sign != '"'
                self._escaped = sign == "\\" and not self._escaped
            elif sign == "{":
                self._opened.append(place)
            elif self._opened and sign == '"':
                self._in_string = True
            elif self._opened and sign == "}":
                start = self._opened.pop()
                if len(self._opened) < DEEPEST:
                    found += self._closed(start, place + 1)
        return found

    def finish(self) -> list[WrittenStatement]:
        """What a broken reply still holds: it is read once more from each place where a statement seems to begin."""
        if self._is_thinking():
            return []
        found: list[WrittenStatement] = []
        decoder = json.JSONDecoder(strict=False)
        for match in list(_OBJECT.finditer(self._text))[:MOST_RETRIES]:
            if any(start <= match.start() < end for start, end in self._taken):
                continue
            try:
                _, end = decoder.raw_decode(self._text, match.start())
            except (ValueError, RecursionError):
                continue
            found += self._closed(match.start(), end)
        return found

    @property
    def is_anything(self) -> bool:
        """Whether any statement was read, or that there is none to make."""
        return bool(self._seen) or self.is_empty_list

    def _is_thinking(self) -> bool:
        """Some models think aloud first: what they think is cut out once it is whole."""
        beginning = self._text[:100].lstrip()
        if not beginning or not beginning.startswith(_THINK[: len(beginning)]):
            return False
        if "</think>" not in self._text:
            return True
        self._text = _THOUGHTS.sub("", self._text, 1)
        return False

    def _closed(self, start: int, end: int) -> Iterator[WrittenStatement]:
        read = _loaded(self._text[start:end])
        if read is None:
            return
        if read.get("statements") == []:
            self.is_empty_list = True
        statement = _statement(read)
        if statement is not None:
            self._taken.append((start, end))
            if statement not in self._seen and len(self._seen) < MOST_STATEMENTS:
                self._seen.add(statement)
                yield statement


def _loaded(written: str) -> dict[str, Any] | None:
    for text in (written, _TRAILING_COMMA.sub(r"\1", written)):
        try:
            read = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
        return read if isinstance(read, dict) else None
    return None


def _statement(read: dict[str, Any]) -> WrittenStatement | None:
    """The statement that an object is, its text in one line without marks or control characters; None: it is none."""
    text, quotes, speaker = read.get("text"), read.get("quotes"), read.get("speaker")
    if isinstance(quotes, dict):
        quotes = [quotes]
    if not isinstance(text, str) or not isinstance(quotes, list):
        return None
    line = one_line(_MARKS.sub("", text))
    if not line or len(line) > LONGEST_TEXT:
        return None
    named = one_line(speaker)[:LONGEST_TEXT] if isinstance(speaker, str) else ""
    return WrittenStatement(line, tuple(_quotes(quotes))[:MOST_QUOTES], named or None)


def _quotes(read: list[Any]) -> Iterator[WrittenQuote]:
    for one in read:
        if (
            isinstance(one, dict)
            and isinstance(quote := one.get("quote"), str)
            and len(quote) <= LONGEST_QUOTE
        ):
            yield WrittenQuote(str(one.get("passage", "")), quote)


def one_line(text: str) -> str:
    """White space as single spaces; control characters and such as turn the direction of writing left out."""
    line = _SPACE.sub(" ", text).strip()
    return "".join(
        sign for sign in line if unicodedata.category(sign) not in ("Cc", "Cs") and not _turns(sign)
    )


def short_reply(text: str) -> str:
    """A reply that is one line and no JSON: without thoughts, and without the quotation marks that models add."""
    return one_line(_THOUGHTS.sub("", text)).strip('"“”„«»‘’ ')


def _turns(sign: str) -> bool:
    return "\u202a" <= sign <= "\u202e" or "\u2066" <= sign <= "\u2069"
