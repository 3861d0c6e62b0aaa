"""An answerable question and its passage in; a question that the same passage only seems to answer out.

A reader that has seen only other passages as "not stated" takes any span of the right type in the right story for
the answer. So a name, a figure, the thing that is counted or a word with an opposite is exchanged (the way of the
unanswerable questions of SQuAD 2.0, Rajpurkar et al. 2018, section 4), by rules, in the question alone.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
import regex

from training.training_data import TrainingData, TrainingQuestion

NAME = regex.compile(r"(?<=[\w,;] )\p{Lu}[\w-]+(?: \p{Lu}[\w-]+)*")  # where no sentence begins
FIGURE = re.compile(r"(?<![\w.,])\d{1,4}(?![\w.,]\d)\b")
COUNTED = re.compile(
    r"\b(how many|how much|combien de|combien d['’]|berapa banyak|berapa jumlah) ?(?!temps|fois|time)([^\W\d_]{4,})",
    re.IGNORECASE,
)
FROM_PASSAGE = 0.3  # of exchanged names: by another one of the same passage
TRIES = 8

Change = Callable[[TrainingQuestion, str, np.random.Generator], str | None]

OPPOSITES = {
    "en": (
        "first last|before after|most least|more less|largest smallest|biggest smallest|highest lowest|oldest youngest|"
        "best worst|start end|began ended|begin end|north south|east west|northern southern|eastern western|"
        "increase decrease|increased decreased|win lose|won lost|born died|birth death|buy sell|bought sold|"
        "male female|man woman|men women|father mother|son daughter|brother sister|husband wife|above below|"
        "early late|earliest latest|minimum maximum|major minor|open close|opened closed|join leave|joined left|"
        "allowed forbidden|legal illegal|public private|cause prevent|positive negative|old new|long short|"
        "hot cold|cheap expensive|strong weak|hard easy|good bad|like dislike|add remove|success failure|"
        "arrive leave|arrived left|enter leave|entered left|accept refuse|accepted refused|attack defend|"
        "under over|inside outside|left right|upper lower|rich poor|winner loser|always never|majority minority"
    ),
    "fr": (
        "premier dernier|première dernière|avant après|plus moins|début fin|nord sud|grand petit|"
        "né mort|née morte|naissance mort|père mère|fils fille|frère sœur|homme femme|hommes femmes|mari femme|"
        "meilleur pire|gagné perdu|augmenté diminué|ouvert fermé|acheté vendu|nouveau ancien|maximum minimum|"
        "haut bas|hausse baisse|ancien nouveau|premiers derniers|premières dernières"
    ),
    "id": "pertama terakhir|sebelum sesudah|terbesar terkecil|lahir meninggal|utara selatan|timur barat|mulai berakhir",
}


class NearMisses:
    """Changes questions; what it puts in comes from the other questions of the language."""

    def __init__(self, data: TrainingData) -> None:
        """Collect the names and the counted things of all questions."""
        self._names: dict[str, list[str]] = defaultdict(list)
        self._counted: dict[tuple[str, str], list[str]] = defaultdict(list)
        for question in data.questions:
            self._names[question.language] += NAME.findall(question.text)
            for found in COUNTED.finditer(question.text):
                self._counted[question.language, found[1].casefold()].append(found[2])
        self._opposites = {language: _both_ways(pairs) for language, pairs in OPPOSITES.items()}

    def change(self, question: TrainingQuestion, passage: str, random: np.random.Generator) -> str | None:
        """Return the changed question, or None where no rule applies."""
        ways: list[Change] = [self._name, self._figure, self._count, self._opposite]
        for place in random.permutation(len(ways)):
            if changed := ways[int(place)](question, passage, random):
                return changed
        return None

    def _name(self, question: TrainingQuestion, passage: str, random: np.random.Generator) -> str | None:
        """Exchange a name that the passage holds, so that it is the name that makes the difference."""
        held = [found for found in NAME.finditer(question.text) if found[0] in passage]
        pool: Sequence[str] = self._names[question.language]
        if not held or not pool:
            return None
        if random.random() < FROM_PASSAGE:
            pool = [name for name in NAME.findall(passage) if name not in question.text] or pool
        answer = passage[question.start : question.end]
        out = held[int(random.integers(len(held)))]
        for _ in range(TRIES):
            new = pool[int(random.integers(len(pool)))]
            if new.casefold() not in question.text.casefold() and new not in answer:
                return _replaced(question.text, out, new)
        return None

    def _figure(self, question: TrainingQuestion, passage: str, random: np.random.Generator) -> str | None:
        held = [found for found in FIGURE.finditer(question.text) if found[0] in passage]
        if not held:
            return None
        out = held[int(random.integers(len(held)))]
        new = int(out[0]) + int(random.integers(1, 20)) * (1 if random.random() < 0.5 else -1)
        if new <= 0 or str(new) in passage:
            return None
        return _replaced(question.text, out, str(new))

    def _count(self, question: TrainingQuestion, passage: str, random: np.random.Generator) -> str | None:
        found = COUNTED.search(question.text)
        if found is None:
            return None
        pool = self._counted[question.language, found[1].casefold()]
        for _ in range(TRIES):
            new = pool[int(random.integers(len(pool)))]
            if new.casefold().rstrip("s") not in f"{passage} {question.text}".casefold():
                return question.text[: found.start(2)] + new + question.text[found.end(2) :]
        return None

    def _opposite(self, question: TrainingQuestion, passage: str, random: np.random.Generator) -> str | None:
        table = self._opposites.get(question.language, {})
        held = [found for found in re.finditer(r"\w+", question.text) if found[0].casefold() in table]
        if not held:
            return None
        out = held[int(random.integers(len(held)))]
        new = table[out[0].casefold()]
        if re.search(rf"\b{re.escape(new)}\b", f"{passage} {question.text}", re.IGNORECASE):
            return None  # the passage may tell that too
        return _replaced(question.text, out, new)


def _both_ways(pairs: str) -> dict[str, str]:
    table: dict[str, str] = {}
    for pair in pairs.split("|"):
        left, right = pair.split()
        table.setdefault(left, right)
        table.setdefault(right, left)
    return table


def _replaced(text: str, out: "re.Match[str] | regex.Match[str]", new: str) -> str:
    return text[: out.start()] + new + text[out.end() :]
