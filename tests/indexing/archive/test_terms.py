"""Tests of the BM25 terms: every script, no punctuation, saturated weights that follow the length."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexing.archive.encoder import Encoder
from indexing.archive.terms import AVERAGE_LENGTH, K1, Terms

SPECIAL = {0, 1, 2, 3, 250001}


@pytest.fixture(scope="session")
def terms(encoder: Encoder) -> Terms:
    return Terms(encoder.tokenizer)


@settings(deadline=None)
@given(text=st.text(max_size=300))
def test_any_text_has_ascending_terms_with_weights_below_the_limit(terms: Terms, text: str) -> None:
    document, question = terms.document(text), terms.question(text)
    assert document.indices == question.indices
    assert all(first < second for first, second in itertools.pairwise(document.indices))
    assert len(document.values) == len(document.indices)
    assert all(0 < value < K1 + 1 for value in document.values)
    assert set(question.values) <= {1.0}
    assert SPECIAL.isdisjoint(document.indices)


@pytest.mark.parametrize(
    "text", ["", "  \n", "!?… «» — ;:", "、。", "؟،", "\x00\x07", "-- (*) --".replace("*", "")]
)
def test_text_without_words_has_no_terms(terms: Terms, text: str) -> None:
    assert terms.document(text).indices == []
    assert terms.question(text).values == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ISHKASHIM", "ishkashim"),
        ("Министр", "МИНИСТР"),
        ("Straße", "STRASSE"),
        ("été", "E\u0301TE\u0301"),
        ("Who ordered 20,000 soldiers?", "who ordered 20,000 soldiers !"),
        ("１０２ 人", "102 人"),
    ],
)
def test_forms_of_one_text_have_the_same_terms(terms: Terms, one: str, other: str) -> None:
    assert terms.document(one) == terms.document(other)


@pytest.mark.parametrize(
    ("question", "passage"),
    [
        ("Wie viele Soldaten?", "Die Soldaten überschritten die Grenze."),
        ("Сколько солдат?", "Границу перешли 102 солдата."),
        ("كم عدد الجنود؟", "عبر الجنود الحدود."),
        ("有多少士兵？", "一百零二名士兵越过边境。"),
        ("ทหารกี่คน", "ทหารข้ามชายแดน"),
    ],
)
def test_question_and_passage_of_any_script_share_terms(terms: Terms, question: str, passage: str) -> None:
    assert set(terms.question(question).indices) & set(terms.document(passage).indices)


def test_repeated_word_gains_less_each_time(terms: Terms) -> None:
    (word,) = terms.question("soldat").indices
    padding = " ville" * 50

    def weight(times: int) -> float:
        found = terms.document(" soldat" * times + padding)
        return found.values[found.indices.index(word)]

    gains = [weight(times + 1) - weight(times) for times in (1, 2, 3, 4)]
    assert all(gain > 0 for gain in gains)
    assert gains == sorted(gains, reverse=True)


def test_same_word_counts_less_in_a_longer_passage(terms: Terms) -> None:
    (word,) = terms.question("soldat").indices
    short, long = terms.document("soldat ville"), terms.document("soldat" + " ville" * 400)
    assert short.values[short.indices.index(word)] > long.values[long.indices.index(word)]


def test_word_once_in_an_average_passage_weighs_one(terms: Terms) -> None:
    (word,) = terms.question("soldat").indices
    found = terms.document("soldat" + " ville" * int(AVERAGE_LENGTH - 1))
    assert found.values[found.indices.index(word)] == pytest.approx(1.0)


def test_unknown_characters_are_no_term(terms: Terms, encoder: Encoder) -> None:
    unknown = "\U0001330b\U00013421"
    assert 3 in encoder.tokenizer.encode(unknown).ids
    assert terms.document(f"soldat {unknown}").indices == terms.question("soldat").indices


def test_fingerprint_is_the_same_for_the_same_tokenizer(terms: Terms, encoder: Encoder) -> None:
    assert terms.fingerprint == Terms(encoder.tokenizer).fingerprint
    assert terms.fingerprint.startswith("bm25 casefold k1=")
