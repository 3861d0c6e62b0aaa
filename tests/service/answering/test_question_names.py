"""Names and figures of a question are found in any spelling, inflection or script, and never mistaken for others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.archive.encoder import Encoder
from service.answering.common_words import common_words
from service.answering.question_names import is_found, missing, named, prepare_text, share_found

FOUND = [
    ("How many soldiers entered via Ishkashim?", "en", "Ichkachim a reçu les soldats", "fr"),
    ("How many soldiers entered via Ishkashim?", "en", "Солдаты прошли через Ишкашим", "ru"),
    ("How many soldiers entered via Ishkashim?", "en", "دخل الجنود عبر اشکاشم", "fa"),
    ("What did President Rahmon order?", "en", "Президент Рахмон приказал", "ru"),
    ("What did Putin say in Germany?", "en", "Poutine a parlé en Allemagne", "fr"),
    ("What did Putin say in Germany?", "en", "Путин выступил в Германии", "ru"),
    ("What did Putin say in Germany?", "en", "قال بوتين في ألمانيا", "ar"),
    ("Что сказал Путин в Германии?", "ru", "Putin spoke in Germany", "en"),
    ("Что сказано Линкольном?", "ru", "Lincoln said", "en"),
    ("Wer regierte in den Vereinigten Staaten 1945?", "de", "1945, les États-Unis", "fr"),
    ("How many of the 1,037 left?", "en", "Les 1 037 soldats", "fr"),
    ("How many of the 1.037 left?", "en", "عدد الجنود ١٬٠٣٧", "ar"),
    ("Who got 1.5 million?", "en", "1 500 000 euros", "fr"),
    ("How many were in Nigeria?", "en", "Nigerian forces", "en"),
    ("Ile osób mieszka w Warszawie?", "pl", "Warszawa ma mieszkańców", "pl"),
    ("德国有多少人?", "zh", "L'Allemagne compte", "fr"),
    ("What happened in March 2011?", "en", "en mars 2011", "fr"),
]
LOOK_ALIKE = [
    ("What happened in Iran?", "en", "in Iraq", "en"),
    ("What happened in Iran?", "en", "en Irak", "fr"),
    ("What happened in Iran?", "en", "В Ираке", "ru"),
    ("What happened in Austria?", "en", "in Australia and Australian towns", "en"),
    ("What happened in Austria?", "en", "l'Australie", "fr"),
    ("What happened in Niger?", "en", "in Nigeria", "en"),
    ("What happened in Niger?", "en", "au Nigéria, les Nigérians", "fr"),
    ("What happened in Slovenia?", "en", "en Slovaquie", "fr"),
    ("What did John Martin say?", "en", "Morton and Johnson spoke", "en"),
    ("What happened in Oran?", "en", "en Iran", "fr"),
    ("Who won in 2011?", "en", "in 2012", "en"),
    ("How many of the 1,037 left?", "en", "1 307 soldats", "fr"),
    ("How many of the 20,000 left?", "en", "20 soldats", "fr"),
]


@pytest.mark.parametrize(
    ("found", "question", "language", "text", "text_language"),
    [(True, *case) for case in FOUND] + [(False, *case) for case in LOOK_ALIKE],
)
def test_names_are_found_across_spellings_and_not_in_what_looks_alike(
    found: bool, question: str, language: str, text: str, text_language: str
) -> None:
    prepared = prepare_text(text, text_language)
    names = [name for name in named(question, language) if name.text not in ("President", "Президент")]
    assert names
    assert {is_found(name, prepared, language) for name in names} == {found}


def test_names_that_are_missing_are_told_in_order() -> None:
    names = named("Did Hollande meet Merkel and Putin?", "en")
    assert [name.text for name in missing(names, prepare_text("Merkel spoke", "en"), "en")] == [
        "Hollande",
        "Putin",
    ]


def test_share_found_is_one_without_names_and_counts_the_found_ones() -> None:
    assert share_found(named("how many left?", "en"), "anything", "en") == 1.0
    assert share_found(named("Did Hollande meet Merkel?", "en"), "Merkel spoke", "en") == 0.5


def test_names_without_a_common_script_are_left_out_of_the_share() -> None:
    names = named("What did Putin say in 2011?", "en")
    assert share_found(names, prepare_text("2011年普京说", "zh"), "en") == 1.0
    assert share_found(names, prepare_text("2012年普京说", "zh"), "en") == 0.0


def test_common_words_keep_their_capital_without_being_names(encoder: Encoder) -> None:
    is_common = common_words(encoder.tokenizer)
    names = named("Which City did the Green Party and Obama leave?", "en", is_common)
    assert [name.text for name in names] == ["Obama"]
    rare = named("كم جنديا دخل عبر اشکاشم؟", "ar", is_common)
    assert "اشکاشم" in [name.text for name in rare]


def test_german_nouns_are_no_names_after_an_article_or_adjective() -> None:
    names = named("Welche Stadt wählte den neuen Bürgermeister Müller in Köln?", "de")
    assert {"Müller", "Köln"} <= {name.text for name in names}
    assert not {"Stadt", "Bürgermeister"} & {name.text for name in names}


@given(st.text(max_size=80), st.sampled_from(["en", "de", "ru", "zh", "ar", "th", "und", "xx"]))
def test_names_lie_in_the_question_at_their_offsets(question: str, language: str) -> None:
    names = named(question, language)
    for name in names:
        assert question[name.start : name.end] == name.text
    assert 0.0 <= share_found(names, question, language) <= 1.0
