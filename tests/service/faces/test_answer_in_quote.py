"""A quote is cut around its answer, and is whole again when put together."""

from hypothesis import given
from hypothesis import strategies as st

from service.faces.answer_in_quote import mark_answer


@given(st.text(), st.integers(0, 99), st.integers(-5, 120), st.integers(-5, 120))
def test_pieces_are_the_text_again(text: str, start: int, answer_start: int, answer_end: int) -> None:
    assert "".join(mark_answer(text, start, answer_start, answer_end)) == text


def test_offsets_are_code_points_of_the_article() -> None:
    assert mark_answer("👍🏽 有102人", 40, 44, 47) == ("👍🏽 有", "102", "人")


def test_answer_that_is_not_within_marks_nothing() -> None:
    for place in ((None, None), (3, None), (3, 9), (9, 12), (12, 99), (14, 14), (15, 13)):
        assert mark_answer("a quote", 10, *place) == ("a quote", "", "")
