"""Tests of the tokenizer against known XLM-R ids, and of its offsets and special tokens on any text."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from indexing.archive.encoder import Encoder

SPECIAL = {0, 1, 2, 250001}


@pytest.fixture(scope="module")
def tokenizer(encoder: Encoder) -> Tokenizer:
    return encoder.tokenizer


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Hello world!", [0, 35378, 8999, 38, 2]),
        ("query: how much protein", [0, 41, 1294, 12, 3642, 5045, 21308, 2]),
        ("", [0, 2]),
        ("   \t\n", [0, 2]),
    ],
)
def test_encode_known_text_gives_the_ids_of_xlm_r(tokenizer: Tokenizer, text: str, ids: list[int]) -> None:
    assert tokenizer.encode(text).ids == ids


def test_vocabulary_has_the_order_of_xlm_r(tokenizer: Tokenizer) -> None:
    assert tokenizer.get_vocab_size() == 250002
    first = [tokenizer.id_to_token(number) for number in range(7)]
    assert first == ["<s>", "<pad>", "</s>", "<unk>", ",", ".", "▁"]
    assert tokenizer.id_to_token(250001) == "<mask>"


def test_encode_pair_has_two_marks_between(tokenizer: Tokenizer) -> None:
    encoded = tokenizer.encode("Who?", "Nobody.")
    assert [place for place, number in enumerate(encoded.ids) if number == 2][:2] == [
        encoded.ids.index(2),
        encoded.ids.index(2) + 1,
    ]
    assert encoded.sequence_ids[0] is None
    assert {0, 1} <= set(encoded.sequence_ids)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("été", "e\u0301te\u0301"),
        ("fi", "\ufb01"),
        ("ABC 12", "ＡＢＣ　１２"),
        ("a b", "a\u00a0\u200b  b"),
        ("ab", "a\x00b".replace("\x00", "\x07")),
    ],
)
def test_encode_forms_of_one_text_give_the_same_ids(tokenizer: Tokenizer, one: str, other: str) -> None:
    assert tokenizer.encode(one).ids == tokenizer.encode(other).ids


@pytest.mark.parametrize(
    "text",
    [
        "Le président a signé l'accord.",
        "Министр подал в отставку.",
        "أعلنت الحكومة",
        "รัฐบาลประกาศ",
        "政府宣布",
    ],
)
def test_decode_plain_text_comes_back(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text, add_special_tokens=False).ids) == text


@settings(deadline=None)
@given(
    st.text() | st.lists(st.sampled_from(["<s>", "</s>", "<mask>", "＜/s＞", "<pad>", " ", "a"])).map("".join)
)
def test_encode_any_text_holds_no_special_token(encoder: Encoder, text: str) -> None:
    assert SPECIAL.isdisjoint(encoder.tokenizer.encode(text, add_special_tokens=False).ids)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_encode_any_text_has_offsets_inside_and_in_order(encoder: Encoder, text: str) -> None:
    offsets = encoder.tokenizer.encode(text, add_special_tokens=False).offsets
    assert all(0 <= start <= end <= len(text) for start, end in offsets)
    assert offsets == sorted(offsets, key=lambda span: span[0])


@settings(deadline=None)
@given(st.text(alphabet="aбλ中ไع9é. \n", min_size=1, max_size=80))
def test_encode_words_are_covered_by_their_tokens(encoder: Encoder, text: str) -> None:
    offsets = encoder.tokenizer.encode(text, add_special_tokens=False).offsets
    covered = {place for start, end in offsets for place in range(start, end)}
    assert {place for place, character in enumerate(text) if not character.isspace()} <= covered


def test_tokenizer_file_is_the_prepared_one(tokenizer: Tokenizer, models: Path) -> None:
    path = models / "multilingual-e5-small" / "tokenizer.json"
    assert tokenizer.to_str() == Tokenizer.from_file(str(path)).to_str()
