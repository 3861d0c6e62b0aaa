"""The language of a question is detected, and doubt is kept."""

import pytest

from service.answering.question import Question
from service.answering.understand_question import UNDETERMINED, UnderstandQuestion, likely_languages


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How many soldiers entered via Ishkashim?", "en"),
        ("Wie viele Soldaten kamen über Ischkaschim?", "de"),
        ("Combien de soldats sont entrés par Ishkashim ?", "fr"),
        ("¿Cuántos soldados entraron por Ishkashim?", "es"),
        ("Сколько солдат вошло через Ишкашим?", "ru"),
        ("كم عدد الجنود الذين دخلوا عبر إشكاشم؟", "ar"),
        ("有多少士兵通过伊什卡希姆进入？", "zh"),
        ("มีทหารกี่คนเข้ามาทางอิชคาชิม", "th"),
    ],
)
def test_understand_question_detects_its_language(text: str, language: str) -> None:
    understood = UnderstandQuestion().run(Question(f"  {text} "))["understood"]
    assert understood.language == language
    assert understood.languages[0] == language
    assert understood.standalone == text


def test_likely_languages_of_one_ambiguous_word_are_several() -> None:
    assert len(likely_languages("Person")) > 1


@pytest.mark.parametrize("text", ["102", "?", "🙂", "2021-07-05"])
def test_likely_languages_without_letters_are_undetermined(text: str) -> None:
    assert likely_languages(text) == (UNDETERMINED,)
