"""A question with a name that its passage holds in; the question with another name out."""

from collections import defaultdict

import regex

from training.held_question import (
    APART,
    ASKS_FOR_NAME,
    FEWEST_IN_POOL,
    UNSPACED,
    HeldQuestion,
    Match,
    base_language,
    draw_some,
    replaced,
)
from training.names_in_text import names_in_text
from training.sister_terms import SisterTerms
from training.training_data import TrainingData

FROM_PASSAGE = 0.3  # of exchanged names: by another one of the same passage


class ExchangeName:
    """Puts in a name of the same kind: another one of the passage, or one that other questions have."""

    def __init__(self, data: TrainingData, terms: SisterTerms | None) -> None:
        """Collect the names of all questions, by their kinds."""
        self._terms = terms
        self._names: dict[tuple[str, str], list[str]] = defaultdict(list)
        for question in data.questions:
            language = base_language(question)
            for found in names_in_text(question.text, language, data.contexts[question.context].text):
                for kind in self._kinds(found, language):
                    self._names[language, kind].append(found[0])

    def __call__(self, held: HeldQuestion) -> str | None:
        """Exchange a name that the passage holds, so that it is the name that makes the difference."""
        names = [
            found
            for found in names_in_text(held.text, held.language, held.passage)
            if found[0] in held.passage
        ]
        if not names or ASKS_FOR_NAME.search(held.text):
            return None
        out = names[int(held.random.integers(len(names)))]
        near = self._near(held, out) if held.random.random() < FROM_PASSAGE else []
        answer = held.passage[held.question.start : held.question.end].casefold()
        for new in draw_some(near or self._pool(out, held.language), held.random):
            folded = new.casefold()
            if _alike(new, out[0]) or folded in answer or answer in folded:
                continue
            if not held.says(new) or (near and folded not in held.text.casefold()):
                return replaced(held.text, out, new)
        return None

    def _near(self, held: HeldQuestion, out: Match) -> list[str]:
        """Names of one of its kinds in the passage, away from the answer, which may be told of both else."""
        kinds = self._kinds(out, held.language)
        wanted = set(kinds[:-1] or kinds)
        answer_at = held.question.start or 0
        return [
            found[0]
            for found in names_in_text(held.passage, held.language)
            if abs(found.start() - answer_at) > APART and wanted & set(self._kinds(found, held.language))
        ]

    def _pool(self, out: Match, language: str) -> list[str]:
        """What other questions have of the narrowest kind of which there are enough."""
        pools = (self._names[language, kind] for kind in self._kinds(out, language))
        return next((pool for pool in pools if len(pool) >= FEWEST_IN_POOL), [])

    def _kinds(self, found: Match, language: str) -> list[str]:
        """The kinds that a name is of, the narrowest first: its field, what stands before it, its shape."""
        name = found[0]
        if language in UNSPACED:
            return [f"ends {name[-1]}", "han"] if regex.fullmatch(r"\p{Han}+", name) else [_script(name)]
        before = regex.search(r"(\w+) $", found.string[max(0, found.start() - 20) : found.start()])
        words = min(3, len(name.split()))
        field = self._terms.field(name) if self._terms and language == "en" else None
        kinds = [f"field {field}"] if field else []
        return [*kinds, f"{before[1].casefold() if before else ''} {words}", f"words {words}"]


def _alike(one: str, other: str) -> bool:
    """Whether two names share a word or begin alike, in any case."""
    words, others = (set(regex.findall(r"\w+", name.casefold())) for name in (one, other))
    return bool(words & others) or one.casefold()[:3] == other[:3].casefold()


def _script(name: str) -> str:
    """The script of a name, where there are no words before it to tell its kind."""
    scripts = {"katakana": r"[ァ-ヺ]", "latin": r"\p{Latin}", "thai": r"\p{Thai}"}
    return next((script for script, letter in scripts.items() if regex.match(letter, name)), "quoted")
