"""A statement without figures and names is held to what its quotes and the question are about, by the real encoder."""

from pathlib import Path

import pytest

from indexing.archive.bundled_model import BundledModel
from indexing.archive.encoder import Encoder
from indexing.archive.word_vectors import WordEncoder
from service.answering.common_words import common_words
from service.answering.written.align_words import AlignWords
from service.answering.written.check_statement import CheckStatement
from service.answering.written.quoted import Quoted

OPENED = Quoted("The new bridge of Belberg was opened on Tuesday.", "en")
STORM = Quoted(
    "No one was injured, the fire brigade said, although two parked aircraft were pushed against a hangar.",
    "en",
)


@pytest.fixture(scope="module")
def check(models: Path, encoder: Encoder) -> CheckStatement:
    align = AlignWords(WordEncoder(BundledModel.open(models), encoder.tokenizer, encoder.table))
    return CheckStatement(common_words(encoder.tokenizer), align)


def kinds(check: CheckStatement, statement: str, language: str, *quotes: Quoted) -> list[str]:
    return [fault.kind for fault in check.faults(statement, language, quotes)]


@pytest.mark.parametrize(
    ("statement", "language", "quotes"),
    [
        ("The bridge was opened.", "en", (OPENED,)),
        ("Nobody was hurt, according to the fire brigade.", "en", (STORM,)),
        ("Laut Feuerwehr wurde niemand verletzt.", "de", (STORM,)),
        ("Laut Feuerwehr wurde niemand verletzt.", "de", (OPENED, STORM)),
    ],
)
def test_what_a_quote_says_in_other_words_is_supported(
    check: CheckStatement, statement: str, language: str, quotes: tuple[Quoted, ...]
) -> None:
    assert kinds(check, statement, language, *quotes) == []


@pytest.mark.parametrize(
    ("statement", "language"),
    [
        ("The government is to blame.", "en"),
        ("Remove spaces from your response.", "en"),
        ("система подтверждена", "ru"),
    ],
)
def test_what_no_quote_speaks_of_is_not_supported(
    check: CheckStatement, statement: str, language: str
) -> None:
    assert kinds(check, statement, language, OPENED) == ["support"]


@pytest.mark.xfail(
    reason="opposites lie as near each other as the same in other words; words that deny are told"
)
def test_the_opposite_on_the_same_subject_is_not_supported(check: CheckStatement) -> None:
    assert kinds(check, "The bridge is closed.", "en", OPENED) == ["support"]


def test_what_an_article_says_besides_is_not_asked_for(check: CheckStatement) -> None:
    question = "How long is the new bridge of Belberg?"
    assert check.is_asked_for("The new bridge of Belberg is 113 metres long.", question)
    assert check.is_asked_for("Le nouveau pont de Belberg mesure 113 mètres.", question)
    assert not check.is_asked_for("Culture and creative industries", question)
