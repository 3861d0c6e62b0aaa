"""Texts and small dictionaries go in; switched texts, with the kept spans in their new places, come out."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.code_switch import FUNCTION_WORDS, code_switch, function_words, lemma
from training.dictionaries import Dictionary

_EN_DE = Dictionary(
    "en",
    "de",
    {
        "river": ("Fluss", "Strom"),
        "discover": ("entdecken",),
        "bank": ("Bank",),
        "country": ("Land",),
        "take place": ("stattfinden",),
        "place": ("Platz",),
    },
    names={"england": ("England",), "germany": ("Deutschland",)},
)
_FR_EN = Dictionary("fr", "en", {"maison": ("house",), "roi": ("king",), "église": ("church",)})
_JA_EN = Dictionary("ja", "en", {"子供": ("child",), "大学": ("university",), "学": ("learning",)})


def _all(text: str, dictionary: Dictionary, keep: tuple[tuple[int, int], ...] = ()) -> str:
    return code_switch(text, dictionary, 1.0, Random(3), keep).text


_ALPHABET = st.sampled_from(
    [
        "the ",
        "river ",
        "River",
        "who ",
        "discovered",
        "'s ",
        "didn't ",
        " ",
        "-",
        "bank",
        "3",
        ". ",
        "l'",
        "Élan ",
    ]
)
_TEXTS = st.lists(_ALPHABET, max_size=30).map("".join)


@settings(deadline=None)  # the first example loads word lists
@given(_TEXTS, st.data(), st.floats(0, 1), st.integers(0, 1_000), st.booleans())
def test_kept_spans_hold_the_same_text(
    text: str, data: st.DataObject, share: float, seed: int, names: bool
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    keep = list(zip(cuts[::2], cuts[1::2], strict=False))
    dictionary = data.draw(st.sampled_from([_EN_DE, _FR_EN, Dictionary("en", "ru", {"river": ("река",)})]))
    switched = code_switch(text, dictionary, share, Random(seed), keep, names)
    assert [switched.text[s:e] for s, e in switched.keep] == [text[s:e] for s, e in keep]


@settings(deadline=None)  # the first example loads word lists
@given(st.text(max_size=200), st.data())
def test_any_text_with_share_zero_comes_back_unchanged(text: str, data: st.DataObject) -> None:
    dictionary = data.draw(st.sampled_from([_EN_DE, _FR_EN, _JA_EN]))
    assert code_switch(text, dictionary, 0.0, Random(1)).text == text


@settings(deadline=None)  # the first example loads word lists
@given(st.text(alphabet="子供大学が、a1 国", max_size=40), st.data())
def test_kept_spans_hold_in_a_script_without_blanks(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    switched = code_switch(text, _JA_EN, 1.0, Random(1), [(start, end)])
    ((new_start, new_end),) = switched.keep
    assert switched.text[new_start:new_end] == text[start:end]


def test_same_seed_gives_the_same_text() -> None:
    text = "Who discovered the river near the bank of the country?"
    assert code_switch(text, _EN_DE, 0.5, Random(7)) == code_switch(text, _EN_DE, 0.5, Random(7))


def test_question_words_names_and_numbers() -> None:
    switched = _all("How many rivers did Amundsen discover in 1911?", _EN_DE)
    assert switched == "Wie viele Fluss Amundsen entdecken in 1911?"


def test_names_are_switched_on_demand_only() -> None:
    text = "Is the river in Germany?"
    assert "Germany" in _all(text, _EN_DE)
    assert "Deutschland" in code_switch(text, _EN_DE, 1.0, Random(1), names=True).text


def test_longest_phrase_comes_first() -> None:
    assert _all("It will take place", _EN_DE) == "Es wird stattfinden"


def test_kept_words_stay_in_the_middle_of_a_phrase() -> None:
    text = "It will take place"
    switched = code_switch(text, _EN_DE, 1.0, Random(1), [(13, 18)])
    assert switched.text == "Es wird take place"


def test_dropped_opening_word_hands_its_capital_on() -> None:
    assert _all("Did rivers discover it?", _EN_DE) == "Fluss entdecken es?"


def test_french_elision_inversion_and_question_phrase() -> None:
    assert _all("Qu'est-ce que l'église ?", _FR_EN) == "What the church ?"
    assert _all("Le roi a-t-il une maison ?", _FR_EN).endswith("king has a house ?")
    assert _all("Qui était le roi d’Espagne ?", _FR_EN) == "Who was the king of Espagne ?"


def test_japanese_words_are_found_without_blanks() -> None:
    assert _all("子供が大学に", _JA_EN) == "Child が university に"


def test_several_dictionaries_are_mixed_within_a_text() -> None:
    russian = Dictionary("en", "ru", {"river": ("река",)})
    switched = code_switch("the river " * 40, [_EN_DE, russian], 1.0, Random(1)).text
    assert "Fluss" in switched
    assert "река" in switched


def test_share_is_about_the_share_of_words() -> None:
    switched = code_switch("river bank " * 500, _EN_DE, 0.3, Random(1))
    assert 200 < switched.switched < 400


def test_lemma_of_inflected_forms() -> None:
    assert lemma("discovered", "en") == "discover"
    assert lemma("chevaux", "fr") == "cheval"


@pytest.mark.parametrize(
    ("dictionaries", "share", "keep", "message"),
    [
        ([], 0.5, [], "at least one"),
        ([_EN_DE, _FR_EN], 0.5, [], "several source languages"),
        (_EN_DE, 1.5, [], "between 0 and 1"),
        (_EN_DE, 0.5, [(0, 99)], "outside a text"),
    ],
)
def test_wrong_arguments_are_named(
    dictionaries: Dictionary | list[Dictionary], share: float, keep: list[tuple[int, int]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        code_switch("Who?", dictionaries, share, Random(1), keep)


def test_function_word_table_is_whole() -> None:
    rows = [line.split("\t") for line in FUNCTION_WORDS.read_text(encoding="utf-8").splitlines()]
    languages = rows[0]
    assert {len(row) for row in rows} == {len(languages)}
    assert all(cell.strip() == cell and cell.split(";")[0] for row in rows for cell in row)
    for target in languages[2:]:
        assert function_words("en", target)["who"][0]
        assert function_words("fr", target)["combien de"] == function_words("en", target)["how many"]
    assert function_words("en", "xx") == {}
