"""Words lie at their places, and foreign names in Japanese are found inside a run."""

from hypothesis import given
from hypothesis import strategies as st

from service.answering.words_of_text import words_of_text


@given(st.text(max_size=80))
def test_words_lie_in_the_text_at_their_offsets(text: str) -> None:
    for word in words_of_text(text):
        assert text[word.start : word.end] == word.text
        for part in word.katakana():
            assert text[part.start : part.end] == part.text


def test_katakana_is_taken_out_of_an_unspaced_run() -> None:
    (word,) = words_of_text("東京のオバマ大統領")
    assert word.is_unspaced
    assert [(part.text, part.start) for part in word.katakana()] == [("オバマ", 3)]
