"""True statements with their quotes in; untrue ones, by kind of untruth, out: made with lists of words.

The first of two generators (see corrupt_again.py). Its words stand in corruption_words.toml, which the service does not
read. A corruption changes the meaning: a figure becomes another one, a name another of its kind, and what is put in
stands in the quote in none of the forms that are listed.
"""

import random
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import regex

from evaluation.statement_pairs import Corrupted, Pair, is_crossing

WORDS: dict[str, Any] = tomllib.loads(
    (Path(__file__).parent / "corruption_words.toml").read_text(encoding="utf-8")
)
LANGUAGES = ("en", "de", "es", "fr", "ru")
_FIGURE = regex.compile(r"(?<![\p{L}\p{N}.,])\p{Nd}+(?:[.,\u00a0\u202f]\p{Nd}+)*(?![\p{L}\p{N}])")
_YEAR = regex.compile(r"(?<![\p{L}\p{N}.,])(?:1[0-9]|20)\p{Nd}{2}(?![\p{L}\p{N}]|[.,]\p{Nd})")
_CAPITALISED = regex.compile(r"(?<=[\p{Ll},] )\p{Lu}\p{Ll}{3,}(?![\p{L}'’-])")
_IN_WORDS = 12  # figures up to here may stand in the quote in words
_NEAR = ("times ten", "one more", "digits swapped", "another of its size")


class CorruptStatements:
    """Corrupts pairs by kind; the same seed makes the same ones of the same pairs."""

    def __init__(self, pairs: Sequence[Pair], seed: int) -> None:
        """Draw from `pairs`, which are all there are: what is small in one of them anywhere is no name."""
        self._pairs = list(pairs)
        self._seed = seed
        self._small = {
            word for pair in pairs for word in regex.findall(r"(?<!\p{L})\p{Ll}+(?!\p{L})", pair.statement)
        }
        english = " ".join({pair.statement for pair in pairs if pair.language == "en"})
        self._english_names = set(_CAPITALISED.findall(english))
        self._by_story: dict[tuple[str, str], list[Pair]] = {}
        for pair in pairs:
            self._by_story.setdefault((pair.story, pair.quote_language), []).append(pair)

    def corrupted(self, at_most: int) -> Iterator[Corrupted]:
        """At most so many of each kind, drawn over all languages."""
        for kind, (is_meant, corrupt) in self._kinds().items():
            draw = random.Random(f"{self._seed} {kind}")
            order = [pair for pair in self._pairs if is_meant(pair)]
            draw.shuffle(order)
            made = 0
            for pair in order:
                if made == at_most:
                    break
                found = corrupt(pair, draw)
                if found is not None:
                    changed, how = found
                    made += 1
                    yield Corrupted(kind, changed, how)

    def _kinds(self) -> dict[str, tuple[Callable[[Pair], bool], "_Corrupt"]]:
        return {
            "number": (_any, _number),
            "date": (_any, _date),
            "percentage or amount": (_any, _amount),
            "name, same language": (lambda pair: not is_crossing(pair), self._name),
            "name, one script": (lambda pair: is_crossing(pair) and not _is_across(pair), self._name),
            "name, across scripts": (_is_across, self._name),
            "polarity": (_any, _polarity),
            "attribution": (_any, _attribution),
            "other article": (_any, self._other_article),
            "unrelated quote": (_any, self._unrelated),
            "stitched quote": (_any, self._stitched),
            "invented quote": (_any, _invented),
        }

    def _name(self, pair: Pair, draw: random.Random) -> "_Made":
        spots = [
            match for match in _CAPITALISED.finditer(pair.statement) if self._is_name(match.group(), pair)
        ]
        if not spots:
            return None
        spot = draw.choice(spots)
        places: list[str] = WORDS["places"][pair.language]
        if spot.group() in places:
            row = draw.randrange(len(places))
            put, forms = places[row], [WORDS["places"][language][row] for language in LANGUAGES]
        else:
            row = draw.randrange(len(WORDS["people"]["latin"]))
            forms = [WORDS["people"][script][row] for script in ("latin", "cyrillic")]
            put = forms[pair.language == "ru"]
        if any(form[:4].casefold() in f"{pair.quote} {pair.statement}".casefold() for form in forms):
            return None
        return _with_statement(pair, spot.span(), put), f"{spot.group()} → {put}"

    def _is_name(self, word: str, pair: Pair) -> bool:
        if word.casefold() in self._small or word in WORDS["months"][pair.language]:
            return False
        # Every German noun has a capital: there a name is what English writes so, too.
        return pair.language != "de" or word in self._english_names

    def _other_article(self, pair: Pair, draw: random.Random) -> "_Made":
        other = draw.choice(self._pairs)
        if other.story == pair.story or pair.quote in other.article:
            return None
        return replace(pair, article=other.article), "the quote is said to be from another article"

    def _unrelated(self, pair: Pair, draw: random.Random) -> "_Made":
        others = self._others(pair)
        if not others:
            return None
        return replace(pair, quote=draw.choice(others)), "another sentence of the same article"

    def _others(self, pair: Pair) -> list[str]:
        """Other sentences of the article that answer something."""
        return [
            one.quote
            for one in self._by_story[pair.story, pair.quote_language]
            if one.article == pair.article and one.quote not in pair.quote and pair.quote not in one.quote
        ]

    def _stitched(self, pair: Pair, draw: random.Random) -> "_Made":
        others = self._others(pair)
        if not others:
            return None
        first, second = pair.quote.split(" "), draw.choice(others).split(" ")
        mark = draw.choice((" ... ", " … ", " [...] ", " ", ", "))
        quote = " ".join(first[: len(first) // 2]) + mark + " ".join(second[len(second) // 2 :])
        if quote in pair.article:
            return None
        return replace(pair, quote=quote), f"two halves joined by {mark!r}"


_Made = tuple[Pair, str] | None
_Corrupt = Callable[[Pair, random.Random], _Made]


def _any(pair: Pair) -> bool:
    return True


def _is_across(pair: Pair) -> bool:
    return (pair.language == "ru") != (pair.quote_language == "ru")


def _with_statement(pair: Pair, span: tuple[int, int], put: str) -> Pair:
    return replace(pair, statement=pair.statement[: span[0]] + put + pair.statement[span[1] :])


def _figures(text: str) -> set[str]:
    return {regex.sub(r"\P{Nd}", "", figure) for figure in _FIGURE.findall(text)}


def _number(pair: Pair, draw: random.Random) -> _Made:
    words: list[str] = WORDS["numbers"][pair.language]
    in_words = [
        match for match in regex.finditer(r"\p{L}+", pair.statement) if match.group().casefold() in words
    ]
    spots = [match for match in _FIGURE.finditer(pair.statement) if not _YEAR.fullmatch(match.group())]
    if in_words and (not spots or draw.random() < 0.3):
        return _number_word(pair, draw.choice(in_words), words, draw)
    if not spots:
        return None
    spot = draw.choice(spots)
    how = draw.choice(_NEAR)
    put = _near(spot.group(), how, draw)
    if put is None:
        return None
    digits = regex.sub(r"\P{Nd}", "", put)
    if int(digits) <= _IN_WORDS or digits in _figures(pair.quote) | _figures(pair.statement):
        return None
    return _with_statement(pair, spot.span(), put), f"{how}: {spot.group()} → {put}"


def _near(figure: str, how: str, draw: random.Random) -> str | None:
    """Another figure with the same marks where its length allows; None: nothing but the same."""
    digits = regex.sub(r"\P{Nd}", "", figure)
    if how == "times ten" and digits == figure:
        return figure + "0" if figure.strip("0") else None
    changed = list(digits)
    if how == "one more":
        more = str(int(digits) + 1)
        changed = list(more.zfill(len(digits))) if len(more) <= len(digits) else []
    elif how == "digits swapped" and len(digits) > 1:
        at = draw.randrange(len(digits) - 1)
        changed[at], changed[at + 1] = changed[at + 1], changed[at]
    else:
        at = draw.randrange(len(digits))
        changed[at] = draw.choice([one for one in "123456789" if one != digits[at]])
    if not changed or int("".join(changed)) == int(digits) or changed[0] == "0":
        return None
    left = iter(changed)
    return "".join(next(left) if sign.isdecimal() else sign for sign in figure)


def _number_word(pair: Pair, spot: Any, words: Sequence[str], draw: random.Random) -> _Made:
    at = draw.randrange(len(words))
    put = words[at]
    there: list[str] = WORDS["numbers"][pair.quote_language]
    if (
        words[at] == spot.group().casefold()
        or there[at][:4] in pair.quote.casefold()
        or put in pair.statement
    ):
        return None
    if str(at + 2) in _figures(pair.quote):
        return None
    return _with_statement(pair, spot.span(), put), f"{spot.group()} → {put}"


def _date(pair: Pair, draw: random.Random) -> _Made:
    months: list[str] = WORDS["months"][pair.language]
    written = "|".join(months)
    # May and Mai are also a verb and a first name: only beside a figure are they a month.
    named = regex.compile(
        rf"(?<!\p{{L}})(?:{written})(?!\p{{L}})(?=,? \p{{Nd}})|(?<=\p{{Nd}}\.? )(?:{written})(?!\p{{L}})"
    )
    spots = list(named.finditer(pair.statement))
    years = list(_YEAR.finditer(pair.statement))
    if spots and (not years or draw.random() < 0.6):
        spot = draw.choice(spots)
        at = draw.randrange(12)
        if months[at] == spot.group() or WORDS["months"][pair.quote_language][at][:3] in pair.quote:
            return None
        return _with_statement(pair, spot.span(), months[at]), f"{spot.group()} → {months[at]}"
    if not years:
        return None
    spot = draw.choice(years)
    put = str(int(spot.group()) + draw.choice((-10, -3, -2, -1, 1, 2, 3, 10, 100)))
    if put in pair.quote or put in pair.statement:
        return None
    return _with_statement(pair, spot.span(), put), f"{spot.group()} → {put}"


def _amount(pair: Pair, draw: random.Random) -> _Made:
    """A scale becomes another one, a percentage another percentage or no percentage."""
    for one, other in draw.sample(WORDS["scales"][pair.language], len(WORDS["scales"][pair.language])):
        for word, put in ((one, other), (other, one)):
            spot = regex.search(rf"(?<=\p{{N}} )(?<!\p{{L}}){regex.escape(word)}(?!\p{{L}})", pair.statement)
            if spot:
                return _with_statement(pair, spot.span(), put), f"{word} → {put}"
    signs = "|".join(regex.escape(sign) for sign in WORDS["percent"][pair.language])
    spot = regex.search(rf"(\p{{Nd}}+(?:[.,]\p{{Nd}}+)?)[ \u00a0\u202f]?({signs})(?!\p{{L}})", pair.statement)
    if spot is None:
        return None
    if draw.random() < 0.5:
        put = WORDS["people_word"][pair.language]
        return _with_statement(pair, (spot.end(1), spot.end()), f" {put}"), f"{spot.group(2)} → {put}"
    figure = _near(spot.group(1), "another of its size", draw)
    if figure is None or regex.sub(r"\P{Nd}", "", figure) in _figures(pair.quote):
        return None
    return _with_statement(pair, spot.span(1), figure), f"{spot.group(1)} % → {figure} %"


def _polarity(pair: Pair, draw: random.Random) -> _Made:
    """What is denied no longer is, or what is said is denied."""
    denials: list[tuple[str, str]] = WORDS["denials"][pair.language]
    denying = [(negative, plain) for plain, negative in denials if _spots(negative, pair.statement)]
    asserting = [(plain, negative) for plain, negative in denials if _spots(plain, pair.statement)]
    if not denying and not asserting:
        return None
    word, put = draw.choice(denying or asserting)
    spot = draw.choice(_spots(word, pair.statement))
    return _with_statement(pair, spot.span(), put), f"{word} → {put}"


def _spots(word: str, text: str) -> list[Any]:
    return list(regex.finditer(rf"(?<![\p{{L}}'’-]){regex.escape(word)}(?![\p{{L}}'’-])", text))


def _attribution(pair: Pair, draw: random.Random) -> _Made:
    speaking: list[str] = WORDS["speaking"][pair.language]
    if any(word in speaking for word in regex.findall(r"\p{L}+", pair.statement.casefold())):
        return None
    source = draw.choice(WORDS["sources"][pair.quote_language])
    quote = source + pair.quote
    article = pair.article.replace(pair.quote, quote, 1)
    return replace(pair, quote=quote, article=article), f"{source!r} is left out"


def _invented(pair: Pair, draw: random.Random) -> _Made:
    words = pair.quote.split(" ")
    if len(words) < 8:
        return None
    said = " ".join(word.strip('.,;:«»"“”„') for word in draw.sample(words, 6))
    quote = draw.choice(WORDS["invented"][pair.quote_language]).format(words=said)
    return replace(pair, quote=quote), "a sentence that nobody wrote"
