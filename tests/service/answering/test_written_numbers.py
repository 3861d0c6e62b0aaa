"""A number has its value in every writing."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.answering.written_numbers import numbers_in


@pytest.mark.parametrize(
    "written", ["1 037", "1\u202f037", "1,037", "1.037", "1'037", "١٬٠٣٧", "१,०३७", "1037"]
)
def test_numbers_are_the_same_in_every_writing(written: str) -> None:
    assert any(Decimal(1037) in figure.values for figure in numbers_in(f"les {written} soldats"))


@given(st.integers(0, 10**12), st.sampled_from([",", ".", " ", "\u00a0", "\u202f", "'", "’"]))
def test_numbers_in_groups_of_three_have_their_value_among_the_readings(number: int, sign: str) -> None:
    written = f"{number:,}".replace(",", sign)
    figures = numbers_in(f"({written})")
    assert any(Decimal(number) in figure.values for figure in figures)


def test_digits_that_python_does_not_know_yet_are_passed_over() -> None:
    figures = numbers_in("\U00016d70 or 7")  # Unicode 16, Python 3.11 has 14
    assert Decimal(7) in figures[-1].values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,5 millones", 1_500_000),
        ("3 millón", 3_000_000),
        ("1,5 billones", 1_500_000_000_000),
        ("30 Mio. Euro", 30_000_000),
        ("30 Mrd. Euro", 30_000_000_000),
        ("20 mds d'euros", 20_000_000_000),
    ],
)
def test_short_and_spanish_words_for_millions_scale(text: str, value: int) -> None:
    (figure,) = numbers_in(text)
    assert Decimal(value) in figure.meant
    assert len(figure.meant) == 1
