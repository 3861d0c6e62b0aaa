"""Figures in digits and in words have the same value, in every language that the check reads."""

from decimal import Decimal

import pytest

from service.answering.written.written_values import PERCENT, all_values


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("mille trente-sept soldats", "fr", 1037),
        ("1 037 soldats", "fr", 1037),
        ("1,037 soldiers", "en", 1037),
        ("one thousand and thirty-seven soldiers", "en", 1037),
        ("eintausendsiebenunddreißig Soldaten", "de", 1037),
        ("mil treinta y siete soldados", "es", 1037),
        ("тысяча тридцать семь солдат", "ru", 1037),
        ("около пяти тысяч человек", "ru", 5000),
        ("一千零三十七名士兵", "zh", 1037),
        ("一九九八年", "zh", 1998),
        ("三万人", "zh", 30000),
        ("１０２人", "ja", 102),
        ("١٬٠٣٧ جندي", "ar", 1037),
        ("1.5 million people", "en", 1_500_000),
        ("anderthalb, nein zwei Millionen", "de", 2_000_000),
        ("deux millions", "fr", 2_000_000),
        ("quatre-vingt-dix-sept", "fr", 97),
    ],
)
def test_digits_and_words_have_the_same_value(text: str, language: str, value: int) -> None:
    assert Decimal(value) in all_values(text, language)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("в середине XVIII века", {18}),
        ("au XIVe siècle", {14}),
        ("Louis XIV et Henri IV", {14, 4}),
        ("siglo V", {5}),
        ("в V веке", {5}),
        ("the MIX of CIVIL, I and V", set()),
    ],
)
def test_roman_numerals_have_values(text: str, values: set[int]) -> None:
    assert all_values(text, "xx") == {Decimal(value) for value in values}


def test_a_scaled_figure_has_its_scaled_value_only() -> None:
    assert all_values("1.5 million people", "en") == {Decimal("1500000")}
    assert Decimal("1.5") not in all_values("1.5 billion", "en")


def test_families_are_no_seven_and_no_words_no_figure() -> None:
    assert not all_values("много семей уехало", "ru")
    assert not all_values("nobody came", "en")


@pytest.mark.parametrize(
    "text",
    [
        "45 %",
        "45%",
        "45 percent",
        "45 pour cent",
        "45 Prozent",
        "45 por ciento",
        "45 процентов",
        "٤٥٪",
        "百分之四十五",
    ],
)
def test_a_percentage_is_known_in_any_language(text: str) -> None:
    assert PERCENT.search(text)
    assert not PERCENT.search("45 men, pour centrer")
