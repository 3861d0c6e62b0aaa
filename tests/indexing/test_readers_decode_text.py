"""Bytes of a text file to its text: whatever encoding it comes in, and refused when it is no text."""

import codecs
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.errors import ArticleRefused
from indexing.readers.decode_text import decode_text

TEXTS = {
    "fr": "Le pont près de l’église a été fermé hier : une fissure s’était ouverte à côté du café. « Déjà ",
    "de": "Die Brücke über den Fluß wurde gestern gesperrt, weil größere Risse auffielen. Ärger genügt. ",
    "pl": "Most został zamknięty wczoraj w nocy. Mieszkańcy muszą przepływać rzekę łodzią. Źródło: służby. ",
    "ru": "Мост через реку был закрыт вчера вечером после обнаружения трещины. Жители плавают на лодках. ",
    "el": "Η γέφυρα έκλεισε χθες το βράδυ. Οι κάτοικοι περνούν το ποτάμι με βάρκα. ",
    "tr": "Köprü dün gece kapatıldı. Sakinler nehri tekneyle geçmek zorunda. Şoför ığdır ağacı gördü. ",
    "ar": "أغلق الجسر فوق النهر مساء أمس بعد اكتشاف شق كبير في أحد أعمدته، وعبر السكان بالقوارب. ",
    "he": "הגשר מעל הנהר נסגר אמש לאחר שהתגלה בו סדק גדול. התושבים חוצים את הנהר בסירה. ",
    "th": "สะพานข้ามแม่น้ำถูกปิดเมื่อคืนนี้หลังจากพบรอยร้าว ชาวบ้านต้องใช้เรือข้ามฟาก ",
    "zh": "昨晚，河上的大桥在发现裂缝后被关闭。居民们不得不乘船过河，市长说维修将在下个月完成。",
    "zh-Hant": "昨晚，河上的大橋在發現裂縫後被關閉。居民們不得不乘船過河，市長說維修將在下個月完成。",
    "ja": "昨夜、川にかかる橋は亀裂が見つかったため閉鎖された。住民は船で川を渡らなければならない。",
    "ko": "어젯밤 강을 건너는 다리가 균열이 발견된 뒤 폐쇄되었다. 주민들은 배로 강을 건너야 한다. ",
}


@pytest.mark.parametrize(
    ("language", "encoding"),
    [
        ("fr", "windows-1252"),
        ("fr", "mac_roman"),
        ("de", "windows-1252"),
        ("pl", "windows-1250"),
        ("ru", "windows-1251"),
        ("ru", "koi8-r"),
        ("ru", "cp866"),
        ("el", "windows-1253"),
        ("tr", "windows-1254"),
        ("he", "windows-1255"),
        ("ar", "windows-1256"),
        ("th", "cp874"),
        ("zh", "gb18030"),
        ("zh-Hant", "big5"),
        ("ja", "shift_jis"),
        ("ja", "euc_jp"),
        ("ja", "iso2022_jp"),
        ("ru", "iso8859_5"),
        ("ar", "iso8859_6"),
        ("fr", "cp850"),
        ("ko", "cp949"),
    ],
)
def test_decode_text_finds_the_encoding(language: str, encoding: str) -> None:
    data = (TEXTS[language] * 4).encode(encoding, "ignore")
    assert decode_text(data) == data.decode(encoding)


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"]
)
def test_decode_text_reads_unicode_with_and_without_mark(language: str, encoding: str) -> None:
    text = TEXTS[language] * 3
    mark = codecs.BOM_UTF32_BE if encoding == "utf-32-be" else b""
    assert decode_text(mark + text.encode(encoding)) == text


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"]), max_size=100))
def test_decode_text_of_utf_8_is_that_text(text: str) -> None:
    """Whatever is valid UTF-8 and reads as text stays what it is."""
    assert decode_text(codecs.BOM_UTF8 + text.encode()) == text


@given(st.binary(max_size=300))
def test_decode_text_of_any_bytes_is_text_or_refused(data: bytes) -> None:
    try:
        assert isinstance(decode_text(data), str)
    except ArticleRefused as refusal:
        assert "\n" not in str(refusal)


@pytest.mark.parametrize("text", ["Été", "Ärger", "señor", "“Hi”", "5 £", "l’été"])
def test_decode_text_takes_a_few_odd_bytes_for_the_most_usual_encoding(text: str) -> None:
    assert decode_text(text.encode("windows-1252")) == text


def test_decode_text_keeps_a_damaged_utf_8_file() -> None:
    """One wrong byte is no reason to read every accent wrongly."""
    text = TEXTS["fr"] * 20
    data = text.encode()
    assert decode_text(data[:900] + b"\xff" + data[901:]).count("\ufffd") <= 2
    assert "église" in decode_text(data[:900] + b"\xff" + data[901:])


def test_decode_text_keeps_text_with_zero_bytes() -> None:
    """Dropping them is the canonical text's work."""
    assert decode_text(b"one\x00two\x00 three") == "one\x00two\x00 three"


def test_decode_text_takes_the_declared_encoding_as_browsers_do() -> None:
    data = "“Été” – 5 €".encode("windows-1252")
    assert decode_text(data, declared="ISO-8859-1") == "“Été” – 5 €"
    assert decode_text("Été".encode(), declared="iso-8859-1") == "Été"
    assert decode_text("Мост через реку".encode("koi8-r"), declared="koi8-r") == "Мост через реку"
    assert decode_text(b"plain", declared="no-such-thing") == "plain"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"%PDF-1.7\n...", "begins like a PDF"),
        (b"PK\x03\x04" + b"\x00" * 50, "begins like a ZIP or Office file"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, "begins like a PNG image"),
        (b"\x7fELF\x02\x01\x01" + b"\x00" * 50, "begins like a program"),
        (b"\x00" * 1000, "zero bytes"),
        (bytes(range(256)) * 8, "not text"),
        (random.Random(0).randbytes(20_000), "not text"),
        (b"\x01\x02\x03text\x04\x05" * 100, "control characters"),
    ],
)
def test_decode_text_refuses_a_binary_file(data: bytes, message: str) -> None:
    with pytest.raises(ArticleRefused, match=message):
        decode_text(data)
