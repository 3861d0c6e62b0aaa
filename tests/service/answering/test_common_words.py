"""Which words are common, by the bundled tokenizer's own pieces; and that no tokenizer is kept for it."""

import sys

import pytest
from tokenizers import Tokenizer
from tokenizers.models import Unigram

from indexing.archive.encoder import Encoder
from service.answering.common_words import common_words


@pytest.mark.parametrize("word", ["City", "city", "Party", "Green", "green"])
def test_what_small_letters_write_as_often_is_common(encoder: Encoder, word: str) -> None:
    assert common_words(encoder.tokenizer)(word)


@pytest.mark.parametrize("word", ["Paris", "Obama", "Ishkashim", ""])
def test_names_are_not(encoder: Encoder, word: str) -> None:
    assert not common_words(encoder.tokenizer)(word)


def test_a_tokenizer_is_let_go_when_another_takes_its_place() -> None:
    first, second = (Tokenizer(Unigram([("<unk>", 0.0), ("▁city", -2.0)], unk_id=0)) for _ in range(2))
    held = sys.getrefcount(first)
    assert common_words(first)("city")
    assert common_words(second)("city")
    assert sys.getrefcount(first) == held
