"""True statements with their quotes in; untrue ones, by kind of untruth, out: made with what other statements say.

The second generator, sharing no code and no word with the first (corrupt_statements.py). What a statement answers is
taken out and what another one of the sets answers is put in: a person for a person, a year for a year, each in the
statement's language. Where sets cannot help it denies, passes on and stitches in other ways than the first.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from dataclasses import replace

import regex

from evaluation.statement_pairs import Corrupted, Pair

KINDS = (
    "number",
    "date",
    "percentage or amount",
    "name, same language",
    "name, one script",
    "name, across scripts",
    "polarity",
    "attribution",
    "other article",
    "unrelated quote",
    "stitched quote",
    "invented quote",
)
_MONTH = regex.compile(
    r"Januar|Februar|March|April|\bMay \d|June|July|August|September|October|November|December|janvier|"
    r"février|\bmars \d|avril|\d mai|juin|juillet|août|septembre|octobre|novembre|décembre"
)
_BARE_YEAR = regex.compile(r"\D{0,12}(1\d|20)\d\d\D{0,3}")
_AMOUNT = regex.compile(
    r"%|percent|per cent|pour cent|million|billion|milliard|[$€£]|dollars|euros", regex.IGNORECASE
)
# Opposites: one said for the other turns the meaning round without any word that denies.
_OPPOSITES = {
    "en": "more less|before after|first last|increased decreased|higher lower|largest smallest|most least|many few|"
    "always never|won lost|north south|east west|begin end|early late|above below|with without|old new|all none",
    "de": "mehr weniger|vor nach|erste letzte|ersten letzten|höher niedriger|größte kleinste|meisten wenigsten|"
    "viele wenige|immer nie|gewann verlor|nördlich südlich|mit ohne|alte neue|alle keine|stieg sank|große kleine",
    "es": "más menos|antes después|primer último|primera última|mayor menor|muchos pocos|siempre nunca|ganó perdió|"
    "norte sur|este oeste|con sin|antiguo nuevo|todos ninguno|aumentó disminuyó|mejor peor",
    "fr": "plus moins|avant après|premier dernier|première dernière|augmenté diminué|supérieur inférieur|"
    "toujours jamais|gagné perdu|nord sud|est ouest|avec sans|ancien nouveau|tous aucun|meilleur pire",
    "ru": "больше меньше|до после|первый последний|первая последняя|выше ниже|много мало|всегда никогда|"
    "выиграл проиграл|северной южной|восточной западной|старый новый|все никто|увеличил уменьшил|лучше хуже",
}
# Round a quote: what it says is denied as a whole.
_DENIED = {
    "en": ("It is not true that {}", "A spokeswoman denied this: {}", "No one has ever shown that {}"),
    "de": (
        "Es ist nicht wahr, was dort steht: {}",
        "Eine Sprecherin bestritt das: {}",
        "Niemand hat je gezeigt: {}",
    ),
    "es": ("No es cierto que {}", "Una portavoz lo negó: {}", "Nadie ha demostrado nunca que {}"),
    "fr": (
        "Il n'est pas vrai que {}",
        "Une porte-parole a démenti : {}",
        "Personne n'a jamais montré que {}",
    ),
    "ru": ("Неправда, что {}", "Пресс-секретарь это отрицала: {}", "Никто никогда не доказал, что {}"),
}
# Round a quote: a named or anonymous person says it.
_PASSED_ON = {
    "en": (
        '"{}", insisted Ada Quill of the council.',
        "Rumour has it: {}",
        "A neighbour, who gave no name, told us: {}",
    ),
    "de": (
        "„{}“, beteuerte Ada Quill vom Stadtrat.",
        "Einem Gerücht zufolge: {}",
        "Ein Nachbar ohne Namen sagte uns: {}",
    ),
    "es": (
        "«{}», insistió Ada Quill, del consejo.",
        "Corre el rumor: {}",
        "Un vecino que no dio su nombre nos dijo: {}",
    ),
    "fr": (
        "« {} », insiste Ada Quill, du conseil.",
        "Le bruit court : {}",
        "Un voisin, sans nom, nous a dit : {}",
    ),
    "ru": (
        "«{}», — настаивала Ада Квилл из совета.",
        "По слухам, {}",
        "Сосед, не назвавший имени, рассказал нам: {}",
    ),
}
_TRIES = 20
_LONGEST_NUMBER = 25  # characters: with its unit
_VERBS_OF_SAYING = regex.compile(
    r"\b(?:said|says?|accord|claim|stat|argu|report|announ|beli|sugg|estim|sag|laut|behaupt|erklär|zufolge|angab|dij|dic|según|"
    r"afirm|declar|anunc|selon|dit|estim|сказ|заяв|согласно|утвержд|сообщ|счита|мнени|данным|словам)",
    regex.IGNORECASE,
)


class CorruptAgain:
    """Corrupts pairs by what others of them answer; the same seed makes the same ones of the same pairs."""

    def __init__(self, pairs: Sequence[Pair], seed: int) -> None:
        """Draw from `pairs`, which are all there are."""
        self._seed = seed
        self._pairs = list(pairs)
        self._forms: dict[str, set[str]] = defaultdict(set)
        """Every form of an answer in any language, by the id of its question."""
        asked: dict[str, Pair] = {}
        self._said: dict[tuple[str, str], str] = {}
        for pair in pairs:
            self._forms[pair.id] |= {pair.answer, pair.quoted_answer}
            self._said[pair.id, pair.language] = pair.answer
            if pair.language in ("en", "fr"):  # French has no translations
                asked[pair.id] = pair
        small = {
            word for pair in asked.values() for word in regex.findall(r"(?<!\p{L})\p{Ll}+", pair.statement)
        }
        self._shapes = {one: _shape(pair.question, pair.answer, small) for one, pair in asked.items()}
        self._alike: dict[str, list[str]] = defaultdict(list)
        for one, shape in sorted(self._shapes.items()):
            self._alike[shape].append(one)

    def corrupted(self, at_most: int) -> Iterator[Corrupted]:
        """At most so many of each kind, drawn over all languages."""
        for kind in KINDS:
            chance = random.Random(f"again {self._seed} {kind}")
            left = at_most
            for pair in chance.sample(self._pairs, len(self._pairs)):
                if left == 0:
                    break
                made = self._make(kind, pair, chance)
                if made is not None:
                    left -= 1
                    yield made

    def _make(self, kind: str, pair: Pair, chance: random.Random) -> Corrupted | None:
        if kind in ("number", "date", "percentage or amount") or kind.startswith("name"):
            shape = self._shapes.get(pair.id, "")
            wanted = {"number": "number", "date": "date", "percentage or amount": "amount"}.get(kind, "name")
            if not shape.startswith(wanted) or (wanted == "name" and kind != _crossing(pair)):
                return None
            return self._other_answer(kind, pair, chance)
        if kind == "polarity":
            return _turned_round(kind, pair, chance)
        if kind == "attribution":
            if _VERBS_OF_SAYING.search(pair.statement) or _VERBS_OF_SAYING.search(pair.quote):
                return None
            return _framed(kind, pair, chance.choice(_PASSED_ON[pair.quote_language]))
        if kind in ("other article", "unrelated quote"):
            return self._neighbour(kind, pair, chance)
        return _mangled(kind, pair, chance)

    def _other_answer(self, kind: str, pair: Pair, chance: random.Random) -> Corrupted | None:
        """What it states becomes what another statement states, in the same language and of the same shape."""
        if pair.statement.count(pair.answer) != 1:
            return None
        is_name = kind.startswith("name")
        alike = self._alike[self._shapes[pair.id]]
        for other in chance.sample(alike, min(_TRIES, len(alike))):
            put = self._said.get((other, pair.language))
            if put is None or self._is_there(kind, other, pair):
                continue
            # A translation may be no name (islamista) and no figure (in March) where the English answer is one.
            if (put[0].isupper() and pair.answer[0].isupper()) if is_name else any(map(str.isdigit, put)):
                statement = pair.statement.replace(pair.answer, put)
                return Corrupted(kind, replace(pair, statement=statement), f"{pair.answer} → {put}")
        return None

    def _is_there(self, kind: str, other: str, pair: Pair) -> bool:
        """Whether anything of another answer stands in statement or quote: half of a name is that name, too."""
        around = f"{pair.statement} {pair.quote}".casefold()
        parts = {
            part.casefold()
            for form in self._forms[other]
            for part in regex.findall(r"\p{N}+|\p{L}{3,}", form)
            if part[0].isupper() or part.isnumeric() or kind in ("number", "percentage or amount")
        }
        return not parts or any(part[:5] in around for part in parts)

    def _neighbour(self, kind: str, pair: Pair, chance: random.Random) -> Corrupted | None:
        """The quote is said to be from another article in its language, or is a sentence of that."""
        at = chance.randrange(len(self._pairs))
        other = self._pairs[at]
        if other.quote_language != pair.quote_language or other.article.find(pair.quote) >= 0:
            return None
        quote = other.quote if kind == "unrelated quote" else pair.quote
        return Corrupted(kind, replace(pair, article=other.article, quote=quote), "from another article")


def _shape(question: str, answer: str, small: Set[str]) -> str:
    """What kind of thing an English or French answer is, so that only like is put for like; empty: none of these.

    A name has a word that is never written without its capital (`small`: those that are).
    """
    if _MONTH.search(answer) or _BARE_YEAR.fullmatch(answer):
        return "date"
    if any(sign.isdigit() for sign in answer):
        if _AMOUNT.search(answer):
            return "amount"
        # Small ones may stand in a quote in words.
        is_told = any(len(figure) > 1 and figure > "12" for figure in regex.findall(r"\p{Nd}+", answer))
        return "number" if is_told and len(answer) < _LONGEST_NUMBER else ""
    words = regex.findall(r"\p{L}[\p{L}\p{M}'’.-]*", answer)
    big = [word for word in words if word[0].isupper()]
    if not 1 <= len(words) <= 4 or len(big) * 2 <= len(words):
        return ""
    if all(word.casefold() in small for word in big):
        return ""
    first = question.split(" ")[0].casefold()
    return f"name {first if first in ('who', 'where', 'qui', 'où') else 'other'}"


def _crossing(pair: Pair) -> str:
    if pair.language == pair.quote_language:
        return "name, same language"
    scripts = {"ru" in one for one in (pair.language, pair.quote_language)}
    return "name, one script" if len(scripts) == 1 else "name, across scripts"


def _turned_round(kind: str, pair: Pair, chance: random.Random) -> Corrupted | None:
    """The quote is denied as a whole, or a word of the statement becomes its opposite."""
    if chance.random() < 0.5:
        return _framed(kind, pair, chance.choice(_DENIED[pair.quote_language]))
    for opposites in chance.sample(rows := _OPPOSITES[pair.language].split("|"), len(rows)):
        one, other = chance.sample(opposites.split(" "), 2)
        found = regex.sub(rf"(?<![\p{{L}}-]){one}(?![\p{{L}}-])", other, pair.statement, count=1)
        if found != pair.statement:
            return Corrupted(kind, replace(pair, statement=found), f"{one} → {other}")
    return None


def _framed(kind: str, pair: Pair, frame: str) -> Corrupted:
    """The quote, in its article, stands in a frame that the statement knows nothing of."""
    quote = frame.format(pair.quote)
    article = pair.article.replace(pair.quote, quote)
    return Corrupted(kind, replace(pair, quote=quote, article=article), frame)


def _mangled(kind: str, pair: Pair, chance: random.Random) -> Corrupted | None:
    """A quote with its middle left out, or one with two words that have changed places or one from elsewhere."""
    words = pair.quote.split(" ")
    if len(words) < 9:
        return None
    if kind == "stitched quote":
        left, right = chance.randint(2, 4), chance.randint(2, 4)
        mark = chance.choice(("", "…", "...", "(...)", "[…]"))
        quote = " ".join([*words[:left], *([mark] if mark else []), *words[-right:]])
        how = "its middle is left out"
    else:
        at = chance.randrange(1, len(words) - 2)
        if chance.random() < 0.5:
            words[at], words[at + 1] = words[at + 1], words[at]
            how = f"{words[at + 1]} and {words[at]} have changed places"
        else:
            put = chance.choice([word for word in pair.article.split() if word not in words] or ["indeed"])
            how = f"{words[at]} → {put}"
            words[at] = put
        quote = " ".join(words)
    if quote in pair.article:
        return None
    return Corrupted(kind, replace(pair, quote=quote), how)
