"""Where a sentence holds a name of the question, in its own spelling or another."""

import pytest

from service.answering.places_of_name import places_of_name
from service.answering.question_names import named


@pytest.mark.parametrize(
    ("question", "asked_in", "sentence", "language", "places"),
    [
        (
            "How many entered via Ishkashim?",
            "en",
            "Ishkashim (102) et Langar, d’Ishkashim",
            "fr",
            ["Ishkashim", "d’Ishkashim"],
        ),
        ("Сколько солдат вошло через Ишкашим?", "ru", "Khorog (312), Ishkashim (102)", "fr", ["Ishkashim"]),
        ("Who leads Germany?", "en", "Le chancelier de l’Allemagne parle.", "fr", ["l’Allemagne"]),
        ("Who won in 2021?", "en", "En 2020 et 2021, elle a gagné.", "fr", ["2021"]),
        ("Who counted 1,037 men?", "en", "On a compté 1 037 hommes.", "fr", ["1 037"]),
        (
            "Who lives in the United Arab Emirates?",
            "en",
            "Aux Émirats arabes unis, il vit.",
            "fr",
            ["Émirats arabes unis"],
        ),
    ],
)
def test_places(question: str, asked_in: str, sentence: str, language: str, places: list[str]) -> None:
    found = [
        sentence[start:end]
        for name in named(question, asked_in)
        for start, end in places_of_name(name, sentence, language, asked_in)
    ]
    assert found == places


def test_another_name_is_no_place() -> None:
    [name] = named("How many entered via Ishkashim?", "en")
    assert places_of_name(name, "Khorog (312), Langar (50)", "fr", "en") == []
