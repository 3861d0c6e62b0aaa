"""An English word in; its opposites and its sister terms (other kinds of the same kind) out, from WordNet.

Reads the data base files of WordNet 3.0 (Miller 1995) as Debian ships them; the format is told in wndb(5WN). A synset
is named by its place in its file, so that only those asked for are taken apart.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from wordfreq import zipf_frequency

FOLDER = Path("/usr/share/wordnet")
PARTS = {"n": "noun", "v": "verb", "a": "adj", "r": "adv"}
TYPES = {"1": "n", "2": "v", "3": "a", "4": "r", "5": "a"}  # of the sense keys
RAREST = 3.6  # Zipf frequency: a word in 250,000; rarer sisters were odd (langley, ana)
MOST_SISTERS = 60
FEW_SISTERS = 6
MOST_STEPS = 3  # up from a word, where it has few sisters, then down again: cousins
MOST_SENSES = 2  # a sister has to mean that most of the time
SAME_START = 5  # letters that make two words look like one: start, starter

_WORD = re.compile(r"[a-z]{3,}")


class Form(StrEnum):
    """How a word is inflected."""

    BASE = "base"
    S = "s"
    PAST = "past"
    ING = "ing"


@dataclass(frozen=True, slots=True)
class Reading:
    """A word as one part of speech: n, v, a or r; `count` says how often WordNet's texts have it so."""

    lemma: str
    part: str
    form: Form
    count: int


@dataclass(frozen=True, slots=True)
class Synset:
    """Words with one meaning, and where its relations lead: (sign, offset, part, number of its own word or 0)."""

    field: str
    """The number of the lexicographer file, e.g. 18 for persons."""
    words: tuple[str, ...]
    pointers: tuple[tuple[str, int, str, int], ...]


class SisterTerms:
    """WordNet, asked word by word."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Read the indexes; raises FileNotFoundError where WordNet is not installed."""
        if not (folder / "data.noun").exists():
            raise FileNotFoundError(
                f"no WordNet in {folder} (data.noun, index.noun, ...); install it: apt-get install wordnet-base"
            )
        self._data = {part: (folder / f"data.{name}").read_bytes() for part, name in PARTS.items()}
        self._senses = {part: dict(_index(folder / f"index.{name}")) for part, name in PARTS.items()}
        self._irregular = {part: dict(_exceptions(folder / f"{name}.exc")) for part, name in PARTS.items()}
        self._counts = _counts(folder / "cntlist.rev")
        self._forms: dict[tuple[str, str], list[str]] = defaultdict(list)
        for part, table in self._irregular.items():
            for form, lemma in table.items():
                self._forms[part, lemma].append(form)
        self.readings = lru_cache(maxsize=200_000)(self._readings)
        self.lemmas = lru_cache(maxsize=200_000)(self._lemmas)
        self.sisters = lru_cache(maxsize=50_000)(self._sisters)
        self.opposites = lru_cache(maxsize=50_000)(self._opposites)
        self.related = lru_cache(maxsize=50_000)(self._related)
        self._synset = lru_cache(maxsize=100_000)(self._read_synset)

    def _readings(self, word: str) -> tuple[Reading, ...]:
        """Every part of speech that a lower-case word can be, the most frequent first."""
        found: dict[tuple[str, Form], Reading] = {}
        for part in PARTS:
            for lemma, form in self._bases(word, part):
                if lemma in self._senses[part]:
                    found.setdefault((part, form), Reading(lemma, part, form, self._counts[lemma, part]))
        return tuple(sorted(found.values(), key=lambda reading: -reading.count))

    def _lemmas(self, word: str) -> frozenset[str]:
        """The word and all that it may be a form of."""
        return frozenset((word, *(reading.lemma for reading in self.readings(word))))

    def field(self, name: str, parts: str = "na") -> str | None:
        """The field that a name belongs to (15 places, 18 persons, 28 times ...), None where it is not known."""
        key = name.casefold().replace(" ", "_")
        for part in parts:
            if offsets := self._senses[part].get(key):
                return self._synset(part, offsets[0]).field
        return None

    def synonyms(self, lemma: str, part: str) -> set[str]:
        """The other words of the lemma's most frequent meaning."""
        offsets = self._senses[part].get(lemma, ())
        return set(self._synset(part, offsets[0]).words) - {lemma} if offsets else set()

    def _opposites(self, lemma: str, part: str) -> tuple[str, ...]:
        """Antonyms of the most frequent meaning; of adjectives also those of the word they are similar to."""
        found: list[str] = []
        for offset in self._senses[part].get(lemma, ())[:1]:
            synset = self._synset(part, offset)
            found += self._antonyms(synset, lemma)
            for sign, target, kind, _ in synset.pointers if not found else ():
                if sign == "&":
                    head = self._synset(kind, target)
                    found += self._antonyms(head, head.words[0])
        related = self.related(lemma, part)
        return tuple(word for word in dict.fromkeys(found) if self._good(word) and word not in related)

    def _sisters(self, lemma: str, part: str) -> tuple[str, ...]:
        """Other kinds of what the lemma's most frequent meaning is a kind of, frequent words only and these first."""
        offsets = self._senses[part].get(lemma, ())
        if not offsets:
            return ()
        related = self.related(lemma, part)
        above, depth = self._follow(part, offsets[0], "@"), 1
        found = self._words(part, self._below(part, above, depth), lemma, related)
        while len(found) < FEW_SISTERS and depth < MOST_STEPS:
            above = [up for offset in above for up in self._follow(part, offset, "@")]
            depth += 1
            found |= self._words(part, self._below(part, above, depth), lemma, related)
        return tuple(sorted(found, key=lambda word: (-zipf_frequency(word, "en"), word))[:MOST_SISTERS])

    def _below(self, part: str, offsets: list[int], depth: int) -> list[int]:
        """All that lies at most `depth` steps under the synsets."""
        found: list[int] = []
        for _ in range(depth):
            offsets = [target for offset in offsets for target in self._follow(part, offset, "~")]
            found += offsets
        return found

    def _related(self, lemma: str, part: str) -> frozenset[str]:
        """Words that may say the same: synonyms in any meaning, what is above and below, what is similar."""
        found = {lemma}
        for offset in self._senses[part].get(lemma, ()):
            found.update(self._synset(part, offset).words)
            for sign in ("@", "~", "&", "*", "$", "^", "#p", "%p"):
                for target in self._follow(part, offset, sign):
                    found.update(self._synset(part, target).words)
                    if sign == "@":
                        for upper in self._follow(part, target, "@"):
                            found.update(self._synset(part, upper).words)
        return frozenset(found)

    def inflected(self, lemma: str, part: str, form: Form) -> str | None:
        """Put a lemma into a form; None where that is not sure (gave or given)."""
        if form is Form.BASE:
            return lemma
        irregular = self._forms[part, lemma]
        if form is Form.ING:
            return next((word for word in irregular if word.endswith("ing")), _regular(lemma, form))
        if part == "v" and form is Form.S:
            return _regular(lemma, form)
        irregular = [word for word in irregular if not word.endswith("ing")]
        if len(irregular) > 1:
            return None
        return irregular[0] if irregular else _regular(lemma, form)

    def _words(self, part: str, offsets: list[int], lemma: str, related: frozenset[str]) -> set[str]:
        """The first words of the synsets, where that is what the word means most of the time."""
        return {
            word
            for offset in offsets
            for word in self._synset(part, offset).words[:2]
            if word not in related
            and self._good(word)
            and word[:SAME_START] != lemma[:SAME_START]
            and offset in self._senses[part].get(word, ())[:MOST_SENSES]
            and self.readings(word)[0].part == part
        }

    def _good(self, word: str) -> bool:
        return _WORD.fullmatch(word) is not None and zipf_frequency(word, "en") >= RAREST

    def _antonyms(self, synset: Synset, lemma: str) -> Iterator[str]:
        for sign, target, kind, both in synset.pointers:
            source, number = both >> 8, both & 0xFF
            if sign == "!" and (not source or synset.words[source - 1] == lemma):
                yield self._synset(kind, target).words[max(number - 1, 0)]

    def _follow(self, part: str, offset: int, sign: str) -> list[int]:
        return [
            target
            for name, target, kind, _ in self._synset(part, offset).pointers
            if name == sign and kind == part
        ]

    def _read_synset(self, part: str, offset: int) -> Synset:
        data = self._data[part]
        fields = data[offset : data.index(b" |", offset)].decode().split()
        count = int(fields[3], 16)
        words = tuple(word.split("(")[0] for word in fields[4 : 4 + 2 * count : 2])
        rest = fields[5 + 2 * count :]
        pointers = tuple(
            (rest[at], int(rest[at + 1]), rest[at + 2].replace("s", "a"), int(rest[at + 3], 16))
            for at in range(0, 4 * int(fields[4 + 2 * count]), 4)
        )
        return Synset(fields[1], words, pointers)

    def _bases(self, word: str, part: str) -> Iterator[tuple[str, Form]]:
        """What a form may come from: the exceptions, then the endings."""
        yield word, Form.BASE
        if (lemma := self._irregular[part].get(word)) is not None:
            if part == "n":
                yield lemma, Form.S
            elif part == "v":
                yield lemma, Form.ING if word.endswith("ing") else Form.PAST
            return
        if part == "n" and not word.endswith("ss"):
            yield from ((lemma, Form.S) for lemma in _without(word, "s", ("",)))
        if part == "v":
            yield from ((lemma, Form.S) for lemma in _without(word, "s", ("",)))
            yield from ((lemma, Form.PAST) for lemma in _without(word, "ed", ("", "e")))
            yield from ((lemma, Form.ING) for lemma in _without(word, "ing", ("", "e")))


def _without(word: str, ending: str, added: tuple[str, ...]) -> Iterator[str]:
    """Take an ending off: watches, tries, tried, hoped, running are read back too."""
    if not word.endswith(ending) or len(word) < len(ending) + 2:
        return
    stem = word.removesuffix(ending)
    if ending == "s" and stem.endswith("e"):
        yield stem
        yield stem[:-1] + "y" if stem.endswith("ie") else stem[:-1]
        return
    if ending == "ed" and stem.endswith("i"):
        yield stem[:-1] + "y"
    yield from (stem + more for more in added)


def _regular(lemma: str, form: Form) -> str:
    if form is Form.ING:
        return (lemma[:-1] if re.search(r"[^eioy]e$", lemma) else lemma) + "ing"
    if re.search(r"[^aeiou]y$", lemma):
        return lemma[:-1] + ("ies" if form is Form.S else "ied")
    if form is Form.S:
        return lemma + ("es" if re.search(r"(s|x|z|ch|sh)$", lemma) else "s")
    return lemma + ("d" if lemma.endswith("e") else "ed")


def _index(path: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Lemma and the places of its meanings, the most frequent first; the licence is indented."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith(" "):
            fields = line.split()
            yield fields[0], tuple(int(offset) for offset in fields[-int(fields[2]) :])


def _exceptions(path: Path) -> Iterator[tuple[str, str]]:
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            form, lemma, *_ = line.split()
            yield form, lemma


def _counts(path: Path) -> dict[tuple[str, str], int]:
    """How often WordNet's marked texts have a lemma as a part of speech."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            key, _, count = line.split()
            lemma, rest = key.split("%")
            counts[lemma, TYPES[rest[0]]] += int(count)
    return counts
