"""A marked span and the acceptable answers in; exact match, token F1 and whether it is right out.

The measure is SQuAD's (Rajpurkar et al. 2016): lower case, no punctuation and articles, compared by tokens with the
best of several answers. Articles by language follow MLQA (Lewis et al. 2020); those of French and Italian, elided ones
among them, are ours, as MLQA has neither. Chinese, Japanese and Thai are compared by character, as MLQA does with
Chinese. One thing differs on purpose: figures keep their decimal point and lose their group marks, so that 7,45 is not
745 and 1 037, 1,037 and 1.037 are one number.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

ARTICLES = {
    "ar": r"\bال(?=\w)",
    "de": r"\b(?:der|die|das|den|dem|des|ein|eine|einen|einem|eines|einer)\b",
    "en": r"\b(?:a|an|the)\b",
    "es": r"\b(?:el|la|los|las|un|una|unos|unas)\b",
    "fr": r"\b(?:l['’]|(?:le|la|les|du|des|au|aux|un|une)\b)",
    "it": r"\b(?:l['’]|un['’]|(?:il|lo|la|i|gli|le|un|uno|una)\b)",
    "vi": r"\b(?:của|là|cái|chiếc|những)\b",
}
_ARTICLES = {language: re.compile(pattern) for language, pattern in ARTICLES.items()}
_ELIDED = {
    "fr": re.compile(r"\b([cdjmnst]|qu|jusqu|lorsqu|puisqu)['’](?=\w)", re.I),
    "it": re.compile(r"\b([cdmnst]|all|dall|dell|nell|sull)['’](?=\w)", re.I),
}
BY_CHARACTER = ("zh", "ja", "th", "lo", "km", "my")  # written without spaces between words
_SPACES = " \u00a0\u2009\u202f"
_FIGURE = re.compile(rf"\d+(?:[{_SPACES}.,'’٫٬]\d+)*")
_BETWEEN_FIGURES = re.compile(r"(?<=\d)[-–—/:](?=\d)")  # else 2012-07 would be one number
_GROUP_BY_SPACE = re.compile(rf"(?<=\d)[{_SPACES}](?=\d)")
_POINT = "\ue000"  # stands for the decimal point while punctuation is taken away
RIGHT_F1 = 0.5


@dataclass(frozen=True, slots=True)
class SpanScores:
    """Exact matches and summed F1 over questions, so that rows keep their counts."""

    questions: int
    exact: int
    f1_sum: float

    @property
    def f1(self) -> float:
        """Mean F1, 0 to 1; 0 where nothing was asked."""
        return self.f1_sum / self.questions if self.questions else 0.0

    @property
    def em(self) -> float:
        """Share of exact matches, 0 to 1."""
        return self.exact / self.questions if self.questions else 0.0

    def to_dict(self) -> dict[str, Any]:
        """EM and F1 in per cent with their counts, as JSON."""
        return {
            "questions": self.questions,
            "exact": self.exact,
            "em": round(100 * self.em, 2),
            "f1": round(100 * self.f1, 2),
        }


def span_scores(pairs: Iterable[tuple[str, Sequence[str]]], language: str) -> SpanScores:
    """Score (marked text, acceptable answers); no text and no answers is an exact match, as in SQuAD 2.0."""
    listed = list(pairs)
    return SpanScores(
        len(listed),
        sum(exact_match(text, answers, language) for text, answers in listed),
        sum(f1(text, answers, language) for text, answers in listed),
    )


def exact_match(text: str, answers: Sequence[str], language: str) -> bool:
    """Whether the text is one of the answers after normalisation; with no answers, whether it is empty."""
    ours = tokens(text, language)
    return any(ours == tokens(answer, language) for answer in answers or ("",))


def f1(text: str, answers: Sequence[str], language: str) -> float:
    """Token F1 with the best of the answers, 0 to 1; with no answers, 1 for an empty text."""
    ours = tokens(text, language)
    return max(_overlap(ours, tokens(answer, language)) for answer in answers or ("",))


def is_right(text: str, answers: Sequence[str], language: str) -> bool:
    """Whether the text says one of the answers: F1 of at least one half with it, and all its figures.

    The figures matter: "20 000 soldats" shares half its tokens with "50 soldats" and is wrong.
    """
    ours = tokens(text, language)
    return any(
        _overlap(ours, theirs) >= RIGHT_F1 and _figures(theirs) <= _figures(ours)
        for theirs in (tokens(answer, language) for answer in answers)
    )


def holds(text: str, answers: Sequence[str], language: str) -> bool:
    """Whether the text has one of the answers in it, token by token, side by side.

    An elided word counts as one of its own here: "chargés d'organiser" holds "organiser".
    """
    ours = tokens(_unelided(text, language), language)
    return any(_contains(ours, tokens(_unelided(answer, language), language)) for answer in answers)


def _unelided(text: str, language: str) -> str:
    pattern = _ELIDED.get(language.split("-")[0])
    return pattern.sub(r"\1 ", text) if pattern else text


def tokens(text: str, language: str) -> list[str]:
    """Normalised tokens: words, or characters where a language is written without spaces; figures whole."""
    language = language.split("-")[0]
    text = _FIGURE.sub(lambda found: _plain_figure(found[0]), unicodedata.normalize("NFKC", text).lower())
    if language in _ARTICLES:
        text = _ARTICLES[language].sub(" ", text)
    text = _BETWEEN_FIGURES.sub(" ", text)
    kept = "".join(sign for sign in text if unicodedata.category(sign)[0] != "P" and sign not in "$+<=>^`|~")
    words = kept.replace(_POINT, ".").split()
    return [piece for word in words for piece in _pieces(word)] if language in BY_CHARACTER else words


def _pieces(word: str) -> list[str]:
    return re.findall(r"[\d.]*\d|[a-z]+|.", word)


def _plain_figure(figure: str) -> str:
    """Group marks out, the decimal mark as one sign: 1 037,5 and 1,037.5 alike; other runs stay apart."""
    digits = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in figure)
    by_space = _GROUP_BY_SPACE.split(digits)
    if not _groups([re.split(r"[.,'’٫٬]", run)[0] for run in by_space]):
        return " ".join(_plain_figure(part) for part in by_space)
    parts = re.split(r"([.,'’٫٬])", "".join(by_space))
    runs, marks = parts[::2], parts[1::2]
    if not marks:
        return runs[0]
    if len(set(marks)) == 1 and _groups(runs):
        return "".join(runs)
    if _groups(runs[:-1]) and marks[-1] not in marks[:-1]:
        return "".join(runs[:-1]) + _POINT + runs[-1]
    return _POINT.join(runs)  # a date, a time, a version


def _groups(runs: Sequence[str]) -> bool:
    """Whether the runs of digits are one number written in groups of three."""
    if len(runs) == 1:
        return True
    return 1 <= len(runs[0]) <= 3 and runs[0] != "0" and all(len(run) == 3 for run in runs[1:])


def _figures(found: Sequence[str]) -> set[str]:
    return {token for token in found if any(sign.isdecimal() for sign in token)}


def _overlap(ours: Sequence[str], theirs: Sequence[str]) -> float:
    if not ours or not theirs:
        return float(ours == theirs)
    shared = (Counter(ours) & Counter(theirs)).total()
    return 2 * shared / (len(ours) + len(theirs))


def _contains(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    return bool(theirs) and any(
        list(ours[place : place + len(theirs)]) == list(theirs)
        for place in range(len(ours) - len(theirs) + 1)
    )
