"""The shortest run that proves an answer: with the name it belongs to, whole brackets, whole words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.answering.proving_quote import proving_quote

CROSSINGS = (
    "They crossed at Khorog (312), Ishkashim (102 people) and Langar (50 people) of the Ishkashim district."
)


def _run(sentence: str, answer: str, *names: str, nth: int = 0) -> str:
    start = -1
    for _ in range(nth + 1):
        start = sentence.index(answer, start + 1)
    places = []
    for name in names:
        found, at = [], sentence.find(name)
        while at >= 0:
            found.append((at, at + len(name)))
            at = sentence.find(name, at + 1)
        places.append(found)
    left, right = proving_quote(sentence, (start, start + len(answer)), places)
    return sentence[left:right]


@pytest.mark.parametrize(
    ("answer", "names", "quote"),
    [
        ("102", ["Ishkashim"], "Ishkashim (102 people)"),
        ("102 people", ["Ishkashim"], "Ishkashim (102 people)"),
        ("50 people", ["Langar"], "Langar (50 people)"),
        ("312", ["Khorog"], "Khorog (312)"),
        ("50 people", ["Langar", "Ishkashim"], "Langar (50 people) of the Ishkashim"),
    ],
)
def test_the_nearest_place_of_the_name_and_the_whole_bracket(
    answer: str, names: list[str], quote: str
) -> None:
    assert _run(CROSSINGS, answer, *names) == quote


def test_without_a_name_the_clause_is_quoted() -> None:
    sentence = "After the storm, which lasted two days, the mayor closed four schools, the office said."
    assert _run(sentence, "four schools") == "the mayor closed four schools"


def test_a_clause_of_few_words_takes_in_what_stands_before() -> None:
    sentence = "The minister, Leyla Mansur, opened the road."
    assert _run(sentence, "Leyla Mansur") == "The minister, Leyla Mansur, opened the road."


def test_a_decimal_comma_cuts_no_clause() -> None:
    sentence = "Am Pegel wurden am Morgen 7,82 Meter gemessen; üblich sind zwei."
    assert _run(sentence, "7,82 Meter") == "Am Pegel wurden am Morgen 7,82 Meter gemessen"


def test_a_name_far_away_is_left_out() -> None:
    sentence = f"Khorog {'and so on ' * 40}, where the guards then counted exactly 312 of them."
    assert "Khorog" not in _run(sentence, "312", "Khorog")


def test_words_are_whole() -> None:
    assert (
        _run("The guards counted 1037 soldiers there that day.", "soldier", "guards")
        == "guards counted 1037 soldiers"
    )


@given(
    sentence=st.text(alphabet="ab (),;:.«»“”（）、，\u0301é🙂1 \u0627\u0628中文ไทย", min_size=1, max_size=80),
    data=st.data(),
)
def test_the_quote_always_holds_the_answer(sentence: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(sentence) - 1))
    end = data.draw(st.integers(start + 1, len(sentence)))
    name = data.draw(st.integers(0, len(sentence) - 1))
    left, right = proving_quote(sentence, (start, end), [[(name, name + 1)], []])
    assert 0 <= left <= start < end <= right <= len(sentence)
