"""Files of free bilingual dictionaries in, one `Dictionary` a language pair out: words with likely translations."""

import gzip
import logging
import math
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

import regex
from wordfreq import get_frequency_dict

_log = logging.getLogger(__name__)

Layout = Literal["freedict", "mueller", "ding", "edict"]
_DICTD = "usr/share/dictd"
_MOST_WORDS = 3  # of a headword or a translation: longer ones are explanations
_MOST_TRANSLATIONS = 4


@dataclass(frozen=True, slots=True)
class DictionaryPackage:
    """A dictionary as Debian packages it; `version` is the one that was looked at."""

    name: str
    version: str
    licence: str
    source: str
    target: str
    path: str  # below the root of the system; of dictd files without the ending
    layout: Layout = "freedict"


def _freedict(pair: str, source: str, target: str, licence: str, version: str) -> DictionaryPackage:
    path = f"{_DICTD}/freedict-{pair}"
    return DictionaryPackage(f"dict-freedict-{pair}", version, licence, source, target, path)


_GPL = "GPL-2+"
_WIKTIONARY = "CC-BY-SA-3.0"  # made from Wiktionary by WikDict
_OLD, _NEW = "2022.04.21-1", "2022.12.07-2"

# The packages that sampling found good enough, best first where two serve one pair. Looked at and left out: German
# from FreeDict (a copy of trans-de-en), eng-rom and ces-eng (under 1,000 words), jpn-eng (a copy of edict with broken
# headwords), ara-eng (headwords are the inflected translations of eng-ara).
PACKAGES: tuple[DictionaryPackage, ...] = (
    DictionaryPackage("trans-de-en", "1.9-6", _GPL, "de", "en", "usr/share/trans/de-en", "ding"),
    DictionaryPackage("mueller7-dict", "2002.02.27-13", _GPL, "en", "ru", f"{_DICTD}/mueller7", "mueller"),
    DictionaryPackage(
        "edict", "2021.02.03-1", "CC-BY-SA-3.0 (EDRDG)", "ja", "en", "usr/share/edict/edict", "edict"
    ),
    _freedict("eng-ara", "en", "ar", _GPL, _OLD),
    _freedict("eng-ces", "en", "cs", _GPL, _OLD),
    _freedict("eng-ell", "en", "el", _GPL, _OLD),
    _freedict("ell-eng", "el", "en", _WIKTIONARY, _NEW),
    _freedict("eng-fin", "en", "fi", _WIKTIONARY, _NEW),
    _freedict("fin-eng", "fi", "en", _WIKTIONARY, _NEW),
    _freedict("eng-fra", "en", "fr", _GPL, _OLD),
    _freedict("fra-eng", "fr", "en", _GPL, _OLD),
    _freedict("eng-hin", "en", "hi", _GPL, _OLD),
    _freedict("eng-ind", "en", "id", _WIKTIONARY, _NEW),
    _freedict("eng-ita", "en", "it", _GPL, _OLD),
    _freedict("ita-eng", "it", "en", _GPL, _OLD),
    _freedict("eng-jpn", "en", "ja", _WIKTIONARY, _NEW),
    _freedict("eng-nld", "en", "nl", _GPL, _OLD),
    _freedict("nld-eng", "nl", "en", _GPL, _OLD),
    _freedict("eng-pol", "en", "pl", "GPL-3+ and GFDL-1.2+", _OLD),
    _freedict("pol-eng", "pl", "en", _WIKTIONARY, _NEW),
    _freedict("eng-por", "en", "pt", _GPL, _OLD),
    _freedict("por-eng", "pt", "en", _GPL, _OLD),
    _freedict("eng-rus", "en", "ru", _GPL, _OLD),  # small, and the common words right, where mueller7 is old
    _freedict("eng-spa", "en", "es", _GPL, _OLD),
    _freedict("spa-eng", "es", "en", _GPL, _OLD),
    _freedict("eng-swe", "en", "sv", _GPL, _OLD),
    _freedict("swe-eng", "sv", "en", _GPL, _OLD),
    _freedict("eng-tur", "en", "tr", _GPL, _OLD),
    _freedict("fra-deu", "fr", "de", _WIKTIONARY, _NEW),
    _freedict("fra-ell", "fr", "el", _WIKTIONARY, _NEW),
    _freedict("fra-fin", "fr", "fi", _WIKTIONARY, _NEW),
    _freedict("fra-ita", "fr", "it", _WIKTIONARY, _NEW),
    _freedict("fra-jpn", "fr", "ja", _WIKTIONARY, _NEW),
    _freedict("fra-nld", "fr", "nl", _GPL, _OLD),
    _freedict("fra-pol", "fr", "pl", _WIKTIONARY, _NEW),
    _freedict("fra-por", "fr", "pt", _WIKTIONARY, _NEW),
    _freedict("fra-rus", "fr", "ru", _WIKTIONARY, _NEW),
    _freedict("fra-spa", "fr", "es", _WIKTIONARY, _NEW),
    _freedict("fra-swe", "fr", "sv", _WIKTIONARY, _NEW),
    _freedict("fra-tur", "fr", "tr", _WIKTIONARY, _NEW),
)


class MissingDictionaryError(Exception):
    """A dictionary that is asked for is not installed, or no package holds it."""


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Words of `source` in lower case with their translations into `target`, likeliest first.

    `names`: the words that `source` writes with a capital (England, English), in lower case too.
    """

    source: str
    target: str
    translations: dict[str, tuple[str, ...]]
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    packages: tuple[DictionaryPackage, ...] = ()


def read_dictionary(source: str, target: str, root: Path = Path("/")) -> Dictionary:
    """All installed packages of a pair as one dictionary; those of the other direction, turned round, fill gaps.

    `root`: where the packages are unpacked. Raises MissingDictionaryError where none is there.
    """
    known = [p for p in PACKAGES if {p.source, p.target} == {source, target}]
    if not known:
        pairs = ", ".join(sorted({f"{p.source}-{p.target}" for p in PACKAGES}))
        raise MissingDictionaryError(
            f"No dictionary package is known for {source} to {target}. Pairs, either way round: {pairs}. "
            "`chain` makes further ones by way of a third language."
        )
    found = [p for p in known if _files_of(p, root)[-1].exists()]
    if not found:
        raise MissingDictionaryError(
            f"No dictionary from {source} to {target} under {root}. Install one with "
            f"`apt-get install --no-install-recommends {' '.join(p.name for p in known)}`."
        )
    translations, names = _translations(found, source, target, root)
    return Dictionary(source, target, translations, names, tuple(found))


def read_dictionaries(
    pairs: Sequence[tuple[str, str]], root: Path = Path("/"), skip_missing: bool = False
) -> list[Dictionary]:
    """One dictionary a pair; with `skip_missing` a pair without an installed package is left out, and logged."""
    dictionaries = []
    for source, target in pairs:
        try:
            dictionaries.append(read_dictionary(source, target, root))
        except MissingDictionaryError as error:
            if not skip_missing:
                raise
            _log.warning("Skipped: %s", error)
    return dictionaries


def chain(first: Dictionary, second: Dictionary) -> Dictionary:
    """Words of the first dictionary's source in the second's target, by way of the best translation between them."""
    if first.target != second.source:
        raise ValueError(
            f"Cannot chain {first.source}-{first.target} with {second.source}-{second.target}: "
            "the second has to start from the first's target."
        )
    packages = tuple(dict.fromkeys(first.packages + second.packages))
    return Dictionary(
        first.source,
        second.target,
        _through(first.translations, second.translations),
        _through(first.names, second.names),
        packages,
    )


def fill(first: Dictionary, second: Dictionary) -> Dictionary:
    """The first dictionary with the words that only the second has."""
    if (first.source, first.target) != (second.source, second.target):
        raise ValueError(
            f"Cannot fill {first.source}-{first.target} from {second.source}-{second.target}: "
            "both have to be of one pair and direction."
        )
    return Dictionary(
        first.source,
        first.target,
        {**second.translations, **first.translations},
        {**second.names, **first.names},
        tuple(dict.fromkeys(first.packages + second.packages)),
    )


def _through(
    first: dict[str, tuple[str, ...]], second: dict[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    return {word: second[found[0].lower()] for word, found in first.items() if found[0].lower() in second}


def packages_to_install() -> str:
    """The command that installs every package of the table."""
    return "apt-get install --no-install-recommends " + " ".join(p.name for p in PACKAGES)


# Reading: one function a layout.


@dataclass(frozen=True, slots=True)
class _Entry:
    """A headword, its translations in the order of the file, and how many synonyms stand before the headword."""

    headword: str
    translations: list[str]
    place: int = 0


_Reader = Callable[[tuple[Path, ...]], Iterator[_Entry]]


def _files_of(package: DictionaryPackage, root: Path) -> tuple[Path, ...]:
    path = root / package.path
    if package.layout in ("freedict", "mueller"):
        return path.with_name(path.name + ".index"), path.with_name(path.name + ".dict.dz")
    return (path,)


_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_DIGIT = {sign: value for value, sign in enumerate(_BASE64)}


def _number(digits: str) -> int:
    value = 0
    for digit in digits:
        value = value * 64 + _DIGIT[digit]
    return value


def read_dictd(index: Path, data: Path) -> Iterator[tuple[str, str]]:
    """Headword and text of every entry of a pair of dictd files, but for the ones about the dictionary itself."""
    with gzip.open(data) as file:
        content = file.read()
    for line in index.read_text(encoding="utf-8").splitlines():
        headword, offset, length = line.split("\t")[:3]
        if not headword.startswith("00"):
            start = _number(offset)
            yield headword, content[start : start + _number(length)].decode("utf-8", "replace")


_SENSE = re.compile(r"\s*(?:[IVX]+\.\s+)?(?:<[^>]*>\s*)?(?:(?P<number>\d+)\.\s+)?")
_NOTES = regex.compile(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|<[^<>]*>|\s\d+\.\s*$")
_PERSON_OR_THING = re.compile(r"\b(?:sb|sth|smb|smth|jdn|jdm|jds|etw|jd)\.(?:'s)?")


def _read_freedict(files: tuple[Path, ...]) -> Iterator[_Entry]:
    entries: dict[str, list[tuple[int, str, str]]] = {}
    for headword, entry in read_dictd(*files):
        first, _, body = entry.partition("\n")
        # The index has every headword in small letters; the entry itself shows which are names.
        written = first[: len(headword)]
        name = written if written.lower() == headword.lower() else headword
        entries.setdefault(headword, []).append((0 if "<" in first else len(first), name, body))
    for found in entries.values():
        # The dictionaries made from Ergane cut headwords at the first blank, but not the pronunciation behind them:
        # "house /haustʃɑːdʒ/ servicio" is house charge. The shortest first line is that of the word itself.
        # Entries with a word class are whole.
        shortest = min((length for length, _, _ in found if length), default=0)
        for length, name, body in found:
            if length <= shortest + 2:
                yield _Entry(name, _freedict_translations(body))


def _freedict_translations(body: str) -> list[str]:
    translations: list[str] = []
    for place, line in enumerate(line for line in body.split("\n") if line.strip()):
        sense = _SENSE.match(line)
        # Translations stand in the first line and in numbered ones; the others hold definitions and examples.
        if sense and (place == 0 or sense.group("number")):
            translations += _pieces(line[sense.end() :].split(". ")[0], ",;،、")
    return translations


_MUELLER_MARKS = re.compile(r"_\w+\.?:?|\[[^\]]*\]|[абвгд]\)|\d\)")


def _read_mueller(files: tuple[Path, ...]) -> Iterator[_Entry]:
    for headword, entry in read_dictd(*files):
        text = " ".join(entry.split("\n")[1:])
        senses = re.split(r"\s\d+[.)]\s", text)
        # Idioms follow in Latin letters; the script filter drops them with their translations.
        yield _Entry(
            headword, [p for sense in senses for p in _pieces(_MUELLER_MARKS.sub(";", sense), ";,:")]
        )


_ABBREVIATION = re.compile(r"(?<= )/[^/ ]+/")  # century /c./


def _read_ding(files: tuple[Path, ...]) -> Iterator[_Entry]:
    with files[0].open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("#") or " :: " not in line:
                continue
            german, english = line.rstrip("\n").split(" :: ", 1)
            for left, right in zip(german.split(" | "), english.split(" | "), strict=False):
                translations = _pieces(_ABBREVIATION.sub(" ", right), ";")
                for place, headword in enumerate(_pieces(left, ";")):
                    yield _Entry(headword, translations, place)


def _read_edict(files: tuple[Path, ...]) -> Iterator[_Entry]:
    with files[0].open(encoding="euc-jp", errors="replace") as lines:
        for line in lines:
            head, _, senses = line.partition(" /")
            word = head.split(" ")[0]
            # Words of hiragana alone are left out: their letters also stand in endings and particles.
            if regex.search(r"\p{Han}|\p{Katakana}", word):
                yield _Entry(word, [p for sense in senses.split("/") for p in _pieces(sense, ";")])


_READERS: dict[Layout, _Reader] = {
    "freedict": _read_freedict,
    "mueller": _read_mueller,
    "ding": _read_ding,
    "edict": _read_edict,
}


def _pieces(text: str, separators: str) -> list[str]:
    """Notes in brackets go, then the alternatives are taken apart."""
    bare = text
    while (shorter := _NOTES.sub(" ", bare)) != bare:
        bare = shorter
    bare = _PERSON_OR_THING.sub(" ", bare).replace("~", " ")
    return [p for p in (" ".join(part.split()) for part in re.split(f"[{separators}]", bare)) if p]


# Choosing: what can stand in a text, likeliest first.

_LETTERS = {
    "ar": r"\p{Arabic}", "el": r"\p{Greek}", "hi": r"\p{Devanagari}", "ru": r"\p{Cyrillic}",
    "ja": r"\p{Han}\p{Hiragana}\p{Katakana}ー",
}  # fmt: skip
_ARABIC_VOWELS = regex.compile(r"[\u064b-\u0652\u0640]")
_UNFREQUENT = 1e-8


@cache
def _frequencies(language: str) -> dict[str, float]:
    return get_frequency_dict(language, wordlist="best")


def _frequency(text: str, language: str) -> float:
    """In decades: of a text's rarest word, and a decade less a further word (descriptions, more often than not)."""
    table = _frequencies(language)
    words = text.lower().split()
    rarest = min((table.get(word, _UNFREQUENT) for word in words), default=_UNFREQUENT)
    return math.log10(rarest) - (len(words) - 1)


@cache
def _well_formed(language: str) -> regex.Pattern[str]:
    letters = _LETTERS.get(language, r"\p{Latin}")
    return regex.compile(rf"[{letters}\p{{M}}]+(?:[ '’-][{letters}\p{{M}}]+){{0,{_MOST_WORDS - 1}}}")


@lru_cache(maxsize=1_000_000)
def _clean(text: str, language: str) -> str | None:
    text = unicodedata.normalize("NFC", text.replace("\u0301", "") if language == "ru" else text)
    if language == "ar":
        text = _ARABIC_VOWELS.sub("", text)
    if language == "en":
        text = re.sub(r"^to (?=\w)", "", text)
    return text if _well_formed(language).fullmatch(text) else None


_Evidence = dict[str, dict[str, float]]  # word: translation: how often and how early it is listed


def _pairs(package: DictionaryPackage, source: str, root: Path) -> Iterator[tuple[str, str, float]]:
    """Word, translation and weight: one over the number of alternatives up to there, half of it turned round."""
    turned = package.source != source
    for entry in _READERS[package.layout](_files_of(package, root)):
        headword = _clean(entry.headword, package.source)
        if headword is None:
            continue
        for place, candidate in enumerate(dict.fromkeys(entry.translations)):
            translation = _clean(candidate, package.target)
            if translation is not None:
                weight = 1 / (1 + place + entry.place)
                yield (translation, headword, weight / 2) if turned else (headword, translation, weight)


def _translations(
    packages: list[DictionaryPackage], source: str, target: str, root: Path
) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Words and names."""
    lower: _Evidence = {}
    capital: _Evidence = {}
    of_translation: dict[str, float] = {}
    for package in packages:
        for word, translation, weight in _pairs(package, source, root):
            # Capitals mark names (China, Turkey): they never stand for the lower-case word where it has an entry.
            evidence = capital if word[:1].isupper() and word[1:2].islower() and source != "de" else lower
            found = evidence.setdefault(word.lower(), {})
            found[translation] = found.get(translation, 0.0) + weight
            of_translation[translation] = of_translation.get(translation, 0.0) + weight

    def best(evidence: _Evidence) -> dict[str, tuple[str, ...]]:
        return {
            word: _best(_frequency(word, source), found, of_translation, target)
            for word, found in evidence.items()
        }

    capitals = best(capital)
    # Scripts without capitals are left out: eng-ara writes every headword with one.
    names = {
        word: found
        for word, found in capitals.items()
        if len(word) > 2 and (found[0][0].isupper() or (found[0][0].islower() and word not in lower))
    }
    return {**capitals, **best(lower)}, names


def _best(
    frequency: float, found: dict[str, float], of_translation: dict[str, float], target: str
) -> tuple[str, ...]:
    """The likeliest few: listed early and often, mostly for this word, as frequent as it (all in decades)."""
    if len(found) == 1:
        return tuple(found)

    def score(translation: str) -> float:
        listed = math.log10(found[translation])
        own = math.log10(found[translation] / of_translation[translation])
        # A rare translation is mostly a wrong one; one far more frequent than the word is too general ("make").
        more = _frequency(translation, target) - frequency
        return listed + 0.5 * own + (more if more < 0 else -0.5 * more)

    return tuple(sorted(found, key=lambda t: (-score(t), t))[:_MOST_TRANSLATIONS])
