"""A word of a statement and the run of a quote nearest to it in; the signs by which one may mean the other, out."""

from dataclasses import dataclass, fields

from anyascii import anyascii
from rapidfuzz.distance import JaroWinkler

MOST_ODDS = 4.0
TOGETHER = (
    ("named", "alike"),
    ("named_there", "alike"),
    ("named", "spelling_anywhere"),
    ("named", "near"),
    ("named_there", "near"),
    ("near", "alike"),
    ("back", "alike"),
    ("common", "alike"),
)


@dataclass(frozen=True, slots=True)
class NameSigns:
    """What tells whether a run of a quote means a word of a statement; see `name_weights` for what each counts."""

    near: float  # cosine of the two in their contexts
    alike: float  # cosine of the two by themselves
    named: float  # log-odds that the word is a name, whatever it means
    named_there: float  # the same of the run
    back: bool  # the word is what is nearest to the run in its turn
    near_back: float  # cosine of the run and what is nearest to it
    common: bool  # small letters write the word as often (common_words)
    spelling: float  # likeness of the spelling, in Latin letters, with the run
    spelling_anywhere: float  # with any word of the quote

    def values(self) -> dict[str, float]:
        """The signs as numbers, and products of two, since what one counts depends on the other."""
        signs = {field.name: float(getattr(self, field.name)) for field in fields(self)}
        for odds in ("named", "named_there"):
            signs[odds] = max(-MOST_ODDS, min(MOST_ODDS, signs[odds]))
        products = {f"{one} × {other}": signs[one] * signs[other] for one, other in TOGETHER}
        return {
            **signs,
            **products,
            "both named": max(0.0, signs["named"]) * max(0.0, signs["named_there"]),
            "one named": abs(signs["named"] - signs["named_there"]),
        }


def spelling(word: str, others: list[str]) -> float:
    """The likeness of a word, 0 to 1, with the most alike of others, whatever their scripts."""
    written = anyascii(word).casefold()
    return max((JaroWinkler.similarity(written, anyascii(other).casefold()) for other in others), default=0.0)
