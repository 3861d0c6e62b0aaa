"""A name in any script in, how it may sound in Latin letters out: Ichkachim, Ишкашим and اشکاشم come near Ishkashim."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import regex
from anyascii import anyascii
from rapidfuzz.distance import Levenshtein

# Spellings of one sound in the languages of the press, longest first. Capital letters are classes: S as in ship and
# chip, J as in jump, H as in loch.
_SPELLINGS = (
    ("shch", "S"), ("chtch", "S"), ("schtsch", "S"), ("tsch", "S"), ("dsch", "J"), ("sch", "S"), ("tch", "S"),
    ("tsh", "S"), ("dzh", "J"), ("dj", "J"), ("sh", "S"), ("ch", "S"), ("cz", "S"), ("sz", "S"), ("zh", "J"),
    ("kh", "H"), ("gh", "g"), ("ph", "f"), ("th", "t"), ("dh", "d"), ("rh", "r"), ("bh", "b"), ("ck", "k"),
    ("qu", "k"), ("ou", "u"), ("oo", "u"), ("ee", "i"), ("eu", "u"), ("ts", "s"), ("tz", "s"),
)  # fmt: skip
_SPELLING = regex.compile(
    "|".join(spelling for spelling, _ in sorted(_SPELLINGS, key=lambda one: -len(one[0])))
)
_SOUND = dict(_SPELLINGS)
_SOFT_C = regex.compile("c(?=[eiy])")
_LETTERS = str.maketrans(
    {"c": "k", "q": "k", "w": "v", "f": "v", "z": "s", "y": "i", "j": "J", "h": "H", "x": "ks"}
)
_DOUBLED = regex.compile(r"(.)\1+")
_VOWELS = regex.compile("[aeiou]+")
_ABJAD = regex.compile(r"[\p{Arabic}\p{Hebrew}]")
_ARTICLE = regex.compile("^[وبكف]?ال(?=...)|^لل(?=...)")
_LONG_VOWELS = regex.compile("[wyaeiou]")  # in Arabic and Hebrew these stand for long vowels mostly
_NOT_LATIN = regex.compile("[^a-z]")
_SILENT_H = regex.compile("(?<=[aeiou])h(?![aeiouy])")  # John, Mahmud
_GLIDE = regex.compile("^[iJ]e")  # Yeltsin, Jelzin, Eltsine
# Consonants that one language writes for another's: Kadhafi and Gaddafi, Poutine and بوتين.
_NEAR = {
    frozenset(pair) for pair in ("gk", "bp", "dt", "sS", "JS", "Jg", "gH", "kH", "bv", "kS", "HS", "Hv", "iJ")
}


@dataclass(frozen=True, slots=True)
class Sound:
    """How a word sounds: all letters, the consonants alone, and whether its script writes vowels."""

    full: str
    consonants: str
    has_vowels: bool


@lru_cache(maxsize=50_000)
def sound_of_name(word: str) -> Sound:
    """Reduce one word of any script to its sound; a word without a Latin reading is empty."""
    has_vowels = _ABJAD.search(word) is None
    bare = word if has_vowels else _ARTICLE.sub("", word)
    latin = _NOT_LATIN.sub("", anyascii(unicodedata.normalize("NFC", bare)).lower())
    if not has_vowels:
        latin = latin[:1] + _LONG_VOWELS.sub("", latin[1:])
    latin = _SILENT_H.sub("", latin)
    heard = _SPELLING.sub(lambda match: _SOUND[match.group()], latin)
    heard = _DOUBLED.sub(r"\1", _SOFT_C.sub("s", heard).translate(_LETTERS))
    heard = _GLIDE.sub("e", heard)
    consonants = _DOUBLED.sub(r"\1", _VOWELS.sub("", heard))
    return Sound(heard, consonants, has_vowels)


def sounds_alike(one: Sound, other: Sound) -> bool:
    """Whether two words of different languages are likely one name; strict with short ones (Iran is not Oran)."""
    longest = max(len(one.consonants), len(other.consonants))
    shortest = min(len(one.consonants), len(other.consonants))
    if longest - shortest > 1 or shortest < 2:
        return one.has_vowels and other.has_vowels and one.full == other.full and len(one.full) > 2
    cost = _cost(one.consonants, other.consonants)
    if not (one.has_vowels and other.has_vowels):
        return shortest >= 3 and cost <= 0.5
    if cost > (0.5 if shortest >= 3 else 0.0) and not (cost <= 1.0 and shortest >= 5):
        return False
    if _starts_apart(one.full, other.full):
        return False
    differing = Levenshtein.distance(one.full, other.full)
    return differing <= max(len(one.full), len(other.full)) * (
        0.4 if shortest >= 4 else 0.3 if shortest == 3 else 0.2
    )


def _starts_apart(one: str, other: str) -> bool:
    """Whether one word begins with another vowel than the other (Iran, Oran)."""
    first, second = one[:1] in "aeiou", other[:1] in "aeiou"
    return first != second or (first and one[0] != other[0])


def _cost(one: str, other: str) -> float:
    """Edits between consonants: 1 each, half for kindred ones and for an h that is not spoken."""
    if one == other:
        return 0.0
    total = 0.0
    for edit in Levenshtein.editops(one, other):
        left = one[edit.src_pos] if edit.tag != "insert" else ""
        right = other[edit.dest_pos] if edit.tag != "delete" else ""
        kindred = left + right == "H" or frozenset((left, right)) in _NEAR
        total += 0.5 if kindred else 1.0
    return total
