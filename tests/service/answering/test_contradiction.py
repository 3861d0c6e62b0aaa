"""Denials and years that do not fit, in several languages and scripts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.answering.contradiction import denial_unmet, year_contradicted


@pytest.mark.parametrize(
    ("question", "asked_in", "sentence", "told_in"),
    [
        ("Which villages weren’t flooded?", "en", "Kaltenried was flooded.", "en"),
        ("Which villages weren't flooded?", "en", "Kaltenried wurde überflutet.", "de"),
        ("Welche Dörfer wurden nicht überflutet?", "de", "Kaltenried was flooded.", "en"),
        ("Quels villages n’ont pas été inondés ?", "fr", "Kaltenried fue inundado.", "es"),
        ("Какие деревни не затопило?", "ru", "Kaltenried a été inondé.", "fr"),
        ("哪些村庄没有被淹?", "zh", "Kaltenried was flooded.", "en"),
    ],
)
def test_a_denial_needs_a_denial(question: str, asked_in: str, sentence: str, told_in: str) -> None:
    assert denial_unmet(question, asked_in, sentence, told_in)


@pytest.mark.parametrize(
    ("question", "asked_in", "sentence", "told_in"),
    [
        ("Which villages were not flooded?", "en", "Two villages escaped without damage.", "en"),
        ("Which villages were not flooded?", "en-GB", "Zwei Dörfer blieben nicht verschont.", "de-AT"),
        ("Which villages were flooded?", "en", "Velm was not flooded.", "en"),
        ("Who was notable in Norway?", "en", "Amara Kessou was notable.", "en"),
        ("Which villages were not flooded?", "en", "Kaltenried var översvämmat.", "sv"),
        ("", "en", "", "en"),
    ],
)
def test_no_denial_is_missed(question: str, asked_in: str, sentence: str, told_in: str) -> None:
    assert not denial_unmet(question, asked_in, sentence, told_in)


@pytest.mark.parametrize(
    ("question", "sentence", "text", "contradicted"),
    [
        ("Who won in 1883?", "In 1781 Watt won.", "In 1781 Watt won.", True),
        ("Who won in 1883?", "In 1781 Watt won.", "1883. In 1781 Watt won.", False),
        ("Who won in 1883?", "Watt won.", "Watt won.", False),
        ("Who won?", "In 1781 Watt won.", "In 1781 Watt won.", False),
        ("من فاز عام ١٨٨٣؟", "In 1781 Watt won.", "In 1781 Watt won.", True),
        ("من فاز عام ١٧٨١؟", "In 1781 Watt won.", "In 1781 Watt won.", False),
        ("Who sold 1883.5 tons?", "In 1781 Watt won.", "In 1781 Watt won.", True),
        ("Who sold 12,1883 tons?", "In 1781 Watt won.", "In 1781 Watt won.", False),
        ("Who sold 9999 tons?", "In 1781 Watt won.", "In 1781 Watt won.", False),
        ("2019年谁赢了?", "2018年，周启明赢了。", "2018年，周启明赢了。", True),
    ],
)
def test_years(question: str, sentence: str, text: str, contradicted: bool) -> None:
    assert year_contradicted(question, sentence, text) is contradicted


@given(st.text(), st.text(), st.sampled_from(["en", "de", "zh", "ar", "und"]))
def test_a_sentence_never_contradicts_itself(text: str, other: str, language: str) -> None:
    assert not denial_unmet(text, language, text, language)
    assert not year_contradicted(text, other, text)
