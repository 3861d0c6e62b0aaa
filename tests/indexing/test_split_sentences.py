"""Sentences of a text: where they end in each language, and what holds for any text at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.split_sentences import split_sentences

LANGUAGES = ["fr", "de", "en", "es", "ru", "ar", "zh", "zh-Hant", "th", "und", "fon", "", "x-private"]
# Pieces that meet in real text and in none: ends of every script, quotation marks, joiners, right-to-left.
PIECES = st.sampled_from(
    [
        ".",
        "!",
        "?",
        "…",
        "。",
        "！",
        "؟",
        "।",
        " ",
        "\n",
        "\n\n",
        "\t",
        "\u2028",
        "\u00a0",
        "\u202f",
        "« ",
        " »",
        "“",
        "”",
        "「",
        "」",
        '"',
        "(",
        ")",
        "M. Dupont",
        "z. B.",
        "т. е.",
        "J. K.",
        "3.5",
        "1 037",
        "2010",
        "3. ",
        "Wort",
        "слово",
        "كلمة",
        "词语",
        "คำ ",
        "ภาษาไทย ",
        "e\u0301",
        "\u0301",
        "👩‍👩‍👧",
        "🇫🇷",
        "\u200b",
        "\u202e",
        "\ufeff",
        "שלום",
        "한국어",
    ]
)
ANY_TEXT = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=40).map("".join))


def sentences(text: str, language: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text, language)]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("fr", ["M. Dupont et Mme. Durand ont reçu 1 037 lettres.", "Le taux est de 3.5 % au 3. trimestre."]),
        ("fr", ["Le chiffre est de 1\u202f037.", "C’est 2\u00a0000 de plus !", "Pourquoi ?", "On l’ignore…"]),
        ("fr", ["« Nous partons.", "Il n’y a plus rien à faire », dit-elle.", "La route est longue."]),
        ("fr", ["“Le pont est fermé », dit le maire.", "Selon lui, la “route” aussi.", "Rien ne bouge."]),
        ("fr", ["Vers 350 av. J.-C. la ville fut prise.", "Elle brûla."]),
        ("de", ["Das gilt z. B. am 3. November.", "Dr. Meier wohnt im 2. Stock.", "Fertig."]),
        ("de", ["Er verließ die Bundesrepublik.", "1987 kam er zurück."]),
        ("de", ["Sie sagte: „Wir gehen.", "Es ist spät.“", "Dann gingen sie."]),
        ("ru", ["А. С. Пушкин родился в Москве, т. е. в столице.", "Это было в 1799 году."]),
        ("ru", ["Школа им. Гагарина открыта.", "Там учатся 5 тыс. детей."]),
        (
            "en",
            [
                '"Where to?" he asked.',
                "J. K. Rowling paid $3.5 million to Mr. Smith.",
                "The U.S. Senate met.",
            ],
        ),
        ("en", ["The bridge (built in 1905) is closed.", "It opens at 8 a.m. every day."]),
        ("es", ["¿Qué pasó?", "¡Nada!", "El Sr. García vive en EE. UU. desde 1990.", "Volverá."]),
        ("ar", ["وصل د. أحمد إلى المدينة.", "هل جاء وحده؟", "نعم."]),
        ("hi", ["यह पुल बंद है।", "कल खुलेगा।"]),
        ("ko", ["다리가 닫혔습니다.", "내일 열립니다."]),
    ],
)
def test_split_sentences_ends_them_where_readers_do(language: str, expected: list[str]) -> None:
    assert sentences(" ".join(expected), language) == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "zh",
            [
                "大桥昨天关闭。",
                "为什么？",
                "没有人知道！",
                "2010年也是这样。",
                "「我们不走。",
                "太晚了。」",
                "他笑了。",
            ],
        ),
        ("ja", ["橋は閉鎖された。", "2010年にもあった。", "明日は開く。"]),
    ],
)
def test_split_sentences_needs_no_spaces(language: str, expected: list[str]) -> None:
    assert sentences("".join(expected), language) == expected


def test_split_sentences_cuts_thai_at_spaces_when_long_enough() -> None:
    thai = (
        "เจ้าหน้าที่ปิดสะพานข้ามแม่น้ำเมื่อคืนนี้หลังจากพบรอยร้าวขนาดใหญ่ ชาวบ้านต้องใช้เรือข้ามฟากแทนเป็นเวลาหลายสัปดาห์ "
        "และคาดว่าจะเปิดใช้ได้อีกครั้งในเดือนหน้า"
    )
    found = sentences(thai, "th")
    assert found == [thai[: thai.index(" ")], thai[thai.index(" ") + 1 :]]


def test_split_sentences_takes_a_heading_as_a_sentence_of_its_own() -> None:
    assert sentences("Pont fermé\n\nLe pont est fermé. Il\nrouvrira", "fr") == [
        "Pont fermé",
        "Le pont est fermé.",
        "Il",
        "rouvrira",
    ]


def test_split_sentences_without_any_end_is_one_sentence() -> None:
    text = "mot " * 5_000
    assert split_sentences(text, "fr") == [(0, len(text) - 1)]


@given(ANY_TEXT, st.sampled_from(LANGUAGES))
def test_split_sentences_covers_any_text_in_order(text: str, language: str) -> None:
    """Trimmed, not empty, not overlapping, on one line each; outside of them there is only white space."""
    spans = split_sentences(text, language)
    position = 0
    for start, end in spans:
        assert position <= start < end <= len(text)
        assert not text[position:start].strip()
        assert text[start:end] == text[start:end].strip()
        assert "\n" not in text[start:end]
        position = end
    assert not text[position:].strip()


@pytest.mark.parametrize("piece", ["« ", "“a. ", "A. ", "ภาษา ", "。2", ". ", "\n", " ", "x", '"', "("])
def test_split_sentences_takes_a_million_characters_of_one_kind(piece: str) -> None:
    """Quotation marks that never close made the library's time grow with the square of the length."""
    text = piece * (1_000_000 // len(piece))
    covered = sum(end - start for start, end in split_sentences(text, "fr"))
    assert covered >= sum(not char.isspace() for char in text)
