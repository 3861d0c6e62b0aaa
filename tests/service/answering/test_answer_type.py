"""Question words tell the kind of answer in many languages; a span is refused only when it plainly is another kind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.answering.answer_type import asks_for_several, expected_type, fits
from service.answering.question_words import languages_with_words


@pytest.mark.parametrize(
    ("question", "language", "kind"),
    [
        ("How many soldiers entered?", "en", "number"),
        ("For how many days do they stay?", "en", "duration"),
        ("How much money did Facebook raise?", "en", "amount"),
        ("When did it happen?", "en", "date"),
        ("Who ordered it?", "en", "person"),
        ("In which city did it happen?", "en", "place"),
        ("Why did they leave?", "en", "reason"),
        ("Did they leave?", "en", "yes_no"),
        ("Combien de soldats sont entrés ?", "fr", "number"),
        ("Où vont-ils ?", "fr", "place"),
        ("Wie viele Soldaten kamen?", "de", "number"),
        ("Seit wann gilt das?", "de", "date"),
        ("¿Cuánto tiempo duró?", "es", "duration"),
        ("¿Quién lo ordenó?", "es", "person"),
        ("Сколько солдат вошло?", "ru", "number"),
        ("Кто приказал?", "ru", "person"),
        ("Почему они ушли?", "ru", "reason"),
        ("Quante persone sono arrivate?", "it", "number"),
        ("Onde fica?", "pt", "place"),
        ("Hoeveel mensen?", "nl", "number"),
        ("Varför gick de?", "sv", "reason"),
        ("Kiedy to było?", "pl", "date"),
        ("Kdo to nařídil?", "cs", "person"),
        ("Kaç asker girdi?", "tr", "number"),
        ("Πότε έγινε;", "el", "date"),
        ("Hányan jöttek?", "hu", "number"),
        ("Missä se on?", "fi", "place"),
        ("Mengapa mereka pergi?", "id", "reason"),
        ("Tại sao họ đi?", "vi", "reason"),
        ("كم عدد الجنود؟", "ar", "number"),
        ("متى حدث ذلك؟", "ar", "date"),
        ("چند سرباز آمدند؟", "fa", "number"),
        ("מתי זה קרה?", "he", "date"),
        ("कितने सैनिक आए?", "hi", "number"),
        ("有多少士兵?", "zh", "number"),
        ("谁下的命令?", "zh", "person"),
        ("兵士は何人いましたか", "ja", "number"),
        ("언제 일어났습니까?", "ko", "date"),
        ("มีทหารกี่คน", "th", "number"),
        ("Tell me more", "en", None),
        ("How many?", "xx", None),
    ],
)
def test_expected_type_follows_the_question_words(question: str, language: str, kind: str | None) -> None:
    assert expected_type(question, language) == kind


@pytest.mark.parametrize(
    ("kind", "span", "language", "verdict"),
    [
        ("number", "102 personnes", "fr", True),
        ("number", "mille trente-sept", "fr", True),
        ("number", "twelve", "en", True),
        ("number", "двенадцать", "ru", True),
        ("number", "einundzwanzig", "de", True),
        ("number", "十二", "zh", True),
        ("number", "Emomali Rahmon", "en", False),
        ("number", "Emomali Rahmon", "xx", None),
        ("date", "en mars", "fr", True),
        ("date", "38 %", "fr", False),
        ("date", "after the war", "en", None),
        ("person", "Emomali Rahmon", "en", True),
        ("person", "20 000", "en", False),
        ("person", "the minister", "en", None),
        ("duration", "huit ans", "fr", True),
        ("duration", "until the war", "en", None),
        ("reason", "312", "en", False),
        ("yes_no", "312", "en", None),
    ],
)
def test_fits_refuses_only_what_plainly_is_another_kind(
    kind: str, span: str, language: str, verdict: bool | None
) -> None:
    assert fits(kind, span, language) is verdict  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("question", "language", "several"),
    [
        ("Which districts did they enter?", "en", True),
        ("Who ordered it and when was it?", "en", True),
        ("Which district did they enter?", "en", False),
        ("Who ordered it?", "en", False),
        ("Quels districts ont été touchés ?", "fr", True),
        ("Wer hat es befohlen und wann geschah es?", "de", True),
        ("¿Cuáles son los distritos?", "es", True),
        ("Какие районы затронуты?", "ru", True),
        ("哪些地区?", "zh", True),
    ],
)
def test_asks_for_several_sees_plurals_and_two_question_words(
    question: str, language: str, several: bool
) -> None:
    assert asks_for_several(question, language) is several


@given(st.text(max_size=200), st.sampled_from([*sorted(languages_with_words()), "xx", "zh-Hant"]))
def test_any_text_gets_a_type_or_none(question: str, language: str) -> None:
    kind = expected_type(question, language)
    asks_for_several(question, language)
    if kind is not None:
        assert fits(kind, question, language) in (True, False, None)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("¿Piensa Tayikistán intervenir en los asuntos de Afganistán?", "es"),
        ("Wollen die Regierungstruppen zurückschlagen?", "de"),
        ("Jane et Simon sont-ils d'accord ?", "fr"),
        ("Вернулись ли солдаты домой?", "ru"),
        ("In 1972, did Norway join the European Union?", "en"),
    ],
)
def test_a_question_without_an_asking_word_asks_for_yes_or_no(question: str, language: str) -> None:
    assert expected_type(question, language) == "yes_no"


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("soldiers via Ishkashim", "en"),
        ("Чьей была штаб-квартира?", "ru"),
        ("Worum ging es?", "de"),
        ("Kabul?", "xx"),
    ],
)
def test_anything_else_does_not(question: str, language: str) -> None:
    assert expected_type(question, language) != "yes_no"


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("What happened at Ishkashim?", "en"),
        ("Que s’est-il passé à Khorog ?", "fr"),
        ("Was ist am Montag passiert?", "de"),
        ("Что произошло на границе?", "ru"),
        ("¿Qué ocurrió el lunes?", "es"),
        ("边境发生了什么？", "zh"),
    ],
)
def test_what_happened_asks_for_an_event(question: str, language: str) -> None:
    assert expected_type(question, language) == "event"
