"""A question in, its names and figures out, and how far a text holds them in any spelling, inflection or script."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

import regex

from service.answering.sound_of_name import Sound, sound_of_name, sounds_alike
from service.answering.world_names import LONGEST, fold, world_names
from service.answering.written_numbers import numbers_in

_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
_SAME_SOUND_WRITTEN = regex.compile(r"[\p{Katakana}ー]{2,}")  # foreign names in Japanese
_CASED = regex.compile(r"[\p{Lu}\p{Ll}\p{Lt}]")
_QUOTED = regex.compile('[«“„「『]([^«»“”„「」『』]{2,60})[»”“」』]|"([^"]{2,60})"')
_SENTENCE_END = regex.compile(r"(?:^|[.!?…:¿¡]\s*|[\n«“„\"])[\s¿¡«“„\"'(]*$")
# German writes every noun with a capital; after such a word it is no name.
_BEFORE_GERMAN_NOUN = regex.compile(
    r"(?:der|die|das|dem|den|des|im|ins|ans|aufs|laut|\p{N}+|fünf|neun|elf|zwölf|"
    r"\p{Ll}+zehn|\p{Ll}+zig|\p{Ll}+(?:e|en|er|es|em)|\p{Ll}*(?:ein|kein)|viel|mehr|zum|zur|vom|am|beim)$"
)
# First words of a sentence that are no name even before one: "In Paris", "Did Obama", "Avant Hollande".
_OPENING_WORDS = """
    a according after although an and are as at before between by can could did do does during for from
    had has have how if in into is it many much near of on once since the their to under until upon was
    were what when where which while who whom whose why will with would à après au aux avant avec chez
    combien comment dans de des depuis du en entre est et la le les lors où par pendant pour pourquoi
    près quand que quel quelle quelles quels qui selon sous sur un une al antes ante como con cual
    cuando cuanto cuantos cuantas cuántos cuántas cuál cuándo cómo desde después dónde donde durante el
    está fue hasta los las según para por qué quién quiénes sobre tras una auf aus bei bis das dem den
    der die durch für gegen hat im ist laut mit nach seit über um unter von vor wann warum welche
    welchem welchen welcher welches wem wen wer weshalb wessen wie wieso wo woher wohin womit zu zur в
    во где для до за из к как какая какие какого какой каком каким какую когда кого кому кто на о об от
    по после почему при с сколько у чего чей чем что come cosa dove chi quale quali quando quanti quanto
    nel della wat welk welke waar hoe hoeveel
"""
_OPENING = frozenset(_OPENING_WORDS.split())
# Endings of case, number and derivation; folded, so that й is и and é is e.
_CASES = """
    a e i o u y s n m t en er es em ens ern an ian ians ns ien ienne iens iennes ais aise aises ain aine
    ains aines éen éenne éens ano ana anos anas iano iana isch ische ischen ischer isches ish ese is in
    ina ine ia ov ova ski ska ską skiego skiej ie ą ę owi ów om ami ach ssa sta lla lta lle ssä stä llä
    ltä än on un ban ben nak nek da de den dan nın nin ın а я о е у ю ы и ой ей ом ем ём ам ям ами ями
    ах ях ов ев ым им ого его ому ему ая яя ое ее ые ие ый ий ую юю ых их ском ский ская ское ские ского
    ской скую ским ских скому ин ина ию ией ия ии ь ью ья ёв ва ву вой овым ова овой ном ный ного ную
    ные ных цы цев ец ца цем цу цам ες ας ου ος ον η ης ι ν α ά ς
"""
_ENDINGS = frozenset(fold(ending) for ending in _CASES.split()) | {""}
# Niger and Nigeria, Georg and Georgia.
_OWN_WORD = frozenset({"ia", "ie", "ия", "ии", "ию", "ией", "ina", "ина"})
# Languages in which both of two forms may have an ending.
_CHANGING = frozenset(
    (
        "be",
        "bg",
        "cs",
        "el",
        "et",
        "fi",
        "hr",
        "hu",
        "lt",
        "lv",
        "mk",
        "pl",
        "ro",
        "ru",
        "sk",
        "sl",
        "sr",
        "uk",
        "tr",
    )
)
_CYRILLIC_CASE = regex.compile(r"(?<=\p{Cyrillic}{3})(?:ами|ями|ого|ому|ой|ом|ем|ым|ах|ью|[аеуыиюяь])$")
_INFLECTED = 4  # letters that two inflections of a name share at least


@dataclass(frozen=True, slots=True)
class Name:
    """A name or figure as it stands in a question (code points), with what else may stand for it."""

    text: str
    start: int
    end: int
    kind: Literal["word", "world", "number"]
    concepts: frozenset[str] = frozenset()
    values: frozenset[Decimal] = frozenset()


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int
    folded: str


@dataclass(frozen=True, slots=True)
class PreparedText:
    """A text made ready for many names: words, countries and months, figures, and how its names sound."""

    language: str
    words: frozenset[str]
    stems: dict[str, tuple[str, ...]]
    concepts: frozenset[str]
    concepts_of: dict[str, frozenset[str]]
    values: frozenset[Decimal]
    sounds: dict[int, tuple[tuple[str, Sound], ...]]
    unspaced: str  # folded text where words are not parted by spaces, else empty


def named(question: str, language: str, is_common: Callable[[str], bool] | None = None) -> tuple[Name, ...]:
    """Names and figures of a question, in order.

    `is_common` (see `common_words`) leaves out words like City or Party, and lets the uncommon words of scripts
    without case count as names; without it those scripts give quotations, countries, months and figures only.
    """
    base = _base(language)
    tokens = _tokens(question)
    world = list(_world_spans(tokens, base, question))
    found = [
        Name(question[start:end], start, end, "world", concepts)
        for start, end, concepts in world
        if _is_named_here(question, start, end, concepts)
    ]
    found += [
        Name(question[figure.start : figure.end], figure.start, figure.end, "number", values=figure.values)
        for figure in numbers_in(question)
    ]
    taken = [(name.start, name.end) for name in found]
    for token in _name_words(question, tokens, base, is_common):
        if not any(start < token.end and token.start < end for start, end in taken):
            found.append(Name(token.text, token.start, token.end, "word"))
    return tuple(sorted(found, key=lambda name: (name.start, name.end)))


def prepare_text(text: str, language: str) -> PreparedText:
    """Make a passage (its article's title before it) ready; .6 ms for 700 characters, .04 ms a passage after that."""
    base = _base(language)
    tokens = _tokens(text)
    concepts_of: dict[str, frozenset[str]] = {}
    every: set[str] = set()
    for start, end, concepts in _world_spans(tokens, base, text):
        every |= concepts
        concepts_of.update((token.folded, concepts) for token in tokens if start <= token.start < end)
    words = {token.folded for token in tokens}
    stems: dict[str, list[str]] = {}
    for word in words:
        stems.setdefault(word[:_INFLECTED], []).append(word)
    sounds: dict[int, list[tuple[str, Sound]]] = {}
    for word, sound in _sounds(tokens):
        sounds.setdefault(len(sound.consonants), []).append((word, sound))
    return PreparedText(
        base,
        frozenset(words),
        {stem: tuple(same) for stem, same in stems.items()},
        frozenset(every),
        concepts_of,
        frozenset(value for figure in numbers_in(text) for value in figure.values),
        {key: tuple(same) for key, same in sounds.items()},
        fold(text).replace(" ", "") if _UNSPACED.search(text) else "",
    )


def is_found(name: Name, text: PreparedText, language: str) -> bool | None:
    """Whether a text holds a name of a question in `language`; None where their scripts cannot be compared."""
    if name.kind == "number":
        return not name.values.isdisjoint(text.values)
    if name.kind == "world" and not name.concepts.isdisjoint(text.concepts):
        return True
    folded = fold(name.text).replace(" ", "")
    if folded in text.words or (text.unspaced and folded in text.unspaced):
        return True
    if name.kind == "world":
        return False
    base = _base(language)
    if any(_is_inflected(folded, word, base) for word in text.stems.get(folded[:_INFLECTED], ())):
        return True
    if any(_sounds_found(sound, text, base) for sound in _readings(name.text)):
        return True
    return None if text.unspaced or _UNSPACED.search(name.text) else False


def _sounds_found(sound: Sound, text: PreparedText, language: str) -> bool:
    length = len(sound.consonants)
    for near in (length, length - 1, length + 1):
        for word, other in text.sounds.get(near, ()):
            if word in text.concepts_of:
                continue  # Niger is not Nigeria
            if sound.full == other.full and len(sound.full) > 2:
                return True
            if (language != text.language or not sound.has_vowels) and sounds_alike(sound, other):
                return True
    return False


def _readings(word: str) -> tuple[Sound, ...]:
    """How a word sounds, and how without a Cyrillic case ending: Ньютоном is Newton."""
    bare = _CYRILLIC_CASE.sub("", word)
    return (sound_of_name(word),) if bare == word else (sound_of_name(word), sound_of_name(bare))


def missing(names: Sequence[Name], text: PreparedText, language: str) -> tuple[Name, ...]:
    """The names that a text does not hold; those that cannot be compared are not among them."""
    return tuple(name for name in names if is_found(name, text, language) is False)


def share_found(names: Sequence[Name], text: str | PreparedText, language: str) -> float:
    """Share of a question's names that a text holds, 0 to 1; `language` is the question's; 1 without names.

    A plain text is taken to be in the question's language; prepare it with its own where that is another.
    """
    prepared = prepare_text(text, language) if isinstance(text, str) else text
    found = [is_found(name, prepared, language) for name in names]
    comparable = [one for one in found if one is not None]
    return sum(comparable) / len(comparable) if comparable else 1.0


def _tokens(text: str) -> list[_Token]:
    return [_Token(match.group(), *match.span(), fold(match.group())) for match in _WORD.finditer(text)]


def _name_words(
    question: str, tokens: Sequence[_Token], language: str, is_common: Callable[[str], bool] | None
) -> Iterator[_Token]:
    quoted = [match.span() for match in _QUOTED.finditer(question)]
    for place, token in enumerate(tokens):
        if len(token.text) < 2 or token.folded.isnumeric():
            continue
        if _UNSPACED.search(token.text):
            for part in _SAME_SOUND_WRITTEN.finditer(token.text):
                start = token.start + part.start()
                yield _Token(part.group(), start, start + len(part.group()), fold(part.group()))
            if any(start <= token.start and token.end <= end for start, end in quoted):
                yield token
        elif _CASED.search(token.text) is None:
            inside = any(start <= token.start and token.end <= end for start, end in quoted)
            if inside or (is_common is not None and not is_common(token.text)):
                yield token
        elif (
            _is_capital(token.text)
            and _is_name(question, tokens, place, language)
            and (is_common is None or not is_common(token.text))
        ):
            yield token


def _is_capital(word: str) -> bool:
    return any(sign.isupper() or sign.istitle() for sign in word)


def _is_name(question: str, tokens: Sequence[_Token], place: int, language: str) -> bool:
    token = tokens[place]
    follows = place + 1 < len(tokens) and _is_capital(tokens[place + 1].text)
    if _SENTENCE_END.search(question[: token.start]):
        return follows and token.text.casefold() not in _OPENING and len(token.text) > 3
    if language != "de" or place == 0:
        return True
    before = question[tokens[place - 1].end : token.start]
    if before == "-" and question[token.end : token.end + 1] != "-":
        return False  # the last part of a compound says what it is: AFC-Championship-Spiel
    previous = tokens[place - 1].text
    return _BEFORE_GERMAN_NOUN.fullmatch(previous.casefold() if place == 1 else previous) is None


def _is_named_here(question: str, start: int, end: int, concepts: frozenset[str]) -> bool:
    """Whether a country's or month's name is meant as one: capital where there are any; months beside figures."""
    written = question[start:end]
    if _CASED.search(written) is None:
        return True
    if all(concept.startswith(("month", "day")) for concept in concepts):
        around = question[max(0, start - 6) : start] + question[end : end + 9]
        return any(sign.isnumeric() for sign in around)
    return _is_capital(written)


def _world_spans(
    tokens: Sequence[_Token], language: str, text: str
) -> Iterator[tuple[int, int, frozenset[str]]]:
    """Longest names of countries, regions and months among words, in any case ending."""
    place = 0
    while place < len(tokens):
        if _UNSPACED.search(tokens[place].text):
            yield from _world_inside(tokens[place], language)
            place += 1
            continue
        step = 1
        for length in _world_lengths(language).get(tokens[place].folded[:3], ()):
            if place + length > len(tokens):
                continue
            run = tokens[place : place + length]
            concepts = _world_of(tuple(token.folded for token in run), language)
            if concepts and (length > 1 or _may_be_world(run[0].text)):
                yield run[0].start, run[-1].end, concepts
                step = length
                break
        place += step


def _may_be_world(word: str) -> bool:
    """Abbreviations count in capitals only: "us" is no country."""
    return (
        len(word) > 3
        or word.isupper()
        or _CASED.search(word) is None
        or (_is_capital(word) and len(word) > 2)
    )


def _world_of(words: tuple[str, ...], language: str) -> frozenset[str]:
    exact = world_names(language).get(" ".join(words))
    if exact:
        return exact
    best: tuple[int, frozenset[str]] = (0, frozenset())
    for known, concepts in _world_by_start(language).get((words[0][:3], len(words)), ()):
        pairs = list(zip(words, known, strict=True))
        if all(word == other or _is_inflected(word, other, language) for word, other in pairs):
            # Of Niger and Nigeria the one that shares more of the word, then the one that adds less to it.
            closeness = sum(10 * _shared(word, other) - len(other) for word, other in pairs)
            best = max(best, (closeness, concepts), key=lambda one: one[0])
    return best[1]


@lru_cache(maxsize=64)
def _world_by_start(language: str) -> dict[tuple[str, int], list[tuple[tuple[str, ...], frozenset[str]]]]:
    known: dict[tuple[str, int], list[tuple[tuple[str, ...], frozenset[str]]]] = {}
    for name, concepts in world_names(language).items():
        words = tuple(name.split())
        known.setdefault((words[0][:3], len(words)), []).append((words, concepts))
    return known


@lru_cache(maxsize=64)
def _world_lengths(language: str) -> dict[str, tuple[int, ...]]:
    """Numbers of words, most first, of the names that begin with three letters: most words begin none."""
    lengths: dict[str, set[int]] = {}
    for start, length in _world_by_start(language):
        if length <= LONGEST:
            lengths.setdefault(start, set()).add(length)
    return {start: tuple(sorted(found, reverse=True)) for start, found in lengths.items()}


@lru_cache(maxsize=64)
def _world_pattern(language: str) -> regex.Pattern[str]:
    """Names that may stand inside a run of a script without spaces, longest first."""
    names = sorted((name for name in world_names(language) if _UNSPACED.search(name)), key=len, reverse=True)
    return regex.compile("|".join(regex.escape(name.replace(" ", "")) for name in names) or r"(?!)")


def _world_inside(token: _Token, language: str) -> Iterator[tuple[int, int, frozenset[str]]]:
    if len(token.folded) != len(token.text):
        return
    for match in _world_pattern(language).finditer(token.folded):
        concepts = world_names(language).get(match.group())
        if concepts:
            yield token.start + match.start(), token.start + match.end(), concepts


def _shared(one: str, other: str) -> int:
    """Letters that two words have in common at their beginning."""
    shared = 0
    for first, second in zip(one, other, strict=False):
        if first != second:
            break
        shared += 1
    return shared


def _is_inflected(one: str, other: str, language: str) -> bool:
    """Whether two words differ in an ending alone; both may have one only where words change at their end."""
    if one[:_INFLECTED] != other[:_INFLECTED] or len(one) < _INFLECTED:
        return False
    longest = _shared(one, other)
    # соединенных and соединенные share a letter of the ending too, so the cut may lie before it.
    return any(_are_endings(one[cut:], other[cut:], cut, language) for cut in range(longest, longest - 3, -1))


def _are_endings(one: str, other: str, cut: int, language: str) -> bool:
    rests = {one, other}
    if cut < _INFLECTED or not rests <= _ENDINGS or ("" in rests and not rests.isdisjoint(_OWN_WORD)):
        return False
    return "" in rests or language in _CHANGING or cut > _INFLECTED


def _sounds(tokens: Sequence[_Token]) -> Iterator[tuple[str, Sound]]:
    """How the words sound that may be names: with a capital, or in a script without case."""
    seen: set[str] = set()
    for token in tokens:
        if token.folded in seen or token.folded.isnumeric():
            continue
        cased = _CASED.search(token.text) is not None
        if cased and not _is_capital(token.text):
            continue
        seen.add(token.folded)
        parts = _SAME_SOUND_WRITTEN.findall(token.text) if _UNSPACED.search(token.text) else [token.text]
        yield from ((token.folded, sound) for part in parts for sound in _readings(part))


def _base(language: str) -> str:
    return language.replace("_", "-").split("-")[0].lower()
