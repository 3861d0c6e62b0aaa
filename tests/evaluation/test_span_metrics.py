"""Exact match and F1 on spans written by hand; figures in any writing are one number and never another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.span_metrics import exact_match, f1, holds, is_right, span_scores, tokens

LANGUAGES = st.sampled_from(["en", "fr", "de", "es", "ru", "ar", "zh", "th", "ja", "it", "vi", "xx"])


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "The Beatles' first album", ["beatles", "first", "album"]),
        ("fr", "l'ancien gouverneur du Nord", ["ancien", "gouverneur", "nord"]),
        ("es", "los 17 ministerios", ["17", "ministerios"]),
        ("de", "die Brücke in der Stadt", ["brücke", "in", "stadt"]),
        ("ru", "Эмомали Рахмон", ["эмомали", "рахмон"]),
        ("ar", "الشرطة", ["شرطة"]),
        ("zh", "2012年有1,037人", ["2012", "年", "有", "1037", "人"]),
        ("fr-CA", "les 3,10 $", ["3.10"]),
    ],
)
def test_tokens_lose_case_articles_and_punctuation(language: str, text: str, expected: list[str]) -> None:
    assert tokens(text, language) == expected


@pytest.mark.parametrize(
    "written", ["1 037", "1,037", "1.037", "1\u202f037", "1'037", "1037", "١٬٠٣٧", "١٠٣٧"]
)
def test_a_number_is_the_same_however_it_is_grouped(written: str) -> None:
    assert tokens(written, "en") == ["1037"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7,45 %", ["7.45"]),
        ("7.45", ["7.45"]),
        ("1 037,5", ["1037.5"]),
        ("1,037.5", ["1037.5"]),
        ("0.125", ["0.125"]),
        ("12 345 678", ["12345678"]),
        ("en 2012 300 personnes", ["en", "2012", "300", "personnes"]),
        ("1 23", ["1", "23"]),
        ("2012-07-05", ["2012", "07", "05"]),
        ("10:30", ["10", "30"]),
        ("05.07.2012", ["05.07.2012"]),
    ],
)
def test_a_decimal_point_a_date_and_neighbours_stay_what_they_are(text: str, expected: list[str]) -> None:
    assert tokens(text, "en") == expected


def test_f1_is_the_best_over_the_answers() -> None:
    # "102 personnes" and "102": precision 1/2, recall 1.
    assert f1("102 personnes", ["102"], "fr") == pytest.approx(2 / 3)
    assert f1("102 personnes", ["102", "102 personnes"], "fr") == 1.0
    assert f1("rien", ["102"], "fr") == 0.0


def test_exact_match_is_after_normalisation() -> None:
    assert exact_match("The 1,037 soldiers.", ["1 037 soldiers"], "en")
    assert not exact_match("7.45", ["745"], "en")


def test_without_answers_only_silence_is_right() -> None:
    assert exact_match("", [], "en")
    assert f1("", [], "en") == 1.0
    assert f1("something", [], "en") == 0.0


def test_other_figures_are_never_right() -> None:
    assert is_right("102 personnes", ["102"], "fr")
    assert is_right("le 5 juillet 2012", ["5 juillet"], "fr")
    assert not is_right("20 000 soldats", ["50 soldats"], "fr")
    assert not is_right("juillet 2012", ["5 juillet 2012"], "fr")
    assert not is_right("une phrase entière qui dit aussi que 102 sont entrés", ["102"], "fr")


def test_holding_needs_whole_tokens_side_by_side() -> None:
    assert holds("via Ishkashim (102 personnes) hier", ["102 personnes"], "fr")
    assert not holds("1102 personnes", ["102"], "fr")
    assert not holds("personnes: 102", ["102 personnes"], "fr")
    assert not holds("anything", [""], "en")


def test_scores_keep_their_counts() -> None:
    scored = span_scores([("102", ["102"]), ("102 personnes", ["102"]), ("x", ["102"])], "fr")
    assert (scored.questions, scored.exact) == (3, 1)
    assert scored.f1 == pytest.approx((1 + 2 / 3) / 3)
    assert scored.to_dict() == {"questions": 3, "exact": 1, "em": 33.33, "f1": 55.56}
    assert span_scores([], "fr").to_dict()["f1"] == 0.0


@given(st.text(), st.lists(st.text(), min_size=1, max_size=3), LANGUAGES)
def test_measures_agree_with_one_another(text: str, answers: list[str], language: str) -> None:
    measured = f1(text, answers, language)
    assert 0 <= measured <= 1
    if exact_match(text, answers, language):
        assert measured == 1.0
    assert f1(text, [*answers, text], language) == 1.0
    if tokens(text, language):
        assert is_right(text, [text], language)
        assert holds(text, [text], language)


@given(st.integers(0, 10**9), st.sampled_from([",", ".", "\u00a0", "\u202f", "'"]))
def test_grouping_never_changes_a_number(number: int, mark: str) -> None:
    assert tokens(f"{number:,}".replace(",", mark), "en") == [str(number)]


@pytest.mark.parametrize(
    ("text", "answer", "language", "held"),
    [
        ("chargés d'organiser le rapatriement", "organiser le rapatriement", "fr", True),
        ("la ville d’Orléans", "Orléans", "fr", True),
        ("jusqu'en 1911", "en 1911", "fr", True),
        ("aujourd'hui", "hui", "fr", False),
        ("the o'clock", "clock", "en", False),
        ("dell'Unione", "Unione", "it", True),
    ],
)
def test_an_elided_word_is_one_of_its_own_when_an_answer_is_looked_for(
    text: str, answer: str, language: str, held: bool
) -> None:
    assert holds(text, [answer], language) is held
