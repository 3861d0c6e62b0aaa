"""The language of an article's text: right for sentences in many scripts, silent where nothing can tell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.archive.tags_and_dates import normalised_language
from indexing.detect_language import UNDETERMINED, detect_language


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "Le pont sur la rivière a été fermé hier soir après la découverte d’une fissure."),
        ("en", "The bridge across the river was closed last night after a crack had been found."),
        (
            "de",
            "Die Brücke über den Fluss wurde gestern Abend gesperrt, nachdem ein Riss entdeckt worden war.",
        ),
        ("es", "El puente sobre el río fue cerrado anoche tras el descubrimiento de una grieta."),
        ("ru", "Мост через реку был закрыт вчера вечером после обнаружения трещины."),
        ("ar", "أُغلق الجسر فوق النهر مساء أمس بعد اكتشاف شق كبير في أحد أعمدته."),
        ("zh", "昨晚，河上的大桥在发现裂缝后被关闭。"),
        ("zh", "昨晚，河上的大橋在發現裂縫後被關閉。"),
        ("ja", "昨夜、川にかかる橋は亀裂が見つかったため閉鎖された。"),
        ("ko", "어젯밤 강을 건너는 다리가 균열이 발견된 뒤 폐쇄되었다."),
        ("th", "สะพานข้ามแม่น้ำถูกปิดเมื่อคืนนี้หลังจากพบรอยร้าว"),
        ("el", "Η γέφυρα πάνω από το ποτάμι έκλεισε χθες το βράδυ μετά την ανακάλυψη ρωγμής."),
        ("he", "הגשר מעל הנהר נסגר אמש לאחר שהתגלה בו סדק גדול."),
        ("hi", "नदी पर बना पुल दरार मिलने के बाद कल रात बंद कर दिया गया।"),
    ],
)
def test_detect_language_of_a_sentence(language: str, text: str) -> None:
    assert detect_language(text) == language


@pytest.mark.parametrize("text", ["", " \n", "12 345,6", "👍🏽 🇫🇷", "Test", "Apple\nBanana"])
def test_detect_language_says_nothing_where_nothing_can_be_said(text: str) -> None:
    assert detect_language(text) == UNDETERMINED


@given(st.text(max_size=300))
def test_detect_language_of_anything_is_a_tag(text: str) -> None:
    assert normalised_language(detect_language(text)) == detect_language(text)
