"""Windows, offsets and batches: what the reader learns from must point at the very answer."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from training.examples import (
    NOT_STATED,
    Augmentations,
    ExampleStream,
    Mixture,
    Piece,
    padded,
    tokenised,
)
from training.training_data import Context, TrainingData, TrainingQuestion

WORDS = st.lists(
    st.sampled_from(
        ["Ishkashim", "102", "soldiers", "км²", "الحدود", "边境", "ชายแดน", "🙂", "é", "1 037", "(50)", "q̣"]
    ),
    min_size=1,
    max_size=12,
)


@given(before=WORDS, answer=WORDS, after=WORDS)
@settings(deadline=None, max_examples=150)
def test_the_marked_tokens_are_those_of_the_answer(
    tokenizer: Tokenizer, before: list[str], answer: list[str], after: list[str]
) -> None:
    left, middle, right = (" ".join(words) for words in (before, answer, after))
    text = f"{left} {middle} {right}"
    place = (len(left) + 1, len(left) + 1 + len(middle))
    example = tokenised(tokenizer, "who?", Piece(text, place))
    assert example is not None
    marked = tokenizer.decode(example.tokens[example.start : example.end + 1])
    alone = tokenizer.decode(tokenizer.encode(middle).ids[1:-1])
    assert marked.replace(" ", "") == alone.replace(" ", "")
    assert example.passage <= example.start <= example.end < len(example.tokens) - 1


def test_a_passage_without_the_answer_points_at_the_first_token(tokenizer: Tokenizer) -> None:
    example = tokenised(tokenizer, "How many?", Piece("Nobody came.", None))
    assert example is not None
    assert (example.start, example.end) == (NOT_STATED, NOT_STATED)


def test_a_long_question_keeps_its_beginning(tokenizer: Tokenizer) -> None:
    example = tokenised(tokenizer, "why " * 500, Piece("Because.", (0, 7)))
    assert example is not None
    assert example.passage < 80
    assert tokenizer.decode(example.tokens[example.start : example.end + 1]) == "Because"


@pytest.fixture
def data() -> TrainingData:
    sentences = [f"Place {number} counted {number * 7} people on its square. " for number in range(60)]
    contexts = [
        Context(f"c{number}", "en", "".join(sentences[number:] + sentences[:number])) for number in range(6)
    ]
    questions = []
    for place, context in enumerate(contexts):
        for number in range(0, 60, 4):
            answer = str(number * 7)
            start = context.text.index(f"Place {number} counted") + len(f"Place {number} counted ")
            text = f"How many people did Place {number} count?"
            questions.append(
                TrainingQuestion(f"{place}-{number}", "en", "own", text, place, start, start + len(answer))
            )
    return TrainingData(contexts, questions, [])


def test_a_window_of_a_long_context_holds_the_answer(tokenizer: Tokenizer, data: TrainingData) -> None:
    mixture = Mixture({"own.en": 1.0}, not_stated=0.0, fewest_tokens=20, most_tokens=60, block=90)
    stream = ExampleStream(data, tokenizer, mixture, Augmentations(), seed=3)
    for batch in stream.block(0):
        for row in range(len(batch.starts)):
            asked = tokenizer.decode(batch.tokens[row, : batch.passage[row]].tolist())
            number = int(asked.split("Place ")[1].split(" ")[0])
            marked = tokenizer.decode(batch.tokens[row, batch.starts[row] : batch.ends[row] + 1].tolist())
            assert marked == str(number * 7)
            assert (~batch.padding[row]).sum() < 110


def test_a_block_is_the_same_every_time(tokenizer: Tokenizer, data: TrainingData) -> None:
    mixture = Mixture({"own.en": 1.0}, block=40)
    one, other = (ExampleStream(data, tokenizer, mixture, Augmentations(), 1).block(2) for _ in range(2))
    assert [batch.tokens.tolist() for batch in one] == [batch.tokens.tolist() for batch in other]
    third = ExampleStream(data, tokenizer, mixture, Augmentations(), 1).block(3)
    assert [batch.tokens.tolist() for batch in one] != [batch.tokens.tolist() for batch in third]


def test_every_question_comes_once_in_a_round(tokenizer: Tokenizer, data: TrainingData) -> None:
    mixture = Mixture({"own.en": 1.0}, not_stated=0.0, block=45)
    stream = ExampleStream(data, tokenizer, mixture, Augmentations(), seed=1)
    assert sum(len(batch.starts) for number in (0, 1) for batch in stream.block(number)) == len(
        data.questions
    )


def test_hard_negatives_come_in_the_group_of_their_question(tokenizer: Tokenizer, data: TrainingData) -> None:
    negatives = {question.id: [5, 4] for question in data.questions if question.context < 4}
    mixture = Mixture({"own.en": 1.0}, groups=1.0, group_negatives=2, block=90)
    stream = ExampleStream(data, tokenizer, mixture, Augmentations(negatives=negatives), seed=1)
    sizes = [size for batch in stream.block(0) for size in np.bincount(batch.group)]
    assert sizes.count(3) == 60
    for batch in stream.block(0):
        for group in np.unique(batch.group):
            rows = batch.group == group
            assert (batch.starts[rows] > 0).sum() <= 1


def test_an_unknown_source_is_named(tokenizer: Tokenizer, data: TrainingData) -> None:
    with pytest.raises(ValueError, match=r"quiz\.xx"):
        ExampleStream(data, tokenizer, Mixture({"quiz.xx": 1.0}), Augmentations(), 1)


def test_padding_marks_what_is_no_token(tokenizer: Tokenizer) -> None:
    short = tokenised(tokenizer, "a?", Piece("b", (0, 1)))
    long = tokenised(tokenizer, "a?", Piece("b c d e f g", (0, 1)))
    assert short is not None and long is not None
    batch = padded([[short], [long]])
    assert batch.padding[0].sum() == len(long.tokens) - len(short.tokens)
    assert not batch.padding[1].any()


@pytest.fixture(scope="session")
def tokenizer(models: Path) -> Tokenizer:
    return Tokenizer.from_file(str(models / "multilingual-e5-small" / "tokenizer.json"))
