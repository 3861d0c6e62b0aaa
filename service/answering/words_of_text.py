"""A text in, its words out, each with its place, folded, and told by its script."""

from collections.abc import Iterator
from dataclasses import dataclass

import regex

from service.answering.world_names import fold

_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")
UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
CASED = regex.compile(r"[\p{Lu}\p{Ll}\p{Lt}]")
KATAKANA = regex.compile(r"[\p{Katakana}ー]{2,}")  # foreign names in Japanese


@dataclass(frozen=True, slots=True)
class Word:
    """A word at its place in a text (code points)."""

    text: str
    start: int
    end: int
    folded: str

    @property
    def is_unspaced(self) -> bool:
        """Whether it holds letters of a script that does not part words: then it may be a whole clause."""
        return UNSPACED.search(self.text) is not None

    @property
    def is_cased(self) -> bool:
        """Whether it is in a script with capitals."""
        return CASED.search(self.text) is not None

    @property
    def has_capital(self) -> bool:
        """Whether a letter of it is one."""
        return has_capital(self.text)

    def katakana(self) -> Iterator["Word"]:
        """The runs of katakana in it, which write a foreign name by its sound."""
        for part in KATAKANA.finditer(self.text):
            start = self.start + part.start()
            yield Word(part.group(), start, start + len(part.group()), fold(part.group()))


def words_of_text(text: str) -> list[Word]:
    """The runs of letters and figures, in order."""
    return [Word(match.group(), *match.span(), fold(match.group())) for match in _WORD.finditer(text)]


def has_capital(text: str) -> bool:
    """Whether a letter of a text is one."""
    return any(sign.isupper() or sign.istitle() for sign in text)
