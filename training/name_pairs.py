"""Translated sentences in; what of their names no spelling finds, with its signs, and the same of exchanged names, out.

A row of `translated_sentences/` is a sentence of a training passage with its translations, which were written for this
project. A name of a sentence is exchanged for a name of another sentence, wherever it stands.
"""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from service.answering.name_words import is_no_name, opens_sentence
from service.answering.words_of_text import words_of_text
from service.answering.written.align_words import AlignWords, Words, in_one_script
from service.answering.written.check_names import CheckNames
from service.answering.written.name_signs import NameSigns
from service.answering.written.nearest_run import Span
from service.answering.written.quoted import Quoted
from training.training_data import Context

TRUE, EXCHANGED = 10, 14  # pairs a sentence
SHORTEST = 3  # letters of a name
NAMED = 1.0  # log-odds from which a word whose capital says nothing is taken for a name that one may exchange


@dataclass(frozen=True, slots=True)
class Candidate:
    """What no spelling finds, and whether it is what was put in; no signs: nothing can mean it."""

    signs: NameSigns | None
    by_capital: bool
    put_in: bool


@dataclass(frozen=True, slots=True)
class NamePair:
    """A sentence in one language beside its translation, true or with a name exchanged."""

    passage: str
    language: str
    quote_language: str
    one_script: bool
    exchanged: bool
    candidates: tuple[Candidate, ...]


def read_sentences(folder: Path, contexts: Sequence[Context]) -> list[tuple[str, dict[str, str]]]:
    """Each sentence in all languages, with its passage."""
    text = {context.id: context.text for context in contexts}
    rows = [
        json.loads(line)
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return [
        (
            row["passage"],
            {row["language"]: text[row["passage"]][row["start"] : row["end"]], **row["translations"]},
        )
        for row in rows
    ]


class NamePairs:
    """Makes the pairs; the same seed makes the same ones."""

    def __init__(self, align: AlignWords, is_common: Callable[[str], bool], seed: int) -> None:
        """`align` needs the probe only."""
        self._align = align
        self._is_common = is_common
        self._names = CheckNames(is_common, align)
        self._draw = random.Random(seed)
        self._encode = lru_cache(maxsize=64)(align.encode)

    def pairs(self, sentences: Sequence[tuple[str, dict[str, str]]]) -> Iterator[NamePair]:
        """True and untrue pairs of every sentence."""
        names = [{code: self._names_in(text, code) for code, text in texts.items()} for _, texts in sentences]
        pool: dict[str, list[str]] = {}
        for (_, texts), spans in zip(sentences, names, strict=True):
            for code, found in spans.items():
                pool.setdefault(code, []).extend(texts[code][start:end] for start, end in found)
        for (passage, texts), spans in zip(sentences, names, strict=True):
            ways = [(one, other) for one in texts for other in texts if one != other]
            for one, other in self._draw.sample(ways, TRUE):
                yield self._pair(passage, texts[one], one, texts[other], other, None)
            for one, other in self._draw.sample(ways, EXCHANGED):
                if not spans[one]:
                    continue
                start, end = self._draw.choice(spans[one])
                put = self._draw.choice(pool[one])
                if put.casefold() in texts[one].casefold():
                    continue
                changed = texts[one][:start] + put + texts[one][end:]
                yield self._pair(passage, changed, one, texts[other], other, (start, start + len(put)))

    def _pair(
        self, passage: str, statement: str, language: str, quote: str, quote_language: str, put: Span | None
    ) -> NamePair:
        found = self._names.unfound(statement, language, [Quoted(quote, quote_language)])
        candidates = []
        for one in found:
            span = (one.name.start, one.name.end)
            signs = self._signs(statement, span, quote) if one.may_be_meant else None
            put_in = put is not None and put[0] <= span[0] < put[1]
            candidates.append(Candidate(signs, one.by_capital, put_in))
        return NamePair(
            passage,
            language,
            quote_language,
            in_one_script(statement, quote),
            put is not None,
            tuple(candidates),
        )

    def _signs(self, statement: str, span: Span, quote: str) -> NameSigns | None:
        common = self._is_common(statement[slice(*span)].casefold())
        return self._align.signs(self._encode(statement), span, self._encode(quote), common)

    def _names_in(self, text: str, language: str) -> list[Span]:
        """Runs of words with a capital that are names."""
        encoded = self._align.encode(text)
        runs: list[Span] = []
        for word in words_of_text(text):
            if not word.has_capital or word.folded.isnumeric() or len(word.text) < SHORTEST:
                continue
            if not self._is_name(encoded, (word.start, word.end), language):
                continue
            if runs and text[runs[-1][1] : word.start] == " ":
                runs[-1] = (runs[-1][0], word.end)
            else:
                runs.append((word.start, word.end))
        return runs

    def _is_name(self, text: Words, span: Span, language: str) -> bool:
        first = opens_sentence(text.text, span[0])
        if first and is_no_name(text.text[slice(*span)]):
            return False
        return not (first or language == "de") or self._align.name_odds(text, span) >= NAMED
