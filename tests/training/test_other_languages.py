"""Questions and passages in other languages, with the answer kept; translated ones beside their originals."""

import json
from pathlib import Path

import numpy as np
import pytest

from training.dictionaries import Dictionary
from training.other_languages import OtherLanguages
from training.training_data import Context, TrainingData, TrainingQuestion, held_out
from training.with_translations import with_translations

WORDS = {
    "goats": "Ziegen",
    "counted": "zählte",
    "spring": "Frühling",
    "village": "Dorf",
    "mayor": "Bürgermeister",
}


def _dictionary(target: str, words: dict[str, str]) -> Dictionary:
    return Dictionary("en", target, {word: (into,) for word, into in words.items()}, {})


@pytest.fixture
def german() -> OtherLanguages:
    return OtherLanguages([_dictionary("de", WORDS)], {})


def test_the_answer_stays_as_it_was_written(german: OtherLanguages) -> None:
    text = "The village mayor counted 212 goats in spring, village goats."
    start = text.index("212 goats")
    pieces = [
        german.passage(text, "en", (start, start + 9), np.random.default_rng(seed)) for seed in range(20)
    ]
    switched = [piece for piece in pieces if piece is not None]
    assert len(switched) > 10  # the others changed too few words
    for piece in switched:
        assert piece.answer is not None
        assert piece.text[slice(*piece.answer)] == "212 goats"
        assert any(word in piece.text for word in WORDS.values())


def test_a_text_that_the_dictionary_hardly_knows_stays_out(german: OtherLanguages) -> None:
    assert german.question("Zork blep quux nuff?", "en", np.random.default_rng(1)) is None


def test_a_language_without_a_dictionary_stays_out(german: OtherLanguages) -> None:
    assert german.question("quot homines?", "la", np.random.default_rng(1)) is None


def test_names_of_russian_questions_are_in_cyrillic_at_times() -> None:
    words = {"goats": "козы", "counted": "считал", "village": "деревня", "mayor": "мэр"}
    russian = OtherLanguages([_dictionary("ru", words)], {})
    asked = {
        russian.question("mayor counted goats village Korvel", "en", np.random.default_rng(seed)) or ""
        for seed in range(30)
    }
    assert any("Корвел" in text for text in asked)
    assert any("Korvel" in text for text in asked)


def test_translations_cross_both_ways_and_leave_out_what_is_held_out(tmp_path: Path) -> None:
    kept = next(f"c{number}" for number in range(99) if not held_out(f"c{number}"))
    apart = next(f"c{number}" for number in range(9999) if held_out(f"c{number}"))
    contexts = [Context(kept, "en", "A village has 212 goats."), Context(apart, "en", "Another has 3 goats.")]
    question = TrainingQuestion("q1", "en", "own", "How many goats?", 0, 14, 17)
    rows = [
        {
            "context_id": context,
            "from": "en",
            "to": "es",
            "text": "Un pueblo tiene 212 cabras.",
            "questions": [{"id": "q1", "question": "¿Cuántas cabras?", "answer": "212", "start": 16}],
        }
        for context in (kept, apart)
    ]
    (tmp_path / "own.en-es.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8"
    )
    data = with_translations(TrainingData(contexts, [question], []), tmp_path)
    assert len(data.contexts) == 3
    found = {
        one.source_of_language: (one.text, data.contexts[one.context].text[one.start : one.end])
        for one in data.questions
    }
    assert found == {
        "own.en": ("How many goats?", "212"),
        "onto-en.es": ("¿Cuántas cabras?", "212"),
        "translated.es": ("¿Cuántas cabras?", "212"),
        "from-en.en": ("How many goats?", "212"),
    }


def test_missing_translations_name_the_command(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"training\.translate"):
        with_translations(TrainingData([], [], []), tmp_path)
