"""Training questions in, batches of token ids with the places of their answers out, the same on every run."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from training.training_data import TrainingData, TrainingQuestion

QUESTION, PASSAGE = "query: ", "passage: "
MOST_QUESTION_TOKENS = 64
NOT_STATED = 0
NEIGHBOURS = 4  # contexts of one article lie beside each other in the files
SENTENCE_END = re.compile(r"[.!?。！？।។።\n]\s*$")

Random = np.random.Generator


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a text with the answer's place in it, None where it does not answer."""

    text: str
    answer: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Example:
    """A question with one piece of text, as tokens; start and end are NOT_STATED where it does not answer."""

    tokens: list[int]
    passage: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Examples beside each other; those of one question have the same `group`."""

    tokens: NDArray[np.int64]
    padding: NDArray[np.bool_]
    passage: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    group: NDArray[np.int64]


@dataclass(frozen=True)
class Mixture:
    """What a block of examples is made of."""

    drawn: Mapping[str, float]
    """Questions of each source in a block, as a share of all."""
    not_stated: float = 0.15
    """Share of the answerable ones that is put to another passage of the same article instead."""
    groups: float = 0.0
    """Share that comes with hard negatives, all in one group."""
    group_negatives: int = 2
    swapped: float = 0.0
    """Share of questions changed so that their passage does not answer them any more."""
    switched: float = 0.0
    """Share of questions put into another language, as far as the dictionaries go."""
    switched_passages: float = 0.0
    fewest_tokens: int = 72
    most_tokens: int = 176
    block: int = 4096
    batch_tokens: int = 3600


SwitchQuestion = Callable[[str, str, Random], str | None]
SwitchPassage = Callable[[str, str, tuple[int, int] | None, Random], Piece | None]
Swap = Callable[[TrainingQuestion, str, Random], str | None]


@dataclass(frozen=True)
class Augmentations:
    """What may change an example: each returns None where it cannot."""

    question: SwitchQuestion | None = None
    passage: SwitchPassage | None = None
    swap: Swap | None = None
    negatives: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """Contexts that a search found for a question and that do not answer it, by the question's id."""


class ExampleStream:
    """Blocks of batches, numbered: the same number gives the same block, so that a run can go on anywhere."""

    def __init__(
        self,
        data: TrainingData,
        tokenizer: Tokenizer,
        mixture: Mixture,
        augmentations: Augmentations,
        seed: int,
    ) -> None:
        """Draw from `data.questions` by `mixture`."""
        self._data = data
        self._tokenizer = tokenizer
        self._mixture = mixture
        self._more = augmentations
        self._seed = seed
        self._offsets: dict[int, list[tuple[int, int]]] = {}
        self._orders: dict[tuple[str, int], NDArray[np.int64]] = {}
        ordered = sorted(data.questions, key=lambda question: question.source_of_language)
        self._sources = {
            name: list(questions)
            for name, questions in groupby(ordered, key=lambda question: question.source_of_language)
        }
        unknown = set(mixture.drawn) - set(self._sources)
        if unknown:
            raise ValueError(f"no training questions of {sorted(unknown)}; there are {sorted(self._sources)}")

    def block(self, number: int) -> list[Batch]:
        """Return the batches of one block, in the order to learn them."""
        random = np.random.default_rng([self._seed, number])
        groups = [group for question in self._draw(number) if (group := self._group(question, random))]
        groups.sort(key=lambda group: max(len(example.tokens) for example in group))
        batches: list[Batch] = []
        waiting: list[list[Example]] = []
        count = 0
        for group in groups:
            longest = max(len(example.tokens) for example in group)
            if waiting and (count + len(group)) * longest > self._mixture.batch_tokens:
                batches.append(padded(waiting))
                waiting, count = [], 0
            waiting.append(group)
            count += len(group)
        if waiting:
            batches.append(padded(waiting))
        return [batches[place] for place in random.permutation(len(batches))]

    def _draw(self, number: int) -> list[TrainingQuestion]:
        """Take every source's next ones, in an order that changes after each round through it."""
        drawn = []
        total = sum(self._mixture.drawn.values())
        for name, share in self._mixture.drawn.items():
            questions = self._sources[name]
            count = round(self._mixture.block * share / total)
            for place in range(number * count, (number + 1) * count):
                round_, within = divmod(place, len(questions))
                drawn.append(questions[self._order(name, round_)[within]])
        return drawn

    def _order(self, name: str, round_: int) -> NDArray[np.int64]:
        seed = [self._seed, round_, *name.encode()]
        order = self._orders.get((name, round_))
        if order is None:
            order = np.random.default_rng(seed).permutation(len(self._sources[name]))
            self._orders[name, round_] = order
        return order

    def _group(self, question: TrainingQuestion, random: Random) -> list[Example]:
        mixture, more = self._mixture, self._more
        text = question.text
        chance = random.random(5)
        answered = question.start is not None
        negatives = list(more.negatives.get(question.id, ()))
        if answered and negatives and chance[0] < mixture.groups:
            chosen = random.permutation(negatives)[: mixture.group_negatives]
            places = [(question.context, True), *((int(place), False) for place in chosen)]
        elif answered and chance[1] < mixture.swapped and (swapped := self._swapped(question, random)):
            text, places = swapped, [(question.context, False)]
        elif answered and chance[2] < mixture.not_stated:
            places = [(self._neighbour(question, negatives, random), False)]
        else:
            places = [(question.context, answered)]
        pieces = [self._piece(question, context, stated, random) for context, stated in places]
        if chance[3] < mixture.switched and more.question is not None:
            text = more.question(text, question.language, random) or text
        if chance[4] < mixture.switched_passages and more.passage is not None:
            pieces = [
                more.passage(piece.text, question.language, piece.answer, random) or piece for piece in pieces
            ]
        return [example for piece in pieces if (example := self._example(text, piece))]

    def _swapped(self, question: TrainingQuestion, random: Random) -> str | None:
        if self._more.swap is None:
            return None
        return self._more.swap(question, self._data.contexts[question.context].text, random)

    def _neighbour(self, question: TrainingQuestion, negatives: Sequence[int], random: Random) -> int:
        """A context that does not hold the answer: found by a search, or near in the file, or any of the language."""
        contexts = self._data.contexts
        answer = contexts[question.context].text[question.start : question.end].casefold()
        near = [
            place
            for place in range(question.context - NEIGHBOURS, question.context + NEIGHBOURS + 1)
            if place != question.context
            and 0 <= place < len(contexts)
            and contexts[place].language == contexts[question.context].language
        ]
        choices = [*near, *negatives] if random.random() < 0.5 else [*negatives, *near]
        for place in random.permutation(choices):
            if answer not in contexts[place].text.casefold():
                return int(place)
        return int(random.integers(len(contexts)))

    def _piece(self, question: TrainingQuestion, context: int, stated: bool, random: Random) -> Piece:
        """A window of the context, around the answer when it is `stated`, anywhere else."""
        text = self._data.contexts[context].text
        offsets = self._token_offsets(context)
        wanted = int(random.integers(self._mixture.fewest_tokens, self._mixture.most_tokens + 1))
        answer = question.span if stated else None
        if len(offsets) <= wanted:
            return Piece(text, answer)
        if answer is None:
            first = int(random.integers(len(offsets) - wanted + 1))
        else:
            begin = bisect_right(offsets, (answer[0], 1 << 60)) - 1
            end = bisect_left(offsets, (answer[1], 0)) - 1
            lowest = max(0, min(begin, end - wanted + 1))
            first = int(random.integers(lowest, max(lowest, min(begin, len(offsets) - wanted)) + 1))
            first = self._sentence_start(text, offsets, first, lowest)
        last = min(len(offsets), first + wanted) - 1
        left, right = offsets[first][0], offsets[last][1]
        if answer is None:
            return Piece(text[left:right], None)
        right = max(right, answer[1])  # an answer longer than the window
        return Piece(text[left:right], (max(0, answer[0] - left), answer[1] - left))

    def _sentence_start(self, text: str, offsets: list[tuple[int, int]], first: int, lowest: int) -> int:
        """Move back to where a sentence begins, as the archive's passages do, if one does within reach."""
        for place in range(first, lowest, -1):
            if SENTENCE_END.search(text[max(0, offsets[place][0] - 3) : offsets[place][0]]):
                return place
        return first

    def _token_offsets(self, context: int) -> list[tuple[int, int]]:
        known = self._offsets.get(context)
        if known is None:
            encoding = self._tokenizer.encode(self._data.contexts[context].text, add_special_tokens=False)
            known = [pair for pair in encoding.offsets if pair[1] > pair[0]]
            self._offsets[context] = known
        return known

    def _example(self, question: str, piece: Piece) -> Example | None:
        return tokenised(self._tokenizer, question, piece)


def tokenised(tokenizer: Tokenizer, question: str, piece: Piece) -> Example | None:
    """Put question and passage together as the reader sees them; None where no token stands for the answer."""
    asked = tokenizer.encode(QUESTION + question)
    read = tokenizer.encode(PASSAGE + piece.text)
    begin, end = asked.ids[0], asked.ids[-1]
    front = [begin, *asked.ids[1:-1][:MOST_QUESTION_TOKENS], end, end]
    tokens = [*front, *read.ids[1:-1], end]
    passage = len(front) + sum(1 for left, _ in read.offsets[1:-1] if left < len(PASSAGE))
    if piece.answer is None:
        return Example(tokens, passage, NOT_STATED, NOT_STATED)
    left, right = (place + len(PASSAGE) for place in piece.answer)
    held = [
        place
        for place, (start, stop) in enumerate(read.offsets[1:-1])
        if start < right and stop > left and stop > start
    ]
    if not held:
        return None
    return Example(tokens, passage, len(front) + held[0], len(front) + held[-1])


def padded(groups: Sequence[Sequence[Example]]) -> Batch:
    """Put the examples of some groups into one rectangle of token ids; the padding id is 1."""
    examples = [example for group in groups for example in group]
    longest = max(len(example.tokens) for example in examples)
    tokens = np.ones((len(examples), longest), np.int64)
    padding = np.ones((len(examples), longest), np.bool_)
    for row, example in enumerate(examples):
        tokens[row, : len(example.tokens)] = example.tokens
        padding[row, : len(example.tokens)] = False
    return Batch(
        tokens,
        padding,
        np.array([example.passage for example in examples]),
        np.array([example.start for example in examples]),
        np.array([example.end for example in examples]),
        np.repeat(np.arange(len(groups)), [len(group) for group in groups]),
    )
